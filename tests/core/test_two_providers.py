"""Two contacts of different providers at once in ALERTE and ACTIVATION: one that fails is not a failed call."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts import escalation
from alerts.astreinte import Canal, Contact, EscalationPolicy, Person, Role, Roster
from alerts.effects import Effect, NonSend, Notify, NotSent
from alerts.escalation import Caller, EscalationState
from orsan_plans.plan import Audience
from orsan_plans.posture import RAISED, Posture
from streams.testing import sample_notification

NOW = datetime(2026, 1, 14, 19, 0, tzinfo=UTC)
BRIEF = sample_notification("x").brief


def contact(canal: Canal, provider: str) -> Contact:
    return Contact(f"claire/{canal}", canal, RAISED, provider)


def roster(*contacts: Contact, two_providers: bool = True) -> Roster:
    return Roster(
        title="Essai",
        region="52",
        people=(Person("claire", "Claire", contacts), Person("anne", "Anne", (Contact("anne/sms", Canal.SMS),))),
        roles=(Role("cadre", "Cadre", ("claire",)), Role("directeur", "Directrice", ("anne",))),
        escalation=EscalationPolicy(timedelta(minutes=10), timedelta(minutes=15), "directeur", two_providers),
    )


SMS, MAIL, CHAT = contact(Canal.SMS, "a"), contact(Canal.COURRIEL, "a"), contact(Canal.MESSAGERIE, "b")


def begin(tableau: Roster, posture: Posture = Posture.ALERTE) -> tuple[EscalationState, Caller, list[Effect]]:
    audience = Audience(roles=("cadre",), needs_acknowledgement=True)
    caller = Caller(replace(BRIEF, posture=posture), "actual", audience, tableau, NOW)
    state = EscalationState()
    escalation.start(state, audience, NOW - audience.group_wait)
    return state, caller, escalation.advance(state, caller)


def contacts(effects: list[Effect]) -> list[str]:
    return [effect.contact for effect in effects if isinstance(effect, Notify)]


def ids(effects: list[Effect]) -> list[str]:
    return [effect.id for effect in effects if isinstance(effect, Notify)]


@pytest.mark.parametrize("posture", [Posture.ALERTE, Posture.ACTIVATION])
def test_the_person_is_told_by_the_preferred_contact_and_by_one_of_another_provider(posture: Posture) -> None:
    _, _, effects = begin(roster(SMS, MAIL, CHAT), posture)
    assert contacts(effects) == ["claire/sms", "claire/messagerie"]


@pytest.mark.parametrize(
    ("tableau", "posture"),
    [
        (roster(SMS, CHAT, two_providers=False), Posture.ALERTE),
        (roster(SMS, CHAT), Posture.VIGILANCE),
        (roster(SMS, MAIL), Posture.ALERTE),
        (roster(SMS, replace(CHAT, provider="")), Posture.ALERTE),
        (roster(replace(SMS, provider=""), CHAT), Posture.ALERTE),
    ],
)
def test_one_contact_is_used_when_two_are_not_asked_for_or_not_known_to_differ(
    tableau: Roster, posture: Posture
) -> None:
    assert contacts(begin(tableau, posture)[2]) == ["claire/sms"]


@pytest.mark.parametrize("lost", [0, 1])
def test_one_of_the_two_failing_calls_nobody_else(lost: int) -> None:
    state, caller, effects = begin(roster(SMS, MAIL, CHAT))
    due = state.due_at
    assert escalation.failed(state, ids(effects)[lost], caller) == []
    escalation.delivered(state, ids(effects)[1 - lost])
    assert (state.due_at, state.reached) == (due, True)


@pytest.mark.parametrize("lost", [0, 1])
def test_one_failing_after_the_other_was_delivered_calls_nobody_else(lost: int) -> None:
    state, caller, effects = begin(roster(SMS, MAIL, CHAT))
    due = state.due_at
    escalation.delivered(state, ids(effects)[1 - lost])
    assert escalation.failed(state, ids(effects)[lost], caller) == []
    assert state.due_at == due


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_both_failing_use_what_is_left_then_the_next_step(order: tuple[int, int]) -> None:
    state, caller, effects = begin(roster(SMS, MAIL, CHAT))
    first, second = (ids(effects)[place] for place in order)
    assert escalation.failed(state, first, caller) == []
    left = escalation.failed(state, second, caller)
    assert contacts(left) == ["claire/courriel"]
    (nobody,) = escalation.failed(state, ids(left)[0], caller)
    assert isinstance(nobody, NotSent)
    assert (nobody.reason, state.due_at) == (NonSend.NOBODY_ON_CALL, NOW)


def test_the_end_is_told_to_both() -> None:
    state, caller, _ = begin(roster(SMS, CHAT))
    assert contacts(escalation.announce_end(state, caller)) == ["claire/messagerie", "claire/sms"]
