"""Whom to call next: the steps of the route, then the fallback, as often as it takes."""

from collections.abc import Iterable
from dataclasses import replace

from alerts.astreinte import Person, Roster
from alerts.effects import Effect, NonSend
from alerts.escalation.messages import may_be_told, not_sent, notify
from alerts.escalation.state import Caller, EscalationState, PendingCall
from alerts.policies import EscalationStep, Policy
from alerts.routes import route_of


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
    if not may_be_told(caller, person.id):
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
    return [notify(state, caller, call, contact) for contact in contacts]
