"""Watches: the shortcut that keeps a visit cheap.

Judging every rule at every visit would be slow and almost always for nothing. A watch remembers between which two cut
points (thresholds, and thresholds moved by their margin) the last judged value lay; as long as the value stays
strictly between them, no judgement can change and nothing is judged.
"""

from dataclasses import dataclass
from math import inf

from orsan_plans.plan import IndicatorCondition
from streams.passages import PassageIndicator, Window
from streams.rules_in_force import RuleInForce, leaves


@dataclass(slots=True)
class Watch:
    """One indicator of one territory, with the rules that name it and the cut points of their thresholds.

    ``low`` and ``high`` exclude the cut points themselves: a value exactly on one is always judged again.
    ``is_few`` remembers that the denominator was under ``minimum``.
    """

    indicator: str
    counted: PassageIndicator
    rules: tuple[RuleInForce, ...]
    cuts: tuple[float, ...]
    minimum: int
    low: float = inf
    high: float = -inf
    is_few: bool = False

    def is_settled(self, window: Window) -> bool:
        """Tell whether the window's value cannot change any judgement; remember where it lies when it can."""
        counted = self.counted
        if counted.over is None:
            value: float = window.hour if counted.is_hourly else window.day[counted.lane]
        else:
            over = window.day[counted.over]
            if over < self.minimum or over == 0:
                was_few, self.is_few = self.is_few, True
                return was_few
            if self.is_few:
                self.is_few, self.low, self.high = False, inf, -inf
            value = 100 * window.day[counted.lane] / over
        if self.low < value < self.high:
            return True
        self.low = max((cut for cut in self.cuts if cut <= value), default=-inf)
        self.high = min((cut for cut in self.cuts if cut >= value), default=inf)
        return False


def cut_points(rules: list[RuleInForce], indicator: str) -> tuple[float, ...]:
    """Return the values of an indicator at which a judgement of these rules may change."""
    cuts = {
        threshold.value + shift
        for in_force in rules
        for condition in leaves(in_force.rule.condition)
        if isinstance(condition, IndicatorCondition) and condition.indicator == indicator
        for threshold in condition.thresholds
        for shift in (0.0, -condition.margin, condition.margin)
    }
    return tuple(sorted(cuts))
