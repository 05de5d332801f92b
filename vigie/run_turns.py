"""What the thread of `vigie run` does again and again: what came in, what is due, what is to be sent."""

import os
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from streams.adapters.drop_directory import DropDirectory, printable
from streams.collecting.decoding import Context
from streams.collecting.receipts import Receipt, line
from streams.defects import defect
from streams.live.health import Heartbeat
from vigie.collecting import build_collector
from vigie.dropping import Dropping
from vigie.embedded import Embedded
from vigie.health import elapsed
from vigie.http_deliveries import receive_delivery
from vigie.proving import Proving
from vigie.run_doors import Doors
from vigie.settings import Settings
from vigie.sources_shown import SourcesShown
from vigie.text_keeping import erase_by_rule, telling_monitor
from vigie.upkeep import Upkeep

IDLE_SECONDS: Final = 1.0
"""The longest sleep: how late a changed clock or a settled file can be noticed."""

_log = structlog.get_logger()


class Turns:
    """The turns of one monitor. Every one of them journals, so that one thread makes them all."""

    def __init__(
        self,
        settings: Settings,
        embedded: Embedded,
        drop: DropDirectory,
        doors: Doors,
        heart: Heartbeat,
        proving: Proving | None,
    ) -> None:
        self._settings = settings
        self._embedded = embedded
        self._drop = drop
        self._doors = doors
        self._heart = heart
        self._proving = proving
        sources = SourcesShown(doors.board, embedded.journal.receipts.all())
        self._collector = build_collector(embedded.monitor, settings, os.environ, sources.receive)
        self._upkeep = Upkeep(settings.kept, self._purge, drop)
        self._dropping = Dropping(embedded.monitor, self._collector, drop, settings.region, _Log())

    def turn(self) -> None:
        """Do what is due, then sleep until the next thing is."""
        self._doors.handoff.take(partial(receive_delivery, self._collector, self._settings.region))
        self._doors.said.take(self._embedded.say)
        self._upkeep.turn(datetime.now(UTC))
        self._heart.beat(elapsed())
        if self._proving is not None:
            self._proving.turn(datetime.now(UTC))
        now = datetime.now(UTC)
        for path in self._drop.ready(time.monotonic()):
            self._dropping.take(path, datetime.now(UTC))
        self._embedded.turn(now)
        self._sleep(now)

    def _sleep(self, now: datetime) -> None:
        wake = self._doors.wake
        for future in self._embedded.sender.futures:
            future.add_done_callback(lambda _: wake.set())
        wake.wait(self._pause(now))
        wake.clear()

    def _pause(self, now: datetime) -> float:
        due = self._embedded.next_due()
        until_due = IDLE_SECONDS if due is None else (due - now).total_seconds()
        longest = IDLE_SECONDS / 4 if self._drop.is_waiting else IDLE_SECONDS
        return min(max(until_due, 0.01), longest)

    def _purge(self, now: datetime) -> None:
        self._collector.purge(Context(self._settings.region, now))
        monitor, outbox = self._embedded.monitor, self._embedded.journal.outbox
        erase_by_rule(outbox, now, self._settings.texts_kept, telling_monitor(monitor, now))


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
