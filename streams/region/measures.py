"""From entries to readings: what each kind of measurement changes, for the territory and those it lies in."""

from datetime import date, datetime, timedelta
from typing import Final

from orsan_plans.geography import REGIONS
from orsan_plans.indicator import INDICATORS
from orsan_plans.reading import Reading, Unknown
from orsan_plans.territory import Level, level_of
from streams.messages import BedCapacity, RegulationActivity
from streams.region import daily, feeds
from streams.region.daily import DAILY_INDICATORS
from streams.region.fold import Turn
from streams.region.passages import PASSAGE_INDICATORS
from streams.region.rules_in_force import Minimum

REGULATION_INDICATORS: Final = {
    "samu.appels_24h": "calls",
    "samu.dossiers_24h": "dossiers",
    "sas.appels_24h": "sas_calls",
    "samu.sorties_smur_24h": "smur_departures",
}
_NO_MINIMUM: Final = Minimum()


def qualified(turn: Turn, reading: Reading) -> Reading:
    """Apply the strictest minimum in force: a ratio of too few cases or too few sources is unknown."""
    if reading.value is None or reading.denominator is None:
        return reading
    minimum = turn.fold.rules.minimums.get(reading.indicator, _NO_MINIMUM)
    if reading.reporting * 100 < minimum.completeness * reading.expected:
        return _unknown(reading, Unknown.ABSENT, f"{reading.reporting}/{reading.expected}")
    if reading.denominator < minimum.count:
        return _unknown(reading, Unknown.TOO_FEW, f"{reading.denominator} < {minimum.count}")
    return reading


def _unknown(reading: Reading, reason: Unknown, detail: str) -> Reading:
    return Reading(
        reading.indicator,
        reading.territory,
        reading.occurred_on,
        reading.unit,
        None,
        reason,
        detail,
        reporting=reading.reporting,
        expected=reading.expected,
    )


def _ratio(
    turn: Turn, indicator: str, territory: str, counts: tuple[int, int | None], sources: tuple[int, int]
) -> Reading:
    """Build a reading from numerator, denominator (None for a plain count) and (reporting, expected) sources."""
    numerator, denominator = counts
    reporting, expected = sources
    unit, today = INDICATORS[indicator].unit, turn.fold.today(turn.now)
    reason = None
    if reporting == 0:
        reason = Unknown.STALE if expected else Unknown.ABSENT
    elif denominator == 0:
        reason = Unknown.TOO_FEW
    if reason is not None:
        detail = f"{reporting}/{expected}"
        return Reading(indicator, territory, today, unit, None, reason, detail, reporting=reporting, expected=expected)
    reading = Reading(
        indicator,
        territory,
        today,
        unit,
        float(numerator) if denominator is None else 100 * numerator / denominator,
        numerator=numerator,
        denominator=denominator,
        reporting=reporting,
        expected=expected,
        is_lower_bound=denominator is None and reporting < expected,
    )
    return qualified(turn, reading)


def passage_reading(turn: Turn, indicator: str, territory: str) -> Reading:
    """Read a sliding-window indicator of a territory now; unknown when its feeds are silent."""
    return _passage_reading(turn, indicator, territory, _passage_sources(turn, territory))


def passage_readings(turn: Turn, territory: str) -> list[Reading]:
    """Read every sliding-window indicator of a territory now."""
    sources = _passage_sources(turn, territory)
    return [_passage_reading(turn, indicator, territory, sources) for indicator in PASSAGE_INDICATORS]


def _passage_reading(turn: Turn, indicator: str, territory: str, sources: tuple[int, int]) -> Reading:
    window = turn.world.passages.windows.get(territory)
    counts = window.counts(PASSAGE_INDICATORS[indicator]) if window else (0, None)
    if window is None and PASSAGE_INDICATORS[indicator].over is not None:
        counts = (0, 0)
    return _ratio(turn, indicator, territory, counts, sources)


def _passage_sources(turn: Turn, territory: str) -> tuple[int, int]:
    """Return how many establishments are heard, of how many from which visits are known."""
    sources = sources_of(turn, feeds.RPU, territory)
    return feeds.reporting(turn, feeds.RPU, sources), len(sources)


def sources_of(turn: Turn, feed: str, territory: str) -> list[str]:
    """Return the establishments of a territory from which a feed is known, in FINESS order."""
    known = turn.world.feeds
    level = level_of(territory)
    if level is Level.ETABLISSEMENT:
        return [territory] if f"{feed}@{territory}" in known else []
    prefix = f"{feed}@ETAB-"
    sources = [key.partition("@")[2] for key in sorted(known) if key.startswith(prefix)]
    if level is Level.DEPARTEMENT:
        return [each for each in sources if turn.fold.departement_of(each) == territory]
    return sources


def bed_reading(turn: Turn, territory: str) -> Reading:
    """Read the occupancy of intensive-care beds: occupied over installed, summed over the units that said both."""
    units = _units(turn, territory, "rea")
    declared = [beds for beds in units if beds is not None and beds.beds_occupied is not None and beds.beds_installed]
    occupied = sum(beds.beds_occupied or 0 for beds in declared)
    installed = sum(beds.beds_installed or 0 for beds in declared)
    counts = (occupied, installed)
    return _ratio(turn, "lits.taux_occupation_rea", territory, counts, (len(declared), len(units)))


def _units(turn: Turn, territory: str, kind: str) -> list[BedCapacity | None]:
    """Return the last declaration of every unit of a kind, None for one whose establishment is silent."""
    units: list[BedCapacity | None] = []
    for etablissement in sources_of(turn, feeds.BEDS, territory):
        is_silent = turn.world.feeds[f"{feeds.BEDS}@{etablissement}"].is_silent
        keys = [key for key in sorted(turn.world.beds) if key.startswith(f"{kind}/") and key.endswith(etablissement)]
        units += [None if is_silent else turn.world.beds[key] for key in keys]
    return units


def keep_activity(turn: Turn, message: RegulationActivity) -> None:
    """Keep the counts of a period, and forget those that ended more than 24 hours ago."""
    kept = turn.world.regulation.setdefault(message.territory, {})
    kept[message.starts_at.isoformat()] = message
    for start in [start for start, each in kept.items() if each.ends_at <= turn.now - timedelta(hours=24)]:
        del kept[start]


def regulation_readings(turn: Turn, territory: str) -> list[Reading]:
    """Read what a SAMU or SAS counted over the periods of the last 24 hours; unknown when no period gave it."""
    periods = turn.world.regulation.get(territory, {}).values()
    readings = []
    for indicator, name in REGULATION_INDICATORS.items():
        counts: list[int] = [count for each in periods if (count := getattr(each, name)) is not None]
        readings.append(_ratio(turn, indicator, territory, (sum(counts), None), (len(counts), len(periods))))
    return readings


def daily_territories(turn: Turn, territory: str, feed: str, day: date) -> list[str]:
    """Return the territories whose reading of a day may be taken now that one of them reported it."""
    region = turn.fold.territory
    is_complete = territory != region and daily.has_day(turn.world.daily, feed, region, day)
    return [territory, region] if is_complete else [territory]


def publish_daily(turn: Turn, feed: str, territory: str, day: date) -> list[str]:
    """Publish the readings of a feed that include ``day``; return the indicators whose latest reading changed."""
    changed: list[str] = []
    for indicator, spec in DAILY_INDICATORS.items():
        if spec.feed != feed:
            continue
        latest = turn.world.readings.get(f"{indicator}@{territory}")
        last = max(day, latest.occurred_on) if latest else day
        days = [day + timedelta(days=ahead) for ahead in range(min(spec.days, (last - day).days + 1))]
        if any([_publish_day(turn, indicator, territory, each, latest) for each in days]):  # noqa: C419 - all of them
            changed.append(indicator)
    return changed


def _publish_day(turn: Turn, indicator: str, territory: str, day: date, latest: Reading | None) -> bool:
    reading = qualified(turn, daily.read(turn.world.daily, indicator, territory, day))
    if latest is not None and day < latest.occurred_on:
        # A late figure revises a past day: it is shown, but only the latest day is judged.
        if turn.observer is not None:
            turn.observer(turn.now, turn.status, reading)
        return False
    if reading == latest:
        return False
    turn.publish(reading)
    return True


def publish_again(turn: Turn) -> None:
    """Publish the latest readings as the rules and establishments now in force would have them."""
    for key in sorted(turn.world.readings):
        latest = turn.world.readings[key]
        if latest.indicator in DAILY_INDICATORS:
            _publish_day(turn, latest.indicator, latest.territory, latest.occurred_on, latest)
        elif (reading := bed_reading(turn, latest.territory)) != latest:
            turn.publish(reading)


def departements_of(turn: Turn) -> list[str]:
    """Return the départements of the region, as territories."""
    return [f"DEP-{code}" for code in REGIONS[turn.fold.state.region].departements]


def recorded_too_early(turn: Turn, day: date) -> bool:
    """Tell whether a day has not begun; one day of grace, because a région may live hours away from Paris."""
    return day > turn.fold.today(turn.now) + timedelta(days=1)


def recorded_too_late(turn: Turn, day: date) -> bool:
    """Tell whether a day is beyond what the fold keeps."""
    return turn.now - datetime.combine(day, datetime.min.time(), daily.PARIS) > timedelta(days=daily.KEPT_DAYS)
