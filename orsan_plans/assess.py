"""Judging a condition: from readings, events and silences to the postures it may ask for.

A judgement is an interval, because a reading may be unknown. For each condition we know the highest posture that is
*certainly* asked for (``floor``), the highest that *may* be (``ceiling``) and the highest that may still have to be
*kept* once hysteresis is counted (``kept``):

=================  ==========  =========  ==========================================
reading            floor       ceiling    kept
=================  ==========  =========  ==========================================
known              its level   = floor    its level with thresholds moved by margin
unknown            VEILLE      ALERTE     ALERTE (unknown never lowers a posture)
a lower bound      its level   ALERTE     ALERTE
=================  ==========  =========  ==========================================

Combining "at least k of n" is then taking the k-th highest of the n floors, ceilings and kepts: the exact
three-valued answer, with "any" (k = 1) and "all" (k = n) as its ends.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from orsan_plans.plan import (
    CombinedCondition,
    Comparison,
    Condition,
    EventCondition,
    IndicatorCondition,
    SilenceCondition,
    Threshold,
)
from orsan_plans.posture import Posture
from orsan_plans.reading import Reading


@dataclass(frozen=True, slots=True)
class CrossedThreshold:
    """The threshold a reading crossed, with the reference that makes it official."""

    posture: Posture
    comparison: Comparison
    value: float
    reference: str
    author: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a rule asks for its posture.

    ``readings`` are the measures behind it, ``crossed`` the threshold each of them crossed (same order, None where
    it crossed none); ``events`` are the titles of qualifying signals; ``silent_since`` is set for a silent feed;
    ``reference`` is the source of an event or silence rule.
    """

    occurred_on: date
    readings: tuple[Reading, ...] = ()
    crossed: tuple[CrossedThreshold | None, ...] = ()
    events: tuple[str, ...] = ()
    reference: str = ""
    silent_since: datetime | None = None


class Facts(Protocol):
    """What a condition may ask about one territory, at one instant."""

    @property
    def now(self) -> datetime:
        """The instant of the judgement."""

    @property
    def today(self) -> date:
        """The region's local date: decides which official numbers are valid."""

    def reading(self, indicator: str) -> Reading:
        """Return the territory's reading of an indicator, unknown when there is none."""

    def events(self, condition: EventCondition) -> tuple[str, ...]:
        """Return the titles of the open signals that qualify, oldest first."""

    def last_heard(self, feed: str) -> datetime | None:
        """Return when the feed was last heard (or declared, if never); None when no such feed is known here."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The postures a condition asks for: see the table of this module."""

    floor: Posture
    ceiling: Posture
    kept: Posture
    evidence: Evidence

    @property
    def is_unknown(self) -> bool:
        """True when nothing is certainly asked for, yet something may be."""
        return self.floor is Posture.VEILLE and self.ceiling is not Posture.VEILLE


def judge(condition: Condition, facts: Facts) -> Judgement:
    """Judge a condition against the facts of one territory."""
    match condition:
        case IndicatorCondition():
            return _judge_indicator(condition, facts)
        case EventCondition():
            return _judge_events(condition, facts)
        case SilenceCondition():
            return _judge_silence(condition, facts)
        case CombinedCondition():
            return _combine(condition, [judge(part, facts) for part in condition.conditions], facts.today)


def crosses(value: float, threshold: Threshold, margin: float = 0.0) -> bool:
    """Tell whether ``value`` crosses the threshold, moved back by ``margin`` (the indicator's unit)."""
    match threshold.comparison:
        case Comparison.ABOVE:
            return value > threshold.value - margin
        case Comparison.AT_LEAST:
            return value >= threshold.value - margin
        case Comparison.BELOW:
            return value < threshold.value + margin
        case Comparison.AT_MOST:
            return value <= threshold.value + margin


def _level(value: float, thresholds: list[Threshold], margin: float) -> Posture:
    return max(
        (t.posture for t in thresholds if crosses(value, t, margin)),
        key=lambda p: p.rank,
        default=Posture.VEILLE,
    )


def _judge_indicator(condition: IndicatorCondition, facts: Facts) -> Judgement:
    reading = facts.reading(condition.indicator)
    valid = [t for t in condition.thresholds if t.source.is_valid_on(facts.today)]
    if reading.value is None or not valid:
        evidence = Evidence(reading.occurred_on, (reading,), (None,))
        return Judgement(Posture.VEILLE, Posture.ALERTE, Posture.ALERTE, evidence)
    floor = _level(reading.value, valid, 0.0)
    evidence = Evidence(reading.occurred_on, (reading,), (_crossed(floor, valid),))
    if reading.is_lower_bound:
        certain = floor if valid[0].comparison.is_upward else Posture.VEILLE
        return Judgement(certain, Posture.ALERTE, Posture.ALERTE, evidence)
    return Judgement(floor, floor, _level(reading.value, valid, condition.margin), evidence)


def _crossed(posture: Posture, thresholds: list[Threshold]) -> CrossedThreshold | None:
    for threshold in thresholds:
        if threshold.posture is posture:
            source = threshold.source
            return CrossedThreshold(posture, threshold.comparison, threshold.value, source.reference, source.author)
    return None


def _judge_events(condition: EventCondition, facts: Facts) -> Judgement:
    titles = facts.events(condition) if condition.source.is_valid_on(facts.today) else ()
    posture = condition.posture if titles else Posture.VEILLE
    evidence = Evidence(facts.today, events=titles, reference=condition.source.reference)
    return Judgement(posture, posture, posture, evidence)


def _judge_silence(condition: SilenceCondition, facts: Facts) -> Judgement:
    heard = facts.last_heard(condition.feed)
    evidence = Evidence(facts.today, silent_since=heard, reference=condition.source.reference)
    if heard is None or not condition.source.is_valid_on(facts.today):
        return Judgement(Posture.VEILLE, Posture.ALERTE, Posture.ALERTE, evidence)
    posture = condition.posture if facts.now - heard >= condition.after else Posture.VEILLE
    return Judgement(posture, posture, posture, evidence)


def _combine(condition: CombinedCondition, parts: list[Judgement], today: date) -> Judgement:
    def kth(postures: list[Posture]) -> Posture:
        return sorted(postures, key=lambda p: p.rank, reverse=True)[condition.needed - 1]

    return Judgement(
        kth([part.floor for part in parts]),
        kth([part.ceiling for part in parts]),
        kth([part.kept for part in parts]),
        _merge([part.evidence for part in parts], today),
    )


def _merge(parts: list[Evidence], today: date) -> Evidence:
    silences = [part.silent_since for part in parts if part.silent_since is not None]
    return Evidence(
        occurred_on=max((part.occurred_on for part in parts), default=today),
        readings=tuple(reading for part in parts for reading in part.readings),
        crossed=tuple(crossed for part in parts for crossed in part.crossed),
        events=tuple(title for part in parts for title in part.events),
        reference=" ; ".join(dict.fromkeys(part.reference for part in parts if part.reference)),
        silent_since=min(silences) if silences else None,
    )
