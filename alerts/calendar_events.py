"""A calendar of the astreinte read against the tableau: which of its events say something else, when and who.

An event is ``<role> : <people>``, as `Titles` writes it: titles and names, or ids. What a calendar does not say stays
as it is; two events of one role at the same time put the people of both on call.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Final

from alerts.astreinte import Roster
from alerts.duties import LONGEST, Duty, duties
from alerts.turns import Schedule

_SEPARATOR: Final = ":"
_LONGEST_SHOWN: Final = 80


class UnreadableEvent(ValueError):
    """An event that names no role or nobody of the tableau; the message, in French, is for its author."""


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """One event: its title and its period in UTC."""

    title: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """A period of a role for which a calendar names other people (ids) than the tableau."""

    role: str
    starts_at: datetime
    ends_at: datetime
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Words:
    """What stands for each id: ``label`` as it is written, ``reading`` as it is understood (`_plain`)."""

    label: dict[str, str]
    reading: dict[str, str]

    @classmethod
    def of(cls, named: Mapping[str, str]) -> "_Words":
        """Return the words of named things: a name stands for its id when it is alone and cannot be cut in two."""
        counted = Counter(_plain(name) for name in named.values())
        alone = {
            id_: " ".join(name.split())
            for id_, name in named.items()
            if counted[_plain(name)] == 1
            and named.keys().isdisjoint({_plain(name)} - {id_})
            and not {",", _SEPARATOR} & {*name}
        }
        reading = {_plain(name): id_ for id_, name in alone.items()} | {id_: id_ for id_ in named}
        return cls({id_: alone.get(id_, id_) for id_ in named}, reading)


class Titles:
    """The titles of a tableau's events, written and read back."""

    def __init__(self, roster: Roster) -> None:
        self._roles = _Words.of({role.id: role.title for role in roster.roles})
        self._people = _Words.of({person.id: person.name for person in roster.people})
        self._longest_first = sorted(self._roles.reading, key=lambda label: (-len(label), label))

    def written(self, duty: Duty) -> str:
        """Return the title of a duty's event."""
        people = ", ".join(self._people.label[id_] for id_ in duty.people)
        return f"{self._roles.label[duty.role]} {_SEPARATOR} {people}"

    def read(self, event: CalendarEvent) -> Duty:
        """Return the duty an event claims; UnreadableEvent."""
        words = _plain(event.title)
        for label in self._longest_first:
            rest = words.removeprefix(label).lstrip() if words.startswith(label) else ""
            if rest.startswith(_SEPARATOR):
                people = self._named(event.title, rest.removeprefix(_SEPARATOR))
                return Duty(self._roles.reading[label], event.starts_at, event.ends_at, people)
        known = ", ".join(f"« {label} »" for label in self._roles.label.values())
        raise UnreadableEvent(
            f"« {shown_title(event.title)} » : aucun rôle reconnu ; écrivez « rôle : personne » ; les rôles : {known}"
        )

    def _named(self, title: str, words: str) -> tuple[str, ...]:
        named = [word.strip() for word in words.split(",") if word.strip()]
        unknown = [name for name in named if name not in self._people.reading]
        if unknown or not named:
            who = (
                f"« {shown_title(unknown[0])} » n'est pas une personne du tableau"
                if unknown
                else "aucune personne nommée"
            )
            raise UnreadableEvent(
                f"« {shown_title(title)} » : {who} ; écrivez son nom ou son identifiant, comme dans le tableau"
            )
        return tuple(dict.fromkeys(self._people.reading[name] for name in named))


def claimed(roster: Roster, events: Iterable[CalendarEvent]) -> tuple[Duty, ...]:
    """Return the duties that events claim; UnreadableEvent with one line per event that cannot be read."""
    titles = Titles(roster)
    read: list[Duty] = []
    faults: list[str] = []
    for event in events:
        try:
            read.append(titles.read(event))
        except UnreadableEvent as error:
            faults.append(str(error))
    if faults:
        raise UnreadableEvent("\n".join(dict.fromkeys(faults)))
    return tuple(sorted(read, key=lambda duty: (duty.role, duty.starts_at, duty.ends_at, duty.people)))


def changes(roster: Roster, said: Sequence[Duty]) -> tuple[Change, ...]:
    """Return the periods for which the duties of a calendar differ from the tableau, in the order of its roles."""
    found: list[Change] = []
    for role in roster.roles:
        for change in _changes_of(roster, role.id, [duty for duty in said if duty.role == role.id]):
            last = found[-1] if found else None
            if last is not None and _goes_on(last, change):
                found[-1] = replace(last, ends_at=change.ends_at)
            else:
                found.append(change)
    return tuple(found)


def as_schedules(made: Iterable[Change], author: str, reason: str) -> tuple[Schedule, ...]:
    """Return the temporary schedules that changes ask for, one for those of the same people in a row."""
    new: list[Schedule] = []
    for each in made:
        last = new[-1] if new else None
        if last is not None and (last.role, last.ends_at, last.people) == (each.role, each.starts_at, each.after):
            new[-1] = replace(last, ends_at=each.ends_at)
        else:
            new.append(Schedule(each.role, each.starts_at, each.ends_at, each.after, author, reason))
    return tuple(new)


def with_changes(roster: Roster, made: Iterable[Change], author: str, reason: str) -> Roster:
    """Return the tableau with the temporary schedules of changes, after those it has."""
    return replace(roster, schedules=(*roster.schedules, *as_schedules(made, author, reason)))


def _changes_of(roster: Roster, role: str, said: Sequence[Duty]) -> Iterator[Change]:
    if not said:
        return
    starts_at, ends_at = min(duty.starts_at for duty in said), max(duty.ends_at for duty in said)
    if ends_at - starts_at > LONGEST:
        raise UnreadableEvent(f"le calendrier s'étend sur plus de {LONGEST.days} jours : coupez-le")
    known = duties(roster, role, starts_at, ends_at)
    edges = sorted({edge for duty in (*said, *known) for edge in (duty.starts_at, duty.ends_at)})
    for since, until in pairwise(edges):
        after = tuple(
            dict.fromkeys(id_ for duty in said if duty.starts_at <= since < duty.ends_at for id_ in duty.people)
        )
        before = roster.holders(role, since)
        if after and {*before} != {*after}:
            yield Change(role, since, until, before, after)


def _goes_on(last: Change, change: Change) -> bool:
    return (last.role, last.ends_at, last.before, last.after) == (
        change.role, change.starts_at, change.before, change.after
    )  # fmt: skip


def _plain(text: str) -> str:
    """Return a text as it is compared: people type calendars by hand."""
    return " ".join(text.split()).casefold()


def shown_title(text: str) -> str:
    """Return a title as a sentence may quote it: on one line, without what a terminal would obey, cut."""
    plain = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return plain if len(plain) <= _LONGEST_SHOWN else f"{plain[: _LONGEST_SHOWN - 1]}…"
