"""The messages of the nights: counted by person, held against the budget, without a name in the metrics."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from alerts.effects import Digest, DigestLine, Notify, Purpose
from alerts.volume.burden import Night, night_of, nights
from alerts.volume.limits import Limits
from dashboards.adapters.exporter import Exporter
from dashboards.board import Board
from dashboards.metrics import Notification
from dashboards.testing import BRIEF, EVENING, EXERCISE_ID, REGION, notification, raised
from orsan_plans.posture import Posture
from streams import messages
from streams.entry import Entry, Status
from tests.core.builders import roster, roster_version

OTHER = replace(BRIEF, alert_id=EXERCISE_ID)
NIGHT = datetime(2026, 1, 14, 22, tzinfo=UTC)


def at(instant: datetime, person: str = "c.martin", status: str = "actual") -> Notify:
    return replace(notification(), at=instant, person=person, status=status)


@pytest.mark.parametrize(
    ("local_hour", "night"),
    [(19, None), (20, date(2026, 1, 14)), (23, date(2026, 1, 14)), (31, date(2026, 1, 14)), (32, None)],
)
def test_a_night_is_from_twenty_to_eight_local_time(local_hour: int, night: date | None) -> None:
    assert night_of(datetime(2026, 1, 13, 23, tzinfo=UTC) + timedelta(hours=local_hour), "Europe/Paris") == night


def test_messages_of_real_life_are_counted_by_night_and_person() -> None:
    told = [at(NIGHT), at(NIGHT), at(NIGHT, "a.leroy"), at(NIGHT, status="exercise"), at(NIGHT + timedelta(days=1))]
    assert nights([*told, at(NIGHT + timedelta(hours=12)), raised()]) == [
        Night(date(2026, 1, 14), "a.leroy", 1),
        Night(date(2026, 1, 14), "c.martin", 2),
        Night(date(2026, 1, 15), "c.martin", 1),
    ]
    assert [Night(date(2026, 1, 14), "a", count).is_over(5) for count in (5, 6)] == [False, True]


def test_the_latest_night_is_exposed_against_the_budget_of_the_roster_without_a_name() -> None:
    board = Board(regions=(REGION,))
    kind, payload = messages.encode(roster_version(replace(roster(), limits=Limits(night_budget=1))))
    board.entry(Entry(1, NIGHT, NIGHT, Status.ACTUAL, REGION, kind, payload))
    for each in (at(NIGHT), at(NIGHT), at(NIGHT, "a.leroy"), at(NIGHT + timedelta(hours=12))):
        board.effect(REGION, each)
    text = Exporter(board, "1").text().decode()
    assert f'vigie_night_messages_most{{region="{REGION}"}} 2.0' in text
    assert f'vigie_night_budget_exceeded_people{{region="{REGION}"}} 1.0' in text
    assert "martin" not in text
    board.effect(REGION, at(NIGHT + timedelta(days=1)))
    board.effect(REGION, at(NIGHT))
    assert (board.burden(REGION).most, board.burden(REGION).people_over) == (1, 0)


def test_a_message_about_several_alerts_is_in_the_history_of_each() -> None:
    board = Board(regions=(REGION,))
    for brief in (BRIEF, OTHER):
        board.effect(REGION, raised(brief))
    grouped = replace(notification(), grouped=(OTHER,), place="DEP-44")
    board.effect(REGION, grouped)
    board.delivered(REGION, grouped, EVENING, Notification.SENT)
    for brief in (BRIEF, OTHER):
        view = board.alert(brief.alert_id)
        assert view is not None
        assert [event.notification_id for event in view.history] == ["", grouped.id]
    assert sum(board.latencies[REGION, "actual"].counts) == 2
    lines = (DigestLine(Posture.ALERTE, "DEP-44", 2),)
    digest = replace(notification(), id="d", purpose=Purpose.DIGEST, digest=Digest(lines, (OTHER.alert_id,)))
    board.effect(REGION, digest)
    other = board.alert(OTHER.alert_id)
    assert other is not None
    assert other.history[-1].detail == "digest"
