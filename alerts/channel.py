"""What carries a message to a person, seen from the outbox: one contact, one message, one outcome."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from alerts.wording import Message


class Delivery(StrEnum):
    """What became of one sending; the values are those of a delivery report."""

    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One sending's end. ``reason`` is journaled: it never holds an address or a secret.

    ``is_final``: trying again would not help. ``blames_provider``: it says something of the service, and not only of
    one address.
    """

    delivery: Delivery
    reason: str = ""
    is_final: bool = False
    blames_provider: bool = True

    @property
    def is_sent(self) -> bool:
        """True when the channel's service accepted the message."""
        return self.delivery is Delivery.SENT


SENT = Outcome(Delivery.SENT)


def failed(reason: str, *, is_final: bool = False, blames_provider: bool = True) -> Outcome:
    """Return the outcome of a sending that did not happen, and why."""
    return Outcome(Delivery.FAILED, reason, is_final, blames_provider)


class Channel(Protocol):
    """Anything that can hand a message over.

    ``contact`` is ``<person>/<canal>``; the channel alone knows its address. It tries once, may block, and
    reports a delivery problem instead of raising: when to try again is the outbox's decision.
    """

    def send(self, contact: str, message: Message) -> Outcome:
        """Send ``message`` to ``contact`` and say what became of it."""
        ...
