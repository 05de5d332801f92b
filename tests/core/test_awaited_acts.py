"""An answer that promises an act: reminded, withdrawn without it, settled by it."""

from dataclasses import replace

import pytest

from alerts.answers import AnswerDecision
from streams.entry import Status
from streams.messages import Message
from streams.messages.decisions import Acknowledge, DecideVolet
from tests.core.answering_play import (
    AWAITED,
    COLOURS,
    PAIR,
    PLAIN,
    POLICY,
    Fails,
    Says,
    after,
    alert_of,
    lines,
    on_call,
    play,
)
from tests.core.builders import MINUTE, SITES, T0, catalogue, entry, journal, roster_version, run, signal


def test_an_answer_without_an_act_is_reminded_then_withdrawn_and_the_calls_start_again() -> None:
    assert after(play(on_call(AWAITED), (12, Says("Marc")), until=63), 12) == [
        "12 acknowledged Marc",
        "42 reminder marc/sms",
        "52 withdrawn marc",
        "52 call cecile/sms",
        "62 call marc/sms",
    ]


def test_without_acte_an_answer_has_no_deadline() -> None:
    assert after(play(on_call(POLICY), (12, Says("marc")), until=2000), 12) == ["12 acknowledged marc"]
    assert after(play(PLAIN, (12, Says("marc")), until=2000), 12) == ["12 acknowledged marc"]


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (Says("cecile", AnswerDecision.WATCH, "stable"), "20 acted cecile surveiller stable"),
        (Says("cecile", AnswerDecision.FALSE_ALARM), "20 acted cecile fausse_alerte"),
        (Says("marc"), "20 acted marc prendre"),
        (DecideVolet("REB", "DEP-44", "proposer", "Cécile", "Afflux"), "20 acted Cécile proposer REB"),
        (DecideVolet("REB", "REG-52", "activer", "La directrice", "Afflux"), "20 acted La directrice activer REB"),
    ],
)
def test_an_act_is_all_that_is_awaited(act: Says | Message, told: str) -> None:
    played = play(on_call(AWAITED), (12, Says("cecile")), (20, act), until=600)
    assert [line for line in after(played, 13) if "proposed" not in line] == [told]


@pytest.mark.parametrize(
    "other",
    [
        DecideVolet("AMAVI", "DEP-44", "activer", "La directrice", "Afflux"),
        DecideVolet("REB", "DEP-49", "activer", "La directrice", "Afflux"),
        Says("cecile"),
    ],
)
def test_another_volet_another_place_or_the_same_answer_is_no_act(other: Says | Message) -> None:
    played = play(on_call(AWAITED), (12, Says("cecile")), (20, other), until=52)
    assert after(played, 21) == ["42 reminder cecile/sms", "52 withdrawn cecile", "52 call cecile/sms"]


def test_saying_it_again_after_the_reminder_is_an_act() -> None:
    played = play(on_call(AWAITED), (12, Says("cecile")), (45, Says("cecile")), (46, Says("cecile")), until=600)
    assert after(played, 13) == ["42 reminder cecile/sms", "45 acted cecile prendre"]


def test_the_end_of_the_danger_ends_the_wait_for_an_act() -> None:
    played = play(on_call(AWAITED), (12, Says("cecile")), (20, signal(is_open=False)), until=600)
    assert after(played, 13) == ["20 resolved", "20 end cecile/sms", "20 end marc/sms"]


def test_a_milder_posture_ends_the_wait_for_an_act() -> None:
    timed = ((1.0, signal("s2", "meteo")), (12.0, Says("cecile")), (20.0, signal(is_open=False)))
    played = play(on_call(AWAITED), *timed, until=600)
    assert [line for line in after(played, 13) if "attached" not in line] == ["20 eased"]


def test_a_reminder_that_fails_goes_to_the_next_contact_then_says_so() -> None:
    failures = ((43.0, Fails("cecile/sms")), (44.0, Fails("cecile/courriel")))
    played = play(on_call(AWAITED), (2, Says("cecile")), *failures, until=42)
    assert after(played, 3) == [
        "32 reminder cecile/sms",
        "42 withdrawn cecile",
        "42 call cecile/sms",
        "43 call cecile/courriel",
        "44 nobody_on_call cadre",
        "44 call marc/sms",
    ]
    early = ((33.0, Fails("cecile/sms")), (34.0, Fails("cecile/courriel")))
    assert after(play(on_call(AWAITED), (2, Says("cecile")), *early, until=42), 3) == [
        "32 reminder cecile/sms",
        "33 reminder cecile/courriel",
        "34 nobody_on_call cadre",
        "42 withdrawn cecile",
        "42 call cecile/sms",
    ]


def test_somebody_who_cannot_be_reminded_is_said_and_the_answer_is_withdrawn_all_the_same() -> None:
    played = play(on_call(AWAITED), (2, Says("le standard")), until=42)
    assert after(played, 3) == ["32 nobody_on_call le standard", "42 withdrawn le standard", "42 call cecile/sms"]


def test_every_taker_is_reminded_and_named() -> None:
    pair = replace(PAIR, act_within=30 * MINUTE, withdraw_after=10 * MINUTE)
    played = play(on_call(pair), (2, Says("cecile")), (3, Says("marc")), until=43)
    assert after(played, 4) == [
        "33 reminder cecile/sms",
        "33 reminder marc/sms",
        "43 withdrawn cecile, marc",
        "43 call cecile/sms",
        "43 call marc/sms",
    ]


def test_an_answer_withdrawn_under_a_wider_alert_calls_again_once_it_is_released() -> None:
    wide = signal("s2", territory="REG-52")
    timed = ((2.0, Says("cecile")), (5.0, wide), (50.0, signal("s2", territory="REG-52", is_open=False)))
    played = play(on_call(AWAITED), *timed, until=50)
    told = [line for line in after(played, 5) if line.split()[1] != "end"]
    assert told[:3] == ["5 raised", "5 subsumed " + alert_of(played, "REG-52"), "5 call cecile/sms"]
    assert "42 withdrawn cecile" in told
    assert told[-2:] == ["50 released " + alert_of(played, "REG-52"), "50 call cecile/sms"]


def test_a_reminder_of_an_exercise_reaches_its_participants_only() -> None:
    held = replace(on_call(AWAITED), exercise_participants=("cecile",))
    entries = journal(
        (T0, catalogue(COLOURS)), (T0, roster_version(held)), (T0, SITES), (T0, Status.EXERCISE, signal())
    )
    alert = run(entries).of("alert_raised")[-1].brief.alert_id
    for who, expected in (("cecile", "30 reminder cecile/sms"), ("marc", "30 exercise marc")):
        answered = entry(5, T0, Acknowledge(alert, who), Status.EXERCISE)
        assert expected in lines(run([*entries, answered], T0 + 30 * MINUTE))
