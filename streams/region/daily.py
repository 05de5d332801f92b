"""Published daily figures, and the indicators computed over whole days.

A day's figures are due at 04:00 Europe/Paris the next day (arrêté du 24 juillet 2013, for RPU; the open data follow
the same rule here). A day is closed at 06:00: two hours of grace, Vigie's choice. What is missing then is said to be
unknown; figures that arrive later still replace it. A région's reading of a day is taken once all its départements
reported, or when the day is closed.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from orsan_plans.geography import REGIONS
from orsan_plans.indicator import INDICATORS
from orsan_plans.reading import Reading, Unknown
from orsan_plans.territory import Level, code_of, level_of

PARIS: Final = ZoneInfo("Europe/Paris")
CLOSE_TIME: Final = time(6)
KEPT_DAYS: Final = 60
"""Figures older than this are refused: no indicator looks further back than a month and a late correction."""


@dataclass(frozen=True, slots=True)
class DailyIndicator:
    """Sum of ``numerator`` over ``days`` days of a feed, over the sum of ``over``, or over the reference ``beds``."""

    feed: str
    numerator: str
    over: str | None = None
    beds: str | None = None
    days: int = 1


DAILY_INDICATORS: Final[dict[str, DailyIndicator]] = {
    "rpu.part_suspicion_covid_7j": DailyIndicator("sursaud", "suspicion_covid", over="passages", days=7),
    "rpu.passages_jour": DailyIndicator("sursaud", "passages"),
    # COVID-19 patients in intensive care over the initial beds (SAE): the State's indicator of 2020.
    "sivic.taux_occupation_rea": DailyIndicator("sivic.stocks", "reanimation", beds="rea"),
    "sivic.hospitalises": DailyIndicator("sivic.stocks", "hospitalises"),
    "sivic.admissions_7j": DailyIndicator("sivic.incidents", "admissions", days=7),
    "sivic.admissions_rea_7j": DailyIndicator("sivic.incidents", "admissions_rea", days=7),
}


@dataclass(slots=True)
class DailyFeed:
    """A feed's kept figures: territory → day (ISO) → figures. ``closed`` is the last closed day."""

    figures: dict[str, dict[str, dict[str, int | None]]] = field(default_factory=dict)
    closed: date | None = None


@dataclass(slots=True)
class DailyBook:
    """Every daily feed, and the reference beds: territory → kind → beds."""

    feeds: dict[str, DailyFeed] = field(default_factory=dict)
    beds: dict[str, dict[str, int | None]] = field(default_factory=dict)


def close_of(day: date) -> datetime:
    """Return the instant at which a day is closed: 06:00 Europe/Paris the next day, in UTC."""
    return datetime.combine(day + timedelta(days=1), CLOSE_TIME, PARIS).astimezone(UTC)


def last_closed(now: datetime) -> date:
    """Return the last day that is closed at ``now``."""
    local = now.astimezone(PARIS)
    return local.date() - timedelta(days=1 if local.time() >= CLOSE_TIME else 2)


def store(book: DailyBook, feed_name: str, territory: str, day: date, figures: dict[str, int | None]) -> bool:
    """Keep a day's figures; return False when they say nothing new. Days beyond `KEPT_DAYS` are forgotten."""
    feed = book.feeds.setdefault(feed_name, DailyFeed())
    days = feed.figures.setdefault(territory, {})
    if days.get(day.isoformat()) == figures:
        return False
    days[day.isoformat()] = figures
    oldest = (date.fromisoformat(max(days)) - timedelta(days=KEPT_DAYS)).isoformat()
    for kept in [kept for kept in days if kept < oldest]:
        del days[kept]
    return True


def has_day(book: DailyBook, feed: str, territory: str, day: date) -> bool:
    """Tell whether a feed reported a day for a territory; a région needs all its départements."""
    if feed not in book.feeds:
        return False
    known = book.feeds[feed]
    return all(day.isoformat() in known.figures.get(part, {}) for part in _parts(known, territory))


def read(book: DailyBook, indicator: str, territory: str, day: date) -> Reading:
    """Compute an indicator of a territory for the window that ends on ``day``."""
    spec = DAILY_INDICATORS[indicator]
    numerator = _sum(book, spec, spec.numerator, territory, day)
    denominator = _denominator(book, spec, territory, day)
    unit = INDICATORS[indicator].unit
    reporting = min(numerator.present, denominator.present if denominator else numerator.present)
    expected = numerator.expected
    if reporting == 0 or (denominator is not None and denominator.total == 0):
        reason = Unknown.ABSENT if reporting == 0 else Unknown.TOO_FEW
        return Reading(
            indicator, territory, day, unit, None, reason, f"{reporting}/{expected}",
            reporting=reporting, expected=expected,
        )  # fmt: skip
    value = float(numerator.total) if denominator is None else 100 * numerator.total / denominator.total
    return Reading(
        indicator,
        territory,
        day,
        unit,
        value,
        numerator=numerator.total,
        denominator=denominator.total if denominator else None,
        reporting=reporting,
        expected=expected,
        is_lower_bound=denominator is None and reporting < expected,
    )


@dataclass(frozen=True, slots=True)
class _Sum:
    total: int
    present: int
    expected: int


def _sum(book: DailyBook, spec: DailyIndicator, name: str, territory: str, day: date) -> _Sum:
    feed = book.feeds.get(spec.feed, DailyFeed())
    days = [(day - timedelta(days=back)).isoformat() for back in range(spec.days)]
    parts = _parts(feed, territory)
    total = present = 0
    for part in parts:
        figures = feed.figures.get(part, {})
        for each in days:
            count = figures.get(each, {}).get(name)
            if count is not None:
                total += count
                present += 1
    return _Sum(total, present, len(parts) * spec.days)


def _denominator(book: DailyBook, spec: DailyIndicator, territory: str, day: date) -> _Sum | None:
    if spec.over is not None:
        return _sum(book, spec, spec.over, territory, day)
    if spec.beds is None:
        return None
    parts = _parts(DailyFeed(), territory)
    beds = [book.beds.get(part, {}).get(spec.beds) for part in parts]
    known = [count for count in beds if count is not None]
    return _Sum(sum(known), len(known), len(parts))


def _parts(feed: DailyFeed, territory: str) -> tuple[str, ...]:
    # Figures published for the région itself come before the sum of its départements'.
    if level_of(territory) is Level.REGION and territory not in feed.figures:
        return tuple(f"DEP-{code}" for code in REGIONS[code_of(territory)].departements)
    return (territory,)
