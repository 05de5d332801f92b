"""Visits by local day: how many entered, how many were present at 15:00, how long the hospitalised stayed.

These are the indicators of the hospitals' tension scales, computed on the day before: HET2 passages, HET3 stay of the
hospitalised, HET5 patients present at 15:00 (Est-RESCUE; the same in Alsace, jcrb/HET). A day is the region's local day
of entry. A visit is present at 15:00 when it entered at or before and left after; one whose exit is not known yet
counts on the day it entered only.

A stay runs from ENTREE to SORTIE of a visit that left by mutation (6) or transfert (7).

Corrections take their former contribution back, so a day's counts are those of the latest records. Only counts are
kept, by establishment; days are numbered as `date.toordinal` does.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from math import ceil
from typing import Final
from zoneinfo import ZoneInfo

from streams.messages.visits import PassageRPU

KEPT_DAYS: Final = 15
"""Days counted: two weeks tell an establishment's usual volume. Vigie's own choice."""
STAYS_DAYS: Final = 8
"""Days whose stays are kept: a daily file replaces the seven days before it (arrêté of 24 July 2013)."""
LONGEST_STAY: Final = timedelta(days=30)
"""Longer stays are an anomaly (gpmsi, rpu_analyser.groovy): flagged by the collector, left out here."""

_PRESENT_AT: Final = 15 * 60
_LONGEST_PRESENCE: Final = 7
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class VisitDay:
    """The counts of one local day; ``stays`` counts the stays of the hospitalised by minutes."""

    entered: int = 0
    present_15h: int = 0
    stays: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class SiteDays:
    """The days of one establishment. ``usual`` is its visits over the last closed days, and how many they were."""

    departement: str
    days: dict[int, VisitDay] = field(default_factory=dict)
    usual: tuple[int, int] = (0, 0)


@dataclass(slots=True)
class VisitDays:
    """Every establishment (FINESS). ``closed`` is the last closed day; ``revised`` the closed days that moved since."""

    sites: dict[str, SiteDays] = field(default_factory=dict)
    closed: int | None = None
    revised: list[int] = field(default_factory=list)

    def count(self, passage: PassageRPU, zone: ZoneInfo, sign: int) -> list[int]:
        """Add a visit to its days (``sign`` 1) or take it back (-1); return the closed days that moved.

        A day has to be closed first: `closed` is where what is kept begins.
        """
        closed = self.closed or 0
        site = self.sites.get(passage.finess)
        if site is None:
            site = self.sites[passage.finess] = SiteDays(passage.departement)
        entered_on, minute = _place(passage.entered_at, zone)
        if entered_on > closed - KEPT_DAYS:
            day = site.days.get(entered_on)
            if day is None:
                day = site.days[entered_on] = VisitDay()
            day.entered += sign
            if passage.exited_at is not None and entered_on > closed - STAYS_DAYS:
                _count_stay(day, passage, passage.exited_at, sign)
        present = _present_days(passage.exited_at, entered_on, minute, zone)
        for number in present:
            if number > closed - KEPT_DAYS:
                site.days.setdefault(number, VisitDay()).present_15h += sign
        if entered_on > closed:
            return []
        last = present[-1] if present else entered_on
        return [each for each in range(entered_on, last + 1) if closed - KEPT_DAYS < each <= closed]

    def close(self, day: int) -> None:
        """Close a day: forget the oldest, and take the usual volume of each establishment again."""
        self.closed = day
        for finess in list(self.sites):
            site = self.sites[finess]
            for known in [known for known in site.days if known <= day - KEPT_DAYS]:
                del site.days[known]
            for known in [known for known in site.days if known <= day - STAYS_DAYS]:
                site.days[known].stays.clear()
            counted = [each.entered for number, each in site.days.items() if number <= day and each.entered > 0]
            site.usual = sum(counted), len(counted)
            if not site.days:
                del self.sites[finess]


def quantile(days: Iterable[VisitDay], share: float) -> tuple[int, int] | None:
    """Return the nearest-rank quantile of the stays of some days, in minutes, and how many they are; None for none.

    It is one of the stays themselves, so it does not depend on the order in which records came.
    """
    counts: Counter[int] = Counter()
    for day in days:
        counts.update(day.stays)
    total = counts.total()
    rank = ceil(share * total)
    for minutes, count in sorted(counts.items()):
        rank -= count
        if rank <= 0:
            return minutes, total
    return None


def _count_stay(day: VisitDay, passage: PassageRPU, exited_at: datetime, sign: int) -> None:
    stay = exited_at - passage.entered_at
    if passage.mode_sortie not in ("6", "7") or not timedelta(0) <= stay <= LONGEST_STAY:
        return
    minutes = int(stay.total_seconds()) // 60
    day.stays[minutes] = day.stays.get(minutes, 0) + sign
    if not day.stays[minutes]:
        del day.stays[minutes]


def _present_days(exited_at: datetime | None, entered_on: int, minute: float, zone: ZoneInfo) -> range:
    """Return the days at whose 15:00 a visit was there."""
    first = entered_on if minute <= _PRESENT_AT else entered_on + 1
    if exited_at is None:
        return range(first, entered_on + 1)
    exited_on, exit_minute = _place(exited_at, zone)
    last = exited_on if exit_minute > _PRESENT_AT else exited_on - 1
    return range(first, min(last, entered_on + _LONGEST_PRESENCE) + 1)


def _place(instant: datetime, zone: ZoneInfo) -> tuple[int, float]:
    """Return the local day of an instant and the minutes since its midnight (as clocks show them)."""
    since = instant - _EPOCH
    hours, seconds = divmod(since.seconds, 3600)
    day, hour = _local_hour(since.days * 24 + hours, zone)
    return day, hour * 60 + seconds / 60


@lru_cache(maxsize=4096)  # whole hours: every French zone is whole hours from UTC
def _local_hour(number: int, zone: ZoneInfo) -> tuple[int, int]:
    local = (_EPOCH + timedelta(hours=number)).astimezone(zone)
    return local.toordinal(), local.hour


def day_of(number: int) -> date:
    """Return a day by its number."""
    return date.fromordinal(number)
