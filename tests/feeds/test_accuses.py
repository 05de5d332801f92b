"""Proofs of delivery: one form, its refusals, the ladder they climb on the page of an alert, and the HTTP way in."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.effects import AlertChange
from dashboards.alert_view import LADDER, What
from dashboards.board import Board
from dashboards.chronicle import told
from dashboards.metrics import Notification
from dashboards.testing import ALERT_ID, EVENING, REGION, changed, notification, raised
from streams import messages
from streams.collecting.decoding import Refused
from streams.entry import Entry, Status
from streams.messages import Message
from streams.messages.decisions import Acknowledge
from streams.messages.deliveries import DeliveryProof, ProofStep
from streams.recognising import recognise
from streams.signals import accuses
from streams.testing import sample_recall
from tests.feeds.http_door import Door
from tests.feeds.signal_builders import one, read, refusal

ID = "6f1f9a5e-6d4b-5c7d-9f2b-0d5f0f6f5a11"
ACCUSE = {"notification": ID, "etape": "remis", "instant": "2026-01-14T08:12:00+01:00", "source": "passerelle-sms"}


def test_a_proof_says_which_step_of_which_message_and_when() -> None:
    accepted = one(read(accuses.decode, ACCUSE | {"detail": "DELIVRD"}))
    proof = accepted.message
    assert isinstance(proof, DeliveryProof)
    assert (proof.notification_id, proof.step, proof.detail) == (ID, ProofStep.DELIVERED, "DELIVRD")
    assert proof.at.isoformat() == "2026-01-14T07:12:00+00:00"
    assert accepted.key == f"{ID}@remis"
    assert one(read(accuses.decode, ACCUSE | {"etape": "lu"})).key == f"{ID}@lu"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"etape": "perdu"}, "etape"),
        ({"notification": "1"}, "notification"),
        ({"instant": "hier"}, "instant"),
        ({"detail": "to 33600000001"}, "detail"),
        ({"destinataire": "33600000001"}, "a field that this form does not have"),
    ],
)
def test_another_shape_is_refused_and_nothing_of_it_is_kept(change: dict[str, str], reason: str) -> None:
    items = read(accuses.decode, ACCUSE | change)
    assert reason in refusal(items)
    assert isinstance(items[0], Refused)
    assert items[0].raw == b""


def test_its_format_is_recognised() -> None:
    assert recognise(json.dumps([ACCUSE]).encode()) == "accuse"


def test_a_proof_comes_over_http_with_a_key_of_its_own(tmp_path: Path) -> None:
    door = Door(tmp_path)
    key = door.key("accuses", source="passerelle-sms")
    answer = door.post("accuses", json.dumps(ACCUSE).encode(), key, Content_Type="application/json")
    assert answer.status_code == 202, answer.text
    assert answer.json()["accepted"] == 1
    assert door.journaled() == ["delivery.proof"]
    again = door.post("accuses", json.dumps(ACCUSE).encode(), key, Content_Type="application/json")
    assert again.json()["duplicates"] == 1
    other = door.key("rpu")
    refused = door.post("accuses", json.dumps(ACCUSE).encode(), other, Content_Type="application/json")
    assert refused.status_code == 403


# --- the ladder


def journaled(message: Message, status: Status = Status.ACTUAL) -> Entry:
    kind, payload = messages.encode(message)
    return Entry(1, EVENING, EVENING, status, REGION, kind, payload)


def told_board() -> Board:
    board = Board(regions=(REGION,))
    board.effect(REGION, raised())
    board.effect(REGION, notification())
    return board


def rung(board: Board) -> What:
    alert = board.alert(ALERT_ID)
    assert alert is not None
    line = alert.line_of(notification().id)
    assert line is not None
    return line.what


def proof(step: ProofStep) -> Entry:
    return journaled(DeliveryProof(notification().id, step, EVENING + timedelta(seconds=9)))


def climb(board: Board, what: What) -> None:
    match what:
        case What.SENT:
            board.delivered(REGION, notification(), EVENING + timedelta(seconds=4), Notification.SENT)
        case What.FAILED:
            board.delivered(REGION, notification(), EVENING + timedelta(seconds=4), Notification.FAILED)
        case What.DELIVERED:
            board.entry(proof(ProofStep.DELIVERED))
        case What.READ:
            board.entry(proof(ProofStep.READ))
        case What.REPLIED:
            board.entry(journaled(Acknowledge(ALERT_ID, "Claire", person=notification().person)))


def test_a_recalled_message_is_shown_as_such_unless_it_is_known_to_have_left() -> None:
    board = told_board()
    board.effect(REGION, replace(sample_recall(notification().id), at=EVENING + timedelta(seconds=3)))
    assert rung(board) is What.RECALLED
    climb(board, What.FAILED)
    assert rung(board) is What.RECALLED
    climb(board, What.REPLIED)
    assert rung(board) is What.RECALLED
    climb(board, What.SENT)
    assert rung(board) is What.SENT


def test_a_notification_climbs_from_queued_to_answered() -> None:
    board = told_board()
    seen = [rung(board)]
    for step in (What.SENT, What.DELIVERED, What.READ, What.REPLIED):
        climb(board, step)
        seen.append(rung(board))
    assert seen == [What.QUEUED, What.SENT, What.DELIVERED, What.READ, What.REPLIED]


@given(st.lists(st.sampled_from([What.SENT, What.FAILED, What.DELIVERED, What.READ, What.REPLIED]), max_size=8))
def test_in_whatever_order_they_come_the_highest_step_is_shown(steps: list[What]) -> None:
    board, expected = told_board(), What.QUEUED
    for step in steps:
        # An answer says that the person was reached by a message that left, not by one that failed.
        if step is not What.REPLIED or expected is not What.FAILED:
            expected = max(expected, step, key=LADDER.index)
        climb(board, step)
        assert rung(board) is expected
    assert [event.what for event in board.alerts[0].history].count(expected) == 1


def test_the_page_says_in_french_how_far_it_went() -> None:
    board = told_board()
    climb(board, What.SENT)
    climb(board, What.READ)
    (line,) = told(board.alerts[0])
    assert line.detail == "appel : lu par SMS"


def test_proofs_are_counted_and_one_of_an_unknown_message_shows_nothing() -> None:
    board = told_board()
    board.entry(journaled(DeliveryProof("unknown", ProofStep.READ, EVENING)))
    climb(board, What.DELIVERED)
    assert board.proofs[REGION, "actual", "read"] == 1
    assert board.proofs[REGION, "actual", "delivered"] == 1
    assert rung(board) is What.DELIVERED


def test_a_forgotten_alert_takes_its_notifications_with_it() -> None:
    board = Board(regions=(REGION,), closed_limit=0)
    board.effect(REGION, raised())
    board.effect(REGION, notification())
    board.effect(REGION, changed(AlertChange.RESOLVED, 60))
    board.effect(REGION, changed(AlertChange.CLOSED, 90))
    assert board.alert(ALERT_ID) is None
    assert board._alerts._of_message == {}
    board.entry(proof(ProofStep.READ))
