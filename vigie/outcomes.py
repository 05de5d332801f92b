"""What became of the notifications, for a board that follows the journal: the reports say it, by id."""

from collections.abc import Callable, Iterable
from typing import Final

import structlog

from alerts.effects import Effect, Notify
from alerts.outbox import Item, Outbox, OutboxState, StorageError
from dashboards.board import Board
from dashboards.metrics import Notification
from streams.entry import Entry
from streams.messages import KIND_OF_TYPE, decode
from streams.messages.deliveries import DeliveryReport
from streams.monitor import Committed

_REPORT: Final = KIND_OF_TYPE[DeliveryReport]
_OUTCOMES: Final = {OutboxState.DONE: Notification.SENT, OutboxState.FAILED: Notification.FAILED}

FindItem = Callable[[str, str], Item | None]
"""Returns the item of the outbox of a région's notification."""

_log = structlog.get_logger()


def found_in(outbox: Outbox) -> FindItem:
    """Return what finds items there. What cannot be read is said in the log and left out: a board is needed."""

    def find(region: str, notification_id: str) -> Item | None:
        try:
            return outbox.find(region, notification_id)
        except StorageError as error:
            _log.warning("what became of a message is not shown", why=str(error))
            return None

    return find


class Outcomes:
    """Notes on a board what became of each notification. ``find`` tells it of those reported before."""

    def __init__(self, board: Board, find: FindItem) -> None:
        self._board = board
        self._find = find
        self._waiting: dict[str, Notify] = {}

    def begin(self, region: str, effects: Iterable[Effect]) -> None:
        """Note what became of the notifications of alerts that are shown, told before this process."""
        for effect in effects:
            if isinstance(effect, Notify) and self._board.alert(effect.brief.alert_id) is not None:
                self._begin(effect, self._find(region, effect.id))

    def committed(self, committed: Committed) -> None:
        """Note the reports among what was committed."""
        self._waiting |= {each.id: each for each in committed.effects if isinstance(each, Notify)}
        for entry in committed.entries:
            if entry.kind == _REPORT:
                self._report(entry)

    def _begin(self, notify: Notify, item: Item | None) -> None:
        if item is None or item.finished_at is None or item.state not in _OUTCOMES:
            self._waiting[notify.id] = notify
        else:
            self._board.was_delivered(notify, item.finished_at, _OUTCOMES[item.state])

    def _report(self, entry: Entry) -> None:
        report = decode(entry.kind, entry.payload)
        if not isinstance(report, DeliveryReport):
            return
        notify = self._waiting.pop(report.notification_id, None)
        if notify is not None:
            outcome = Notification.SENT if report.outcome == "sent" else Notification.FAILED
            self._board.delivered(entry.region, notify, entry.occurred_at, outcome)
