"""A plan as the engine uses it: immutable values, already validated.

Plan files are written in French by planners (`orsan_plans.schema`); these are their English counterparts. Every
official number is a `Threshold` and carries its `Source`.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from orsan_plans.posture import Posture
from orsan_plans.territory import Level


@dataclass(frozen=True, slots=True)
class Source:
    """Where a number comes from: reference text, author, and the days (both included) on which it is valid."""

    id: str
    reference: str
    author: str
    valid_from: date
    valid_until: date | None
    note: str = ""

    def is_valid_on(self, day: date) -> bool:
        """Tell whether the source may be applied on ``day`` (region's local date)."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


class Comparison(StrEnum):
    """How a value is compared with a threshold; the values are the keys of plan files."""

    ABOVE = "au_dessus_de"
    AT_LEAST = "a_partir_de"
    BELOW = "au_dessous_de"
    AT_MOST = "jusqu_a"

    @property
    def is_upward(self) -> bool:
        """True when growing values are the danger (visits), False when shrinking ones are (free beds)."""
        return self in (Comparison.ABOVE, Comparison.AT_LEAST)


@dataclass(frozen=True, slots=True)
class Threshold:
    """The value at which ``posture`` is asked for, in the indicator's unit, with its source."""

    posture: Posture
    comparison: Comparison
    value: float
    source: Source


@dataclass(frozen=True, slots=True)
class IndicatorCondition:
    """Thresholds on one indicator, mildest posture first.

    ``margin`` (indicator's unit) is the hysteresis: a posture falls only once the value has passed its threshold
    back by that much. A ratio whose denominator is under ``minimum_count`` is unknown. A territory of which fewer
    than ``minimum_completeness`` percent of the expected sources reported is unknown.
    """

    indicator: str
    thresholds: tuple[Threshold, ...]
    margin: float = 0.0
    minimum_count: int = 0
    minimum_completeness: int = 100


@dataclass(frozen=True, slots=True)
class EventCondition:
    """Signals that ask for ``posture`` without any number.

    A signal qualifies when its kind is one of ``kinds`` and, for every named criterion, its own value is one of
    those listed. Kinds are free text: a new kind of risk needs a plan file, not code.
    """

    kinds: tuple[str, ...]
    posture: Posture
    source: Source
    criteria: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class SilenceCondition:
    """A feed from which nothing was recorded for ``after`` asks for ``posture``."""

    feed: str
    after: timedelta
    posture: Posture
    source: Source


@dataclass(frozen=True, slots=True)
class CombinedCondition:
    """At least ``needed`` of ``conditions`` ask for a posture (1: any; all of them: all; else k of n)."""

    needed: int
    conditions: tuple["Condition", ...]


Condition = IndicatorCondition | EventCondition | SilenceCondition | CombinedCondition


class WhenUnknown(StrEnum):
    """What a rule does when it cannot be judged: keep its posture, or ask for VIGILANCE."""

    KEEP = "maintenir"
    VIGILANCE = "vigilance"


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a posture tells: ``roles`` in order of escalation.

    With ``needs_acknowledgement`` each role is called in turn until someone answers; without it every role is told
    once and nothing escalates. ``group_wait`` lets simultaneous alerts be seen together before the first message.
    """

    roles: tuple[str, ...]
    needs_acknowledgement: bool = True
    group_wait: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Rule:
    """One judged condition, for every territory of ``levels``.

    ``hold`` is how long a posture must be asked for before it is taken, ``fall_hold`` how long it must no longer be
    before it is left. ``proposes_volet`` marks a rule whose ALERTE proposes the activation of the plan's volet.
    """

    id: str
    title: str
    levels: tuple[Level, ...]
    condition: Condition
    hold: timedelta
    fall_hold: timedelta
    when_unknown: WhenUnknown
    proposes_volet: bool
    reflex_actions: tuple[str, ...]
    audiences: tuple[tuple[Posture, Audience], ...]

    def audience(self, posture: Posture) -> Audience | None:
        """Return whom ``posture`` tells, or None when nobody is to be told."""
        return dict(self.audiences).get(posture)


@dataclass(frozen=True, slots=True)
class Plan:
    """A dated set of rules for one volet; ``regions`` empty means every région."""

    id: str
    volet: str
    title: str
    regions: tuple[str, ...]
    valid_from: date
    valid_until: date | None
    rules: tuple[Rule, ...]

    def is_in_force(self, day: date, region: str) -> bool:
        """Tell whether the plan applies in ``region`` on ``day`` (region's local date)."""
        within = self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)
        return within and (not self.regions or region in self.regions)
