"""Watches: the shortcut that keeps a visit cheap.

Judging every rule at every visit would be slow and almost always for nothing. A watch remembers between which two cut
points (thresholds, and thresholds moved by their margin) the last judged value lay; as long as the value stays
strictly between them, no judgement can change and nothing is judged. To know that without computing the value, each
count it depends on is given bounds: as long as every count stays within its own, the value stays between its cuts.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import ceil, floor, inf
from typing import Final

from orsan_plans.plan import IndicatorCondition
from streams.region.passages import LANES, PassageIndicator
from streams.region.rules_in_force import RuleInForce, leaves

FAR: Final = 1_000_000_000
"""A bound on visits that is never reached."""

Bounds = tuple[int, int]
"""The lowest and highest counts at which nothing can change."""
ANYWHERE: Final = (-FAR, FAR)
NOWHERE: Final = (FAR, -FAR)


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
    bounds: dict[int, Bounds] = field(init=False)

    def __post_init__(self) -> None:
        lanes = (self.counted.lane, self.counted.over)
        self.bounds = {lane: NOWHERE for lane in lanes if lane is not None}

    def is_settled(self, totals: list[int]) -> bool:
        """Tell whether the value cannot change any judgement; remember where it lies when it can."""
        lane, over_lane = self.counted.lane, self.counted.over
        if over_lane is None:
            value: float = totals[lane]
        else:
            over = totals[over_lane]
            if over < self.minimum or over == 0:
                was_few, self.is_few = self.is_few, True
                return was_few
            if self.is_few:
                self.is_few, self.low, self.high = False, inf, -inf
            value = 100 * totals[lane] / over
        if self.low < value < self.high:
            return True
        self.low = max((cut for cut in self.cuts if cut <= value), default=-inf)
        self.high = min((cut for cut in self.cuts if cut >= value), default=inf)
        return False

    def bind(self, totals: list[int]) -> None:
        """Bound the counts the value depends on, from where they are now."""
        lane, over_lane = self.counted.lane, self.counted.over
        low, high = max(self.low, -FAR), min(self.high, FAR)
        if over_lane is None:
            self.bounds[lane] = floor(low) + 1, ceil(high) - 1
        elif self.is_few:
            self.bounds[lane], self.bounds[over_lane] = ANYWHERE, (0, max(self.minimum, 1) - 1)
        elif low == high:
            self.bounds[lane] = self.bounds[over_lane] = NOWHERE
        else:
            self._bind_ratio(lane, over_lane, totals, low, high)

    def _bind_ratio(self, lane: int, over_lane: int, totals: list[int], low: float, high: float) -> None:
        """Let each count go half of the way to where it alone would bring the ratio to a cut: together they cannot.

        One visit is kept in hand for the rounding of the comparison itself.
        """
        part, over = totals[lane], totals[over_lane]
        self.bounds[lane] = int((part + low * over / 100) / 2) + 2, int((part + high * over / 100) / 2) - 1
        fewest = max(int((over + 100 * part / high) / 2) + 1, self.minimum, 1)
        self.bounds[over_lane] = fewest, int(min((over + 100 * part / low) / 2, FAR)) if low > 0 else FAR


@dataclass(slots=True)
class Watched:
    """The watches of one territory, and for each lane the tightest of their bounds.

    At first every watched lane is out of bounds, so that it is judged; a lane that nothing watches may move at will.
    """

    watches: tuple[Watch, ...]
    of_lane: list[list[Watch]] = field(init=False)
    lows: list[int] = field(init=False)
    highs: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.of_lane = [[watch for watch in self.watches if lane in watch.bounds] for lane in range(LANES)]
        bounds = [NOWHERE if watches else ANYWHERE for watches in self.of_lane]
        self.lows, self.highs = [low for low, _ in bounds], [high for _, high in bounds]

    def holds(self, totals: list[int], lanes: Iterable[int]) -> bool:
        """Tell whether the counts of these lanes, the only ones that moved, are within all bounds."""
        lows, highs = self.lows, self.highs
        for lane in lanes:  # noqa: SIM110 - a generator would cost more than the comparison
            if not lows[lane] <= totals[lane] <= highs[lane]:
                return False
        return True

    def unsettled(self, totals: list[int], lanes: Iterable[int]) -> list[Watch]:
        """Return the watches of these lanes whose value left its interval, in order; bind them again."""
        left = [lane for lane in lanes if not self.lows[lane] <= totals[lane] <= self.highs[lane]]
        concerned = self.of_lane[left[0]] if len(left) == 1 else self._of(left)
        unsettled = [watch for watch in concerned if not watch.is_settled(totals)]
        for watch in concerned:
            watch.bind(totals)
            for lane in watch.bounds:
                self._tighten(lane)
        return unsettled

    def _of(self, lanes: list[int]) -> list[Watch]:
        return [watch for watch in self.watches if not watch.bounds.keys().isdisjoint(lanes)]

    def _tighten(self, lane: int) -> None:
        low, high = ANYWHERE
        for watch in self.of_lane[lane]:
            lowest, highest = watch.bounds[lane]
            low, high = max(low, lowest), min(high, highest)
        self.lows[lane], self.highs[lane] = low, high


def cut_points(rules: list[RuleInForce], indicator: str) -> tuple[float, ...]:
    """Return the values of an indicator at which a judgement of these rules may change."""
    cuts = {
        threshold.value + shift
        for in_force in rules
        for condition in leaves(in_force.rule.condition)
        if isinstance(condition, IndicatorCondition) and condition.indicator == indicator
        for threshold in condition.thresholds
        for shift in (0.0, -condition.margin if threshold.comparison.is_upward else condition.margin)
    }
    return tuple(sorted(cuts))
