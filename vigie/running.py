"""`vigie run` put together: one thread turns and journals; others send and serve."""

import os
import threading
from concurrent.futures import Executor, wait
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import structlog

from alerts.adapters.apprise_channel import AppriseChannel
from alerts.adapters.roster_files import LoadedRoster, load_roster
from alerts.providers import Providers
from dashboards.board import Board
from orsan_plans.adapters.plan_files import load_catalogue, shipped_catalogue
from orsan_plans.catalogue import Catalogue
from streams.adapters.drop_directory import DropDirectory, wake_on_change
from streams.adapters.sqlite_journal import SqliteJournal
from streams.adapters.writer_lock import only_writer
from streams.journal import JournalConflict, JournalPurpose
from streams.live.health import Heartbeat
from streams.messages.reference import RosterVersion
from vigie.addressing import addresses_of
from vigie.embedded import Embedded
from vigie.garbage import keep_out_of_turns
from vigie.group_health import beating
from vigie.health import MOUNTED_AT as HEALTH
from vigie.health import Health, build_health
from vigie.noted_channel import NotedChannel
from vigie.past import catalogue_message
from vigie.proving import Proving, leaving_in
from vigie.run_doors import Doors, open_doors
from vigie.run_turns import Turns
from vigie.settings import Settings

GRACE_SECONDS: Final = 3.0
"""How long a stop waits for the channels: Vigie's choice, well below the time a service manager allows."""

_log = structlog.get_logger()


def run_until(stop: threading.Event, settings: Settings, executor: Executor) -> bool:
    """Run the monitor until ``stop`` is set; everything it needs is read and checked before it starts.

    Returns whether every channel has answered: what is still being sent then will be sent again by the next start.
    """
    catalogue = shipped_catalogue() if settings.plans is None else load_catalogue(settings.plans)
    roster = _roster(settings)
    with ExitStack() as stack:
        journal = stack.enter_context(_open(settings.journal, stack))
        drop = DropDirectory(settings.drop)
        # Bound before anything is journaled: a taken port must stop us now, not half-way.
        doors = open_doors(settings, journal, stack)
        proving = _proving(settings, doors.board)
        embedded = _embedded(settings, roster, journal, executor, doors, proving)
        heart = _say_health(doors, embedded, proving)
        embedded.load()
        turns = Turns(settings, embedded, drop, doors, heart, proving)
        _send_again(embedded)
        _put_in_force(embedded, settings.region, catalogue, roster)
        wake_on_change(settings.drop, doors.wake, stop)
        keep_out_of_turns()
        _log.info("watching", region=settings.region, drop=str(settings.drop), pages=f"{doors.address}/")
        while not stop.is_set():
            turns.turn()
        doors.close()
        unanswered = _end(embedded)
        _log.info("stopped", journal=str(settings.journal), unanswered=unanswered)
    return not unanswered


def _embedded(
    settings: Settings,
    roster: LoadedRoster | None,
    journal: SqliteJournal,
    executor: Executor,
    doors: Doors,
    proving: Proving | None,
) -> Embedded:
    addresses = addresses_of(roster, settings.heartbeat_address, _log.warning)
    return Embedded(
        journal,
        NotedChannel(AppriseChannel(addresses)),
        executor,
        str(settings.link_base or doors.address).rstrip("/"),
        listener=None if proving is None else proving.committed,
        warn=_log.warning,
        board=doors.board,
        providers=roster.providers if roster else Providers(),
        links=doors.links,
    )


def _send_again(embedded: Embedded) -> None:
    if taken_back := embedded.sender.recover(datetime.now(UTC)):
        _log.info("messages of a monitor that was killed are sent again", count=taken_back)


def _end(embedded: Embedded) -> int:
    """Give the channels a moment, and journal what they said; return how many have not answered."""
    _, unanswered = wait(embedded.sender.futures, timeout=GRACE_SECONDS)
    embedded.finish(datetime.now(UTC))
    return len(unanswered)


def _proving(settings: Settings, board: Board) -> Proving | None:
    if settings.heartbeat_address is None:
        return None
    return Proving(settings.region, settings.heartbeat_every, leaving_in(settings.drop), board)


def _say_health(doors: Doors, embedded: Embedded, proving: Proving | None) -> Heartbeat:
    heart = Heartbeat()
    health = Health(
        live=lambda: beating(heart),
        ready=lambda: (*embedded.reaching.reasons(), *(() if proving is None else proving.reasons())),
    )
    doors.app.mount(HEALTH, build_health(health))
    return heart


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
