"""The tableau laid out over a period: who is on call for a role, from when to when.

Nothing is decided here: every duty is what `Roster.holders` answers from its first instant to its last.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from alerts.astreinte import Role, Roster
from alerts.turns import HandOver, Held, Override, Schedule, hand_over_instant, last_hand_over

LONGEST: Final = timedelta(days=3 * 366)
"""The longest period that is laid out: Vigie's own choice."""
# A night is held by who is on call at 03:00: Vigie's own choice.
_NIGHT: Final = HandOver(0, time(3), date(2020, 1, 1), every=1)


@dataclass(frozen=True, slots=True)
class Duty:
    """These people (ids, nobody when empty) hold a role from ``starts_at`` to before ``ends_at``, both in UTC."""

    role: str
    starts_at: datetime
    ends_at: datetime
    people: tuple[str, ...]


def duties(roster: Roster, role: str, starts_at: datetime, ends_at: datetime) -> tuple[Duty, ...]:
    """Return the duties of a role over a period, in order and without a hole; ValueError if it is too long or empty.

    Two duties that follow each other have different people.
    """
    if not timedelta(0) < ends_at - starts_at <= LONGEST:
        raise ValueError(f"a period has at least an instant and at most {LONGEST.days} days")
    changes = sorted({starts_at, ends_at, *_changes(roster, role, starts_at, ends_at)})
    laid_out: list[Duty] = []
    for since, until in pairwise(changes):
        people = roster.holders(role, since)
        goes_on = bool(laid_out) and laid_out[-1].people == people
        first = laid_out.pop().starts_at if goes_on else since
        laid_out.append(Duty(role, first, until, people))
    return tuple(laid_out)


def _changes(roster: Roster, role: str, starts_at: datetime, ends_at: datetime) -> Iterator[datetime]:
    """Yield the instants strictly inside a period at which the people of a role may change."""
    zone = ZoneInfo(roster.time_zone)
    for hand_over in _hand_overs(roster, role):
        yield from _between(hand_over, zone, starts_at, ends_at)
    periods: list[Schedule | Override] = [*roster.schedules, *roster.overrides]
    for period in periods:
        if period.role == role:
            yield from (each for each in (period.starts_at, period.ends_at) if starts_at < each < ends_at)


def _hand_overs(roster: Roster, role: str) -> Iterator[HandOver]:
    held: list[Held] = [schedule for schedule in roster.schedules if schedule.role == role]
    for found in _found(roster, role):
        held += [found, *found.days]
        yield from (days.daily for days in found.days)
    yield from (each.hand_over for each in held if each.hand_over is not None)


def _found(roster: Roster, role: str) -> Iterator[Role]:
    return (each for each in roster.roles if each.id == role)


def _between(hand_over: HandOver, zone: ZoneInfo, starts_at: datetime, ends_at: datetime) -> Iterator[datetime]:
    day = last_hand_over(hand_over, zone, starts_at)
    # A rotation begins with its first hand-over: there is none before.
    day = max(day, hand_over.start)
    while (at := hand_over_instant(hand_over, zone, day)) < ends_at:
        if at > starts_at:
            yield at
        day += timedelta(days=hand_over.every)


def nights(duty: Duty, zone: ZoneInfo) -> Iterator[date]:
    """Yield the local dates whose night a duty holds: those at 03:00 of which its people are on call."""
    day = duty.starts_at.astimezone(zone).date()
    while (at := hand_over_instant(_NIGHT, zone, day)) < duty.ends_at:
        if at >= duty.starts_at:
            yield day
        day += timedelta(days=1)
