"""Calling people until someone answers.

An escalation walks the roles of the posture's audience, then repeats on the roster's fallback role for as long as
nobody answers: it ends by an answer, by the end of the danger or by being subsumed, and otherwise never goes silent.

==========  ==============================================  ===============================================
state       when                                            then
==========  ==============================================  ===============================================
STOPPED     the alert is raised                             WAITING, due after the audience's ``group_wait``
WAITING     due                                             call step 1 → CALLING
CALLING     due, a role is left                             call it; due again after the roster's ``delay``
CALLING     the step reaches nobody                         say so and take the next step at once
CALLING     due, no role is left                            call the fallback role; due after ``repeat``
CALLING     a contact fails, the person has another left    that one is used; with two at once, when both failed
CALLING     every contact of a role failed                  due at once
CALLING     every contact of the fallback role failed       stays due after ``repeat``: no storm of failing calls
any         answered, resolved, subsumed                    STOPPED
any         the audience needs no answer, all were told     STOPPED
any         there is no roster                              one non-send, then waits for a roster
any         an exercise has no participant to call          its non-sends, then waits for a roster
any         a roster arrives for one that waited            due at once, from step 1
WAITING     stopped or begun again                          one non-send: the first message was never written
==========  ==============================================  ===============================================
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from alerts.astreinte import Contact, Person, Roster
from alerts.effects import AlertBrief, Effect, NonSend, Notify, NotSent, Purpose, effect_id
from orsan_plans.plan import Audience


@dataclass(slots=True)
class PendingCall:
    """A call whose delivery is not reported yet; the first ``tried`` contacts of the person were used.

    ``beside`` are those used at once with the first one, on another provider.
    """

    role: str
    person: str
    tried: int
    beside: tuple[str, ...] = ()


@dataclass(slots=True)
class EscalationState:
    """Where the calls of an alert stand.

    ``step`` roles were called in this pass (one more than there are: the fallback was), ``call`` rounds of calls were
    made since the alert was last raised; ``messages`` were ordered and ``non_sends`` said since it exists. ``reached``
    tells that a call of the current step was handed to its channel, ``reached_people`` to whom when two contacts of a
    person are used at once. ``called`` remembers who was called, for the end-of-alert message: contact → role.
    """

    due_at: datetime | None = None
    is_running: bool = False
    step: int = 0
    call: int = 0
    messages: int = 0
    non_sends: int = 0
    reached: bool = False
    pending: dict[str, PendingCall] = field(default_factory=dict)
    pass_people: list[str] = field(default_factory=list)
    called: dict[str, str] = field(default_factory=dict)
    reached_people: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Caller:
    """What a call needs to know: the alert, whom to tell, who is on call, and the instant."""

    brief: AlertBrief
    status: str
    audience: Audience
    roster: Roster | None
    now: datetime


def start(state: EscalationState, audience: Audience, now: datetime) -> None:
    """Begin, or begin again, at the first step."""
    state.is_running = True
    state.step = 0
    state.call = 0
    state.reached = False
    state.reached_people = []
    state.pending = {}
    state.pass_people = []
    state.due_at = now + audience.group_wait


def stop(state: EscalationState, caller: Caller, why: str) -> list[Effect]:
    """Call nobody any more; say so when the first message was still waiting to be written."""
    was_waiting = state.is_running and state.step == 0 and state.due_at is not None
    state.is_running = False
    state.due_at = None
    state.pending = {}
    return [not_sent(state, caller, NonSend.GROUPED, caller.audience.roles[0], detail=why)] if was_waiting else []


def advance(state: EscalationState, caller: Caller) -> list[Effect]:
    """Make the calls that are due at ``caller.now``."""
    if not state.is_running or state.due_at is None or state.due_at > caller.now:
        return []
    state.pending = {}
    state.reached = False
    state.reached_people = []
    if caller.roster is None:
        state.due_at = None
        return [not_sent(state, caller, NonSend.NOBODY_ON_CALL, caller.audience.roles[0], detail="no roster")]
    if not caller.audience.needs_acknowledgement:
        return _inform_everyone(state, caller, caller.roster)
    return _call_next_role(state, caller, caller.roster)


def roster_arrived(state: EscalationState, now: datetime) -> None:
    """Resume an escalation that was waiting for a roster."""
    if state.is_running and state.due_at is None:
        state.step = 0
        state.pass_people = []
        state.due_at = now


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
    if person and left and _may_be_told(caller, person.id):
        position, contact = left[0]
        return [_notify(state, caller, PendingCall(lost.role, person.id, position + 1, lost.beside), contact)]
    effect = not_sent(state, caller, NonSend.NOBODY_ON_CALL, lost.role, lost.person, "every contact failed")
    is_role = state.step <= len(caller.audience.roles)
    if is_role and not state.pending and not state.reached and caller.audience.needs_acknowledgement:
        state.due_at = caller.now
    return [effect]


def announce_end(state: EscalationState, caller: Caller) -> list[Effect]:
    """Tell those who were called that it is over; each contact once."""
    effects: list[Effect] = []
    for contact, role in sorted(state.called.items()):
        person = contact.partition("/")[0]
        if _may_be_told(caller, person):
            effects.append(_message(state, caller, Purpose.END, role, person, contact))
        else:
            effects.append(not_sent(state, caller, NonSend.EXERCISE, role, person, "no longer a participant"))
    state.called = {}
    return effects


def _inform_everyone(state: EscalationState, caller: Caller, roster: Roster) -> list[Effect]:
    effects: list[Effect] = []
    for role in caller.audience.roles:
        effects += _call_role(state, caller, roster, role)
    state.is_running = False
    state.due_at = None
    return effects


def _call_next_role(state: EscalationState, caller: Caller, roster: Roster) -> list[Effect]:
    effects: list[Effect] = []
    state.call += 1
    roles = caller.audience.roles
    while state.step < len(roles):
        effects += _call_role(state, caller, roster, roles[state.step])
        state.step += 1
        if state.pending:
            state.due_at = caller.now + roster.escalation.delay
            return effects
    state.step = len(roles) + 1
    state.pass_people = []
    effects += _call_role(state, caller, roster, roster.escalation.fallback)
    can_repeat = bool(state.pending) or caller.status == "actual"
    state.due_at = caller.now + roster.escalation.repeat if can_repeat else None
    return effects


def _call_role(state: EscalationState, caller: Caller, roster: Roster, role: str) -> list[Effect]:
    people = roster.on_call(role, caller.now)
    if not people:
        return [not_sent(state, caller, NonSend.NOBODY_ON_CALL, role)]
    return [effect for person in people for effect in _call_person(state, caller, roster, role, person)]


def _call_person(state: EscalationState, caller: Caller, roster: Roster, role: str, person: Person) -> Iterable[Effect]:
    if not _may_be_told(caller, person.id):
        return [not_sent(state, caller, NonSend.EXERCISE, role, person.id)]
    if person.id in state.pass_people:
        return [not_sent(state, caller, NonSend.DEDUPLICATED, role, person.id, "already called in this pass")]
    contacts = roster.contacts_at_once(person, caller.brief.posture)
    if not contacts:
        return [not_sent(state, caller, NonSend.NOBODY_ON_CALL, role, person.id, "no usable contact")]
    state.pass_people.append(person.id)
    call = PendingCall(role, person.id, 1, tuple(contact.name for contact in contacts[1:]))
    return [_notify(state, caller, call, contact) for contact in contacts]


def _may_be_told(caller: Caller, person: str) -> bool:
    return caller.status == "actual" or (caller.roster is not None and person in caller.roster.exercise_participants)


def _is_told_beside(state: EscalationState, lost: PendingCall) -> bool:
    """Tell whether another provider told the person, or may yet: then one failing is not a failed call."""
    others = (call.person == lost.person and bool(call.beside) for call in state.pending.values())
    return bool(lost.beside) and (lost.person in state.reached_people or any(others))


def _notify(state: EscalationState, caller: Caller, call: PendingCall, contact: Contact) -> Notify:
    needs_answer = caller.audience.needs_acknowledgement
    purpose = Purpose.CALL if needs_answer else Purpose.INFORM
    notify = _message(state, caller, purpose, call.role, call.person, contact.name)
    state.pending[notify.id] = replace(call)
    if needs_answer:
        state.called[contact.name] = call.role
    return notify


def _message(state: EscalationState, caller: Caller, purpose: Purpose, role: str, person: str, contact: str) -> Notify:
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
