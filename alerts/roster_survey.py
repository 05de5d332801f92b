"""What a tableau is held against, what is found, and how the tableau lies over the period."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from alerts.astreinte import Person, Roster
from alerts.contact_proofs import ContactProof
from alerts.duties import Duty
from orsan_plans.problem import KeyPath

LaidOut = Mapping[str, tuple[Duty, ...]]
"""The duties of each role over the period."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to put right, and the part of the file it is about."""

    path: KeyPath
    text: str
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Survey:
    """What a tableau is held against.

    ``needed`` tells for each role that must be held what needs it. ``proofs`` are the verifications known, of each
    contact as it is now; None when nobody looked. ``verified_for`` and ``most_nights`` are the file's own limits.
    """

    starts_at: datetime
    ends_at: datetime
    needed: Mapping[str, str] = field(default_factory=dict)
    proofs: Mapping[str, ContactProof] | None = None
    verified_for: timedelta | None = None
    most_nights: int | None = None
    last_holiday_year: int = date.max.year


def called(roster: Roster, laid_out: LaidOut) -> Iterator[tuple[KeyPath, Person]]:
    """Yield those on call at least once, and their place."""
    on_call = {id_ for held in laid_out.values() for duty in held for id_ in duty.people}
    for position, person in enumerate(roster.people):
        if person.id in on_call:
            yield ("personnes", position), person
