"""The embedded monitor put together: fold, outbox, sender and board in one process, driven turn by turn.

A turn fires the deadlines that are due, journals what became of the messages being sent, and starts sending the next
ones. The clock is whoever calls: the real one in `vigie run`, a fast one in the demo.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from datetime import datetime

from alerts.adapters.sender import Report, Sender
from alerts.channel import Channel
from alerts.effects import Effect
from alerts.links import LinkKeys
from alerts.providers import Providers
from dashboards.board import Board
from dashboards.metrics import Notification
from streams import messages
from streams.adapters.sqlite_journal import SqliteJournal
from streams.entry import Draft, Status
from streams.journal import Quarantined
from streams.messages import Message
from streams.monitor import Committed, Monitor
from vigie.outcomes import Outcomes, found_in
from vigie.reaching import Reaching
from vigie.reporting import by_region, draft_of
from vigie.showing import Showing


class Embedded:
    """One process's monitor. Not safe to share between threads: one caller drives it."""

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of a monitor, each chosen by the wiring
        self,
        journal: SqliteJournal,
        channel: Channel,
        executor: Executor,
        link_base: str,
        listener: Callable[[Committed], None] | None = None,
        warn: Callable[[str], None] | None = None,
        board: Board | None = None,
        providers: Providers = Providers(),  # noqa: B008 - frozen
        links: LinkKeys | None = None,
    ) -> None:
        self.journal = journal
        self.board = board or Board()
        self._listener = listener
        self._showing = Showing(self.board)
        self.monitor = Monitor(journal, self._committed, warn)
        self.sender = Sender(
            journal.outbox, channel, executor, link_base, worker="embedded", providers=providers, links=links
        )
        self.reaching = Reaching(self.board, self.sender)

    def load(self) -> None:
        """Read the journal: the folds, and the board as it was."""
        self.monitor.load()
        for region in self.journal.regions():
            effects = (stored.effect for stored in self.journal.effects(region))
            self._showing.begin(self.monitor.fold(region), effects)
            told = (stored.effect for stored in self.journal.effects(region))
            Outcomes(self.board, found_in(self.journal.outbox)).begin(region, told)
        self._show_outbox()

    def receive(self, drafts: Sequence[Draft], now: datetime, quarantine: Sequence[Quarantined] = ()) -> list[Effect]:
        """Journal drafts of one région, with the records of the same file that had to be set aside."""
        return self.monitor.append(drafts, now, quarantine=quarantine)

    def say(self, region: str, message: Message, now: datetime, status: Status = Status.ACTUAL) -> list[Effect]:
        """Journal one message that happened now."""
        kind, payload = messages.encode(message)
        return self.receive([Draft(now, status, region, kind, payload)], now)

    def turn(self, now: datetime) -> None:
        """Do all that is due at ``now``."""
        self.monitor.advance(now)
        for region in self.board.regions:
            self.board.advanced(region, now)
        reports = self.sender.collect(now)
        self._report(reports, now)
        if self.sender.dispatch(now) or reports:
            self._show_outbox()
        self.reaching.turn()

    def finish(self, now: datetime) -> None:
        """Journal what became of the messages sent so far, start no other, and save the folds."""
        self._report(self.sender.collect(now), now)
        self.monitor.save()

    def next_due(self) -> datetime | None:
        """Return when a turn next has something to do, apart from messages being sent."""
        dues = (self.monitor.next_deadline(), self.journal.outbox.next_ready_at())
        return min((due for due in dues if due is not None), default=None)

    def _show_outbox(self) -> None:
        self.board.outbox({state.value: count for state, count in self.journal.outbox.counts().items()})

    def _report(self, reports: Sequence[Report], now: datetime) -> None:
        for region, those in by_region(reports).items():
            self.monitor.append([draft_of(each) for each in those], now, [each.finished for each in those])
            for each in those:
                outcome = Notification.SENT if each.finished.is_sent else Notification.FAILED
                self.board.delivered(region, each.delivery.notification, now, outcome)

    def _committed(self, committed: Committed) -> None:
        self._showing.committed(committed, self.monitor.fold(committed.region))
        if self._listener is not None:
            self._listener(committed)
