"""Visits by local day: how many entered, and how many were present at 15:00 (HET5 of Est-RESCUE, AHET5 of Alsace).

A visit is present at 15:00 when it entered at or before and left after; one whose exit is not known yet counts on the
day it entered only. Corrections take their former contribution back, so a day's counts are those of the latest records.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from streams.messages import PassageRPU

PRESENT_AT: Final = time(15)
KEPT_DAYS: Final = 15
USUAL_DAYS: Final = 7
_LONGEST_STAY: Final = timedelta(days=7)


@dataclass(slots=True)
class VisitDay:
    """The counts of one local day in one territory."""

    entered: int = 0
    present_15h: int = 0


@dataclass(slots=True)
class VisitDays:
    """Territory → local day (ISO) → counts, of the last `KEPT_DAYS` days."""

    days: dict[str, dict[str, VisitDay]] = field(default_factory=dict)

    def count(self, territories: tuple[str, ...], passage: PassageRPU, zone: ZoneInfo, sign: int) -> None:
        """Add a visit to its days (``sign`` 1), or take it back (-1)."""
        entered_on = passage.entered_at.astimezone(zone).date()
        present_on = list(_present_days(passage, zone))
        for territory in territories:
            self._day(territory, entered_on).entered += sign
            for day in present_on:
                self._day(territory, day).present_15h += sign

    def forget_before(self, day: date) -> None:
        """Forget the days before ``day``."""
        oldest = day.isoformat()
        for days in self.days.values():
            for known in [known for known in days if known < oldest]:
                del days[known]

    def of(self, territory: str, day: date) -> VisitDay | None:
        """Return a day's counts, None when no visit is known of it."""
        return self.days.get(territory, {}).get(day.isoformat())

    def usual_volume(self, territory: str, today: date) -> int:
        """Return the visits of the `USUAL_DAYS` days before ``today``; 1 at least, for a source never heard of."""
        days = (self.of(territory, today - timedelta(days=back)) for back in range(1, USUAL_DAYS + 1))
        return max(1, sum(day.entered for day in days if day is not None))

    def _day(self, territory: str, day: date) -> VisitDay:
        return self.days.setdefault(territory, {}).setdefault(day.isoformat(), VisitDay())


def _present_days(passage: PassageRPU, zone: ZoneInfo) -> Iterator[date]:
    day = passage.entered_at.astimezone(zone).date()
    last = passage.exited_at
    if last is None:
        if passage.entered_at <= datetime.combine(day, PRESENT_AT, zone):
            yield day
        return
    while (at := datetime.combine(day, PRESENT_AT, zone)) < min(last, passage.entered_at + _LONGEST_STAY):
        if passage.entered_at <= at:
            yield day
        day += timedelta(days=1)
