"""The loop of `vigie run`: files, deadlines, messages, in one thread; sending and serving in others."""

import os
import threading
import time
from concurrent.futures import Executor, wait
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import structlog
from fastapi import FastAPI

from alerts.adapters.apprise_channel import AppriseChannel
from alerts.adapters.roster_files import LoadedRoster, load_roster
from alerts.providers import Providers
from dashboards.adapters.exporter import Exporter
from dashboards.adapters.gate import Door
from dashboards.adapters.serving import serve
from dashboards.adapters.web import build_app
from dashboards.board import Board
from orsan_plans.adapters.plan_files import load_catalogue, shipped_catalogue
from orsan_plans.catalogue import Catalogue
from streams.adapters.drop_directory import DropDirectory, printable, wake_on_change
from streams.adapters.handoff import Handoff
from streams.adapters.http_intake import MOUNTED_AT
from streams.adapters.sqlite_journal import SqliteJournal
from streams.adapters.writer_lock import only_writer
from streams.collecting.decoding import Context
from streams.collecting.receipts import Receipt, line
from streams.defects import defect
from streams.journal import JournalConflict, JournalPurpose
from streams.live.health import Heartbeat
from streams.messages import RosterVersion
from vigie.addressing import addresses_of
from vigie.collecting import build_collector
from vigie.dropping import Dropping
from vigie.embedded import Embedded
from vigie.garbage import keep_out_of_turns, look_between_turns
from vigie.group_health import beating
from vigie.health import MOUNTED_AT as HEALTH
from vigie.health import Health, build_health, elapsed
from vigie.http_deliveries import receive_delivery, way_in
from vigie.link_settings import finding, hosts_of, identity_of, keys_beside, lifetime_of, proxies_of
from vigie.past import catalogue_message
from vigie.proving import Proving, leaving_in
from vigie.said import SaidToWriter
from vigie.settings import Settings
from vigie.sources_shown import SourcesShown
from vigie.text_keeping import erase_by_rule
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
        links = keys_beside(settings.journal, settings.link_keys)
        handoff, said = Handoff(wake.set), SaidToWriter(wake.set)
        app = _pages(settings, board, Door(links, finding(journal.outbox), said, settings.region))
        app.mount(MOUNTED_AT, way_in(settings.journal, journal, handoff))
        serving = stack.enter_context(serve(app, settings.host, settings.port))
        stack.callback(handoff.close)
        stack.callback(said.close)
        addresses = addresses_of(roster, settings.heartbeat_address, _log.warning)
        proving = _proving(settings, board)
        link_base = str(settings.link_base or f"http://{serving.host}:{serving.port}").rstrip("/")
        embedded = Embedded(
            journal,
            AppriseChannel(addresses),
            executor,
            link_base,
            listener=None if proving is None else proving.committed,
            warn=_log.warning,
            board=board,
            providers=roster.providers if roster else Providers(),
            links=links,
        )
        heart = Heartbeat()
        app.mount(HEALTH, build_health(_health(embedded, proving, heart)))
        embedded.load()
        sources = SourcesShown(board, journal.receipts.all())
        collector = build_collector(embedded.monitor, settings, os.environ, sources.receive)

        def purge(now: datetime) -> None:
            collector.purge(Context(settings.region, now))
            erase_by_rule(embedded.monitor, journal, now, settings.texts_kept)

        upkeep = Upkeep(settings.kept, purge, drop)
        dropping = Dropping(embedded.monitor, collector, drop, settings.region, _Log())
        if taken_back := embedded.sender.recover(datetime.now(UTC)):
            _log.info("messages of a monitor that was killed are sent again", count=taken_back)
        _put_in_force(embedded, settings.region, catalogue, roster)
        wake_on_change(settings.drop, wake, stop)
        keep_out_of_turns()
        _log.info(
            "watching", region=settings.region, drop=str(settings.drop), pages=f"http://{serving.host}:{serving.port}/"
        )
        while not stop.is_set():
            handoff.take(partial(receive_delivery, collector, settings.region))
            said.take(embedded.say)
            upkeep.turn(datetime.now(UTC))
            heart.beat(elapsed())
            if proving is not None:
                proving.turn(datetime.now(UTC))
            _turn(embedded, dropping, wake)
        handoff.close()
        said.close()
        _, unanswered = wait(embedded.sender.futures, timeout=GRACE_SECONDS)
        embedded.finish(datetime.now(UTC))
        _log.info("stopped", journal=str(settings.journal), unanswered=len(unanswered))
    return not unanswered


def _proving(settings: Settings, board: Board) -> Proving | None:
    if settings.heartbeat_address is None:
        return None
    return Proving(settings.region, settings.heartbeat_every, leaving_in(settings.drop), board)


def _health(embedded: Embedded, proving: Proving | None, heart: Heartbeat) -> Health:
    return Health(
        live=lambda: beating(heart),
        ready=lambda: (*embedded.reaching.reasons(), *(() if proving is None else proving.reasons())),
    )


def _pages(settings: Settings, board: Board, door: Door) -> FastAPI:
    told = replace(
        door,
        lifetime=lifetime_of(settings.link_hours),
        proxies=proxies_of(settings.proxies),
        hosts=hosts_of(str(settings.link_base or "")),
    )
    identity = identity_of(settings.identity_header, settings.proxies)
    return build_app(board, Exporter(board), lambda: datetime.now(UTC), told, identity)


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


def _turn(embedded: Embedded, dropping: Dropping, wake: threading.Event) -> None:
    drop = dropping.drop
    now = datetime.now(UTC)
    for path in drop.ready(time.monotonic()):
        dropping.take(path, datetime.now(UTC))
    embedded.turn(now)
    for future in embedded.sender.futures:
        future.add_done_callback(lambda _: wake.set())
    look_between_turns()
    wake.wait(_pause(embedded, drop, now))
    wake.clear()


def _pause(embedded: Embedded, drop: DropDirectory, now: datetime) -> float:
    due = embedded.next_due()
    until_due = IDLE_SECONDS if due is None else (due - now).total_seconds()
    longest = IDLE_SECONDS / 4 if drop.is_waiting else IDLE_SECONDS
    return min(max(until_due, 0.01), longest)


class _Log:
    """Writes what became of each file to the log."""

    def collected(self, receipt: Receipt, kept: Path) -> None:
        if receipt.refused:
            _log.warning("file rejected", reason=receipt.refused)
            return
        _log.info("file collected", kept=printable(kept), receipt=line(receipt), is_older=receipt.is_older)

    def rejected(self, kept: Path, reason: str) -> None:  # noqa: ARG002 - the reason names the file
        _log.warning("file rejected", reason=reason)

    def failed(self, error: Exception) -> None:
        _log.error("file rejected: a defect of Vigie, to be reported", error=defect(error))
