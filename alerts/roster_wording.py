"""The tableau in French: who, when, why, and what changed from one version to the next."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from alerts.astreinte import Roster
from alerts.duties import Duty
from alerts.french import day_text, hour_text
from alerts.turns import Override, Schedule

NOBODY: Final = "personne"
_DAY: Final = timedelta(days=1)


def names(roster: Roster, ids: Iterable[str]) -> str:
    """Return the names of people, ``personne`` when there is none."""
    found = (roster.person(id_) for id_ in ids)
    return ", ".join(person.name for person in found if person is not None) or NOBODY


def role_title(roster: Roster, id_: str) -> str:
    """Return the title of a role, its id when the tableau has no such role."""
    return next((role.title for role in roster.roles if role.id == id_), id_)


def instant_words(roster: Roster, at: datetime) -> str:
    """Return ``lundi 5 janvier 2026 à 8 h 30``, local."""
    local = at.astimezone(ZoneInfo(roster.time_zone))
    return f"{day_text(local.date())} à {hour_text(at, roster.time_zone)}"


def period_words(roster: Roster, starts_at: datetime, ends_at: datetime) -> str:
    """Return ``du lundi 5 janvier 2026 à 8 h 30 au lundi 12 janvier 2026 à 8 h 30``, local."""
    return f"du {instant_words(roster, starts_at)} au {instant_words(roster, ends_at)}"


def remarks(roster: Roster, duty: Duty, holidays: Mapping[date, str]) -> tuple[str, ...]:
    """Return what is particular about a duty: its public holidays, its schedule, who is replaced and why."""
    zone = ZoneInfo(roster.time_zone)
    first = duty.starts_at.astimezone(zone).date()
    last = (duty.ends_at - timedelta(microseconds=1)).astimezone(zone).date()
    days = (first + number * _DAY for number in range((last - first).days + 1))
    festive = (f"férié : {day_text(day)}, {holidays[day]}" for day in days if day in holidays)
    return tuple(dict.fromkeys((*festive, *_changes(roster, duty))))


def _changes(roster: Roster, duty: Duty) -> Iterator[str]:
    for schedule in roster.schedules:
        if _meets(schedule, duty) and {*schedule.people} & {*duty.people}:
            yield f"planning : {schedule.reason} ({schedule.author})"
    for override in roster.overrides:
        if _meets(override, duty) and override.substitute in duty.people:
            absent = names(roster, [override.absent])
            yield f"à la place de {absent} : {override.reason} ({override.author})"


def _meets(period: Schedule | Override, duty: Duty) -> bool:
    return period.role == duty.role and period.starts_at < duty.ends_at and duty.starts_at < period.ends_at


def differences(before: Roster | None, after: Roster) -> tuple[str, ...]:
    """Return what a version of the tableau changes, one sentence each; nothing when both say the same."""
    if before is None:
        return ("premier tableau",)
    return (
        *_listed("personne", _people(before), _people(after)),
        *_listed("rôle", _roles(before), _roles(after)),
        *_listed("planning", _periods(before, before.schedules), _periods(after, after.schedules)),
        *_listed("remplacement", _periods(before, before.overrides), _periods(after, after.overrides)),
        *_listed("autre réglage", _rest(before), _rest(after)),
    )


def _listed(what: str, before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[str]:
    yield from (f"{what} en plus : {name}" for name in after if name not in before)
    yield from (f"{what} en moins : {name}" for name in before if name not in after)
    yield from (f"{what} modifié : {name}" for name in after if name in before and after[name] != before[name])


def _people(roster: Roster) -> dict[str, object]:
    return {person.id: person for person in roster.people}


def _roles(roster: Roster) -> dict[str, object]:
    return {role.id: role for role in roster.roles}


def _periods(roster: Roster, periods: Iterable[Schedule | Override]) -> dict[str, object]:
    return {
        f"{period.role} {period_words(roster, period.starts_at, period.ends_at)}, {_who(roster, period)}": period
        for period in periods
    }


def _who(roster: Roster, period: Schedule | Override) -> str:
    if isinstance(period, Override):
        return f"{names(roster, [period.substitute])} à la place de {names(roster, [period.absent])}"
    return names(roster, period.people)


def _rest(roster: Roster) -> dict[str, object]:
    return {
        "titre": roster.title,
        "escalade": roster.escalation,
        "exercices": roster.exercise_participants,
        "jours fériés": roster.holidays,
    }
