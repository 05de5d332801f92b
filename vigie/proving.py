"""Proving that the monitor lives: a test record left in the drop directory on a schedule, and seen coming through.

It is journaled, folded, queued and sent like any other; the channel that takes it is an outside heartbeat, which
complains by itself when nothing comes (docs/exploitation.md). What is late is said here too.
"""

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog

from dashboards.board import Board
from dashboards.delivering import Proof
from streams.entry import Entry, Status
from streams.messages import KIND_OF_TYPE, decode
from streams.messages.deliveries import DeliveryReport
from streams.messages.feeds import MonitorProbe
from streams.monitor import Committed
from streams.region.probing import PROBE_CONTACT, notification_id
from vigie.saying import left_in

WITHIN: Final = timedelta(minutes=5)
"""How long a test record may take: Vigie's own choice, more than every attempt of a slow service together."""

_REPORT: Final = KIND_OF_TYPE[DeliveryReport]
_WEB: Final = re.compile(r"^http(s?)://")

_log = structlog.get_logger()

Leave = Callable[[MonitorProbe, datetime], object]


def heartbeat_book(heartbeat: str | None) -> Mapping[str, str]:
    """Return the address of the outside heartbeat by contact: an apprise address, or a web address to post to."""
    return {} if not heartbeat else {PROBE_CONTACT: web_address(heartbeat)}


def web_address(address: str) -> str:
    """Return an address as apprise reads it: a web address is posted to, any other is left as it is."""
    return _WEB.sub(r"json\1://", address)


def leaving_in(drop: Path) -> Leave:
    """Return how a test record is left in a drop directory."""
    return lambda probe, now: left_in(drop, probe, Status.TEST, now)


class Proving:
    """Leaves test records for a région every so often, and watches what becomes of them.

    One thread leaves, maybe another one watches.
    """

    def __init__(self, region: str, every: timedelta, leave: Leave, board: Board, within: timedelta = WITHIN) -> None:
        self._region = region
        self._every = every
        self._leave = leave
        self._board = board
        self._within = within
        self._due: datetime | None = None
        self._waiting: dict[str, datetime] = {}
        self._proof = Proof()
        self._lock = threading.Lock()

    def turn(self, now: datetime) -> None:
        """Leave a record when one is due, and say when one is late."""
        with self._lock:
            self._look(now)
            is_due = self._due is None or now >= self._due
            if is_due:
                self._due = now + self._every
                self._begin(now)

    def _begin(self, now: datetime) -> None:
        probe = MonitorProbe(f"{now:%Y%m%dT%H%M%S%f}")
        self._waiting[notification_id(self._region, probe.probe_id)] = now
        try:
            self._leave(probe, now)
        except OSError as error:
            # The chain is broken at its first step: it is seen by what does not come through.
            _log.error("the test record cannot be left", why=str(error))

    def committed(self, committed: Committed) -> None:
        """Note the test records that came through, or did not."""
        for entry in committed.entries:
            if entry.kind == _REPORT and entry.status is Status.TEST:
                with self._lock:
                    self._report(entry)

    def reasons(self) -> Iterator[str]:
        """Yield why the monitor may not be counted on."""
        if self._proof.is_late:
            yield f"région {self._region}: a test record has not come through the chain in time"

    def _report(self, entry: Entry) -> None:
        report = decode(entry.kind, entry.payload)
        if not isinstance(report, DeliveryReport) or report.notification_id not in self._waiting:
            return
        left_at = self._waiting[report.notification_id]
        if report.outcome != "sent":
            _log.error("the outside heartbeat was not told", why=report.detail)
            return
        # Those before it that were lost are told by the one that came: the chain works again.
        self._waiting = {each: at for each, at in self._waiting.items() if at > left_at}
        self._show(Proof(entry.recorded_at, entry.recorded_at - left_at, is_late=False))

    def _look(self, now: datetime) -> None:
        is_late = any(now - left_at > self._within for left_at in self._waiting.values())
        if is_late and not self._proof.is_late:
            _log.critical("a test record has not come through the chain in time", within=str(self._within))
        if is_late or not self._waiting:
            self._show(Proof(self._proof.came_at, self._proof.took, is_late))

    def _show(self, proof: Proof) -> None:
        if self._proof.is_late and not proof.is_late:
            _log.info("test records come through the chain again")
        self._proof = proof
        self._board.delivering.proof(self._region, proof)
