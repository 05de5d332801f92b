"""What answers do to an alert, through a whole fold: how many are required, what they stop, what they propose."""

from dataclasses import replace

import pytest

from alerts.answers import AnswerDecision
from alerts.astreinte import Role
from alerts.policies import EscalationStep
from orsan_plans.posture import Posture
from streams.entry import Status
from streams.messages.decisions import Acknowledge, DecideVolet
from tests.core.answering_play import (
    AWAITED,
    COLOURS,
    PAIR,
    PLAIN,
    POLICY,
    STEPS,
    Fails,
    Says,
    after,
    lines,
    on_call,
    play,
)
from tests.core.builders import MINUTE, SITES, T0, catalogue, entry, event, journal, roster_version, rule, run, signal


def test_nobody_answers_a_policy_of_three_steps() -> None:
    assert lines(play(on_call(POLICY), until=60)) == [
        "0 raised",
        "0 call cecile/sms",
        "10 call marc/sms",
        "15 call vera/courriel",
        "15 call eva/sms",
        "20 call denis/sms",
        "40 call denis/sms",
        "60 call denis/sms",
    ]


def test_without_a_policy_for_the_volet_or_the_posture_the_plan_says_whom_to_call() -> None:
    with_another = on_call(replace(POLICY, volets=("AMAVI",)), replace(POLICY, postures=(Posture.VIGILANCE,)))
    timed = ((5.0, signal("s2", "meteo")), (12.0, Says("marc")), (90.0, signal(is_open=False)))
    assert lines(play(with_another, *timed, until=100)) == lines(play(PLAIN, *timed, until=100))


def test_an_answer_stops_everybody_s_calls() -> None:
    played = play(on_call(POLICY), (16, Says("vera")), until=300)
    assert after(played, 16) == ["16 acknowledged vera"]


def test_two_answers_are_required_of_two_distinct_people() -> None:
    played = play(on_call(PAIR), (2, Says("cecile")), (3, Says("cecile")), (9, Says("Marc")), until=300)
    assert lines(played) == [
        "0 raised",
        "0 call cecile/sms",
        "0 call marc/sms",
        "2 answered cecile",
        "9 acknowledged Marc",
    ]


def test_the_others_are_still_called_while_an_answer_is_missing() -> None:
    played = play(on_call(PAIR), (2, Says("cecile")), (16, Says("vera")), until=300)
    assert after(played, 2) == [
        "2 answered cecile",
        "10 call vera/courriel",
        "10 call eva/sms",
        "15 call denis/sms",
        "16 acknowledged vera",
    ]


def test_a_failed_call_of_somebody_who_answered_is_not_tried_on_their_next_contact() -> None:
    pair = replace(PAIR, steps=(EscalationStep(("cadre", "medecin"), 10 * MINUTE, answers=2),))
    assert after(play(on_call(pair), (1, Fails("cecile/sms")), until=5), 1) == ["1 call cecile/courriel"]
    assert after(play(on_call(pair), (1, Says("cecile")), (2, Fails("cecile/sms")), until=5), 1) == [
        "1 answered cecile"
    ]


def test_once_the_fallback_is_called_one_more_answer_is_enough() -> None:
    played = play(on_call(PAIR), (16, Says("denis")), until=300)
    assert after(played, 16) == ["16 acknowledged denis"]


def test_when_everybody_who_can_be_called_answered_it_is_enough() -> None:
    alone = replace(PAIR, steps=(EscalationStep(("cadre",), 10 * MINUTE, answers=2),), fallback="cadre")
    assert after(play(on_call(alone), (2, Says("cecile")), until=300), 2) == ["2 acknowledged cecile"]


def test_a_fallback_who_answered_already_lets_the_others_be_called_again() -> None:
    pair = replace(PAIR, steps=(EscalationStep(("cadre", "directeur"), 10 * MINUTE, answers=2),))
    played = play(on_call(pair), (2, Says("denis")), until=35)
    assert after(played, 2) == [
        "2 answered denis",
        "10 deduplicated directeur",
        "10 call cecile/sms",
        "10 deduplicated directeur",
        "30 deduplicated directeur",
        "30 call cecile/sms",
        "30 deduplicated directeur",
    ]


@pytest.mark.parametrize("decision", [AnswerDecision.FALSE_ALARM, AnswerDecision.WATCH])
def test_a_false_alarm_or_a_watch_stops_the_calls_and_awaits_nothing(decision: AnswerDecision) -> None:
    played = play(on_call(AWAITED), (3, Says("cecile", decision, "vu avec le SAMU")), until=600)
    assert after(played, 3) == [f"3 acknowledged cecile {decision} vu avec le SAMU"]


def test_a_false_alarm_holds_until_it_worsens() -> None:
    timed = ((3.0, Says("cecile", AnswerDecision.FALSE_ALARM)), (60.0, signal("s2")))
    mild = on_call(replace(POLICY, steps=STEPS[:1]))
    opening = signal("s0", "meteo")
    entries = journal((T0, catalogue(COLOURS)), (T0, roster_version(mild)), (T0, SITES), (T0, opening))
    alert = run(entries).of("alert_raised")[-1].brief.alert_id
    answered = Acknowledge(alert, "cecile", decision=AnswerDecision.FALSE_ALARM)
    entries.append(entry(5, T0 + timed[0][0] * MINUTE, answered))
    entries.append(entry(6, T0 + timed[1][0] * MINUTE, signal("s2")))
    assert lines(run(entries)) == [
        "0 raised",
        "0 call cecile/sms",
        "3 acknowledged cecile fausse_alerte",
        "60 raised",
        "60 call cecile/sms",
    ]


def test_enough_answers_for_a_milder_posture_close_it_when_it_eases() -> None:
    pair = replace(PAIR, postures=(Posture.ALERTE,))
    timed = ((1.0, signal("s2", "meteo")), (2.0, Says("cecile")), (5.0, signal(is_open=False)))
    played = play(on_call(pair), *timed, until=300)
    assert [line for line in after(played, 2) if "attached" not in line] == [
        "2 answered cecile",
        "5 eased",
        "5 acknowledged cecile",
    ]


def test_a_roster_that_comes_meanwhile_is_used_from_the_next_step_on() -> None:
    swapped = tuple(
        Role(role.id, role.title, ("eva",)) if role.id == "medecin" else role for role in on_call(POLICY).roles
    )
    newer = replace(on_call(replace(POLICY, steps=STEPS[:2])), roles=swapped)
    assert after(play(on_call(POLICY), (5, roster_version(newer)), until=20), 1) == [
        "10 call eva/sms",
        "15 call denis/sms",
    ]


def test_a_step_with_nobody_on_call_says_so_and_is_skipped() -> None:
    policy = replace(POLICY, steps=(EscalationStep(("absent",), 10 * MINUTE), *STEPS))
    played = play(on_call(policy), until=1)
    assert lines(played)[1:] == ["0 nobody_on_call absent", "0 call cecile/sms"]


def test_an_alert_that_asks_for_no_answer_follows_no_policy() -> None:
    told = rule(
        "accident",
        ["departement"],
        event("accident"),
        prevenir={"alerte": {"roles": ["cadre", "veille"], "accuse_de_reception": "non_requis"}},
    )
    demanding = replace(PAIR, act_within=30 * MINUTE, withdraw_after=10 * MINUTE)
    assert lines(play(on_call(demanding), (5, Says("cecile")), until=600, which=told)) == [
        "0 raised",
        "0 inform cecile/sms",
        "0 inform vera/courriel",
        "5 acknowledged cecile",
    ]


def test_a_person_proposes_a_volet_and_nothing_moves() -> None:
    proposal = DecideVolet("AMAVI", "DEP-44", "proposer", "Cécile", "Afflux")
    played = play(on_call(POLICY), (2, proposal), (3, proposal))
    assert after(played, 2) == ["2 proposed AMAVI DEP-44 Cécile", "3 proposed AMAVI DEP-44 Cécile"]
    assert [each.reason for each in played.of("volet_proposed")] == ["Afflux", "Afflux"]
    assert all(move[1] != "decision" for move in played.moves)
    assert played.fold.state.worlds[Status.ACTUAL].activated == {}


def test_an_active_volet_is_not_proposed() -> None:
    activate = DecideVolet("AMAVI", "DEP-44", "activer", "La directrice", "Afflux")
    played = play(on_call(POLICY), (2, activate), (3, DecideVolet("AMAVI", "DEP-44", "proposer", "Cécile", "Afflux")))
    assert [each.reason for each in played.of("entry_rejected")] == ["volet AMAVI is already active in DEP-44"]
