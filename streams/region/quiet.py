"""What people ask not to be called for: silences, and the planned maintenance of sources.

As in `streams.region.receiving`, each function returns None, or why the entry changes nothing.
"""

from alerts import book
from alerts.volume.silences import LONGEST, Silence
from orsan_plans.territory import Level, level_of
from streams.messages.quiet import MaintenancePlanned, SilenceLifted, SilenceSet
from streams.region import maintenance
from streams.region.fold import Turn
from streams.region.judging import arm_alerts, judge_all


def silence_set(turn: Turn, message: SilenceSet) -> str | None:
    """Hold the calls that match until the silence ends; what was held by the same silence is looked at again."""
    if message.territory is not None and not turn.fold.holds(message.territory):
        return f"{message.territory} is not in region {turn.fold.state.region}"
    if message.volet is None and message.rule is None and message.territory is None:
        return "a silence names a volet, a rule or a territory: nothing silences everything"
    if not turn.now < message.until <= turn.now + LONGEST:
        return f"a silence ends after it is set, and within {LONGEST.days} days: set it again when it ends"
    silences = turn.world.silences
    for known in [each for each in silences.values() if each.until <= turn.now]:
        del silences[known.id]
    silences[message.id] = Silence(
        message.id,
        message.until,
        message.author,
        message.reason,
        message.volet,
        message.rule,
        message.territory,
        message.includes_alerte,
    )
    _look_again(turn, message.id)
    return None


def silence_lifted(turn: Turn, message: SilenceLifted) -> str | None:
    """End a silence: the alerts it held are called, unless another holds them."""
    known = turn.world.silences.pop(message.id, None)
    if known is None or known.until <= turn.now:
        return f"no silence {message.id} is set"
    _look_again(turn, message.id)
    return None


def _look_again(turn: Turn, silence: str) -> None:
    arm_alerts(turn, book.silence_changed(turn.world.book, turn.now, silence))


def maintenance_planned(turn: Turn, message: MaintenancePlanned) -> str | None:
    """Expect a feed to be mute, and judge its silences again as if it were."""
    if not turn.fold.holds(message.territory) and level_of(message.territory) is not Level.ETABLISSEMENT:
        return f"{message.territory} is not in region {turn.fold.state.region}"
    if not message.starts_at < message.ends_at <= message.starts_at + maintenance.LONGEST:
        return f"a maintenance ends after it starts, within {maintenance.LONGEST.days} days"
    for feed, territory in maintenance.plan(turn, message):
        judge_all(turn, turn.fold.rules.by_feed.get(feed, []), territory)
    return None
