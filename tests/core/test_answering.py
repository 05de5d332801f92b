"""What answers do to an alert, through a whole fold: several required, passed on, awaited, withdrawn."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import pytest

from alerts.answers import AnswerDecision
from alerts.astreinte import Role, Roster
from alerts.effects import AlertChanged, AlertRaised, Effect, NonSend, Notify, NotSent, VoletProposed
from alerts.policies import EscalationStep, Policy
from orsan_plans.posture import Posture
from streams.entry import Entry, Status
from streams.messages import Message
from streams.messages.decisions import Acknowledge, DecideVolet
from streams.messages.deliveries import DeliveryReport
from tests.core.builders import (
    MINUTE,
    SITES,
    T0,
    Run,
    catalogue,
    entry,
    event,
    journal,
    roster,
    roster_version,
    rule,
    run,
    signal,
)

COLOURS: Final = rule(
    "accident",
    ["departement", "region"],
    {"une_parmi": [event("accident"), event("meteo", posture="vigilance"), event("pluie", posture="vigilance")]},
    prevenir={"vigilance": {"roles": ["medecin"]}, "alerte": {"roles": ["cadre", "medecin"]}},
)
PLAIN: Final = roster(participants=())
STEPS: Final = (
    EscalationStep(("cadre",), 10 * MINUTE),
    EscalationStep(("medecin",), 5 * MINUTE),
    EscalationStep((), 5 * MINUTE, people=("vera", "eva")),
)
POLICY: Final = Policy((), (), STEPS, 20 * MINUTE, "directeur")
AWAITED: Final = replace(POLICY, act_within=30 * MINUTE, withdraw_after=10 * MINUTE)
PAIR: Final = replace(POLICY, steps=(EscalationStep(("cadre", "medecin"), 10 * MINUTE, answers=2), *STEPS[2:]))


@dataclass(frozen=True)
class Says:
    """An answer to the alert raised last."""

    by: str
    decision: AnswerDecision = AnswerDecision.TAKE
    reason: str = ""


@dataclass(frozen=True)
class Fails:
    """The last call to a contact is given up."""

    contact: str


def on_call(*policies: Policy, who: Roster = PLAIN) -> Roster:
    return replace(who, policies=policies)


def play(who: Roster, *timed: tuple[float, Message | Says | Fails], until: float = 0, which: Any = COLOURS) -> Run:  # noqa: ANN401 - a rule's keys
    """Fold what happens at minutes after the setting: a signal is received at minute 0."""
    entries = journal((T0, catalogue(which)), (T0, roster_version(who)), (T0, SITES))
    for minute, what in ((0, signal()), *timed):
        at = T0 + minute * MINUTE
        entries.append(entry(len(entries) + 1, at, said(what, entries, at)))
    return run(entries, T0 + until * MINUTE if until else None)


def said(what: Message | Says | Fails, entries: list[Entry], at: datetime) -> Message:
    match what:
        case Says(by, decision, reason):
            raised = run(entries, at).of("alert_raised")[-1]
            return Acknowledge(raised.brief.alert_id, by, decision=decision, reason=reason)
        case Fails(contact):
            calls = [each.id for each in run(entries, at).of("notify") if each.contact == contact]
            return DeliveryReport(calls[-1], "failed", 4)
        case _:
            return what


def lines(played: Run) -> list[str]:
    """What people saw, each line with its minute."""
    return [f"{(effect.at - T0) // MINUTE} {line}" for effect in played.effects if (line := shown(effect))]


def shown(effect: Effect) -> str:
    match effect:
        case Notify():
            return f"{effect.purpose} {effect.contact}"
        case NotSent():
            return f"{effect.reason} {effect.role or effect.person}"
        case AlertChanged():
            return " ".join(filter(None, (effect.change, effect.by, effect.decision, effect.reason)))
        case VoletProposed():
            return f"proposed {effect.volet} {effect.territory} {effect.author}"
        case AlertRaised():
            return "raised"
        case _:
            return ""


def after(played: Run, minute: float) -> list[str]:
    return [line for line in lines(played) if int(line.split()[0]) >= minute]


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


def test_what_is_passed_on_goes_to_the_next_step_at_once() -> None:
    handed = Says("cecile", AnswerDecision.HAND_ON, "au bloc")
    played = play(on_call(POLICY), (3, handed), (4, handed), until=8)
    assert after(played, 3) == [
        "3 handed_on cecile au bloc",
        "3 call marc/sms",
        "8 call vera/courriel",
        "8 call eva/sms",
    ]


def test_without_a_policy_it_goes_to_the_next_role() -> None:
    played = play(PLAIN, (3, Says("cecile", AnswerDecision.HAND_ON)), until=8)
    assert after(played, 3) == ["3 handed_on cecile", "3 call marc/sms"]


def test_who_passed_it_on_is_called_no_more_even_by_another_contact() -> None:
    played = play(on_call(POLICY), (3, Says("cecile", AnswerDecision.HAND_ON)), (4, Fails("cecile/sms")), until=7)
    assert after(played, 4) == []


def test_passing_on_after_the_next_step_was_called_hurries_nobody() -> None:
    played = play(on_call(POLICY), (11, Says("cecile", AnswerDecision.HAND_ON)), until=15)
    assert after(played, 11) == ["11 handed_on cecile", "15 call vera/courriel", "15 call eva/sms"]


def test_somebody_the_roster_does_not_know_may_pass_it_on() -> None:
    played = play(on_call(POLICY), (3, Says("le standard", AnswerDecision.HAND_ON)), until=4)
    assert after(played, 3) == ["3 handed_on le standard", "3 call marc/sms"]


def test_a_fallback_who_passes_it_on_makes_the_others_be_called_again() -> None:
    played = play(on_call(POLICY), (22, Says("denis", AnswerDecision.HAND_ON)), until=30)
    assert after(played, 22) == [
        "22 handed_on denis",
        "22 deduplicated directeur",
        "22 call cecile/sms",
        "22 call marc/sms",
        "22 call vera/courriel",
        "22 call eva/sms",
    ]


def test_when_everybody_passed_it_on_the_fallback_is_called_again_but_not_at_once() -> None:
    short = replace(POLICY, steps=(EscalationStep(("cadre",), 10 * MINUTE),))
    answers = ((3.0, Says("cecile", AnswerDecision.HAND_ON)), (4.0, Says("denis", AnswerDecision.HAND_ON)))
    played = play(on_call(short), *answers, until=43)
    assert after(played, 3) == [
        "3 handed_on cecile",
        "3 call denis/sms",
        "4 handed_on denis",
        "23 deduplicated directeur",
        "23 deduplicated cadre",
        "23 call denis/sms",
        "43 deduplicated directeur",
        "43 deduplicated cadre",
        "43 call denis/sms",
    ]


def test_an_answer_that_is_passed_on_later_no_longer_holds() -> None:
    played = play(on_call(POLICY), (3, Says("cecile")), (60, Says("cecile", AnswerDecision.HAND_ON)), until=66)
    assert after(played, 3) == [
        "3 acknowledged cecile",
        "60 handed_on cecile",
        "60 withdrawn cecile",
        "60 call marc/sms",
        "65 call vera/courriel",
        "65 call eva/sms",
    ]


def test_an_answered_alert_is_not_for_others_to_pass_on() -> None:
    played = play(on_call(POLICY), (3, Says("cecile")), (60, Says("marc", AnswerDecision.HAND_ON)), until=300)
    assert after(played, 3) == ["3 acknowledged cecile"]


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


def alert_of(played: Run, territory: str) -> str:
    raised = (effect for effect in played.effects if isinstance(effect, AlertRaised))
    return next(each.brief.alert_id for each in raised if each.brief.territory == territory)


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


def test_a_reminder_of_an_exercise_reaches_its_participants_only() -> None:
    held = replace(on_call(AWAITED), exercise_participants=("cecile",))
    entries = journal(
        (T0, catalogue(COLOURS)), (T0, roster_version(held)), (T0, SITES), (T0, Status.EXERCISE, signal())
    )
    alert = run(entries).of("alert_raised")[-1].brief.alert_id
    for who, expected in (("cecile", "30 reminder cecile/sms"), ("marc", "30 exercise marc")):
        answered = entry(5, T0, Acknowledge(alert, who), Status.EXERCISE)
        assert expected in lines(run([*entries, answered], T0 + 30 * MINUTE))


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


def test_every_non_send_of_these_answers_has_a_reason() -> None:
    played = play(on_call(POLICY), (22, Says("denis", AnswerDecision.HAND_ON)), until=30)
    assert [(e.reason, e.detail) for e in played.of("not_sent")] == [(NonSend.DEDUPLICATED, "already answered")]
