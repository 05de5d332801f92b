"""Making readings known: the latest of each indicator is kept, shown, and judged when it changed."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from orsan_plans.reading import Reading
from orsan_plans.territory import level_of
from streams.region import beds, daily, feeds
from streams.region.beds import BED_INDICATORS, bed_reading, bed_readings, kinds_of
from streams.region.calls import call_reading, call_readings
from streams.region.daily import DAILY_INDICATORS
from streams.region.fold import Turn
from streams.region.judging import judge_all
from streams.region.measures import qualified
from streams.region.passages import PASSAGE_INDICATORS
from streams.region.visit_readings import VISIT_DAY_INDICATORS, visit_day_reading


def judge_indicators(turn: Turn, indicators: Iterable[str], territory: str) -> None:
    """Judge the rules that name these indicators at the territory's level."""
    level = level_of(territory)
    for indicator in indicators:
        judge_all(turn, turn.fold.rules.judging(indicator, level), territory)


def publish_changed(turn: Turn, readings: Iterable[Reading]) -> None:
    """Publish the readings of the moment that differ from the latest, and judge their rules one after the other."""
    for reading in readings:
        if reading != turn.world.readings.get(f"{reading.indicator}@{reading.territory}"):
            turn.publish(reading)
            judge_indicators(turn, [reading.indicator], reading.territory)


def publish_beds(turn: Turn, etablissement: str, kinds: Iterable[str] | None = None) -> None:
    """Publish what an establishment's beds change, for itself and the territories it lies in."""
    for place in beds.places_of(turn, etablissement):
        for kind in kinds_of(turn, etablissement) if kinds is None else kinds:
            publish_changed(turn, bed_readings(turn, kind, place))


def publish_calls(turn: Turn, feed: str, territory: str) -> None:
    """Publish what the calls or interventions of a territory change, for itself and its région."""
    for place in places_of(turn, territory):
        publish_changed(turn, call_readings(turn, feed, place))


def feed_changed(turn: Turn, feed: str, territory: str) -> None:
    """Judge what the silence or the return of a feed may change: its rules, and the readings it is part of."""
    fold = turn.fold
    judge_all(turn, fold.rules.by_feed.get(feed, []), territory)
    if feed == feeds.BEDS:
        publish_beds(turn, territory)
    if feed in (feeds.REGULATION, feeds.SMUR):
        publish_calls(turn, feed, territory)
    if feed == feeds.RPU:
        for place in places_of(turn, territory):
            judge_indicators(turn, list(PASSAGE_INDICATORS), place)


def places_of(turn: Turn, territory: str) -> list[str]:
    """Return a territory and those it lies in, France apart."""
    return [territory, *(place for place in turn.fold.ancestors(territory) if place != "FR")]


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
        if any([publish_day(turn, _daily_reading(turn, indicator, territory, each)) for each in days]):  # noqa: C419 - all of them
            changed.append(indicator)
    return changed


def publish_day(turn: Turn, reading: Reading) -> bool:
    """Publish the reading of a day; return True when it is the latest day and changed.

    A late figure revises a past day: it is shown, but only the latest day is judged.
    """
    latest = turn.world.readings.get(f"{reading.indicator}@{reading.territory}")
    if latest is not None and reading.occurred_on < latest.occurred_on:
        if turn.observer is not None:
            turn.observer(turn.now, turn.status, reading)
        return False
    if reading == latest:
        return False
    turn.publish(reading)
    return True


def _daily_reading(turn: Turn, indicator: str, territory: str, day: date) -> Reading:
    return qualified(turn, daily.read(turn.world.daily, indicator, territory, day))


def publish_again(turn: Turn) -> None:
    """Publish the latest readings as the rules and establishments now in force would have them."""
    for key in sorted(turn.world.readings):
        latest = turn.world.readings[key]
        reading = _again(turn, latest)
        if reading != latest:
            turn.publish(reading)


def _again(turn: Turn, latest: Reading) -> Reading:
    indicator, territory = latest.indicator, latest.territory
    if indicator in DAILY_INDICATORS:
        return _daily_reading(turn, indicator, territory, latest.occurred_on)
    if indicator in VISIT_DAY_INDICATORS:
        return visit_day_reading(turn, indicator, territory, latest.occurred_on)
    if indicator in BED_INDICATORS:
        return bed_reading(turn, indicator, territory)
    return call_reading(turn, indicator, territory)


def recorded_too_early(turn: Turn, day: date) -> bool:
    """Tell whether a day has not begun; one day of grace, because a région may live hours away from Paris."""
    return day > turn.fold.today(turn.now) + timedelta(days=1)


def recorded_too_late(turn: Turn, day: date) -> bool:
    """Tell whether a day is beyond what the fold keeps."""
    return turn.now - datetime.combine(day, datetime.min.time(), daily.PARIS) > timedelta(days=daily.KEPT_DAYS)
