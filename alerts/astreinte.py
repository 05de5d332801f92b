"""Who is on call: the astreinte tableau, as the engine reads it.

It holds names and rotations, never an address: `Roster.content` is journaled, so that a replay calls the
people who were on call then. Addresses stay with the roster file (`alerts.adapters.roster_files`).

A rotation changes hands once a week at a wall-clock time of the region. A time that the spring change skips
counts as the same time after it (02:30 is then 03:30), a time that the autumn change repeats counts the first
time.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from alerts.policies import Policy
from orsan_plans.geography import REGIONS
from orsan_plans.posture import RAISED, Posture

_WEEK: Final = timedelta(days=7)
_encode = msgspec.json.Encoder(order="deterministic").encode


class Canal(StrEnum):
    """How a contact is reached; the values are the words of roster files."""

    SMS = "sms"
    COURRIEL = "courriel"
    MESSAGERIE = "messagerie"
    APPEL = "appel"


@dataclass(frozen=True, slots=True)
class Contact:
    """One way to reach a person: ``name`` is ``<person>/<canal>``, ``postures`` those it is meant for."""

    name: str
    canal: Canal
    postures: tuple[Posture, ...] = RAISED

    def accepts(self, posture: Posture) -> bool:
        """Tell whether the contact is meant for ``posture``: ACTIVATION as ALERTE, the rest as VIGILANCE."""
        nearest = Posture.ALERTE if posture.rank >= Posture.ALERTE.rank else Posture.VIGILANCE
        return nearest in self.postures


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who may be called; ``contacts`` in order of preference."""

    id: str
    name: str
    contacts: tuple[Contact, ...]


@dataclass(frozen=True, slots=True)
class HandOver:
    """When a rotation changes hands every week: ``weekday`` (0 is Monday) at wall-clock ``at``.

    ``start`` is the local date of the first hand-over, itself on that weekday.
    """

    weekday: int
    at: time
    start: date


@dataclass(frozen=True, slots=True)
class Role:
    """A function on call and the ids of its people: all at once, or one a week in turn (``hand_over``)."""

    id: str
    title: str
    people: tuple[str, ...]
    hand_over: HandOver | None = None


@dataclass(frozen=True, slots=True)
class EscalationPolicy:
    """How long to wait for an answer, how often to call the fallback role again, and which role that is."""

    delay: timedelta
    repeat: timedelta
    fallback: str

    def __post_init__(self) -> None:
        if min(self.delay, self.repeat) <= timedelta(0):
            raise ValueError("an escalation needs time between its calls")


@dataclass(frozen=True, slots=True)
class Roster:
    """The tableau of a region: its people, its roles, its escalation policy and who takes part in exercises.

    The order of the file is kept; ids are unique. The first of ``policies`` that applies to an alert says whom it
    calls; without one, the plan does, at the pace of ``escalation``.
    """

    title: str
    region: str
    people: tuple[Person, ...]
    roles: tuple[Role, ...]
    escalation: EscalationPolicy
    exercise_participants: tuple[str, ...] = ()
    policies: tuple[Policy, ...] = ()

    def __post_init__(self) -> None:
        if self.region not in REGIONS:
            raise ValueError(f"unknown région {self.region!r}")
        if empty := [role.id for role in self.roles if not role.people]:
            raise ValueError(f"nobody holds the role {empty[0]!r}")
        known = {person.id for person in self.people}
        named = [*self.exercise_participants, *(person for role in self.roles for person in role.people)]
        named += [person for policy in self.policies for step in policy.steps for person in step.people]
        missing = [person for person in named if person not in known]
        if missing:
            raise ValueError(f"not a person of the roster: {missing[0]!r}")

    @classmethod
    def from_content(cls, content: dict[str, Any]) -> "Roster":
        """Read what `content` gave; ValueError for anything else."""
        return msgspec.convert(content, cls)

    @property
    def content(self) -> dict[str, Any]:
        """The tableau as JSON values: what the journal keeps, without any address."""
        content: dict[str, Any] = msgspec.json.decode(_encode(self))
        return content

    @property
    def sha256(self) -> str:
        """The hexadecimal SHA-256 of the canonical JSON of `content`: no address changes it."""
        return hashlib.sha256(_encode(self)).hexdigest()

    @property
    def time_zone(self) -> str:
        """The IANA zone in which hand-overs are written."""
        return REGIONS[self.region].time_zone

    def person(self, id_: str) -> Person | None:
        """Return a person by id, None when the tableau has no such person."""
        return next((person for person in self.people if person.id == id_), None)

    def policy(self, volet: str, posture: Posture) -> Policy | None:
        """Return the policy that an alert follows, None when the plan's audience says whom it calls."""
        return next((policy for policy in self.policies if policy.applies(volet, posture)), None)

    def on_call(self, role: str, at: datetime) -> tuple[Person, ...]:
        """Return who holds ``role`` at an aware instant: nobody if it is unknown or has not started yet."""
        found = next((candidate for candidate in self.roles if candidate.id == role), None)
        if found is None:
            return ()
        ids = found.people if found.hand_over is None else self._in_turn(found.people, found.hand_over, at)
        return tuple(person for id_ in ids if (person := self.person(id_)))

    def contacts(self, person: Person, posture: Posture) -> tuple[Contact, ...]:
        """Return the contacts of a person that are meant for ``posture``, in order of preference."""
        return tuple(contact for contact in person.contacts if contact.accepts(posture))

    def is_exercise_participant(self, person: Person) -> bool:
        """Tell whether an exercise may notify this person."""
        return person.id in self.exercise_participants

    def _in_turn(self, people: tuple[str, ...], hand_over: HandOver, at: datetime) -> tuple[str, ...]:
        latest = last_hand_over(hand_over, ZoneInfo(self.time_zone), at)
        week = (latest - hand_over.start) // _WEEK
        return (people[week % len(people)],) if week >= 0 else ()


def hand_over_instant(hand_over: HandOver, zone: ZoneInfo, day: date) -> datetime:
    """Return the instant (UTC) of the hand-over of local date ``day``."""
    return datetime.combine(day, hand_over.at, tzinfo=zone).astimezone(UTC)


def last_hand_over(hand_over: HandOver, zone: ZoneInfo, at: datetime) -> date:
    """Return the local date of the latest hand-over at or before an aware instant."""
    # From tomorrow: a clock set back over midnight returns to the eve of a hand-over already made.
    tomorrow = at.astimezone(zone).date() + timedelta(days=1)
    day = tomorrow - timedelta(days=(tomorrow.weekday() - hand_over.weekday) % 7)
    while hand_over_instant(hand_over, zone, day) > at:
        day -= _WEEK
    return day
