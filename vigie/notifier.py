"""A notifier: effects stored, messages sent, reports journaled. Several may run at once, on one database.

What is due is due by the brokers' time, which dated the decision: on a host whose clock is late, a page would wait.
Reports leave beside the turns: a call that comes meanwhile does not wait for them.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from typing import Final, TypeVar

import structlog

from alerts.adapters.sender import Report, Sender
from alerts.outbox import StorageError
from streams.adapters.effects_topic import EffectsGroup, Told, Unreadable
from streams.adapters.journal_topic import JournalTopic
from streams.adapters.live_store import LiveStore
from streams.adapters.normaliser import SetsAside
from streams.entry import Draft
from streams.live.health import Heartbeat
from streams.live.keeping import BrokerClock
from streams.live.problems import KafkaProblem
from streams.live.record import fact_id
from streams.live.topics import EFFECTS, REGION_CODES
from vigie.garbage import keep_out_of_turns, look_between_turns
from vigie.health import elapsed
from vigie.reaching import Reaching
from vigie.reporting import by_region, draft_of

POLL_SECONDS: Final = 0.1
AWAY_SECONDS: Final = 1.0
GRACE_SECONDS: Final = 3.0
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)

T = TypeVar("T")

_log = structlog.get_logger()


@dataclass(slots=True)
class Notifier:
    """One process. What the brokers or the database could not take is done again until they can."""

    group: EffectsGroup
    journal: JournalTopic
    store: LiveStore
    sender: Sender
    dead_letters: SetsAside
    beside: Executor
    """One thread, for the reports."""
    stop: threading.Event
    reports: list[Report] = field(default_factory=list)
    """What is over and is to be journaled, without what is being journaled."""
    heart: Heartbeat = field(default_factory=Heartbeat)
    reaching: Reaching | None = None
    region: str = REGION_CODES[0]
    """Where the brokers are asked for the time: a tick, that nobody minds."""
    _clock: BrokerClock = field(default_factory=BrokerClock)
    _reporting: Future[list[Report]] | None = None

    def run(self) -> bool:
        """Run until ``stop`` is set; return whether every channel has answered."""
        self._again(self._ask_time, None)
        taken_back = self._again(lambda: self.sender.recover(self._now()), 0)
        if taken_back:
            _log.info("messages of a notifier that was killed are sent again", count=taken_back)
        keep_out_of_turns()
        try:
            while not self.stop.is_set():
                self.turn()
                look_between_turns()
        except NotStored:
            _log.warning("stopped while the database was away: what was not stored is told again to the next notifier")
        _, unanswered = wait(self.sender.futures, timeout=GRACE_SECONDS)
        self._collect()
        self.settle()
        return not unanswered

    def _ask_time(self) -> None:
        self._saw(self.journal.append_tick(self.region).appended_at)

    def _saw(self, appended_at: datetime | None) -> None:
        if appended_at is not None:
            self._clock.saw(appended_at, elapsed(), _EPOCH)

    def _now(self) -> datetime:
        return self._clock.now(elapsed(), _EPOCH) or datetime.now(UTC)

    def turn(self) -> None:
        """Store what came, send what is due, report what became of it."""
        self.heart.beat(elapsed())
        told = self._again(lambda: self.group.poll(POLL_SECONDS), list[Told]())
        for each in told:
            self._saw(each.appended_at)
        if told:
            self._until_done(partial(self._call, told))
        else:
            self._again(lambda: self.sender.dispatch(self._now()), 0)
        for each in told:
            for letter in each.unreadable:
                self._until_done(partial(self._set_aside, each.region, letter))
        if told:
            # Nobody waits for it: what is told again is known.
            self._again(self.group.commit, None)
        self._collect()
        if self.reaching is not None:
            self.reaching.turn()

    def _call(self, told: Sequence[Told]) -> None:
        """Store what was decided and claim what is due in one go: a call waits for one transaction, not two."""
        now = self._now()
        deliveries = self.store.record_told([(each.region, each.effects) for each in told], self.sender.asks(now))
        self.sender.begin(deliveries, now)

    def _collect(self) -> None:
        self.reports += self._again(lambda: self.sender.collect(self._now()), list[Report]())
        if self._reporting is not None and self._reporting.done():
            self._take_back()
        if self._reporting is None and self.reports:
            self._reporting = self.beside.submit(self._report_all, self.reports)
            self.reports = []

    def settle(self) -> None:
        """Return once all that is over was reported, or could not be."""
        self._take_back()
        self.reports = self._report_all(self.reports)

    def _take_back(self) -> None:
        if self._reporting is not None:
            self.reports = self._reporting.result() + self.reports
            self._reporting = None

    def _report_all(self, reports: Sequence[Report]) -> list[Report]:
        """Report, région by région; return what could not be."""
        waiting = by_region(reports)
        for region in list(waiting):
            if not self._again(partial(self._report, region, waiting[region]), otherwise=False):
                break
            del waiting[region]
        return list(chain.from_iterable(waiting.values()))

    def _report(self, region: str, reports: Sequence[Report]) -> bool:
        """Journal what became of messages, then close them: killed in between, each is reported again, as one fact."""
        self.journal.append([_fact(each) for each in reports])
        self.store.finish(region, [each.finished for each in reports])
        return True

    def _set_aside(self, region: str, letter: Unreadable) -> None:
        self.dead_letters.put(EFFECTS, region, letter.offset, letter.value, letter.reason)
        _log.error(
            "effect set aside: `vigie dlq list` shows it", region=region, offset=letter.offset, reason=letter.reason
        )

    def _until_done(self, do: Callable[[], None]) -> None:
        while not self.stop.is_set():
            self.heart.beat(elapsed())
            try:
                do()
            except (StorageError, KafkaProblem) as error:
                _log.warning("not stored yet", why=str(error))
                self.stop.wait(AWAY_SECONDS)
            else:
                return
        # Stopped before it was stored: it is not committed either, the next notifier begins with it.
        raise NotStored

    def _again(self, do: Callable[[], T], otherwise: T) -> T:
        try:
            return do()
        except (StorageError, KafkaProblem) as error:
            _log.warning("to be done again", why=str(error))
            self.stop.wait(AWAY_SECONDS)
            return otherwise


def _fact(report: Report) -> tuple[str, Draft]:
    draft = draft_of(report)
    return fact_id(f"delivery {report.delivery.notification_id}", draft), draft


class NotStored(Exception):
    """The notifier was stopped while the database was away."""
