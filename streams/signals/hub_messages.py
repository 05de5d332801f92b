"""Fields of the Hub Santé messages that Vigie reads, and no other; the shape of its error replies.

Source: ansforge/SAMU-Hub-Modeles (Apache-2.0), schemas EDXL-DE-envelope-only, RC-DE, RS-RPIS and RS-ERROR (version
25.11.12), and its ErrorCode table.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import Enum
from typing import Annotated, Final, cast
from uuid import NAMESPACE_URL, uuid5

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationInfo

from orsan_plans.geography import DEPARTEMENTS
from streams.collecting import feed_json
from streams.collecting.feed_json import Json
from streams.entry import Status
from streams.signals.fields import is_in_region, read_instant

STATUSES: Final = {"Actual": Status.ACTUAL, "Exercise": Status.EXERCISE, "System": Status.TEST}
REPLY_LASTS: Final = timedelta(days=1)
"""How long a reply is worth routing: Vigie's own choice."""

_SAMU: Final = re.compile(r"fr\.health\.samu(?P<departement>[0-9]{2}|2[AB])(?P<more>[0-9A-Z])(\..*)?")

Text = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Instant = Annotated[datetime, BeforeValidator(read_instant)]


def departement_of(organisation: str) -> str:
    """Return the département of a SAMU from its organisation, ``fr.health.samuXXX``; ValueError when it is not one.

    XXX is the département and a letter or figure; overseas, its third figure (RS-RPIS, `orgId` and `senderCaseId`).
    """
    found = _SAMU.fullmatch(organisation)
    codes = (found["departement"] + found["more"], found["departement"]) if found else ()
    known = [code for code in codes if code in DEPARTEMENTS]
    if not known:
        raise ValueError("orgId: expected a SAMU, such as fr.health.samu440")
    return known[0]


def _of_the_region(organisation: str, info: ValidationInfo) -> str:
    code = departement_of(organisation)
    if info.context and not is_in_region(f"DEP-{code}", info.context["context"].region):
        raise ValueError(f"orgId: not in région {info.context['context'].region}")
    return organisation


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, validate_by_name=True)


class Address(_Part):
    """Who a message is for."""

    scheme: Annotated[Text, Field(alias="explicitAddressScheme")]
    value: Annotated[Text, Field(alias="explicitAddressValue")]


class Descriptor(_Part):
    """What surrounds the address."""

    address: Annotated[Address, Field(alias="explicitAddress")]
    language: Text


class Envelope(_Part):
    """An EDXL-DE envelope; its content stays as it came until its type is known."""

    sender_id: Annotated[Text, Field(alias="senderID")]
    distribution_id: Annotated[Text, Field(alias="distributionID")]
    sent_at: Annotated[Instant, Field(alias="dateTimeSent")]
    expires_at: Annotated[Instant, Field(alias="dateTimeExpires")]
    distribution_status: Annotated[Text, Field(alias="distributionStatus")]
    distribution_kind: Annotated[Text, Field(alias="distributionKind")]
    descriptor: Descriptor
    content: Annotated[list[object], Field(min_length=1, max_length=1000, repr=False)]

    def messages(self) -> Iterator[Json]:
        """Yield the message of each content object; None where there is none."""
        for each in self.content:
            embedded = feed_json.member(feed_json.member(cast("Json", each), "jsonContent"), "embeddedJsonContent")
            yield feed_json.member(embedded, "message")


class RpisContext(_Part):
    """The SMUR and the instant of the decision to send it."""

    organisation: Annotated[Text, AfterValidator(_of_the_region), Field(alias="orgId")]
    case_id: Annotated[Text, Field(alias="senderCaseId", repr=False)]
    finess: Annotated[Text, Field(alias="ressourceFinessGeo")]
    decided_at: Annotated[Instant, Field(alias="decisionDate")]


class Destination(_Part):
    """Where the patient is taken."""

    finess: Text | None = None


class Orientation(_Part):
    """What was decided for the patient, of which only the destination is read."""

    destination: Destination | None = None


class Rpis(_Part):
    """A SMUR summary, without its patient, its place, its reason and its diagnosis."""

    context: RpisContext
    orientation: Orientation | None = None


class ErrorCode(Enum):
    """The error codes that a client may answer with."""

    NOT_ALLOWED_CONTENT_TYPE = 101
    INVALID_MESSAGE = 300
    INTERNAL_CLIENT_ERROR = 700
    INSUFFICIENT_DATA = 704


def error_reply(
    envelope: Envelope, reason: str, sent_at: datetime, code: ErrorCode = ErrorCode.INVALID_MESSAGE
) -> dict[str, object]:
    """Return the RS-ERROR that answers an envelope: from whom it was addressed to, to whom sent it, status unchanged.

    ``sourceMessage``, which RS-ERROR leaves optional, is never given: it would send the patient's data once more.
    """
    sender, scheme = envelope.descriptor.address.value, envelope.descriptor.address.scheme
    message_id = str(uuid5(NAMESPACE_URL, f"{envelope.distribution_id} {reason} {sent_at.isoformat()}"))
    sent = sent_at.isoformat(timespec="seconds")
    message = {
        "messageId": message_id,
        "sender": {"name": sender, "URI": f"{scheme}:{sender}"},
        "sentAt": sent,
        "kind": "Error",
        "status": envelope.distribution_status,
        "recipient": [{"name": envelope.sender_id, "URI": f"{scheme}:{envelope.sender_id}"}],
        "error": {
            "errorCode": {"statusCode": code.value, "statusString": code.name},
            "errorCause": reason,
            "referencedDistributionID": envelope.distribution_id,
        },
    }
    return {
        "distributionID": f"{sender}_{message_id}",
        "senderID": sender,
        "dateTimeSent": sent,
        "dateTimeExpires": (sent_at + REPLY_LASTS).isoformat(timespec="seconds"),
        "distributionStatus": envelope.distribution_status,
        "distributionKind": "Error",
        "descriptor": {
            "language": "fr-FR",
            "explicitAddress": {"explicitAddressScheme": scheme, "explicitAddressValue": envelope.sender_id},
        },
        "content": [{"jsonContent": {"embeddedJsonContent": {"message": message}}}],
    }
