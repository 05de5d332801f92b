"""Whom an alert calls: the policy that applies, the route it gives, and how many must answer."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.astreinte import Roster
from alerts.policies import EscalationStep, Policy
from alerts.routes import answers_needed, is_fallback, people_of, route_of
from orsan_plans.plan import Audience
from orsan_plans.posture import RAISED, Posture
from tests.core.builders import BRIEF, MINUTE, T0, roster

FIRST = EscalationStep(("cadre", "medecin"), 5 * MINUTE, answers=2)
SECOND = EscalationStep((), 10 * MINUTE, people=("vera",))
POLICY = Policy(("REB",), (Posture.ALERTE,), (FIRST, SECOND), 15 * MINUTE, "directeur")
AUDIENCE = Audience(("cadre", "medecin"))

volets = st.sampled_from([(), ("REB",), ("AMAVI",), ("AMAVI", "REB")])
postures = st.sampled_from([(), (Posture.VIGILANCE,), (Posture.ALERTE,), RAISED])
policies = st.builds(lambda v, p: replace(POLICY, volets=v, postures=p), volets, postures)


@pytest.mark.parametrize(
    ("volet", "posture", "applies"),
    [
        ("REB", Posture.ALERTE, True),
        ("REB", Posture.ACTIVATION, True),
        ("reb", Posture.ALERTE, True),
        ("REB", Posture.VIGILANCE, False),
        ("AMAVI", Posture.ALERTE, False),
    ],
)
def test_a_policy_applies_to_its_volets_and_postures(volet: str, posture: Posture, applies: bool) -> None:
    assert POLICY.applies(volet, posture) is applies


def test_a_policy_that_names_nothing_applies_to_everything() -> None:
    wide = replace(POLICY, volets=(), postures=())
    assert all(wide.applies(volet, posture) for volet in ("REB", "cyber") for posture in RAISED)


def test_the_first_policy_that_applies_is_the_one() -> None:
    wide = replace(POLICY, volets=(), postures=())
    held = replace(roster(), policies=(POLICY, wide))
    assert held.policy("REB", Posture.ALERTE) is POLICY
    assert held.policy("AMAVI", Posture.ALERTE) is wide
    assert roster().policy("REB", Posture.ALERTE) is None


@given(policies, policies)
def test_a_policy_is_hidden_exactly_when_it_never_applies(first: Policy, second: Policy) -> None:
    alerts = [(volet, posture) for volet in ("REB", "AMAVI", "other") for posture in RAISED]
    # A list that happens to name everything is not known to: volets are free text.
    never = all(first.applies(*alert) for alert in alerts if second.applies(*alert))
    if first.hides(second):
        assert never
    elif first.postures != RAISED:
        assert not never


def test_without_a_policy_the_roles_of_the_audience_are_the_steps() -> None:
    route = route_of(roster(), BRIEF, AUDIENCE)
    assert [(step.roles, step.delay, step.answers) for step in route.steps] == [
        (("cadre",), 10 * MINUTE, 1),
        (("medecin",), 10 * MINUTE, 1),
    ]
    assert (route.repeat, route.fallback, route.act_within) == (30 * MINUTE, "directeur", None)
    assert route_of(replace(roster(), policies=(POLICY,)), BRIEF, AUDIENCE) is POLICY


def test_as_many_answers_are_needed_as_the_most_demanding_step_taken_asks_for() -> None:
    late = replace(POLICY, steps=(SECOND, FIRST))
    assert [answers_needed(POLICY, step) for step in range(4)] == [2, 2, 2, 1]
    assert [answers_needed(late, step) for step in range(4)] == [1, 1, 2, 1]
    assert [is_fallback(POLICY, step) for step in range(4)] == [False, False, False, True]


def test_the_people_of_a_route_are_those_of_its_steps_and_of_its_fallback() -> None:
    assert [person.id for person in people_of(POLICY, roster(), T0)] == ["cecile", "eva", "marc", "vera", "denis"]


def test_a_roster_with_policies_is_journaled_whole() -> None:
    held = replace(roster(), policies=(replace(POLICY, act_within=30 * MINUTE, withdraw_after=MINUTE),))
    assert Roster.from_content(held.content) == held


def test_a_roster_journaled_before_there_were_policies_is_read() -> None:
    content = roster().content
    content.pop("policies", None)
    assert Roster.from_content(content) == roster()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: EscalationStep((), MINUTE),
        lambda: EscalationStep(("cadre",), timedelta(0)),
        lambda: EscalationStep(("cadre",), MINUTE, answers=0),
        lambda: replace(POLICY, repeat=timedelta(0)),
        lambda: replace(POLICY, act_within=MINUTE),
        lambda: replace(POLICY, act_within=timedelta(0), withdraw_after=MINUTE),
        lambda: replace(roster(), policies=(replace(POLICY, steps=(replace(SECOND, people=("absent",)),)),)),
    ],
)
def test_what_would_call_nobody_or_for_ever_is_refused(wrong: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"step|policy|deadline|not a person"):
        wrong()
