"""When calls begin, stop, wait and go on."""

from datetime import datetime

from alerts.effects import Effect, NonSend
from alerts.escalation.messages import not_sent
from alerts.escalation.state import Caller, EscalationState
from orsan_plans.plan import Audience


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
    state.untold = {}
    state.due_at = now + audience.group_wait


def start_over(state: EscalationState, now: datetime) -> None:
    """Begin again at the first step, at once: the answer was withdrawn."""
    state.is_running = True
    state.step = 0
    state.pending = {}
    state.pass_people = []
    state.step_people = []
    state.held_by = ""
    state.untold = {}
    state.due_at = now


def resume(state: EscalationState, now: datetime) -> None:
    """Go on at once where the calls stopped: the answer was passed on.

    The steps of which a call was recalled are taken again, for those people: nobody may have told them.
    """
    state.is_running = True
    if state.untold:
        state.step = max(min(state.untold.values()) - 1, 0)
        state.pass_people = [person for person in state.pass_people if person not in state.untold]
        state.untold = {}
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


def left_untold(state: EscalationState, person: str, step: int) -> None:
    """Remember that a person's call, made once ``step`` steps were taken, was recalled as calls stopped."""
    state.untold[person] = min(step, state.untold.get(person, step))


def hold(state: EscalationState, caller: Caller, silence: str, until: datetime) -> list[Effect]:
    """Call nobody until a silence ends, then begin again at the first step; say so once for each silence."""
    if not state.is_running or state.due_at is None:
        return []
    is_said = state.held_by == silence
    start(state, caller.audience, caller.now)
    state.held_by, state.due_at = silence, until
    role = caller.audience.roles[0]
    return [] if is_said else [not_sent(state, caller, NonSend.SILENCED, role, detail=f"silence {silence}")]


def roster_arrived(state: EscalationState, now: datetime) -> None:
    """Resume an escalation that was waiting for a roster."""
    if state.is_running and state.due_at is None:
        state.step = 0
        state.pass_people = []
        state.due_at = now
