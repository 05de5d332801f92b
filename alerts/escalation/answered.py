"""What one person's answer does to calls: they are called no more, and are reminded of what they promised."""

from alerts.effects import Effect, NonSend
from alerts.escalation.messages import may_be_told, not_sent, notify
from alerts.escalation.state import Caller, EscalationState, PendingCall
from alerts.routes import people_of, route_of


def leave_out(state: EscalationState, person: str) -> None:
    """Call a person no more: a failed delivery is not tried on their next contact."""
    state.pending = {id_: call for id_, call in state.pending.items() if call.person != person}


def hand_on(state: EscalationState, caller: Caller, person: str) -> None:
    """End a person's calls; take the next step at once if it was theirs and somebody else can be called."""
    leave_out(state, person)
    is_calling = state.is_running and state.step > 0 and state.due_at is not None
    if not is_calling or caller.roster is None:
        return
    # Somebody the roster does not know may stand in for any of those called.
    is_theirs = person in state.step_people or caller.roster.person(person) is None
    if is_theirs and can_call_somebody_else(caller):
        state.due_at = caller.now


def can_call_somebody_else(caller: Caller) -> bool:
    """Tell whether somebody of the route neither answered nor passed the alert on, and can be called."""
    roster = caller.roster
    if roster is None:
        return False
    route = route_of(roster, caller.brief, caller.audience)
    return any(
        person.id not in caller.answers
        and may_be_told(caller, person.id)
        and bool(roster.contacts(person, caller.brief.posture))
        for person in people_of(route, roster, caller.now)
    )


def remind(state: EscalationState, caller: Caller, person: str) -> list[Effect]:
    """Remind somebody of their answer; say so when it cannot be."""
    roster = caller.roster
    role = next((role for contact, role in sorted(state.called.items()) if contact.startswith(f"{person}/")), "")
    if not may_be_told(caller, person):
        return [not_sent(state, caller, NonSend.EXERCISE, role, person)]
    known = roster.person(person) if roster else None
    contacts = roster.contacts(known, caller.brief.posture) if roster and known else ()
    if known is None or not contacts:
        return [not_sent(state, caller, NonSend.NOBODY_ON_CALL, role, person, "cannot be reminded")]
    return [notify(state, caller, PendingCall(role, known.id, 1, is_reminder=True), contacts[0])]
