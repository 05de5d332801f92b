"""The loop of `vigie run`: files, deadlines, messages, in one thread; sending and serving in others."""

import os
import threading
import time
from concurrent.futures import Executor, wait
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from alerts.adapters.apprise_channel import AppriseChannel
from alerts.adapters.roster_files import LoadedRoster, load_roster
from alerts.outbox import StorageError
from dashboards.adapters.exporter import Exporter
from dashboards.adapters.serving import serve
from dashboards.adapters.web import build_app
from dashboards.board import Board
from orsan_plans.adapters.plan_files import load_catalogue, shipped_catalogue
from orsan_plans.catalogue import Catalogue
from streams.adapters.drop_directory import DropDirectory, printable, wake_on_change
from streams.adapters.dropped_files import SUFFIXES
from streams.adapters.handoff import Handoff
from streams.adapters.http_intake import MOUNTED_AT
from streams.adapters.sqlite_journal import SqliteJournal
from streams.adapters.writer_lock import only_writer
from streams.collecting.collector import Collector
from streams.collecting.decoding import Context
from streams.collecting.receipts import Receipt, line
from streams.journal import JournalConflict, JournalError, JournalPurpose
from streams.messages import RosterVersion
from vigie.collecting import build_collector, incoming
from vigie.dropped_messages import take_messages
from vigie.embedded import Embedded
from vigie.errors import defect
from vigie.http_deliveries import receive_delivery, way_in
from vigie.past import catalogue_message
from vigie.settings import Settings
from vigie.sources_shown import SourcesShown
from vigie.upkeep import Upkeep

IDLE_SECONDS: Final = 1.0
"""The longest sleep: how late a changed clock or a settled file can be noticed."""
GRACE_SECONDS: Final = 3.0
"""How long a stop waits for the channels: Vigie's choice, well below the time a service manager allows."""

_log = structlog.get_logger()


def run_until(stop: threading.Event, settings: Settings, executor: Executor) -> bool:
    """Run the monitor until ``stop`` is set; everything it needs is read and checked before it starts.

    Returns whether every channel has answered: what is still being sent then will be sent again by the next start.
    """
    catalogue = shipped_catalogue() if settings.plans is None else load_catalogue(settings.plans)
    roster = _roster(settings)
    wake = threading.Event()
    with ExitStack() as stack:
        journal = stack.enter_context(_open(settings.journal, stack))
        # Bound before anything is journaled: a taken port must stop us now, not half-way.
        drop = DropDirectory(settings.drop)
        board = Board()
        app = build_app(board, Exporter(board), lambda: datetime.now(UTC))
        handoff = Handoff(wake.set)
        app.mount(MOUNTED_AT, way_in(settings.journal, journal, handoff))
        serving = stack.enter_context(serve(app, settings.host, settings.port))
        stack.callback(handoff.close)
        channel = AppriseChannel(roster.address_book if roster else {})
        link_base = str(settings.link_base or f"http://{serving.host}:{serving.port}").rstrip("/")
        embedded = Embedded(journal, channel, executor, link_base, warn=_log.warning, board=board)
        embedded.load()
        sources = SourcesShown(board, journal.receipts.all())
        collector = build_collector(embedded.monitor, settings, os.environ, sources.receive)
        upkeep = Upkeep(drop, collector, settings.region, settings.kept)
        if taken_back := embedded.sender.recover(datetime.now(UTC)):
            _log.info("messages of a monitor that was killed are sent again", count=taken_back)
        _put_in_force(embedded, settings.region, catalogue, roster)
        wake_on_change(settings.drop, wake, stop)
        _log.info(
            "watching", region=settings.region, drop=str(settings.drop), pages=f"http://{serving.host}:{serving.port}/"
        )
        while not stop.is_set():
            handoff.take(partial(receive_delivery, collector, settings.region))
            upkeep.turn(datetime.now(UTC))
            _turn(embedded, collector, drop, settings.region, wake)
        handoff.close()
        _, unanswered = wait(embedded.sender.futures, timeout=GRACE_SECONDS)
        embedded.finish(datetime.now(UTC))
        _log.info("stopped", journal=str(settings.journal), unanswered=len(unanswered))
    return not unanswered


def _open(path: Path, stack: ExitStack) -> SqliteJournal:
    path.parent.mkdir(parents=True, exist_ok=True)
    stack.enter_context(only_writer(path, "vigie run"))
    is_new = not path.exists() or (path.is_file() and not path.stat().st_size)
    journal = SqliteJournal.create(path, JournalPurpose.LIVE) if is_new else SqliteJournal.open(path)
    if journal.purpose is not JournalPurpose.LIVE:
        journal.close()
        raise JournalConflict(f"{path}: this journal holds a past crisis (retex); watch with another --journal")
    return journal


def _roster(settings: Settings) -> LoadedRoster | None:
    if settings.roster is None:
        return None
    loaded = load_roster(settings.roster, os.environ)
    if loaded.roster.region != settings.region:
        raise JournalConflict(
            f"{settings.roster}: the roster is of région {loaded.roster.region}, the monitor watches {settings.region}"
        )
    return loaded


def _put_in_force(embedded: Embedded, region: str, catalogue: Catalogue, roster: LoadedRoster | None) -> None:
    fold = embedded.monitor.fold(region)
    now = datetime.now(UTC)
    if fold.catalogue is None or fold.catalogue.sha256 != catalogue.sha256:
        embedded.say(region, catalogue_message(catalogue), now)
    if roster is None:
        _log.warning("no roster: nobody will be called", mend="give --roster FILE")
    elif fold.roster is None or fold.roster.sha256 != roster.roster.sha256:
        embedded.say(region, RosterVersion(roster.roster.sha256, roster.roster.content), now)


def _turn(embedded: Embedded, collector: Collector, drop: DropDirectory, region: str, wake: threading.Event) -> None:
    now = datetime.now(UTC)
    for path in drop.ready(time.monotonic()):
        _receive(embedded, collector, drop, path, region)
    embedded.turn(now)
    for future in embedded.sender.futures:
        future.add_done_callback(lambda _: wake.set())
    wake.wait(_pause(embedded, drop, now))
    wake.clear()


def _pause(embedded: Embedded, drop: DropDirectory, now: datetime) -> float:
    due = embedded.next_due()
    until_due = IDLE_SECONDS if due is None else (due - now).total_seconds()
    longest = IDLE_SECONDS / 4 if drop.is_waiting else IDLE_SECONDS
    return min(max(until_due, 0.01), longest)


def _receive(embedded: Embedded, collector: Collector, drop: DropDirectory, path: Path, region: str) -> None:
    now = datetime.now(UTC)
    file = incoming(path)
    try:
        if path.suffix in SUFFIXES and collector.recognise(file) is None:
            receipt = take_messages(embedded.monitor, path, region, now)
        else:
            receipt = collector.collect(file, Context(region, now))
        _collected(drop, path, receipt)
    except (StorageError, JournalError):
        raise
    except OSError as error:
        drop.reject(path, now, str(error))
        _log.warning("file rejected", reason=str(error))
    except Exception as error:  # noqa: BLE001 - left where it is, a file no fold can take would stop every next start
        drop.reject(path, now, f"Vigie failed on this file: {type(error).__name__}. Nothing of it was journaled.")
        _log.error("file rejected: a defect of Vigie, to be reported", error=defect(error))


def _collected(drop: DropDirectory, path: Path, receipt: Receipt) -> None:
    if receipt.refused:
        drop.reject(path, receipt.received_at, receipt.refused)
        _log.warning("file rejected", reason=receipt.refused)
        return
    kept = drop.accept(path, receipt.received_at)
    _log.info("file collected", kept=printable(kept), receipt=line(receipt), is_older=receipt.is_older)
