"""Where a région stands now: folded by the command that asks, from a file, or from a snapshot and the log."""

from pathlib import Path
from typing import Annotated

import structlog
import typer

from streams.adapters.journal_topic import JournalReader
from streams.adapters.kafka_clients import KafkaAccess
from streams.adapters.sqlite_journal import SqliteJournal
from streams.adapters.state_topic import StateTopic
from streams.live.keeping import Keeper
from streams.live.region_log import RegionLog
from streams.monitor import Monitor
from streams.region.fold import Fold
from vigie.live_settings import live_settings
from vigie.settings import chosen

JournalFile = Annotated[
    Path | None, typer.Option("--journal", metavar="J.db", help="The journal; that of the monitor without it.")
]


def standing(access: KafkaAccess, region: str) -> RegionLog:
    """Return a région as of the end of its log; a `KafkaProblem` when it cannot be read."""
    journal = JournalReader(access)
    with StateTopic(access) as states:
        return Keeper(journal, states, structlog.get_logger().warning).reach(region, journal.end_offset(region))


def folds(journal: Path | None, live: str | None) -> list[Fold]:
    """Return every région of a journal's file, or the one of the live processes; a StorageError or a `KafkaProblem`."""
    if live is not None:
        return [standing(live_settings().kafka, live).fold]
    with SqliteJournal.open(chosen(journal=journal).journal, read_only=True) as opened:
        monitor = Monitor(opened)
        return [monitor.fold(region) for region in opened.regions()]
