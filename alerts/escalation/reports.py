"""What delivery reports do to calls: a contact that failed is replaced by the person's next one."""

from dataclasses import replace

from alerts.effects import Effect, NonSend
from alerts.escalation.messages import may_be_told, not_sent, notify
from alerts.escalation.state import Caller, EscalationState, PendingCall
from alerts.routes import is_fallback, route_of


def delivered(state: EscalationState, notification: str) -> None:
    """Note that a call was handed to its channel."""
    call = state.pending.pop(notification, None)
    if call is not None:
        state.reached = True
        if call.beside:
            state.reached_people.append(call.person)


def failed(state: EscalationState, notification: str, caller: Caller) -> list[Effect]:
    """Use the person's next contact after a delivery failed for good; with none left, take the next step at once."""
    lost = state.pending.pop(notification, None)
    if lost is None or caller.roster is None or _is_told_beside(state, lost):
        return []
    person = caller.roster.person(lost.person)
    contacts = caller.roster.contacts(person, caller.brief.posture) if person else ()
    left = [each for each in enumerate(contacts) if each[0] >= lost.tried and each[1].name not in lost.beside]
    if person and left and may_be_told(caller, person.id):
        position, contact = left[0]
        return [notify(state, caller, replace(lost, tried=position + 1), contact)]
    effect = not_sent(state, caller, NonSend.NOBODY_ON_CALL, lost.role, lost.person, "every contact failed")
    is_step = not is_fallback(route_of(caller.roster, caller.brief, caller.audience), state.step)
    is_calling = state.is_running and caller.audience.needs_acknowledgement
    if is_calling and is_step and not state.pending and not state.reached:
        state.due_at = caller.now
    return [effect]


def _is_told_beside(state: EscalationState, lost: PendingCall) -> bool:
    """Tell whether another provider told the person, or may yet: then one failing is not a failed call."""
    others = (call.person == lost.person and bool(call.beside) for call in state.pending.values())
    return bool(lost.beside) and (lost.person in state.reached_people or any(others))
