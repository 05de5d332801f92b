"""Maintenance windows: when a source is mute as planned, its silence raises nothing.

A silence does not grow during a window: an alert that it raised before stays, none is raised. When the window ends the
silence counts whole. Readings stay unknown meanwhile: what is not received is not known.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from streams.messages.quiet import MaintenancePlanned
from streams.region.fold import Turn
from streams.region.state import Due

LONGEST: Final = timedelta(days=7)
"""A window that lasts longer is planned again. Vigie's own choice."""


def planned_silence(turn: Turn, feed: str, territory: str, heard_at: datetime) -> timedelta:
    """Return how much of the silence of a source, up to now, its running maintenance explains."""
    if not turn.world.maintenance:
        return timedelta(0)
    running = [
        window
        for window in turn.world.maintenance.values()
        if window.starts_at <= turn.now < window.ends_at and _covers(turn, window, feed, territory)
    ]
    return max((turn.now - max(window.starts_at, heard_at) for window in running), default=timedelta(0))


def plan(turn: Turn, window: MaintenancePlanned) -> list[tuple[str, str]]:
    """Keep a window, or call it off when its end is past; return the sources whose silence may be judged otherwise."""
    windows = turn.world.maintenance
    before = windows.pop(window.id, None)
    if window.ends_at > turn.now:
        windows[window.id] = window
        turn.fold.arm(window.ends_at, Due.MAINTENANCE, turn.status, window.id)
    return sorted({source for each in (before, window) if each is not None for source in _sources(turn, each)})


def over(turn: Turn, id_: str) -> list[tuple[str, str]]:
    """Forget a window that ends now, and return its sources; none when it was planned again."""
    window = turn.world.maintenance.get(id_)
    if window is None or window.ends_at > turn.now:
        return []
    del turn.world.maintenance[id_]
    return list(_sources(turn, window))


def _sources(turn: Turn, window: MaintenancePlanned) -> Iterator[tuple[str, str]]:
    for key in sorted(turn.world.feeds):
        feed, _, territory = key.partition("@")
        if _covers(turn, window, feed, territory):
            yield feed, territory


def _covers(turn: Turn, window: MaintenancePlanned, feed: str, territory: str) -> bool:
    return feed == window.feed and window.territory in (territory, *turn.fold.ancestors(territory))
