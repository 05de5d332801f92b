"""The posture of one rule in one territory.

Rules of the machine, on recorded time:

====================  =====================================================  ==================
from                  when                                                   to
====================  =====================================================  ==================
INCONNU               the judgement is known                                 VEILLE
VEILLE                the judgement is unknown                               INCONNU
below L               L certainly asked for, without a break, for ``hold``   L (highest such)
L                     L no longer kept, without a break, for ``fall_hold``   highest kept, else
                                                                             VEILLE or INCONNU
VIGILANCE, ALERTE     the judgement is unknown                               stays
====================  =====================================================  ==================

ACTIVATION is not reached here: only a recorded human decision gives it.
"""

from dataclasses import dataclass, field
from datetime import datetime

from orsan_plans.assess import Judgement
from orsan_plans.plan import Rule, WhenUnknown
from orsan_plans.posture import RAISED, Posture


@dataclass(slots=True)
class PostureState:
    """A rule's posture in a territory.

    ``asked_since[L]``: since when L or more is certainly asked for. ``unkept_since[L]``: since when L may certainly
    be left. Both are cleared by the first judgement that says otherwise.
    """

    posture: Posture = Posture.INCONNU
    is_unknown: bool = True
    asked_since: dict[Posture, datetime] = field(default_factory=dict)
    unkept_since: dict[Posture, datetime] = field(default_factory=dict)


def observe(state: PostureState, rule: Rule, judgement: Judgement, now: datetime) -> None:
    """Take a judgement into account; the posture itself moves in `settle`."""
    floor = judgement.floor
    state.is_unknown = judgement.is_unknown
    if judgement.is_unknown and rule.when_unknown is WhenUnknown.VIGILANCE:
        floor = Posture.VIGILANCE
        state.is_unknown = False
    for level in RAISED:
        _keep_timer(state.asked_since, level, now, runs=floor.rank >= level.rank)
        _keep_timer(state.unkept_since, level, now, runs=judgement.kept.rank < level.rank and floor.rank < level.rank)


def settle(state: PostureState, rule: Rule, now: datetime) -> Posture:
    """Move the posture if a hold time is over at ``now``; return the posture that holds from now on."""
    state.posture = _target(state, rule, now)
    return state.posture


def next_due(state: PostureState, rule: Rule, now: datetime) -> datetime | None:
    """Return the next instant after ``now`` at which `settle` may move without any new judgement."""
    rising = [since + rule.hold for level, since in state.asked_since.items() if level.rank > state.posture.rank]
    falling = [
        since + rule.fall_hold for level, since in state.unkept_since.items() if level.rank <= state.posture.rank
    ]
    return min((due for due in (*rising, *falling) if due > now), default=None)


def _keep_timer(timers: dict[Posture, datetime], level: Posture, now: datetime, *, runs: bool) -> None:
    if not runs:
        timers.pop(level, None)
    elif level not in timers:
        timers[level] = now


def _target(state: PostureState, rule: Rule, now: datetime) -> Posture:
    current = state.posture
    for level in reversed(RAISED):
        since = state.asked_since.get(level)
        if level.rank > current.rank and since is not None and since + rule.hold <= now:
            return level
    for level in reversed(RAISED):
        if level.rank <= current.rank and not _is_left(state, level, rule, now):
            return level
    return Posture.INCONNU if state.is_unknown else Posture.VEILLE


def _is_left(state: PostureState, level: Posture, rule: Rule, now: datetime) -> bool:
    since = state.unkept_since.get(level)
    return since is not None and since + rule.fall_hold <= now
