"""Sliding windows of visits: they move on recorded time, every five minutes, as long as they hold anything."""

from collections.abc import Iterable

from orsan_plans.territory import level_of
from streams.region.fold import Observer, Turn
from streams.region.judging import judge_all
from streams.region.measures import passage_readings
from streams.region.passages import LANES, PASSAGE_INDICATORS, Window, next_slide
from streams.region.state import Due
from streams.region.watches import Watch, Watched, cut_points


def start_sliding(turn: Turn) -> None:
    """Arm the next slide, and place empty windows at the present."""
    passages = turn.world.passages
    if not passages.is_sliding:
        passages.expired(turn.now)
        passages.is_sliding = True
        turn.fold.arm(next_slide(turn.now), Due.SLIDE, turn.status, "")


def slide(turn: Turn) -> None:
    """Forget what left the windows, judge what changed, and show the readings of the moment."""
    passages = turn.world.passages
    days, hours = passages.expired(turn.now)
    for territory in sorted(passages.windows):
        window = passages.windows[territory]
        moved = window.slide(days, hours)
        if moved:
            judge_watches(turn, territory, window, moved)
        if not window.day_steps and not window.hour_steps:
            del passages.windows[territory]
        if turn.observer is not None:
            _show(turn, territory, turn.observer)
    passages.is_sliding = bool(passages.windows)
    if passages.is_sliding:
        turn.fold.arm(next_slide(turn.now), Due.SLIDE, turn.status, "")


def _show(turn: Turn, territory: str, observer: Observer) -> None:
    for reading in passage_readings(turn, territory):
        observer(turn.now, turn.status, reading)


def judge_watches(turn: Turn, territory: str, window: Window, lanes: Iterable[int]) -> None:
    """Judge the rules whose indicator left the interval in which no judgement can change, now that lanes moved."""
    key = (turn.status, territory)
    watched = turn.fold.watches.get(key)
    if watched is None:
        watched, lanes = Watched(tuple(_watches(turn, territory))), range(LANES)
        turn.fold.watches[key] = watched
    if watched.holds(window.totals, lanes):
        return
    for watch in watched.unsettled(window.totals, lanes):
        judge_all(turn, watch.rules, territory)


def _watches(turn: Turn, territory: str) -> list[Watch]:
    rules, level = turn.fold.rules, level_of(territory)
    return [
        Watch(
            indicator,
            counted,
            tuple(judging),
            cut_points(judging, indicator),
            rules.minimums[indicator].count,
        )
        for indicator, counted in PASSAGE_INDICATORS.items()
        if (judging := rules.judging(indicator, level))
    ]
