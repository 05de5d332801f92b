"""Calling people until someone answers: every line of the escalation's table."""

from dataclasses import replace
from datetime import UTC, date, datetime

from alerts import escalation
from alerts.astreinte import Canal, HandOver, Roster
from alerts.effects import Effect, NonSend, Notify, NotSent, Purpose
from alerts.escalation import Caller, EscalationState
from orsan_plans.plan import Audience
from orsan_plans.posture import Posture
from tests.core.builders import BRIEF, MINUTE, T0, person, roster

CALLED = Audience(("cadre", "medecin"))
TOLD = Audience(("cadre", "veille"), needs_acknowledgement=False)
ROSTER = roster(participants=())


class Phone:
    """One escalation, driven by hand; ``log`` is what people saw: minute, contact or ``reason:role``."""

    def __init__(self, audience: Audience = CALLED, who: Roster | None = ROSTER, status: str = "actual") -> None:
        self.state, self.audience, self.who, self.status = EscalationState(), audience, who, status
        self.effects: list[Effect] = []
        escalation.start(self.state, audience, T0)

    def caller(self, minute: float) -> Caller:
        return Caller(BRIEF, self.status, self.audience, self.who, T0 + minute * MINUTE)

    def at(self, minute: float) -> list[str]:
        return self.keep(escalation.advance(self.state, self.caller(minute)))

    def fails(self, minute: float, contact: str) -> list[str]:
        return self.keep(escalation.failed(self.state, self.last(contact).id, self.caller(minute)))

    def last(self, contact: str) -> Notify:
        return next(e for e in reversed(self.effects) if isinstance(e, Notify) and e.contact == contact)

    def keep(self, effects: list[Effect]) -> list[str]:
        self.effects += effects
        return [shown(effect) for effect in effects]

    @property
    def due(self) -> float | None:
        return None if self.state.due_at is None else (self.state.due_at - T0) / MINUTE


def shown(effect: Effect) -> str:
    assert isinstance(effect, Notify | NotSent)
    return effect.contact if isinstance(effect, Notify) else f"{effect.reason}:{effect.role}"


def test_the_first_call_waits_for_the_group() -> None:
    phone = Phone(replace(CALLED, group_wait=2 * MINUTE))
    assert (phone.due, phone.at(1), phone.at(2)) == (2, [], ["cecile/sms"])


def test_each_role_in_turn_then_the_fallback_for_as_long_as_it_takes() -> None:
    phone = Phone()
    calls = [(minute, *phone.at(minute)) for minute in range(0, 121, 5)]
    assert [call for call in calls if len(call) > 1] == [
        (0, "cecile/sms"),
        (10, "marc/sms"),
        (20, "denis/sms"),
        (50, "denis/sms"),
        (80, "denis/sms"),
        (110, "denis/sms"),
    ]
    assert [e.call for e in phone.effects if isinstance(e, Notify)] == [1, 2, 3, 4, 5, 6]
    assert {e.purpose for e in phone.effects if isinstance(e, Notify)} == {Purpose.CALL}


def test_a_step_that_reaches_nobody_says_so_and_the_next_is_taken_at_once() -> None:
    not_yet = HandOver(0, datetime(2030, 1, 1, 8, tzinfo=UTC).time(), date(2030, 1, 7))
    roles = tuple(replace(role, hand_over=not_yet) if role.id == "cadre" else role for role in ROSTER.roles)
    phone = Phone(who=replace(ROSTER, roles=roles))
    assert phone.at(0) == ["nobody_on_call:cadre", "marc/sms"]
    assert phone.due == 10


def test_with_nobody_at_all_it_says_so_and_keeps_trying() -> None:
    phone = Phone(Audience(("inconnu", "absent")), who=roster(participants=(), fallback="absent"))
    assert phone.at(0) == ["nobody_on_call:inconnu", "nobody_on_call:absent", "nobody_on_call:absent"]
    assert phone.due == 30
    assert phone.at(30) == ["nobody_on_call:absent"]
    assert len({effect.id for effect in phone.effects}) == 4


def test_a_failed_contact_is_followed_by_the_next_one_of_the_same_person() -> None:
    phone = Phone()
    phone.at(0)
    assert phone.fails(1, "cecile/sms") == ["cecile/courriel"]
    assert phone.due == 10


def test_when_every_contact_of_a_role_failed_the_next_role_is_due_at_once() -> None:
    phone = Phone()
    phone.at(0)
    phone.fails(1, "cecile/sms")
    assert phone.fails(2, "cecile/courriel") == ["nobody_on_call:cadre"]
    assert (phone.due, phone.at(2)) == (2, ["marc/sms"])


def test_a_role_of_two_is_waited_for_while_one_was_reached() -> None:
    phone = Phone(who=roster(participants=("eva",)))
    assert phone.at(0) == ["cecile/sms", "eva/sms"]
    escalation.delivered(phone.state, phone.last("cecile/sms").id)
    assert phone.fails(1, "eva/sms") == ["nobody_on_call:cadre"]
    assert phone.due == 10


def test_a_fallback_that_cannot_be_reached_is_tried_again_later_not_in_a_storm() -> None:
    phone = Phone(Audience(("directeur",)))
    assert phone.at(0) == ["denis/sms"]
    assert phone.fails(1, "denis/sms") == ["nobody_on_call:directeur"]
    assert phone.at(1) == ["denis/sms"]
    assert phone.fails(2, "denis/sms") == ["nobody_on_call:directeur"]
    assert (phone.due, phone.at(2), phone.at(31)) == (31, [], ["denis/sms"])


def test_a_person_with_several_roles_is_called_once_a_pass() -> None:
    roles = tuple(replace(role, people=("cecile",)) if role.id == "medecin" else role for role in ROSTER.roles)
    phone = Phone(who=replace(ROSTER, roles=roles))
    assert phone.at(0) == ["cecile/sms"]
    assert phone.at(10) == ["deduplicated:medecin", "denis/sms"]


def test_a_person_without_a_contact_for_this_posture_is_not_called() -> None:
    quiet = person("cecile", Canal.SMS)
    milder = replace(quiet, contacts=tuple(replace(c, postures=(Posture.VIGILANCE,)) for c in quiet.contacts))
    people = tuple(milder if each.id == "cecile" else each for each in ROSTER.people)
    phone = Phone(who=replace(ROSTER, people=people))
    assert phone.at(0) == ["nobody_on_call:cadre", "marc/sms"]


def test_stopping_calls_nobody_any_more() -> None:
    phone = Phone()
    phone.at(0)
    assert escalation.stop(phone.state, phone.caller(5), "answered") == []
    assert (phone.due, phone.at(1000)) == (None, [])
    assert phone.fails(6, "cecile/sms") == []


def test_stopping_before_the_first_message_says_that_it_was_never_written() -> None:
    phone = Phone(replace(CALLED, group_wait=2 * MINUTE))
    effects = escalation.stop(phone.state, phone.caller(1), "over before any call")
    assert [(e.reason, e.role, e.detail) for e in effects if isinstance(e, NotSent)] == [
        (NonSend.GROUPED, "cadre", "over before any call")
    ]


def test_an_audience_that_need_not_answer_is_told_once_all_together() -> None:
    phone = Phone(TOLD)
    assert phone.at(0) == ["cecile/sms", "vera/courriel"]
    assert (phone.due, phone.at(1000)) == (None, [])
    assert {e.purpose for e in phone.effects if isinstance(e, Notify)} == {Purpose.INFORM}
    assert phone.fails(1, "cecile/sms") == ["cecile/courriel"]
    assert phone.fails(2, "cecile/courriel") == ["nobody_on_call:cadre"]
    assert phone.due is None


def test_without_a_roster_one_non_send_then_the_calls_when_it_comes() -> None:
    phone = Phone(who=None)
    assert phone.at(0) == ["nobody_on_call:cadre"]
    assert (phone.due, phone.at(1000)) == (None, [])
    phone.who = ROSTER
    escalation.roster_arrived(phone.state, T0 + 1001 * MINUTE)
    assert phone.at(1001) == ["cecile/sms"]


def test_an_exercise_calls_its_participants_only() -> None:
    phone = Phone(who=roster(participants=("eva",)), status="exercise")
    assert phone.at(0) == ["exercise:cadre", "eva/sms"]
    assert phone.at(10) == ["exercise:medecin", "exercise:directeur"]
    assert phone.due is None


def test_an_exercise_without_participants_starts_over_with_a_roster_that_has_some() -> None:
    phone = Phone(status="exercise")
    assert phone.at(0) == ["exercise:cadre", "exercise:medecin", "exercise:directeur"]
    assert len({effect.id for effect in phone.effects}) == 3
    phone.who = roster(participants=("cecile",))
    escalation.roster_arrived(phone.state, T0 + 60 * MINUTE)
    assert phone.at(60) == ["cecile/sms"]


def test_a_participant_taken_off_the_exercise_is_told_nothing_more() -> None:
    phone = Phone(who=roster(participants=("cecile",)), status="exercise")
    phone.at(0)
    phone.who = roster(participants=("eva",))
    assert phone.fails(1, "cecile/sms") == ["nobody_on_call:cadre"]
    assert phone.keep(escalation.announce_end(phone.state, phone.caller(2))) == ["exercise:cadre"]


def test_the_end_is_told_to_each_contact_that_was_called_and_only_once() -> None:
    phone = Phone()
    for minute in (0, 10, 20, 50):
        phone.at(minute)
    ends = phone.keep(escalation.announce_end(phone.state, phone.caller(60)))
    assert ends == ["cecile/sms", "denis/sms", "marc/sms"]
    assert escalation.announce_end(phone.state, phone.caller(61)) == []
    assert [e.purpose for e in phone.effects[-3:] if isinstance(e, Notify)] == [Purpose.END] * 3


def test_those_who_were_only_informed_are_not_told_of_the_end() -> None:
    phone = Phone(TOLD)
    phone.at(0)
    assert escalation.announce_end(phone.state, phone.caller(60)) == []


def test_every_effect_has_its_own_id() -> None:
    phone = Phone()
    for minute in range(0, 300, 10):
        phone.at(minute)
    assert len({effect.id for effect in phone.effects}) == len(phone.effects)
