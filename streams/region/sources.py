"""What sources other than visits change: figures, beds, calls, signs of life.

As in `streams.region.receiving`, each function returns None, or why the entry changes nothing.
"""

from orsan_plans.territory import Level, level_of
from streams.entry import FUTURE_TOLERANCE
from streams.messages.capacity import BedCapacity, RegulationActivity, SmurIntervention
from streams.messages.feeds import DailyFigures, FeedReceived
from streams.messages.reference import ReferenceBeds
from streams.region import beds, daily, feeds, setting
from streams.region.calls import keep_activity, keep_intervention
from streams.region.fold import Turn
from streams.region.publishing import (
    daily_territories,
    feed_changed,
    judge_indicators,
    publish_beds,
    publish_calls,
    publish_daily,
    recorded_too_early,
    recorded_too_late,
)


def figures(turn: Turn, message: DailyFigures) -> str | None:
    """Keep a day's figures of a département and publish the readings they complete."""
    if level_of(message.territory) not in (Level.DEPARTEMENT, Level.REGION) or not turn.fold.holds(message.territory):
        return f"{message.territory} is neither region {turn.fold.state.region} nor one of its départements"
    if recorded_too_late(turn, message.day):
        return f"figures of {message.day} are more than {daily.KEPT_DAYS} days old"
    if recorded_too_early(turn, message.day):
        # Kept, it would push out every figure before it and be the latest day until it comes.
        return f"figures of {message.day} are dated after the day they were recorded: check the date"
    came_back = feeds.heard(turn, message.feed, message.territory)
    setting.start_closing(turn, message.feed)
    if daily.store(turn.world.daily, message.feed, message.territory, message.day, message.figures):
        for territory in daily_territories(turn, message.territory, message.feed, message.day):
            judge_indicators(turn, publish_daily(turn, message.feed, territory, message.day), territory)
    if came_back:
        feed_changed(turn, message.feed, message.territory)
    return None


def reference_beds(turn: Turn, message: ReferenceBeds) -> str | None:
    """Keep the reference beds of a territory: the next reading uses them."""
    turn.world.daily.beds[message.territory] = message.beds
    return None


def received(turn: Turn, message: FeedReceived) -> str | None:
    """Note that a source lives, though it had nothing new to say."""
    if not turn.fold.holds(message.territory) and level_of(message.territory) is not Level.ETABLISSEMENT:
        return f"{message.territory} is not in region {turn.fold.state.region}"
    if feeds.heard(turn, message.feed, message.territory):
        feed_changed(turn, message.feed, message.territory)
    return None


def capacity(turn: Turn, message: BedCapacity) -> str | None:
    """Keep an establishment's declared beds and publish the occupancy of the territories it lies in."""
    etablissement = f"ETAB-{message.finess}"
    if message.departement not in turn.fold.departements:
        return f"DEP-{message.departement} is not in region {turn.fold.state.region}"
    if message.updated_at - turn.now > FUTURE_TOLERANCE:
        return "the beds are dated after they were recorded: check the clock of the establishment"
    came_back = feeds.heard(turn, feeds.BEDS, etablissement)
    if beds.keep(turn, message):
        publish_beds(turn, etablissement, [message.bed_kind])
    if came_back:
        feed_changed(turn, feeds.BEDS, etablissement)
    return None


def activity(turn: Turn, message: RegulationActivity) -> str | None:
    """Keep the counts of a SAMU or SAS, and publish the last 24 hours of its territory."""
    if not turn.fold.holds(message.territory):
        return f"{message.territory} is not in region {turn.fold.state.region}"
    if message.ends_at - turn.now > FUTURE_TOLERANCE:
        return "the counts are dated after they were recorded: check the clock of the source"
    came_back = feeds.heard(turn, feeds.REGULATION, message.territory)
    keep_activity(turn, message)
    publish_calls(turn, feeds.REGULATION, message.territory)
    if came_back:
        feed_changed(turn, feeds.REGULATION, message.territory)
    return None


def intervention(turn: Turn, message: SmurIntervention) -> str | None:
    """Count an intervention of a SMUR in its département."""
    departement = f"DEP-{message.departement}"
    if not turn.fold.holds(departement):
        return f"{departement} is not in region {turn.fold.state.region}"
    if message.decided_at - turn.now > FUTURE_TOLERANCE:
        return "the intervention is dated after it was recorded: check the clock of the source"
    came_back = feeds.heard(turn, feeds.SMUR, departement)
    keep_intervention(turn, message)
    publish_calls(turn, feeds.SMUR, departement)
    if came_back:
        feed_changed(turn, feeds.SMUR, departement)
    return None
