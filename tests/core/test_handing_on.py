"""An alert that is passed on goes to the next person, and never stays with nobody."""

from dataclasses import replace

from alerts.answers import AnswerDecision
from alerts.effects import NonSend
from alerts.policies import EscalationStep
from tests.core.answering_play import PLAIN, POLICY, Fails, Says, after, on_call, play
from tests.core.builders import MINUTE


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


def test_every_non_send_of_these_answers_has_a_reason() -> None:
    played = play(on_call(POLICY), (22, Says("denis", AnswerDecision.HAND_ON)), until=30)
    assert [(e.reason, e.detail) for e in played.of("not_sent")] == [(NonSend.DEDUPLICATED, "already answered")]
