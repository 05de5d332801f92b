"""Feeds and their silence: a feed from which nothing is recorded for too long makes its readings unknown.

How long is too long comes from the ``flux_muet`` rules in force; a feed that no rule watches is judged by
`DEFAULT_SILENCE`.
"""

from datetime import timedelta
from typing import Final

from streams.region.fold import Fold, Turn
from streams.region.state import Due, FeedState

RPU: Final = "rpu"
BEDS: Final = "lits"
REGULATION: Final = "regulation"
SMUR: Final = "smur"
DEFAULT_SILENCE: Final = timedelta(hours=26)
"""One daily file (arrêté du 24 juillet 2013) and two hours of grace: Vigie's choice."""


def heard(turn: Turn, feed: str, territory: str) -> bool:
    """Note that something was recorded; return True when the feed had been silent, or was never heard before."""
    key = f"{feed}@{territory}"
    state = turn.world.feeds.get(key)
    is_new = state is None or not state.has_reported
    if state is None:
        state = turn.world.feeds[key] = FeedState(turn.now)
    state.last_received_at = turn.now
    state.has_reported = True
    if state.watched_until is None:
        _arm(turn, key, state)
    was_silent, state.is_silent = state.is_silent, False
    return was_silent or is_new


def check(turn: Turn, key: str) -> bool:
    """Look at a feed whose silence deadline came; return True when a silence rule may now be judged otherwise."""
    state = turn.world.feeds[key]
    if state.watched_until != turn.now:
        return False
    state.watched_until = None
    silences = _silences(turn.fold, key.partition("@")[0])
    quiet_for = turn.now - state.last_received_at
    if quiet_for >= silences[0]:
        state.is_silent = True
    _arm(turn, key, state)
    return quiet_for >= silences[0]


def watch_again(turn: Turn, key: str) -> None:
    """Arm the silence deadline of a feed under the rules now in force."""
    state = turn.world.feeds[key]
    state.is_silent = turn.now - state.last_received_at >= _silences(turn.fold, key.partition("@")[0])[0]
    _arm(turn, key, state)


def is_reporting(turn: Turn, feed: str, territory: str) -> bool:
    """Tell whether a feed was heard from a territory and is not silent."""
    state = turn.world.feeds.get(f"{feed}@{territory}")
    return state is not None and state.has_reported and not state.is_silent


def _silences(fold: Fold, feed: str) -> tuple[timedelta, ...]:
    return fold.rules.silences.get(feed) or (DEFAULT_SILENCE,)


def _arm(turn: Turn, key: str, state: FeedState) -> None:
    ends = [state.last_received_at + after for after in _silences(turn.fold, key.partition("@")[0])]
    state.watched_until = min((end for end in ends if end > turn.now), default=None)
    if state.watched_until is not None:
        turn.fold.arm(state.watched_until, Due.FEED_SILENCE, turn.status, key)
