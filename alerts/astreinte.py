"""Who is on call: the astreinte tableau, as the engine reads it.

It holds names and rotations, never an address: `Roster.content` is journaled, so that a replay calls the
people who were on call then. Addresses stay with the roster file (`alerts.adapters.roster_files`).

Who holds a role at an instant, from the strongest: replacements, in the order of the file, over the last temporary
schedule that covers the instant, over the first of the role's own days that it falls on, over the role's rotation.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from alerts.policies import Policy
from alerts.turns import (
    ADDED,
    HandOver,
    Held,
    Override,
    OwnDays,
    Schedule,
    hand_over_instant,
    holders,
    holds,
    last_hand_over,
    replaced,
)
from alerts.volume.limits import Limits
from orsan_plans.geography import REGIONS
from orsan_plans.posture import RAISED, Posture

__all__ = [
    "Canal",
    "Contact",
    "EscalationPolicy",
    "HandOver",
    "Override",
    "OwnDays",
    "Person",
    "Role",
    "Roster",
    "Schedule",
    "canal_of",
    "hand_over_instant",
    "last_hand_over",
]

_encode = msgspec.json.Encoder(order="deterministic").encode


_MEANT_FOR: Final = {
    each: Posture.ALERTE if each.rank >= Posture.ALERTE.rank else Posture.VIGILANCE for each in Posture
}
"""Which posture of a contact each posture is told by."""


_Period = TypeVar("_Period", Schedule, Override)


class Canal(StrEnum):
    """How a contact is reached; the values are the words of roster files."""

    SMS = "sms"
    COURRIEL = "courriel"
    MESSAGERIE = "messagerie"
    APPEL = "appel"


@dataclass(frozen=True, slots=True)
class Contact:
    """One way to reach a person, meant for ``postures``; ``provider`` is who carries its messages, when the file says.

    ``name`` is ``<person>/<canal>``, or ``<person>/<canal>-<word>`` when there are several of a canal.
    """

    name: str
    canal: Canal
    postures: tuple[Posture, ...] = RAISED
    provider: str = field(default="", metadata=ADDED)

    def accepts(self, posture: Posture) -> bool:
        """Tell whether the contact is meant for ``posture``: ACTIVATION as ALERTE, the rest as VIGILANCE."""
        return _MEANT_FOR[posture] in self.postures


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who may be called; ``contacts`` in order of preference."""

    id: str
    name: str
    contacts: tuple[Contact, ...]


@dataclass(frozen=True, slots=True)
class Role:
    """A function on call and the ids of its people: all at once, or in turn (``hand_over``); ``days`` of their own."""

    id: str
    title: str
    people: tuple[str, ...]
    hand_over: HandOver | None = None
    days: tuple[OwnDays, ...] = field(default=(), metadata=ADDED)


@dataclass(frozen=True, slots=True)
class EscalationPolicy:
    """How long to wait for an answer, how often to call the fallback role again, and which role that is.

    ``two_providers``: in ALERTE and ACTIVATION a person is told at once by two contacts of different providers.
    """

    delay: timedelta
    repeat: timedelta
    fallback: str
    two_providers: bool = False

    def __post_init__(self) -> None:
        if min(self.delay, self.repeat) <= timedelta(0):
            raise ValueError("an escalation needs time between its calls")


class _Indexed:
    """Where a roster keeps its people and roles by id, and what each role is given for a time.

    Not fields, so that neither journal nor equality see them.
    """

    __slots__ = ("_overrides", "_people", "_roles", "_schedules")
    _people: dict[str, Person]
    _roles: dict[str, Role]
    _schedules: dict[str, list[Schedule]]
    _overrides: dict[str, list[Override]]


@dataclass(frozen=True, slots=True)
class Roster(_Indexed):
    """The tableau of a region: its people, its roles, its escalation policy and who takes part in exercises.

    The order of the file is kept; ids are unique. The first of ``policies`` that applies to an alert says whom it
    calls; without one, the plan does, at the pace of ``escalation``. ``limits`` is None in tableaux journaled before
    there were any: they group and limit nothing. ``holidays`` are local dates, in order: they were looked up when the
    file was read, so that a replay finds the same ones.
    """

    title: str
    region: str
    people: tuple[Person, ...]
    roles: tuple[Role, ...]
    escalation: EscalationPolicy
    exercise_participants: tuple[str, ...] = ()
    policies: tuple[Policy, ...] = field(default=(), metadata=ADDED)
    limits: Limits | None = field(default=None, metadata=ADDED)
    schedules: tuple[Schedule, ...] = field(default=(), metadata=ADDED)
    overrides: tuple[Override, ...] = field(default=(), metadata=ADDED)
    holidays: tuple[date, ...] = field(default=(), metadata=ADDED)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_people", {person.id: person for person in reversed(self.people)})
        object.__setattr__(self, "_roles", {role.id: role for role in reversed(self.roles)})
        object.__setattr__(self, "_schedules", _by_role(reversed(self.schedules)))
        object.__setattr__(self, "_overrides", _by_role(self.overrides))
        if self.region not in REGIONS:
            raise ValueError(f"unknown région {self.region!r}")
        if empty := [role for role, held in self._held() if not held.people]:
            raise ValueError(f"nobody holds the role {empty[0]!r}")
        missing = [person for person in self._named() if person not in self._people]
        if missing:
            raise ValueError(f"not a person of the roster: {missing[0]!r}")
        periods: list[Schedule | Override] = [*self.schedules, *self.overrides]
        roles = {role.id for role in self.roles}
        if unknown := [period.role for period in periods if period.role not in roles]:
            raise ValueError(f"not a role of the roster: {unknown[0]!r}")
        if any(period.ends_at <= period.starts_at for period in periods):
            raise ValueError("a period ends after it begins")
        if list(self.holidays) != sorted(self.holidays):
            raise ValueError("holidays are not in order")

    def _held(self) -> Iterator[tuple[str, Held]]:
        for role in self.roles:
            yield role.id, role
            yield from ((role.id, days) for days in role.days)
        yield from ((schedule.role, schedule) for schedule in self.schedules)

    def _named(self) -> Iterator[str]:
        yield from self.exercise_participants
        for _, held in self._held():
            yield from held.people
        for override in self.overrides:
            yield from (override.absent, override.substitute)
        for policy in self.policies:
            for step in policy.steps:
                yield from step.people

    @classmethod
    def from_content(cls, content: dict[str, Any]) -> "Roster":
        """Read what `content` gave; ValueError for anything else."""
        return msgspec.convert(content, cls)

    @property
    def content(self) -> dict[str, Any]:
        """The tableau as JSON values: what the journal keeps, without any address."""
        content: dict[str, Any] = msgspec.json.decode(_encode(_written(self)))
        return content

    @property
    def sha256(self) -> str:
        """The hexadecimal SHA-256 of the canonical JSON of `content`: no address changes it."""
        return hashlib.sha256(_encode(_written(self))).hexdigest()

    @property
    def time_zone(self) -> str:
        """The IANA zone in which hand-overs are written."""
        return REGIONS[self.region].time_zone

    def person(self, id_: str) -> Person | None:
        """Return a person by id, None when the tableau has no such person."""
        return self._people.get(id_)

    def policy(self, volet: str, posture: Posture) -> Policy | None:
        """Return the policy that an alert follows, None when the plan's audience says whom it calls."""
        return next((policy for policy in self.policies if policy.applies(volet, posture)), None)

    def on_call(self, role: str, at: datetime) -> tuple[Person, ...]:
        """Return who holds ``role`` at an aware instant: nobody if it is unknown or has not started yet."""
        return tuple(person for id_ in self.holders(role, at) if (person := self.person(id_)))

    def holders(self, role: str, at: datetime) -> tuple[str, ...]:
        """Return the ids of those who hold a role at an aware instant; nobody when it is not a role."""
        found = self._roles.get(role)
        if found is None:
            return ()
        zone = ZoneInfo(self.time_zone)
        people = holders(self._in_force(found, zone, at), zone, at)
        for override in self._overrides.get(role, ()):
            if holds(override, role, at):
                people = replaced(people, override)
        return people

    def _in_force(self, role: Role, zone: ZoneInfo, at: datetime) -> Held:
        schedules = (each for each in self._schedules.get(role.id, ()) if holds(each, role.id, at))
        days = (each for each in role.days if each.covers(zone, self.holidays, at))
        return next(schedules, None) or next(days, None) or role

    def contacts(self, person: Person, posture: Posture) -> tuple[Contact, ...]:
        """Return the contacts of a person that are meant for ``posture``, in order of preference."""
        return tuple(contact for contact in person.contacts if contact.accepts(posture))

    def contacts_at_once(self, person: Person, posture: Posture) -> tuple[Contact, ...]:
        """Return the contacts to use first: the preferred one, and one of another provider when two are asked for.

        Only named providers are known to be different.
        """
        contacts = self.contacts(person, posture)
        first = contacts[:1]
        if not self.escalation.two_providers or posture.rank < Posture.ALERTE.rank or not contacts:
            return first
        named = {first[0].provider, ""}
        second = next((each for each in contacts if each.provider not in named), None)
        return first if second is None or not first[0].provider else (first[0], second)

    def is_exercise_participant(self, person: Person) -> bool:
        """Tell whether an exercise may notify this person."""
        return person.id in self.exercise_participants


def _by_role(periods: Iterable[_Period]) -> dict[str, list[_Period]]:
    found: dict[str, list[_Period]] = {}
    for each in periods:
        found.setdefault(each.role, []).append(each)
    return found


def canal_of(contact: str) -> str:
    """Return the canal that a contact's name tells: ``sms`` of ``claire.martin/sms-2``."""
    return contact.rpartition("/")[2].partition("-")[0]


def _written(value: Any) -> Any:  # noqa: ANN401 - any part of a tableau
    """Return what is journaled of a part of a tableau: members added since, left at their default, are not."""
    if is_dataclass(value):
        named = ((each, getattr(value, each.name)) for each in fields(value))
        return {each.name: _written(part) for each, part in named if each.metadata != ADDED or part != each.default}
    return [_written(part) for part in value] if isinstance(value, tuple) else value
