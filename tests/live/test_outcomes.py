"""What became of a notification, as a board that follows the journal shows it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from alerts.effects import Notify
from alerts.outbox import Item, OutboxState
from dashboards.alert_view import What
from dashboards.board import Board
from dashboards.metrics import Notification
from dashboards.testing import ALERT_ID, EVENING, REGION, notification, raised
from streams.entry import Entry, Status
from streams.messages import encode
from streams.messages.deliveries import DeliveryReport
from streams.monitor import Committed
from vigie.outcomes import Outcomes

NOTIFY = notification()
SENT_AT = EVENING + timedelta(seconds=4)


def board() -> Board:
    shown = Board((REGION,))
    shown.effect(REGION, raised())
    shown.effect(REGION, NOTIFY)
    return shown


def report(id_: str, outcome: Literal["sent", "failed"] = "sent") -> Committed:
    entry = Entry(1, SENT_AT, SENT_AT, Status.ACTUAL, REGION, *encode(DeliveryReport(id_, outcome, 1)))
    return Committed(REGION, (entry,), (), ())


def shown(on: Board) -> list[tuple[What, datetime]]:
    alert = on.alert(ALERT_ID)
    assert alert is not None
    return [(event.what, event.at) for event in alert.history if event.notification_id]


def count(on: Board, outcome: Notification) -> int:
    return on.notifications[REGION, "actual", "call", outcome.value]


def item(notify: Notify, state: OutboxState) -> Item:
    finished_at = SENT_AT if state in {OutboxState.DONE, OutboxState.FAILED} else None
    return Item(REGION, notify, state, 1, EVENING, finished_at=finished_at)


def test_a_report_of_the_journal_is_shown_and_counted_once() -> None:
    on = board()
    outcomes = Outcomes(on, lambda *_: None)
    outcomes.committed(Committed(REGION, (), (NOTIFY,), ()))
    for _ in range(2):
        outcomes.committed(report(NOTIFY.id))
    assert shown(on) == [(What.SENT, SENT_AT)]
    assert count(on, Notification.SENT) == 1
    assert sum(on.latencies[REGION, "actual"].counts) == 1


def test_a_message_given_up_and_one_nobody_knows() -> None:
    on = board()
    outcomes = Outcomes(on, lambda *_: None)
    outcomes.begin(REGION, [NOTIFY])
    outcomes.committed(report("another"))
    outcomes.committed(report(NOTIFY.id, "failed"))
    assert shown(on) == [(What.FAILED, SENT_AT)]
    assert (count(on, Notification.FAILED), on.latencies) == (1, {})


def test_what_was_sent_before_the_start_is_shown_and_not_counted_again() -> None:
    on = board()
    outcomes = Outcomes(on, lambda *_: item(NOTIFY, OutboxState.DONE))
    outcomes.begin(REGION, [NOTIFY])
    outcomes.committed(report(NOTIFY.id))
    assert shown(on) == [(What.SENT, SENT_AT)]
    assert (count(on, Notification.SENT), on.latencies) == (0, {})
    # The alert was told of long ago: its reminder is no late page.
    reminder = replace(notification(call=2), id="reminder")
    outcomes.committed(Committed(REGION, (), (reminder,), ()))
    outcomes.committed(report("reminder"))
    assert (count(on, Notification.SENT), on.latencies) == (1, {})


def test_what_is_still_being_sent_waits_for_its_report() -> None:
    on = board()
    outcomes = Outcomes(on, lambda *_: item(NOTIFY, OutboxState.CLAIMED))
    outcomes.begin(REGION, [NOTIFY])
    assert [what for what, _ in shown(on)] == [What.QUEUED]
    outcomes.committed(report(NOTIFY.id))
    assert [what for what, _ in shown(on)] == [What.SENT]


def test_alerts_that_are_not_shown_any_more_ask_nothing() -> None:
    asked = list[str]()

    def find(_: str, id_: str) -> None:
        asked.append(id_)

    Outcomes(Board((REGION,)), find).begin(REGION, [NOTIFY])
    assert asked == []
