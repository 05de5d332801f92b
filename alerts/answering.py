"""What answers do to an alert: they stop its calls, pass it on, or promise an act that is waited for.

=============  ============================================  =======================================================
phase          answer                                        what happens
=============  ============================================  =======================================================
RAISED         any but ``transmettre``, too few people yet   ANSWERED; the others are still called
RAISED         any but ``transmettre``, enough people        ACKNOWLEDGED: calls stop, for everyone
RAISED         ``transmettre``                               HANDED_ON: the next step is called at once
ACKNOWLEDGED   ``transmettre`` by one of those who answered  HANDED_ON; WITHDRAWN when too few answers are left: the
                                                             calls go on with the next step
ACKNOWLEDGED   ``transmettre`` by somebody else              nothing: somebody has it
ACKNOWLEDGED   another decision, an act is awaited           ACTED
ACKNOWLEDGED   ``fausse_alerte`` or ``surveiller``, none is  ANSWERED
ACKNOWLEDGED   ``prendre``, none is                          nothing
RESOLVED       any                                           nothing
any            the same by the same person again             nothing, unless they were reminded: ACTED
=============  ============================================  =======================================================

When all of those who answered said ``prendre`` and the policy gives a time to act, an act is awaited: any further
answer, a decision on the volet, or a milder posture. Without one they are reminded, then their answers are withdrawn
and the escalation starts again from its first step.
"""

from collections.abc import Iterable

from alerts import escalation
from alerts.answers import Answer, AnswerDecision
from alerts.astreinte import Roster
from alerts.desk import Desk, caller, changed, stop_calls
from alerts.effects import AlertChange, Effect
from alerts.lifecycle import AlertState, Event, Phase, move
from alerts.routes import answers_needed, policy_of, route_of


def answer(alert: AlertState, desk: Desk, given: Answer) -> list[Effect]:
    """Take an answer into account."""
    who = answerer(desk.roster, given)
    is_repeated = alert.answers.get(who) is given.decision
    if not alert.is_open or (is_repeated and not _was_reminded(alert)):
        return []
    if given.decision is AnswerDecision.HAND_ON:
        return _hand_on(alert, desk, given, who)
    alert.answers[who] = given.decision
    if alert.phase is Phase.RAISED:
        return _count(alert, desk, given, who)
    if alert.withdraw_at is not None:
        return _act(alert, desk, given.by, given.decision.value, given.reason)
    if given.decision is AnswerDecision.TAKE:
        return []
    return [_said(alert, desk, AlertChange.ANSWERED, given)]


def answerer(roster: Roster | None, given: Answer) -> str:
    """Return the roster's id of who answers, or the name they gave when the roster does not know it."""
    people = roster.people if roster else ()
    named = (person.id for person in people if given.by in (person.id, person.name))
    return given.person or next(named, given.by)


def decided(alerts: Iterable[AlertState], desk: Desk, volet: str, territory: str, by: str, what: str) -> list[Effect]:
    """Count a decision on a volet as the act awaited of its alerts, in its territory and inside it."""
    effects: list[Effect] = []
    for alert in alerts:
        places = (alert.brief.territory, *desk.ancestors(alert.brief.territory))
        if alert.withdraw_at is not None and alert.brief.volet == volet and territory in places:
            effects += _act(alert, desk, by, what)
    return effects


def await_no_act(alert: AlertState) -> None:
    """Wait for no act any more."""
    alert.remind_at = alert.withdraw_at = None


def forget(alert: AlertState) -> None:
    """Forget the answers: they were given to a milder posture."""
    alert.answers = {}
    await_no_act(alert)


def work(alert: AlertState, desk: Desk) -> list[Effect]:
    """Remind those whose act is due at ``desk.now``, or withdraw their answers."""
    if alert.withdraw_at is not None and alert.withdraw_at <= desk.now:
        return _withdraw(alert, desk)
    if alert.remind_at is not None and alert.remind_at <= desk.now:
        alert.remind_at = None
        told = caller(alert, desk)
        return [each for who in _holders(alert) for each in escalation.remind(alert.escalation, told, who)]
    return []


def settle(alert: AlertState, desk: Desk) -> list[Effect]:
    """Acknowledge an alert that eased when those who already answered are enough for its milder posture."""
    if not alert.answers or not is_enough(alert, desk):
        return []
    move(alert, Event.ANSWERED)
    return [changed(alert, desk, AlertChange.ACKNOWLEDGED, ", ".join(_holders(alert)))]


def is_enough(alert: AlertState, desk: Desk) -> bool:
    """Tell whether enough people answered, or everybody who can be called did."""
    count = len(_holders(alert))
    if desk.roster is None or alert.audience is None or not count:
        return bool(count)
    route = route_of(desk.roster, alert.brief, alert.audience)
    needed = answers_needed(route, alert.escalation.step)
    return count >= needed or not escalation.can_call_somebody_else(caller(alert, desk))


def _holders(alert: AlertState) -> list[str]:
    return sorted(who for who, decision in alert.answers.items() if decision is not AnswerDecision.HAND_ON)


def _was_reminded(alert: AlertState) -> bool:
    return alert.withdraw_at is not None and alert.remind_at is None


def _count(alert: AlertState, desk: Desk, given: Answer, who: str) -> list[Effect]:
    if not is_enough(alert, desk):
        escalation.leave_out(alert.escalation, who)
        return [_said(alert, desk, AlertChange.ANSWERED, given)]
    move(alert, Event.ANSWERED)
    _await_act(alert, desk)
    return [_said(alert, desk, AlertChange.ACKNOWLEDGED, given), *stop_calls(alert, desk, "answered before any call")]


def _await_act(alert: AlertState, desk: Desk) -> None:
    policy = policy_of(desk.roster, alert.brief, alert.audience) if desk.roster and alert.audience else None
    has_acted = any(
        decision not in (AnswerDecision.TAKE, AnswerDecision.HAND_ON) for decision in alert.answers.values()
    )
    if policy is None or policy.act_within is None or policy.withdraw_after is None or has_acted:
        return
    alert.remind_at = desk.now + policy.act_within
    alert.withdraw_at = alert.remind_at + policy.withdraw_after


def _hand_on(alert: AlertState, desk: Desk, given: Answer, who: str) -> list[Effect]:
    is_held = alert.phase is Phase.ACKNOWLEDGED
    if is_held and who not in alert.answers:
        return []
    alert.answers[who] = AnswerDecision.HAND_ON
    effects: list[Effect] = [_said(alert, desk, AlertChange.HANDED_ON, given)]
    if not is_held:
        escalation.hand_on(alert.escalation, caller(alert, desk), who)
        return effects
    if is_enough(alert, desk):
        return effects
    move(alert, Event.WITHDRAWN)
    await_no_act(alert)
    if alert.audience is not None and alert.subsumed_by is None:
        escalation.resume(alert.escalation, desk.now)
    return [*effects, changed(alert, desk, AlertChange.WITHDRAWN, given.by)]


def _act(alert: AlertState, desk: Desk, by: str, what: str, reason: str = "") -> list[Effect]:
    await_no_act(alert)
    return [changed(alert, desk, AlertChange.ACTED, by, what, reason)]


def _withdraw(alert: AlertState, desk: Desk) -> list[Effect]:
    by = ", ".join(_holders(alert))
    move(alert, Event.WITHDRAWN)
    forget(alert)
    if alert.audience is not None and alert.subsumed_by is None:
        escalation.start_over(alert.escalation, desk.now)
    return [changed(alert, desk, AlertChange.WITHDRAWN, by)]


def _said(alert: AlertState, desk: Desk, change: AlertChange, given: Answer) -> Effect:
    is_said_already = given.decision in (AnswerDecision.TAKE, AnswerDecision.HAND_ON)
    decision = "" if is_said_already else given.decision.value
    return changed(alert, desk, change, given.by, decision, given.reason)
