"""What visits change: the windows and days they count in, and the rules that watch those.

As in `streams.region.receiving`, each function returns None, or why the entry changes nothing.
"""

from orsan_plans.geography import REGION_OF_DEPARTEMENT
from streams.entry import FUTURE_TOLERANCE
from streams.messages.visits import PassageCorrected, PassageRemoved, PassageRPU
from streams.region import feeds
from streams.region.fold import Turn
from streams.region.passages import IN_HOUR, Window, lanes_of, steps_of
from streams.region.publishing import feed_changed
from streams.region.sliding import judge_watches, start_sliding
from streams.region.visit_closing import count_by_day


def passage(turn: Turn, message: PassageRPU) -> str | None:
    """Count a visit in its establishment, its département and its région."""
    fold, now = turn.fold, turn.now
    etablissement = f"ETAB-{message.finess}"
    if message.departement not in fold.departements and message.departement in REGION_OF_DEPARTEMENT:
        return f"DEP-{message.departement} is not in region {fold.state.region}"
    if message.entered_at - now > FUTURE_TOLERANCE:
        return "the visit is dated after it was recorded: check the clock of the establishment"
    came_back = feeds.heard(turn, feeds.RPU, etablissement)
    count_by_day(turn, message)
    steps = steps_of(message.entered_at, now)
    moved = _count(turn, message, steps) if steps is not None else []
    if came_back:
        # Before the watches: what they remember is lost in a restart, and must not decide the order of effects.
        feed_changed(turn, feeds.RPU, etablissement)
    for territory, window, lanes in moved:
        judge_watches(turn, territory, window, lanes)
    return None


def _count(turn: Turn, message: PassageRPU, steps: tuple[int, int | None]) -> list[tuple[str, Window, tuple[int, ...]]]:
    """Add a visit to the windows of its territories; return those in which a rule may have to be judged."""
    windows, watches, status = turn.world.passages.windows, turn.fold.watches, turn.status
    day_step, hour_step = steps
    lanes = lanes_of(message)
    moved = lanes if hour_step is None else (*lanes, IN_HOUR)
    crossed = []
    for territory in _places_of(turn, message):
        window = windows.get(territory)
        if window is None:
            window = windows[territory] = Window()
        window.add(day_step, hour_step, lanes)
        watched = watches.get((status, territory))
        if watched is None or not watched.holds(window.totals, moved):
            crossed.append((territory, window, moved))
    start_sliding(turn)
    return crossed


def corrected(turn: Turn, message: PassageCorrected) -> str | None:
    """Replace a visit by its newer version, and judge once both are done."""
    moved = _take_back(turn, message.before)
    reason = passage(turn, message.after)
    _judge_moved(turn, message.before, moved)
    return reason


def removed(turn: Turn, message: PassageRemoved) -> str | None:
    """Count a visit no longer: a newer file of its establishment does not hold it."""
    etablissement = f"ETAB-{message.before.finess}"
    came_back = feeds.heard(turn, feeds.RPU, etablissement)
    moved = _take_back(turn, message.before)
    if came_back:
        feed_changed(turn, feeds.RPU, etablissement)
    _judge_moved(turn, message.before, moved)
    return None


def _take_back(turn: Turn, before: PassageRPU) -> tuple[int, ...]:
    count_by_day(turn, before, -1)
    steps = steps_of(before.entered_at, turn.now)
    if steps is None:
        return ()
    lanes = lanes_of(before)
    for territory in _places_of(turn, before):
        window = turn.world.passages.windows.get(territory)
        if window is not None:
            window.take_back(steps[0], steps[1], lanes)
    return (*lanes, IN_HOUR)


def _judge_moved(turn: Turn, before: PassageRPU, moved: tuple[int, ...]) -> None:
    for territory in _places_of(turn, before):
        window = turn.world.passages.windows.get(territory)
        if moved and window is not None:
            judge_watches(turn, territory, window, moved)


def _places_of(turn: Turn, message: PassageRPU) -> tuple[str, ...]:
    # An establishment nobody declared may have a FINESS of no département: it counts for itself and its région.
    departement = (f"DEP-{message.departement}",) if message.departement in turn.fold.departements else ()
    return (f"ETAB-{message.finess}", *departement, turn.fold.territory)
