"""Where the records set aside are: beside the journal of one process, or in the database of the live processes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from streams.adapters.journal_topic import JournalTopic
from streams.adapters.live_destination import LiveDestination
from streams.adapters.live_store import LiveStore
from streams.adapters.sqlite_journal import SqliteJournal
from streams.adapters.vault import vault_of
from streams.adapters.writer_lock import only_writer
from streams.collecting.collector import Collector
from streams.collecting.quarantine import Quarantine, Vault
from streams.monitor import Monitor
from vigie.collecting import build_collector, live_collecting, live_vault
from vigie.live_settings import live_settings
from vigie.settings import Settings, chosen

Live = Annotated[
    bool, typer.Option("--live", help="Those of the live processes, as their settings say, rather than a journal's.")
]


@contextmanager
def held_in(journal: Path | None, *, is_live: bool) -> Iterator[tuple[Quarantine, Vault]]:
    """Open what was set aside, to look at, and what opens it."""
    if is_live:
        settings = live_settings()
        with LiveStore.open(settings.database) as store:
            yield store.aside, live_vault(settings)
    else:
        with SqliteJournal.open(chosen(journal=journal).journal, read_only=True) as opened:
            yield opened.aside, vault_of(os.environ)


@contextmanager
def collecting_into(settings: Settings) -> Iterator[Collector]:
    """Open a journal's collector; nobody else may write to it."""
    with SqliteJournal.open(settings.journal) as journal, only_writer(settings.journal, "vigie quarantine"):
        monitor = Monitor(journal)
        yield build_collector(monitor, settings, os.environ)
        monitor.save()


@contextmanager
def collecting_live(id_: int) -> Iterator[Collector]:
    """Open the collector of the live processes for an order about record ``id_``: journaled first, as a file is."""
    settings = live_settings()
    with LiveStore.open(settings.database) as store, JournalTopic(settings.kafka) as journal:
        held = store.aside.find(id_)
        # The same order may have been given before, and been cut short.
        begun_at = datetime.now(UTC) if held is None else held.quarantined.received_at
        destination = LiveDestination(store, journal, f"quarantine {id_}", begun_at)
        yield live_collecting(settings)(destination)
