"""Counting visits by day: when a day is closed, and when late records make its readings be taken again."""

from collections.abc import Iterable
from typing import Final

from streams.messages.visits import PassageRPU
from streams.region.fold import Turn
from streams.region.passages import next_slide
from streams.region.publishing import judge_indicators, publish_day
from streams.region.state import Due
from streams.region.visit_days import KEPT_DAYS, day_of
from streams.region.visit_readings import (
    VISIT_DAY_INDICATORS,
    close_of,
    last_closed,
    territories_of_days,
    visit_day_reading,
)

CLOSE: Final = "cloture"
REVISE: Final = "revision"


def count_by_day(turn: Turn, passage: PassageRPU, sign: int = 1) -> None:
    """Add a visit to its days (``sign`` 1) or take it back (-1)."""
    book, zone = turn.world.visit_days, turn.fold.zone
    if book.closed is None:
        book.closed = last_closed(turn.now, zone)
        turn.fold.arm(close_of(book.closed + 1, zone), Due.VISIT_DAY, turn.status, CLOSE)
    moved = book.count(passage, zone, sign)
    if moved:
        _revise_later(turn, moved)


def _revise_later(turn: Turn, days: Iterable[int]) -> None:
    # A file brings hundreds of late records at once: their readings are taken once, at the next step of the windows.
    revised = turn.world.visit_days.revised
    if not revised:
        turn.fold.arm(next_slide(turn.now), Due.VISIT_DAY, turn.status, REVISE)
    revised += [day for day in days if day not in revised]


def fire(turn: Turn, key: str) -> None:
    """Close the next day, or take the readings of revised days again."""
    if key == CLOSE:
        _close(turn)
    else:
        revised, turn.world.visit_days.revised = sorted(turn.world.visit_days.revised), []
        for day in revised:
            _publish(turn, day)


def _close(turn: Turn) -> None:
    book = turn.world.visit_days
    if book.closed is None:
        return
    day = book.closed + 1
    book.close(day)
    _publish(turn, day)
    if any(number > day - KEPT_DAYS for site in book.sites.values() for number in site.days):
        turn.fold.arm(close_of(day + 1, turn.fold.zone), Due.VISIT_DAY, turn.status, CLOSE)
    else:
        book.closed = None


def _publish(turn: Turn, number: int) -> None:
    day = day_of(number)
    for territory in territories_of_days(turn):
        changed = [
            indicator
            for indicator in VISIT_DAY_INDICATORS
            if publish_day(turn, visit_day_reading(turn, indicator, territory, day))
        ]
        judge_indicators(turn, changed, territory)
