"""A channel for tests and demonstrations: it remembers what it was given and fails when told to."""

from collections.abc import Iterable
from dataclasses import dataclass

from alerts.channel import SENT, Outcome
from alerts.wording import Message


@dataclass(frozen=True, slots=True)
class Sending:
    """One attempt: to whom, what, and how it ended."""

    contact: str
    message: Message
    outcome: Outcome


class RecordingChannel:
    """A `Channel` that keeps every attempt in ``attempts``.

    ``script`` gives the outcomes of the first attempts, in order; every later attempt is sent.
    """

    def __init__(self, script: Iterable[Outcome] = ()) -> None:
        self._script = iter(script)
        self.attempts: list[Sending] = []

    @property
    def sent(self) -> list[Sending]:
        """The attempts that were accepted, in order."""
        return [attempt for attempt in self.attempts if attempt.outcome.is_sent]

    def send(self, contact: str, message: Message) -> Outcome:
        """Remember the attempt and return its scripted outcome."""
        outcome = next(self._script, SENT)
        self.attempts.append(Sending(contact, message, outcome))
        return outcome
