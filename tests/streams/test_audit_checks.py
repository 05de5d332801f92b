"""Every message was decided, sent or given up, and reported; every answer names an alert: what is missing is named."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.effects import AlertRaised, Effect, EntryRejected, effect_id
from alerts.outbox import Finished, Item, OutboxState, finish, queue, recall
from streams import messages
from streams.audit_checks import faults
from streams.entry import Entry, Status
from streams.messages import Message
from streams.messages.decisions import Acknowledge
from streams.messages.deliveries import DeliveryReport
from streams.testing import EPOCH, sample_notification, sample_recall

CALL = sample_notification("a")
RAISED = AlertRaised(id="r", at=EPOCH, status="actual", brief=CALL.brief, episode=1)
DONE = finish(queue("52", CALL), Finished(CALL.id, True, EPOCH, "Titre", "Texte"))
REPORT = DeliveryReport(CALL.id, "sent", 1)


def entries(*said: Message) -> list[Entry]:
    numbered = enumerate(said, 1)
    return [Entry(n, EPOCH, EPOCH, Status.ACTUAL, "52", *messages.encode(message)) for n, message in numbered]


def found(
    said: list[Entry], effects: list[Effect], items: list[Item], *, is_alone: bool = True
) -> list[tuple[str, int | None]]:
    return [(each.part, each.number) for each in faults("52", said, effects, items, is_alone=is_alone)]


def test_what_holds_together_has_no_fault() -> None:
    assert found(entries(REPORT, Acknowledge(CALL.brief.alert_id, "A")), [RAISED, CALL], [DONE]) == []
    assert found([], [RAISED, CALL], [queue("52", CALL)]) == []
    assert found(entries(REPORT, REPORT), [CALL], [DONE]) == []


def test_a_message_that_was_never_queued_nor_reported_is_named() -> None:
    assert found([], [CALL], []) == [("notification", 1)]


def test_a_message_sent_without_a_report_is_named() -> None:
    assert found([], [CALL], [DONE]) == [("notification", 1)]
    assert found([], [CALL], [replace(DONE, state=OutboxState.FAILED)]) == [("notification", 1)]


def test_a_report_that_no_sender_wrote_is_named() -> None:
    waiting = queue("52", CALL)
    assert found(entries(REPORT), [CALL], [waiting]) == [("notification", 1)]
    assert found(entries(REPORT), [CALL], [waiting], is_alone=False) == []


def test_a_recall_and_the_outbox_agree() -> None:
    waiting = queue("52", CALL)
    out = recall(waiting)
    assert out is not None
    assert found([], [CALL, sample_recall(CALL.id)], [out]) == []
    assert found(entries(replace(REPORT, outcome="failed")), [CALL, sample_recall(CALL.id)], [out]) == []
    assert found(entries(REPORT), [CALL, sample_recall(CALL.id)], [DONE]) == []
    assert found([], [CALL], [out]) == [("notification", 1)]
    assert found([], [CALL, sample_recall(CALL.id)], [waiting]) == [("notification", 1)]
    assert found([], [CALL, sample_recall(CALL.id)], [waiting], is_alone=False) == []


def test_a_report_of_nothing_is_named() -> None:
    other = DeliveryReport(effect_id("notify", "b"), "sent", 1)
    assert found(entries(REPORT, other), [CALL], [DONE]) == [("entry", 2)]


@pytest.mark.parametrize("alert_id", ["inconnue", ""])
def test_an_answer_to_no_alert_is_named_unless_the_engine_refused_it(alert_id: str) -> None:
    said = entries(Acknowledge(alert_id, "A"))
    assert found(said, [RAISED], []) == [("entry", 1)]
    refused = EntryRejected(
        id="x", at=EPOCH, status="actual", seq=1, entry_kind="alert.acknowledge", reason="no such alert"
    )
    assert found(said, [RAISED, refused], []) == []


def test_a_message_nobody_decided_or_that_was_changed_is_named() -> None:
    assert found([], [], [queue("52", CALL)]) == [("outbox", None)]
    other = queue("52", replace(CALL, contact="b.durand/sms", at=EPOCH + timedelta(hours=1)))
    assert found([], [CALL], [other]) == [("notification", 1)]
