"""Where a région of the live processes stands now: folded by the command that asks, from a snapshot and the log."""

import structlog

from streams.adapters.journal_topic import JournalReader
from streams.adapters.kafka_clients import KafkaAccess
from streams.adapters.state_topic import StateTopic
from streams.live.keeping import Keeper
from streams.live.region_log import RegionLog


def standing(access: KafkaAccess, region: str) -> RegionLog:
    """Return a région as of the end of its log; a `KafkaProblem` when it cannot be read."""
    journal = JournalReader(access)
    with StateTopic(access) as states:
        return Keeper(journal, states, structlog.get_logger().warning).reach(region, journal.end_offset(region))
