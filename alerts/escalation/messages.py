"""What leaves an escalation: a message to a person, or why there is none."""

from alerts.astreinte import Contact
from alerts.effects import Effect, NonSend, Notify, NotSent, Purpose, effect_id
from alerts.escalation.state import Caller, EscalationState, PendingCall


def announce_end(state: EscalationState, caller: Caller) -> list[Effect]:
    """Tell those who were called that it is over; each contact once."""
    effects: list[Effect] = []
    for contact, role in sorted(state.called.items()):
        person = contact.partition("/")[0]
        if may_be_told(caller, person):
            effects.append(message(state, caller, Purpose.END, role, person, contact))
        else:
            effects.append(not_sent(state, caller, NonSend.EXERCISE, role, person, "no longer a participant"))
    state.called = {}
    return effects


def may_be_told(caller: Caller, person: str) -> bool:
    """Tell whether a message may reach a person: out of real life, participants alone are told."""
    return caller.status == "actual" or (caller.roster is not None and person in caller.roster.exercise_participants)


def notify(state: EscalationState, caller: Caller, call: PendingCall, contact: Contact) -> Notify:
    """Return a message that waits for its report from now on."""
    needs_answer = caller.audience.needs_acknowledgement
    purpose = Purpose.CALL if needs_answer else Purpose.INFORM
    purpose = Purpose.REMINDER if call.is_reminder else purpose
    ordered = message(state, caller, purpose, call.role, call.person, contact.name)
    state.pending[ordered.id] = call
    if needs_answer:
        state.called[contact.name] = call.role
    return ordered


def message(state: EscalationState, caller: Caller, purpose: Purpose, role: str, person: str, contact: str) -> Notify:
    """Return a message of an alert, numbered."""
    state.messages += 1
    return Notify(
        id=effect_id("notify", caller.brief.alert_id, state.messages, contact),
        at=caller.now,
        status=caller.status,
        purpose=purpose,
        brief=caller.brief,
        role=role,
        person=person,
        contact=contact,
        call=state.call,
    )


def not_sent(
    state: EscalationState, caller: Caller, reason: NonSend, role: str, person: str = "", detail: str = ""
) -> NotSent:
    """Return the non-send of an alert, numbered: two of the same instant and role are two effects."""
    state.non_sends += 1
    brief = caller.brief
    return NotSent(
        id=effect_id("not_sent", brief.alert_id, state.non_sends),
        at=caller.now,
        status=caller.status,
        alert_id=brief.alert_id,
        territory=brief.territory,
        reason=reason,
        role=role,
        person=person,
        detail=detail,
    )
