"""What the pages ask of whoever journals: an answer written before the page says so, or the truth about it."""

from dataclasses import dataclass
from typing import Protocol

from streams.entry import Status
from streams.messages import Message


class NotRecorded(Exception):
    """Nothing was journaled, and nothing will be: it has to be done again."""


class PerhapsRecorded(Exception):
    """It was handed over and nothing came back in time: it may be journaled, now or later."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """It is in the journal. ``rejected`` says why the engine made nothing of it, when that is known already."""

    rejected: str = ""


class Records(Protocol):
    """Journals what the pages take. Called from the web server's threads."""

    def record(self, region: str, status: Status, message: Message, key: str) -> Recorded:
        """Journal a message and return once it is held. The same ``key`` again is the same fact, journaled once.

        NotRecorded, PerhapsRecorded.
        """
        ...

    def note(self, region: str, status: Status, message: Message) -> None:
        """Have a message journaled without waiting for it; what cannot be is let go."""
        ...
