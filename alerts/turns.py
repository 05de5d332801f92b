"""When people take over from one another: rotations, days of their own, temporary schedules, replacements.

Hand-overs are written in local time. A time that the spring change skips counts as the same time after it (02:30 is
then 03:30), a time that the autumn change repeats counts the first time. Periods are kept as instants in UTC: they
hold their first instant and not their last.
"""

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import Final, Protocol
from zoneinfo import ZoneInfo

WEEK: Final = 7
ADDED: Final = MappingProxyType({"added": True})
"""Marks a field that older journaled tableaux lack: left at its default, it is not written either."""


@dataclass(frozen=True, slots=True)
class HandOver:
    """When a rotation changes hands: every ``every`` days, at wall-clock ``at``.

    ``start`` is the local date of the first hand-over, ``weekday`` (0 is Monday) its weekday; from the hand-over of
    local date ``end`` on, nobody is next.
    """

    weekday: int
    at: time
    start: date
    every: int = field(default=WEEK, metadata=ADDED)
    end: date | None = field(default=None, metadata=ADDED)

    def __post_init__(self) -> None:
        if self.every < 1:
            raise ValueError("a rotation changes hands once a day at most")


class Held(Protocol):
    """What people hold: all at once, or one at a time in turn."""

    @property
    def people(self) -> tuple[str, ...]:
        """The ids of the people, in order."""
        ...

    @property
    def hand_over(self) -> HandOver | None:
        """When they take over from one another; all hold it at once without it."""
        ...


@dataclass(frozen=True, slots=True)
class OwnDays:
    """Days that a role gives to other people: those weekdays, holidays too, each from ``at`` to ``at`` the next day."""

    weekdays: tuple[int, ...]
    on_holidays: bool
    at: time
    people: tuple[str, ...]
    hand_over: HandOver | None = None

    def covers(self, zone: ZoneInfo, holidays: tuple[date, ...], at: datetime) -> bool:
        """Tell whether an instant falls on one of these days; ``holidays`` in order."""
        day = last_hand_over(self.daily, zone, at)
        return day.weekday() in self.weekdays or (self.on_holidays and _holds(holidays, day))

    @property
    def daily(self) -> HandOver:
        """When one of these days may begin or end."""
        return HandOver(0, self.at, date(2020, 1, 1), every=1)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A temporary schedule: these people hold the role during a period, whatever its own rotation says."""

    role: str
    starts_at: datetime
    ends_at: datetime
    people: tuple[str, ...]
    author: str
    reason: str
    hand_over: HandOver | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """A replacement: during a period ``substitute`` is on call for a role wherever ``absent`` would have been."""

    role: str
    starts_at: datetime
    ends_at: datetime
    absent: str
    substitute: str
    author: str
    reason: str


def holds(period: Schedule | Override, role: str, at: datetime) -> bool:
    """Tell whether a period is about a role at an instant."""
    return period.role == role and period.starts_at <= at < period.ends_at


def holders(held: Held, zone: ZoneInfo, at: datetime) -> tuple[str, ...]:
    """Return the ids of those who hold something at an aware instant: nobody before a rotation starts."""
    hand_over = held.hand_over
    if hand_over is None:
        return held.people
    latest = last_hand_over(hand_over, zone, at)
    turn = (latest - hand_over.start).days // hand_over.every
    if turn < 0 or (hand_over.end is not None and latest >= hand_over.end):
        return ()
    return (held.people[turn % len(held.people)],)


def hand_over_instant(hand_over: HandOver, zone: ZoneInfo, day: date) -> datetime:
    """Return the instant (UTC) of the hand-over of local date ``day``."""
    return datetime.combine(day, hand_over.at, tzinfo=zone).astimezone(UTC)


def last_hand_over(hand_over: HandOver, zone: ZoneInfo, at: datetime) -> date:
    """Return the local date of the latest hand-over at or before an aware instant."""
    # From tomorrow: a clock set back over midnight returns to the eve of a hand-over already made.
    tomorrow = at.astimezone(zone).date() + timedelta(days=1)
    day = tomorrow - timedelta(days=(tomorrow - hand_over.start).days % hand_over.every)
    while hand_over_instant(hand_over, zone, day) > at:
        day -= timedelta(days=hand_over.every)
    return day


def replaced(people: tuple[str, ...], override: Override) -> tuple[str, ...]:
    """Return the people with the substitute in the place of who is absent, nobody twice."""
    return tuple(dict.fromkeys(override.substitute if each == override.absent else each for each in people))


def _holds(days: tuple[date, ...], day: date) -> bool:
    place = bisect_left(days, day)
    return place < len(days) and days[place] == day
