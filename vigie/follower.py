"""Following the journal of every région to show it: the pages and metrics of the live engine. Nothing is decided here.

One thread reads and shows. Whoever asks for its health reads a few values that it replaces whole.
"""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final, Self

import structlog

from alerts.effects import Effect
from dashboards.board import Board
from streams.adapters.journal_follower import JournalFollower
from streams.adapters.kafka_clients import KafkaAccess
from streams.defects import defect
from streams.live.health import CatchUp, Heartbeat, Watchdog
from streams.live.problems import KafkaProblem
from streams.live.region_log import RegionLog
from streams.monitor import Committed
from vigie.group_health import beating
from vigie.health import SILENT_AFTER, elapsed
from vigie.outcomes import FindItem, Outcomes
from vigie.showing import Showing

POLL_SECONDS: Final = 0.5
LOOK_SECONDS: Final = 2.0
"""Between two looks at how far the journal goes."""
AWAY_SECONDS: Final = 1.0

_log = structlog.get_logger()


class Follower:
    """Keeps a board in step with the journal until it is told to stop; a context, in a thread of its own."""

    def __init__(
        self,
        access: KafkaAccess,
        board: Board,
        find: FindItem,
        watchdog: Watchdog,
        told: Callable[[Committed], None] = lambda _: None,
    ) -> None:
        self._access = access
        self._board = board
        self._showing = Showing(board)
        self._outcomes = Outcomes(board, find)
        self._logs: dict[str, RegionLog] = {}
        self._watchdog = watchdog
        self._told = told
        self._heart = Heartbeat(watchdog.delay)
        self._catch_up = CatchUp()
        self._behind: dict[str, int] | None = None
        self._looked_at = elapsed()
        self._failed = ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.run, name="vigie-follower", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(2 * self._access.patience.total_seconds())

    def run(self) -> None:
        """Follow; what the brokers cannot give now is asked for again."""
        while not self._stop.is_set():
            try:
                with JournalFollower(self._access, self._logs) as journal:
                    self._follow(journal)
            except KafkaProblem as error:
                _log.warning("the journal is not followed", why=str(error))
                self._heart.beat(elapsed())
                self._stop.wait(AWAY_SECONDS)
            except Exception as error:  # noqa: BLE001 - without this thread the pages would silently stand still
                self._failed = defect(error)
                _log.critical("the journal is not followed any more: a defect of Vigie", error=self._failed)
                return

    def live(self) -> Iterator[str]:
        """Yield why it has to be started again."""
        if self._failed:
            yield f"the journal is not followed any more ({self._failed})"
        yield from beating(self._heart)
        stuck = self._watchdog.stuck(self._looked_at)
        if stuck:
            yield f"the journal goes on and is not read: {', '.join(stuck)}"

    def ready(self) -> Iterator[str]:
        """Yield why what is shown is not to be trusted yet."""
        behind, silent = self._behind, elapsed() - self._looked_at
        if silent > SILENT_AFTER:
            yield f"Kafka: has not answered for {int(silent.total_seconds())} s"
        if behind is None:
            yield "the journal is being read"
        elif behind:
            yield "the journal is being read: " + ", ".join(
                f"région {region} is {records} records behind" for region, records in behind.items()
            )

    def _follow(self, journal: JournalFollower) -> None:
        for log, told in journal.find():
            self._begin(log, told)
        self._look(journal)
        while not self._stop.is_set():
            for committed in journal.poll(POLL_SECONDS):
                self._show(committed)
            self._heart.beat(elapsed())
            if (elapsed() - self._looked_at).total_seconds() >= LOOK_SECONDS:
                self._look(journal)

    def _begin(self, log: RegionLog, told: list[Effect]) -> None:
        self._board.following.heard(log.region, datetime.now(UTC))
        if log.head.seq:
            self._showing.begin(log.fold, told)
            self._outcomes.begin(log.region, told)
        _log.info("journal followed", region=log.region, from_offset=log.next_offset)

    def _show(self, committed: Committed) -> None:
        log = self._logs[committed.region]
        self._board.following.heard(committed.region, datetime.now(UTC))
        if log.head.seq:
            self._showing.committed(committed, log.fold)
            self._outcomes.committed(committed)
            self._told(committed)

    def _look(self, journal: JournalFollower) -> None:
        ends, done, now = journal.ends(), journal.positions(), elapsed()
        self._catch_up.looked(ends)
        self._watchdog.saw(done, ends, now)
        self._board.following.behind({region: max(0, end - done[region]) for region, end in ends.items() if end})
        self._behind, self._looked_at = self._catch_up.behind(done), now
