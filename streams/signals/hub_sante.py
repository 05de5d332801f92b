"""Messages of the Hub Santé: EDXL-DE envelopes, of which only SMUR summaries (RS-RPIS) are collected.

A summary becomes a count at once: which SMUR, when it was decided, to which establishment. Nothing else of it is read,
and a refused one keeps only what would have been read. Any other type is refused without its content. Replies are made
by `streams.signals.hub_messages.error_reply`.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO, Final

from pydantic import ValidationError

from streams.collecting import feed_json
from streams.collecting.decoding import Accepted, Context, Decoding, Manifest, Refused, UnreadableFeed
from streams.collecting.feed_json import Json
from streams.entry import Status
from streams.messages.capacity import SmurIntervention
from streams.signals.fields import future_flags, key_of, why
from streams.signals.hub_messages import (
    STATUSES,
    Address,
    Descriptor,
    Destination,
    Envelope,
    Orientation,
    Rpis,
    RpisContext,
    departement_of,
)

FEED: Final = "hub-sante"
COLLECTED_KINDS: Final = ("Report", "Update")

_FINESS: Final = re.compile(r"[0-9AB]{9}")
_LONGEST_KEPT: Final = 300

Pseudonym = Callable[[str, date], str]
"""What identifies an intervention, and the local day it was decided → its key."""


def decode(stream: BinaryIO, source_name: str, context: Context, pseudonym: Pseudonym | None = None) -> Decoding:
    """Read one message; UnreadableFeed when it is not an EDXL-DE envelope.

    ``pseudonym`` makes a key of what identifies an intervention, with the secret of its day; without it, a plain
    SHA-256 does.
    """
    try:
        envelope = Envelope.model_validate(feed_json.read_json(stream, source_name))
    except ValidationError as error:
        raise UnreadableFeed(
            f"{source_name}: not an EDXL-DE envelope: {why(error, Envelope, Descriptor, Address)}"
        ) from None
    reading = _Reading(envelope, context, pseudonym or _digest)
    return Decoding(Manifest(FEED, envelope.sender_id, context.received_at), reading.items())


def _digest(identity: str, _day: date) -> str:
    return hashlib.sha256(identity.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Reading:
    envelope: Envelope
    context: Context
    pseudonym: Pseudonym

    def items(self) -> Iterator[Accepted | Refused]:
        for position, message in enumerate(self.envelope.messages(), start=1):
            reason = self._not_collected(message)
            yield Refused(position, b"", reason) if reason else self._read(position, message)

    def _not_collected(self, message: Json) -> str:
        if feed_json.member(message, "rpis") is None:
            return "type not collected: only SMUR summaries (RS-RPIS) are"
        if self.envelope.distribution_kind not in COLLECTED_KINDS:
            return "distributionKind not collected: only Report and Update are"
        return ""

    def _read(self, position: int, message: Json) -> Accepted | Refused:
        status = self._status(message)
        if status is None:
            return Refused(position, self._kept(message), "status: expected Actual, Exercise or System")
        try:
            rpis = Rpis.model_validate(feed_json.member(message, "rpis"), context={"context": self.context})
        except ValidationError as error:
            return Refused(position, self._kept(message), why(error, Rpis, RpisContext, Orientation, Destination))
        return self._accepted(rpis, status)

    def _status(self, message: Json) -> Status | None:
        """Return the least real of what the envelope and the message say; None when either says something else."""
        outer, inner = self.envelope.distribution_status, feed_json.member(message, "status")
        words = (outer, outer if inner is None else inner)
        said = [STATUSES.get(each) if isinstance(each, str) else None for each in words]
        return next(each for each in (None, Status.EXERCISE, Status.TEST, Status.ACTUAL) if each in said)

    def _accepted(self, rpis: Rpis, status: Status) -> Accepted:
        about = rpis.context
        destination = rpis.orientation and rpis.orientation.destination
        identity = f"{about.organisation}|{about.case_id}|{about.finess}|{about.decided_at.isoformat()}"
        day = about.decided_at.astimezone(self.context.zone).date()
        intervention = SmurIntervention(
            key=self.pseudonym(identity, day),
            departement=departement_of(about.organisation),
            decided_at=about.decided_at,
            finess=_finess(about.finess),
            destination_finess=_finess(destination.finess if destination else None),
        )
        unread = () if intervention.finess else ("valeur_inconnue:ressourceFinessGeo",)
        flags = unread + future_flags(about.decided_at, self.context)
        return Accepted(intervention, about.decided_at, key_of(intervention.key, status), day, status, flags)

    def _kept(self, message: Json) -> bytes:
        """Return what is kept of a refused summary: what would have been read, and the envelope around it."""
        rpis = feed_json.member(message, "rpis")
        destination = feed_json.member(feed_json.member(rpis, "orientation"), "destination")
        kept = _texts(message, "status") | {
            "rpis": {
                "context": _texts(
                    feed_json.member(rpis, "context"), "orgId", "senderCaseId", "ressourceFinessGeo", "decisionDate"
                ),
                "orientation": {"destination": _texts(destination, "finess")},
            }
        }
        envelope = self.envelope.model_dump(mode="json", by_alias=True, exclude={"content"})
        envelope["content"] = [{"jsonContent": {"embeddedJsonContent": {"message": kept}}}]
        return feed_json.raw_bytes(envelope)


def _texts(value: Json, *names: str) -> dict[str, Json]:
    """Return the members of an object that are short texts."""
    found = {name: feed_json.text(feed_json.member(value, name), _LONGEST_KEPT) for name in names}
    return {name: text for name, text in found.items() if text is not None}


def _finess(written: str | None) -> str | None:
    return written if written and _FINESS.fullmatch(written) else None
