"""What became of the messages sent: reports, proofs, links followed in vain, texts erased."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from streams.messages.values import Count, Instant


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What became of a notification: handed to the channel, or given up after ``attempts``."""

    notification_id: str
    outcome: Literal["sent", "failed"]
    attempts: Count
    detail: str = ""


class ProofStep(StrEnum):
    """How far a message went beyond the service that accepted it, as far as its channel tells."""

    DELIVERED = "delivered"
    READ = "read"


@dataclass(frozen=True, slots=True)
class DeliveryProof:
    """A service tells that a notification reached its telephone or mailbox, or was read there."""

    notification_id: Annotated[str, Field(min_length=1, max_length=100)]
    step: ProofStep
    at: Instant
    detail: Annotated[str, Field(pattern=r"^[A-Za-z _-]{0,60}[0-9]{0,4}$")] = ""
    """The service's own code: no telephone number."""


@dataclass(frozen=True, slots=True)
class LinkRefused:
    """A signed link did nothing. ``remote`` tells senders apart without naming them: a keyed digest of the address.

    ``untold`` counts the refusals since the last one journaled that were not, so that a flood cannot fill the journal.
    """

    reason: Literal["malformed", "forged", "unknown", "expired", "closed", "foreign"]
    notification_id: Annotated[str, Field(max_length=60)] = ""
    remote: Annotated[str, Field(pattern=r"^[0-9a-f]{0,16}$")] = ""
    untold: Count = 0


@dataclass(frozen=True, slots=True)
class TextsErased:
    """Texts of messages sent before an instant are erased: how many, by whom, why.

    ``sha256`` (hex) is that of the digests left in their place, in the order of their notifications.
    """

    before: Instant
    texts: Count
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    by: Annotated[str, Field(min_length=1, max_length=200)]
    reason: Annotated[str, Field(min_length=1, max_length=2000)]
