"""The last 24 hours of the SAMU, the SAS and the SMUR: calls, cases, interventions.

Periods and interventions leave the count 24 hours after they ended; a région is the sum of its départements unless it
was counted itself.
"""

from datetime import datetime, timedelta
from typing import Final

from orsan_plans.reading import Reading
from orsan_plans.territory import Level, level_of
from streams.messages.capacity import RegulationActivity, SmurIntervention
from streams.region import feeds
from streams.region.fold import Turn
from streams.region.measures import Sources, counted
from streams.region.state import Due

REGULATION_INDICATORS: Final = {
    "samu.appels_24h": "calls",
    "samu.dossiers_24h": "dossiers",
    "sas.appels_24h": "sas_calls",
    "samu.sorties_smur_24h": "smur_departures",
}
SMUR_INDICATOR: Final = "smur.interventions_24h"
_SPAN: Final = timedelta(hours=24)


def keep_activity(turn: Turn, message: RegulationActivity) -> None:
    """Keep the counts of a period until 24 hours after its end."""
    kept = turn.world.regulation.setdefault(message.territory, {})
    kept[message.starts_at.isoformat()] = message
    _forget_later(turn, message.ends_at, feeds.REGULATION, message.territory)


def keep_intervention(turn: Turn, message: SmurIntervention) -> None:
    """Count an intervention until 24 hours after it was decided."""
    territory = f"DEP-{message.departement}"
    kept = turn.world.interventions.setdefault(territory, {})
    kept[message.key] = message.decided_at
    _forget_later(turn, message.decided_at, feeds.SMUR, territory)


def _forget_later(turn: Turn, ended_at: datetime, feed: str, territory: str) -> None:
    if ended_at + _SPAN > turn.now:
        turn.fold.arm(ended_at + _SPAN, Due.CALLS, turn.status, f"{feed}@{territory}")
    forget(turn, feed, territory)


def forget(turn: Turn, feed: str, territory: str) -> None:
    """Forget what ended 24 hours ago or more."""
    first = turn.now - _SPAN
    if feed == feeds.SMUR:
        kept = turn.world.interventions.get(territory, {})
        for key in [key for key, decided_at in kept.items() if decided_at <= first]:
            del kept[key]
    else:
        periods = turn.world.regulation.get(territory, {})
        for start in [start for start, each in periods.items() if each.ends_at <= first]:
            del periods[start]


def call_readings(turn: Turn, feed: str, territory: str) -> list[Reading]:
    """Read every count of a feed in a territory now."""
    indicators = (SMUR_INDICATOR,) if feed == feeds.SMUR else tuple(REGULATION_INDICATORS)
    return [call_reading(turn, indicator, territory) for indicator in indicators]


def call_reading(turn: Turn, indicator: str, territory: str) -> Reading:
    """Read one count now; unknown where nobody counts it, or where who counts it is silent."""
    feed = feeds.SMUR if indicator == SMUR_INDICATOR else feeds.REGULATION
    parts = [
        _counts(turn, indicator, part) if feeds.is_reporting(turn, feed, part) else [None]
        for part in _parts(turn, feed, territory)
    ]
    counts = [count for part in parts for count in part]
    given = [count for count in counts if count is not None]
    return counted(turn, indicator, territory, (sum(given), None), Sources(len(given), len(counts)))


def _parts(turn: Turn, feed: str, territory: str) -> list[str]:
    known = turn.world.feeds
    if f"{feed}@{territory}" in known:
        return [territory]
    inside = sorted(turn.fold.departements) if level_of(territory) is Level.REGION else []
    return [f"DEP-{code}" for code in inside if f"{feed}@DEP-{code}" in known]


def _counts(turn: Turn, indicator: str, territory: str) -> list[int | None]:
    """Return what each period of the last 24 hours counted, None for one that did not count it."""
    if indicator == SMUR_INDICATOR:
        return [len(turn.world.interventions.get(territory, {}))]
    name = REGULATION_INDICATORS[indicator]
    return [getattr(each, name) for each in turn.world.regulation.get(territory, {}).values()]
