"""What every measure shares: which sources report, when a ratio is worth nothing, the reading of counts."""

from dataclasses import dataclass
from math import fsum
from typing import Final

from orsan_plans.indicator import INDICATORS
from orsan_plans.reading import Reading, Unknown
from orsan_plans.territory import Level, code_of, level_of
from streams.region import feeds
from streams.region.fold import Turn
from streams.region.passages import PASSAGE_INDICATORS
from streams.region.rules_in_force import Minimum

_NO_MINIMUM: Final = Minimum()


@dataclass(frozen=True, slots=True)
class Sources:
    """How many sources report, of how many expected, and the percentage of their usual volume that it makes."""

    reporting: int
    expected: int
    volume_share: float | None = None


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
        volume_share=reading.volume_share,
    )


def counted(turn: Turn, indicator: str, territory: str, counts: tuple[int, int | None], sources: Sources) -> Reading:
    """Build today's reading from numerator, denominator (None for a plain count) and the sources behind them."""
    numerator, denominator = counts
    unit, today = INDICATORS[indicator].unit, turn.fold.today(turn.now)
    reason = None
    if sources.reporting == 0:
        reason = Unknown.STALE if sources.expected else Unknown.ABSENT
    elif denominator == 0:
        reason = Unknown.TOO_FEW
    reading = Reading(
        indicator,
        territory,
        today,
        unit,
        _value(numerator, denominator) if reason is None else None,
        reason,
        "" if reason is None else f"{sources.reporting}/{sources.expected}",
        numerator=numerator if reason is None else None,
        denominator=denominator if reason is None else None,
        reporting=sources.reporting,
        expected=sources.expected,
        is_lower_bound=reason is None and denominator is None and sources.reporting < sources.expected,
        volume_share=sources.volume_share,
    )
    return qualified(turn, reading)


def _value(numerator: int, denominator: int | None) -> float:
    return float(numerator) if denominator is None else 100 * numerator / denominator


def passage_reading(turn: Turn, indicator: str, territory: str) -> Reading:
    """Read a sliding-window indicator of a territory now; unknown when its feeds are silent."""
    return _passage_reading(turn, indicator, territory, _passage_sources(turn, territory))


def passage_readings(turn: Turn, territory: str) -> list[Reading]:
    """Read every sliding-window indicator of a territory now."""
    sources = _passage_sources(turn, territory)
    return [_passage_reading(turn, indicator, territory, sources) for indicator in PASSAGE_INDICATORS]


def _passage_reading(turn: Turn, indicator: str, territory: str, sources: Sources) -> Reading:
    window = turn.world.passages.windows.get(territory)
    counts = window.counts(PASSAGE_INDICATORS[indicator]) if window else (0, None)
    if window is None and PASSAGE_INDICATORS[indicator].over is not None:
        counts = (0, 0)
    return counted(turn, indicator, territory, counts, sources)


def _passage_sources(turn: Turn, territory: str) -> Sources:
    """Return which establishments are heard, of those from which visits are known."""
    sources = sources_of(turn, feeds.RPU, territory)
    heard = [each for each in sources if feeds.is_reporting(turn, feeds.RPU, each)]
    return Sources(len(heard), len(sources), volume_share(turn, heard, sources))


def volume_share(turn: Turn, reporting: list[str], expected: list[str]) -> float | None:
    """Return the percentage of the usual visits of the expected establishments that the reporting ones make.

    An establishment whose usual volume is not known yet weighs nothing; None when none is known.
    """
    usual = fsum(_usual_volume(turn, each) for each in expected)
    return 100 * fsum(_usual_volume(turn, each) for each in reporting) / usual if usual else None


def _usual_volume(turn: Turn, etablissement: str) -> float:
    site = turn.world.visit_days.sites.get(code_of(etablissement))
    return site.usual[0] / site.usual[1] if site is not None and site.usual[1] else 0.0


def sources_of(turn: Turn, feed: str, territory: str) -> list[str]:
    """Return the establishments of a territory from which a feed is known, in FINESS order."""
    known = turn.world.feeds
    level = level_of(territory)
    if level is Level.ETABLISSEMENT:
        return [territory] if f"{feed}@{territory}" in known else []
    prefix = f"{feed}@ETAB-"
    sources = [key.partition("@")[2] for key in sorted(known) if key.startswith(prefix)]
    if level is Level.DEPARTEMENT:
        return [each for each in sources if _departement_of(turn, each) == territory]
    return sources


def _departement_of(turn: Turn, etablissement: str) -> str | None:
    """Return the département of an establishment: the one declared, else the one its visits say."""
    site = turn.world.visit_days.sites.get(code_of(etablissement))
    said = None if site is None else f"DEP-{site.departement}"
    return turn.fold.departement_of(etablissement) or said
