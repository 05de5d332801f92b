from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.effects import ActivationProposed, AlertChange, AlertChanged, Purpose, VoletDecided, VoletProposed
from dashboards.alert_view import HISTORY_LIMIT, AlertView, What
from dashboards.board import Board, PostureKey
from dashboards.chronicle import moves, told
from dashboards.metrics import Notification
from dashboards.situation import situation
from dashboards.tally import Histogram
from dashboards.testing import ALERT_ID, BRIEF, EVENING, REGION, changed, evening_board, notification, raised
from orsan_plans.posture import Posture
from streams.entry import Entry, Status
from streams.messages import encode
from streams.messages.reference import Etablissement, EtablissementList


def _alert(board: Board) -> AlertView:
    alert = board.alert(ALERT_ID)
    assert alert is not None
    return alert


def test_an_alert_is_open_until_resolved_and_opens_again_when_raised_again() -> None:
    board = Board()
    board.effect(REGION, raised())
    board.effect(REGION, changed(AlertChange.ACKNOWLEDGED, 5, by="c.martin"))
    assert _alert(board).acknowledged_by == "c.martin"
    board.effect(REGION, changed(AlertChange.RESOLVED, 60))
    board.effect(REGION, changed(AlertChange.CLOSED, 90))
    assert _alert(board).ended_at == EVENING + timedelta(minutes=60)
    board.effect(REGION, raised(episode=2))
    assert _alert(board).is_open
    assert not _alert(board).is_acknowledged
    assert [event.what for event in _alert(board).history].count(What.RAISED) == 2


def test_an_alert_covered_by_another_one_says_so_until_released() -> None:
    board = Board()
    board.effect(REGION, raised())
    board.effect(REGION, changed(AlertChange.SUBSUMED, 5, by="other"))
    assert _alert(board).subsumed_by == "other"
    board.effect(REGION, changed(AlertChange.RELEASED, 9))
    assert _alert(board).subsumed_by == ""


def test_what_became_of_a_notification_replaces_its_decision() -> None:
    board = Board(regions=(REGION,))
    board.effect(REGION, raised())
    board.effect(REGION, notification())
    assert [event.what for event in _alert(board).history] == [What.RAISED, What.QUEUED]
    board.delivered(REGION, notification(), EVENING + timedelta(seconds=4), Notification.SENT)
    assert [event.what for event in _alert(board).history] == [What.RAISED, What.SENT]
    assert board.notifications["52", "actual", "call", "queued"] == 1
    assert board.notifications["52", "actual", "call", "sent"] == 1


def test_latency_is_measured_once_per_raise_from_the_first_page_that_left() -> None:
    board = Board()
    board.effect(REGION, raised())
    board.delivered(REGION, notification(), EVENING + timedelta(seconds=3), Notification.FAILED)
    assert not board.latencies
    board.delivered(REGION, notification(call=2), EVENING + timedelta(seconds=9), Notification.SENT)
    board.delivered(REGION, notification(call=3), EVENING + timedelta(seconds=600), Notification.SENT)
    again = replace(BRIEF, raised_at=EVENING + timedelta(hours=1))
    board.effect(REGION, raised(again, episode=2))
    board.delivered(REGION, notification(again), again.raised_at + timedelta(seconds=2), Notification.SENT)
    histogram = board.latencies[REGION, "actual"]
    assert histogram.total == 11.0
    assert histogram.cumulative()[-1] == ("+Inf", 2)


def test_the_end_of_an_alert_is_not_a_page() -> None:
    board = Board()
    board.effect(REGION, raised())
    end = replace(notification(), purpose=Purpose.END)
    board.delivered(REGION, end, EVENING + timedelta(hours=3), Notification.SENT)
    assert not board.latencies


def test_an_exercise_never_moves_a_real_posture() -> None:
    board = Board()
    key = PostureKey(REGION, "DEP-44", "REB", "r", "actual")
    board.posture(key, Posture.VEILLE)
    board.posture(replace(key, status="exercise"), Posture.ALERTE)
    assert board.postures[key].posture is Posture.VEILLE


def test_an_unknown_rule_does_not_lower_the_alert() -> None:
    board = Board()
    board.effect(REGION, raised())
    key = PostureKey(REGION, BRIEF.territory, BRIEF.volet, BRIEF.rule, "actual")
    for posture in (Posture.INCONNU, Posture.VEILLE):
        board.posture(key, posture)
        assert board.current_posture(_alert(board)) is Posture.ALERTE
    board.posture(key, Posture.VIGILANCE)
    assert board.current_posture(_alert(board)) is Posture.VIGILANCE


def test_time_never_goes_back() -> None:
    board = Board()
    board.advanced(REGION, EVENING)
    board.entry(Entry(1, EVENING - timedelta(hours=1), EVENING, Status.ACTUAL, REGION, "rpu.passage", b"{}"))
    assert board.regions == {REGION: EVENING}
    assert board.entries[REGION, "rpu.passage", "actual"] == 1


def test_establishments_are_named_once_the_journal_named_them() -> None:
    board = Board()
    assert board.name_of("ETAB-440000271") == "établissement 440000271"
    kind, payload = encode(EtablissementList((Etablissement("440000271", "CHU de Nantes", "44"),)))
    board.entry(Entry(1, EVENING, EVENING, Status.ACTUAL, REGION, kind, payload))
    assert board.name_of("ETAB-440000271") == "CHU de Nantes"


def test_decisions_and_proposals_are_kept() -> None:
    board = Board()
    board.effect(REGION, raised())
    proposed = ActivationProposed(
        id="a", at=EVENING, status="actual", volet="REB", territory="DEP-44", alert_id=ALERT_ID, rule="r"
    )
    decided = VoletDecided(
        id="d", at=EVENING, status="actual", volet="REB", territory="DEP-44", is_active=True, author="DG", reason="r"
    )
    board.effect(REGION, proposed)
    board.effect(REGION, decided)
    assert [line.what for line in _alert(board).history[-2:]] == [What.PROPOSED, What.VOLET_ACTIVATED]
    assert board.decisions == ((REGION, decided),)


def test_a_proposal_of_a_person_is_shown_until_it_is_decided() -> None:
    board = Board(regions=(REGION,))
    said: dict[str, Any] = {"at": EVENING, "status": "actual", "volet": "REB", "territory": "DEP-44"}
    proposed = VoletProposed(id="p", author="DG", reason="r", **said)
    decided = VoletDecided(id="d", is_active=True, author="DG", reason="r", **said)
    board.effect(REGION, proposed)
    assert [effect.id for _, effect in board.decisions] == ["p"]
    [shown] = situation(board, EVENING).regions[0].decisions
    assert shown.startswith("Activation du volet REB proposée, Loire-Atlantique (44), par DG le ")
    board.effect(REGION, decided)
    assert board.decisions == ((REGION, decided),)


def test_a_withdrawn_answer_no_longer_holds() -> None:
    board = Board()
    board.effect(REGION, raised())
    board.effect(REGION, replace(changed(AlertChange.ACKNOWLEDGED, 5, by="c.martin"), reason="en route"))
    assert not _alert(board).is_waiting
    board.effect(REGION, replace(changed(AlertChange.HANDED_ON, 9, by="c.martin"), reason="au bloc"))
    assert _alert(board).acknowledged_by == "c.martin"
    board.effect(REGION, changed(AlertChange.WITHDRAWN, 9, by="c.martin"))
    assert _alert(board).is_waiting
    assert _alert(board).acknowledged_by == ""
    assert [line.detail for line in moves(_alert(board))][1:] == [
        "c.martin · « je prends » : en route",
        "c.martin · « je transmets » : au bloc",
        "c.martin",
    ]


def test_what_people_decide_is_told_with_their_reason() -> None:
    board = Board()
    board.effect(REGION, raised())
    answer = changed(AlertChange.ANSWERED, 5, by="c.martin")
    board.effect(REGION, replace(answer, decision="fausse_alerte", reason="essai du SAMU"))
    assert [line.detail for line in moves(_alert(board))][1:] == ["c.martin · « fausse alerte » : essai du SAMU"]
    assert _alert(board).is_waiting


def test_a_reminder_is_no_first_page() -> None:
    board = Board()
    board.effect(REGION, raised())
    board.delivered(REGION, replace(notification(), purpose=Purpose.REMINDER), EVENING, Notification.SENT)
    assert board.latencies == {}


def test_somebody_called_by_name_is_told_without_a_role() -> None:
    board = Board()
    board.effect(REGION, raised())
    board.effect(REGION, replace(notification(), role=""))
    assert [line.text for line in told(_alert(board))] == ["c.martin"]


def test_effects_about_an_alert_never_seen_change_nothing() -> None:
    board = Board()
    board.effect(REGION, changed(AlertChange.CLOSED, 5))
    board.effect(REGION, notification())
    assert board.alerts == ()


@given(st.lists(st.booleans(), max_size=40), st.integers(min_value=0, max_value=5))
def test_ended_alerts_are_bounded_and_open_ones_never_forgotten(ends: list[bool], limit: int) -> None:
    board = Board(closed_limit=limit)
    for number, is_ended in enumerate(ends):
        brief = replace(BRIEF, alert_id=str(number))
        board.effect(REGION, raised(brief))
        if is_ended:
            close = AlertChanged(
                id="c", at=EVENING, status="actual", alert_id=str(number), territory="DEP-44", change=AlertChange.CLOSED
            )
            board.effect(REGION, close)
    kept = [alert.brief.alert_id for alert in board.alerts]
    open_ = [str(number) for number, is_ended in enumerate(ends) if not is_ended]
    ended = [str(number) for number, is_ended in enumerate(ends) if is_ended]
    assert [id_ for id_ in kept if id_ in open_] == open_
    assert [id_ for id_ in kept if id_ in ended] == ended[max(0, len(ended) - limit) :]


def test_the_history_of_an_endless_night_is_bounded() -> None:
    board = Board()
    board.effect(REGION, raised())
    for call in range(1, 3 * HISTORY_LIMIT):
        board.effect(REGION, notification(call=call))
    assert len(_alert(board).history) == HISTORY_LIMIT


@given(st.lists(st.integers(min_value=0, max_value=10_000)))
def test_a_distribution_counts_every_value_once(values: list[int]) -> None:
    histogram = Histogram.empty((1.0, 60.0, 3600.0))
    for value in values:
        histogram = histogram.observing(float(value))
    expected = [("1.0", 1), ("60.0", 60), ("3600.0", 3600), ("+Inf", 10_000)]
    assert histogram.cumulative() == [(name, sum(v <= bound for v in values)) for name, bound in expected]
    assert histogram.total == sum(values)


def test_feeding_the_same_evening_gives_the_same_board() -> None:
    first, second = evening_board(), evening_board()
    assert first.alerts == second.alerts
    assert first.postures == second.postures
    assert first.feeds == second.feeds
    assert first.entries.items() == second.entries.items()


def test_answers_of_before_that_are_enough_for_a_milder_posture_are_nobodys_words() -> None:
    board = Board()
    board.effect(REGION, raised())
    board.effect(REGION, changed(AlertChange.EASED, 5))
    board.effect(REGION, changed(AlertChange.ACKNOWLEDGED, 5, by="c.martin"))
    assert [line.detail for line in moves(_alert(board))][1:] == ["", "c.martin"]


@pytest.mark.parametrize(
    ("territory", "volet", "status", "is_told"),
    [
        ("ETAB-440000271", "REB", "actual", True),
        ("DEP-44", "REB", "actual", True),
        ("REG-52", "REB", "actual", True),
        ("DEP-49", "REB", "actual", False),
        ("DEP-44", "AMAVI", "actual", False),
        ("DEP-44", "REB", "exercise", False),
    ],
)
def test_what_is_decided_of_a_volet_is_told_of_its_alerts(
    territory: str, volet: str, status: str, is_told: bool
) -> None:
    board = Board()
    board.sites([Etablissement("440000271", "CHU de Nantes", "44")])
    board.effect(REGION, raised(replace(BRIEF, territory="ETAB-440000271")))
    decided = VoletDecided(
        id="d",
        at=EVENING,
        status=status,
        volet=volet,
        territory=territory,
        is_active=True,
        author="Directrice",
        reason="confirmé",
    )
    board.effect(REGION, decided)
    board.effect(REGION, replace(decided, is_active=False, reason="retour au calme"))
    proposed = VoletProposed(
        id="p",
        at=EVENING,
        status=status,
        volet=volet,
        territory=territory,
        author="Claire",
        reason="vingt blessés",
    )
    board.effect(REGION, proposed)
    place = board.name_of(territory)
    assert [(line.text, line.detail) for line in moves(_alert(board))][1:] == (
        [
            ("Volet activé par l'autorité", f"Directrice · {place} : confirmé"),
            ("Volet levé par l'autorité", f"Directrice · {place} : retour au calme"),
            ("Activation du volet proposée", f"Claire · {place} : vingt blessés"),
        ]
        if is_told
        else []
    )
