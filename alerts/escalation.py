"""Calling people until enough of them answer.

An escalation walks the steps of the alert's route (`alerts.routes`: its policy, or the roles of the posture's
audience), then repeats on the fallback role for as long as nobody answers: it ends by an answer, by the end of the
danger or by being subsumed, and otherwise never goes silent. Those who answered or passed the alert on are not called
again.

==========  ==============================================  ===============================================
state       when                                            then
==========  ==============================================  ===============================================
STOPPED     the alert is raised                             WAITING, due after the audience's ``group_wait``
WAITING     due                                             call step 1 → CALLING
CALLING     due, a step is left                             call its people; due again after its ``delay``
CALLING     the step reaches nobody                         say so and take the next step at once
CALLING     due, no step is left                            call the fallback role; due after ``repeat``
CALLING     all of the fallback answered or passed it on    call the others; if there are none, the fallback again
CALLING     a contact fails, the person has another left    that one is used; with two at once, when both failed
CALLING     every contact of a step failed                  due at once
CALLING     every contact of the fallback role failed       stays due after ``repeat``: no storm of failing calls
CALLING     one of the step's people passes it on           due at once, while somebody else can be called
CALLING     one of several answers required                 goes on for those who did not answer
any         enough answers, resolved, subsumed              STOPPED
STOPPED     the answer was passed on                        CALLING, due at once, from the step where it stopped
STOPPED     the answer was withdrawn                        WAITING, due at once, from step 1
any         the audience needs no answer, all were told     STOPPED
any         there is no roster                              one non-send, then waits for a roster
any         an exercise has no participant to call          its non-sends, then waits for a roster
any         a roster arrives for one that waited            due at once, from step 1
WAITING     stopped or begun again                          one non-send: the first message was never written
any         due, the alert is silenced                      one non-send → WAITING, due when the silence ends
==========  ==============================================  ===============================================

A roster that arrives meanwhile is used from the next step on: the step is counted in the new one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from alerts.answers import AnswerDecision
from alerts.astreinte import Contact, Person, Roster
from alerts.effects import AlertBrief, Effect, NonSend, Notify, NotSent, Purpose, effect_id
from alerts.policies import EscalationStep, Policy
from alerts.routes import is_fallback, people_of, route_of
from orsan_plans.plan import Audience


@dataclass(frozen=True, slots=True)
class PendingCall:
    """A call whose delivery is not reported yet; the first ``tried`` contacts of the person were used.

    ``beside`` are those used at once with the first one, on another provider.
    """

    role: str
    person: str
    tried: int
    is_reminder: bool = False
    beside: tuple[str, ...] = ()


@dataclass(slots=True)
class EscalationState:
    """Where the calls of an alert stand.

    ``step`` steps were taken in this pass (one more than there are: the fallback was), ``call`` rounds of calls were
    made since the alert was last raised; ``messages`` were ordered and ``non_sends`` said since it exists. ``reached``
    tells that a call of the current step was handed to its channel, ``reached_people`` to whom when two contacts of a
    person are used at once; ``pass_people`` and ``step_people`` are those called in this pass and at this step.
    ``called`` remembers who was called, for the end-of-alert message: contact → role. ``held_by`` is the silence it
    waits for.
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
    step_people: list[str] = field(default_factory=list)
    called: dict[str, str] = field(default_factory=dict)
    held_by: str = ""
    reached_people: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Caller:
    """What a call needs to know: the alert, whom to tell, who is on call, the instant, and who answered what."""

    brief: AlertBrief
    status: str
    audience: Audience
    roster: Roster | None
    now: datetime
    answers: Mapping[str, AnswerDecision] = field(default_factory=dict)


def start(state: EscalationState, audience: Audience, now: datetime) -> None:
    """Begin, or begin again, at the first step."""
    state.is_running = True
    state.step = 0
    state.call = 0
    state.reached = False
    state.reached_people = []
    state.pending = {}
    state.pass_people = []
    state.step_people = []
    state.held_by = ""
    state.due_at = now + audience.group_wait


def start_over(state: EscalationState, now: datetime) -> None:
    """Begin again at the first step, at once: the answer was withdrawn."""
    state.is_running = True
    state.step = 0
    state.pending = {}
    state.pass_people = []
    state.step_people = []
    state.held_by = ""
    state.due_at = now


def resume(state: EscalationState, now: datetime) -> None:
    """Go on at once where the calls stopped: the answer was passed on."""
    state.is_running = True
    state.pending = {}
    state.held_by = ""
    state.due_at = now


def stop(state: EscalationState, caller: Caller, why: str) -> list[Effect]:
    """Call nobody any more; say so when the first message was still waiting to be written."""
    was_waiting = state.is_running and state.step == 0 and state.due_at is not None and not state.held_by
    state.is_running = False
    state.due_at = None
    state.pending = {}
    return [not_sent(state, caller, NonSend.GROUPED, caller.audience.roles[0], detail=why)] if was_waiting else []


def hold(state: EscalationState, caller: Caller, silence: str, until: datetime) -> list[Effect]:
    """Call nobody until a silence ends, then begin again at the first step; say so once for each silence."""
    if not state.is_running or state.due_at is None:
        return []
    is_said = state.held_by == silence
    start(state, caller.audience, caller.now)
    state.held_by, state.due_at = silence, until
    role = caller.audience.roles[0]
    return [] if is_said else [not_sent(state, caller, NonSend.SILENCED, role, detail=f"silence {silence}")]


def advance(state: EscalationState, caller: Caller) -> list[Effect]:
    """Make the calls that are due at ``caller.now``."""
    if not state.is_running or state.due_at is None or state.due_at > caller.now:
        return []
    state.pending = {}
    state.reached = False
    state.held_by = ""
    state.reached_people = []
    if caller.roster is None:
        state.due_at = None
        return [not_sent(state, caller, NonSend.NOBODY_ON_CALL, caller.audience.roles[0], detail="no roster")]
    if not caller.audience.needs_acknowledgement:
        return _inform_everyone(state, caller, caller.roster)
    return _call_next_step(state, caller, caller.roster)


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
        return [_notify(state, caller, replace(lost, tried=position + 1), contact)]
    effect = not_sent(state, caller, NonSend.NOBODY_ON_CALL, lost.role, lost.person, "every contact failed")
    is_step = not is_fallback(route_of(caller.roster, caller.brief, caller.audience), state.step)
    is_calling = state.is_running and caller.audience.needs_acknowledgement
    if is_calling and is_step and not state.pending and not state.reached:
        state.due_at = caller.now
    return [effect]


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
        and _may_be_told(caller, person.id)
        and bool(roster.contacts(person, caller.brief.posture))
        for person in people_of(route, roster, caller.now)
    )


def remind(state: EscalationState, caller: Caller, person: str) -> list[Effect]:
    """Remind somebody of their answer; say so when it cannot be."""
    roster = caller.roster
    role = next((role for contact, role in sorted(state.called.items()) if contact.startswith(f"{person}/")), "")
    if not _may_be_told(caller, person):
        return [not_sent(state, caller, NonSend.EXERCISE, role, person)]
    known = roster.person(person) if roster else None
    contacts = roster.contacts(known, caller.brief.posture) if roster and known else ()
    if known is None or not contacts:
        return [not_sent(state, caller, NonSend.NOBODY_ON_CALL, role, person, "cannot be reminded")]
    return [_notify(state, caller, PendingCall(role, known.id, 1, is_reminder=True), contacts[0])]


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
        effects += _call_role(state, replace(caller, answers={}), roster, role)
    state.is_running = False
    state.due_at = None
    return effects


def _call_next_step(state: EscalationState, caller: Caller, roster: Roster) -> list[Effect]:
    effects: list[Effect] = []
    state.call += 1
    state.step_people = []
    route = route_of(roster, caller.brief, caller.audience)
    while state.step < len(route.steps):
        step = route.steps[state.step]
        effects += _call_step(state, caller, roster, step)
        state.step += 1
        if state.pending:
            state.due_at = caller.now + step.delay
            return effects
    return effects + _call_fallback(state, caller, roster, route)


def _call_step(state: EscalationState, caller: Caller, roster: Roster, step: EscalationStep) -> list[Effect]:
    effects: list[Effect] = []
    for role in step.roles:
        effects += _call_role(state, caller, roster, role)
    for id_ in step.people:
        person = roster.person(id_)
        effects += _call_person(state, caller, roster, "", person) if person else ()
    return effects


def _call_fallback(state: EscalationState, caller: Caller, roster: Roster, route: Policy) -> list[Effect]:
    state.step = len(route.steps) + 1
    state.pass_people = []
    last_resort = EscalationStep((route.fallback,), route.repeat)
    effects = _call_step(state, caller, roster, last_resort)
    if not state.pending and caller.answers:
        effects += [effect for step in route.steps for effect in _call_step(state, caller, roster, step)]
    if not state.pending and caller.answers:
        effects += _call_step(state, replace(caller, answers={}), roster, last_resort)
    can_repeat = bool(state.pending) or caller.status == "actual"
    state.due_at = caller.now + route.repeat if can_repeat else None
    return effects


def _call_role(state: EscalationState, caller: Caller, roster: Roster, role: str) -> list[Effect]:
    people = roster.on_call(role, caller.now)
    if not people:
        return [not_sent(state, caller, NonSend.NOBODY_ON_CALL, role)]
    return [effect for person in people for effect in _call_person(state, caller, roster, role, person)]


def _call_person(state: EscalationState, caller: Caller, roster: Roster, role: str, person: Person) -> Iterable[Effect]:
    if not _may_be_told(caller, person.id):
        return [not_sent(state, caller, NonSend.EXERCISE, role, person.id)]
    if person.id in caller.answers:
        return [not_sent(state, caller, NonSend.DEDUPLICATED, role, person.id, "already answered")]
    if person.id in state.pass_people:
        return [not_sent(state, caller, NonSend.DEDUPLICATED, role, person.id, "already called in this pass")]
    contacts = roster.contacts_at_once(person, caller.brief.posture)
    if not contacts:
        return [not_sent(state, caller, NonSend.NOBODY_ON_CALL, role, person.id, "no usable contact")]
    state.pass_people.append(person.id)
    state.step_people.append(person.id)
    call = PendingCall(role, person.id, 1, beside=tuple(contact.name for contact in contacts[1:]))
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
    purpose = Purpose.REMINDER if call.is_reminder else purpose
    notify = _message(state, caller, purpose, call.role, call.person, contact.name)
    state.pending[notify.id] = call
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
