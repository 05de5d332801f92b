"""Proofs of delivery (accusés) as a messaging service or a gateway sends them: a message was delivered, or read.

One object or a list, in Vigie's own words (docs/exploitation.md). The same step of the same notification, sent again,
changes nothing. No telephone number may come this way: a detail is a short code.
"""

from typing import Annotated, BinaryIO, Final, Literal

from pydantic import StringConstraints

from streams.collecting import feed_json
from streams.collecting.decoding import Accepted, Context, Decoding, Manifest
from streams.messages.deliveries import DeliveryProof, ProofStep
from streams.signals.fields import Form, FormInstant, SourceName, future_flags, key_of
from streams.signals.rows import FormRow, accept_rows, json_rows, source_of

FEED: Final = "accuses"
_STEPS: Final = {"remis": ProofStep.DELIVERED, "lu": ProofStep.READ}


class AccuseForm(Form):
    """One proof, as sent."""

    notification: Annotated[str, StringConstraints(pattern=r"^[0-9a-f-]{36}$")]
    etape: Literal["remis", "lu"]
    instant: FormInstant
    source: SourceName
    detail: Annotated[str, StringConstraints(pattern=r"^[A-Za-z _-]{0,60}[0-9]{0,4}$")] = ""


def decode(stream: BinaryIO, source_name: str, context: Context) -> Decoding:
    """Read proofs; UnreadableFeed when the file is not JSON. A record of a wrong shape is refused alone."""
    value = feed_json.read_json(stream, source_name)
    source = source_of(row.value for row in json_rows(value))
    items = accept_rows(json_rows(value), context, AccuseForm, _accepted, kept=_nothing)
    return Decoding(Manifest(FEED, source, context.received_at), items)


def _nothing(_row: FormRow) -> bytes:
    # What a service adds of its own may be a telephone number.
    return b""


def _accepted(form: AccuseForm, context: Context) -> Accepted:
    proof = DeliveryProof(form.notification, _STEPS[form.etape], form.instant, form.detail)
    key = key_of(f"{form.notification}@{form.etape}", form.status)
    day = form.instant.astimezone(context.zone).date()
    return Accepted(proof, form.instant, key, day, form.status, future_flags(form.instant, context))
