"""Readings of the day before, from visits: taken when the day is closed, and again when late records move it.

A day is closed at 06:00 local time: RPU of the day before are due before 04:00 (arrêté of 24 July 2013), and two hours
of grace are Vigie's choice. Files of the following days complete diagnoses and exits and revise it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from orsan_plans.indicator import INDICATORS
from orsan_plans.reading import Reading, Unknown
from orsan_plans.territory import code_of
from streams.region import feeds
from streams.region.fold import Turn
from streams.region.measures import qualified, sources_of, volume_share
from streams.region.visit_days import VisitDay, day_of, quantile

CLOSE_TIME: Final = time(6)
MEDIAN: Final = 0.5
NINTH_DECILE: Final = 0.9


@dataclass(frozen=True, slots=True)
class Measured:
    """A value and the number of cases behind it, None for a plain count."""

    value: float
    cases: int | None = None


def _entered(days: list[VisitDay]) -> Measured:
    return Measured(float(sum(day.entered for day in days)))


def _present(days: list[VisitDay]) -> Measured:
    return Measured(float(sum(day.present_15h for day in days)))


def _stay(share: float) -> Callable[[list[VisitDay]], Measured | None]:
    def measure(days: list[VisitDay]) -> Measured | None:
        found = quantile(days, share)
        return None if found is None else Measured(float(found[0]), found[1])

    return measure


VISIT_DAY_INDICATORS: Final[dict[str, Callable[[list[VisitDay]], Measured | None]]] = {
    "rpu.passages_veille": _entered,
    "rpu.presents_15h_veille": _present,
    "rpu.duree_mediane_hospitalises_veille": _stay(MEDIAN),
    "rpu.duree_p90_hospitalises_veille": _stay(NINTH_DECILE),
}


def visit_day_reading(turn: Turn, indicator: str, territory: str, day: date) -> Reading:
    """Read an indicator of a closed day; unknown when no establishment gave visits of it, or no stay ended."""
    number = day.toordinal()
    expected = sources_of(turn, feeds.RPU, territory)
    days = {each: found for each in expected if (found := _day_of(turn, each, number)) is not None}
    measured = VISIT_DAY_INDICATORS[indicator](list(days.values())) if days else None
    reason = Unknown.ABSENT if not days else Unknown.TOO_FEW if measured is None else None
    reading = Reading(
        indicator,
        territory,
        day,
        INDICATORS[indicator].unit,
        None if measured is None else measured.value,
        reason,
        "" if reason is None else f"{len(days)}/{len(expected)}",
        denominator=None if measured is None else measured.cases,
        reporting=len(days),
        expected=len(expected),
        is_lower_bound=measured is not None and measured.cases is None and len(days) < len(expected),
        volume_share=volume_share(turn, list(days), expected),
    )
    return qualified(turn, reading)


def _day_of(turn: Turn, etablissement: str, number: int) -> VisitDay | None:
    site = turn.world.visit_days.sites.get(code_of(etablissement))
    day = None if site is None else site.days.get(number)
    return day if day is not None and day.entered > 0 else None


def territories_of_days(turn: Turn) -> list[str]:
    """Return the territories whose visits are counted by day: establishments, their départements, the région."""
    expected = sources_of(turn, feeds.RPU, turn.fold.territory)
    departements = [f"DEP-{code}" for code in sorted(turn.fold.departements)]
    return [*expected, *(each for each in departements if sources_of(turn, feeds.RPU, each)), turn.fold.territory]


def last_closed(now: datetime, zone: ZoneInfo) -> int:
    """Return the number of the last day that is closed at ``now``."""
    local = now.astimezone(zone)
    return local.toordinal() - (1 if local.time() >= CLOSE_TIME else 2)


def close_of(day: int, zone: ZoneInfo) -> datetime:
    """Return the instant (UTC) at which a day is closed: 06:00 local time the day after."""
    return datetime.combine(day_of(day) + timedelta(days=1), CLOSE_TIME, zone).astimezone(UTC)
