"""The alerts a region follows: from a posture that moved to the calls, answers and ends it causes.

A wider alert subsumes the narrower alerts of the same rule inside its territory when it is at least as severe: their
calls stop, and start again if it ends before they do.
"""

from bisect import insort
from dataclasses import dataclass, replace
from datetime import datetime

from alerts import answering, escalation, recalls
from alerts.answers import Answer, AnswerDecision
from alerts.desk import Desk, caller, changed, stop_calls
from alerts.effects import AlertBrief, AlertChange, AlertRaised, Effect, NonSend, NotSent, RecallReason, effect_id
from alerts.followed import AlertBook
from alerts.lifecycle import CLOSE_AFTER, AlertState, Event, Phase, move
from alerts.volume.silences import Silence
from orsan_plans.assess import Evidence
from orsan_plans.plan import Audience
from orsan_plans.posture import Posture
from orsan_plans.territory import Level, level_of

__all__ = [
    "AlertBook",
    "Desk",
    "PostureMove",
    "answer",
    "attach",
    "decided",
    "follow",
    "next_due",
    "report",
    "roster_arrived",
    "work",
]


@dataclass(frozen=True, slots=True)
class PostureMove:
    """A posture that moved: ``brief`` describes it as an alert (its id is used when the alert is new)."""

    rule_key: str
    before: Posture
    after: Posture
    brief: AlertBrief
    audience: Audience | None


def follow(book: AlertBook, desk: Desk, posture: PostureMove) -> list[Effect]:
    """Raise, ease or resolve the alert of a posture that moved."""
    key = f"{posture.rule_key}@{posture.brief.territory}"
    alert = book.alerts.get(book.current.get(key, ""))
    if posture.after.rank > posture.before.rank:
        return _raise(book, desk, key, alert, posture)
    if alert is None or not alert.is_open or posture.after.rank == posture.before.rank:
        return []
    if posture.after.rank > 0:
        return _ease(book, desk, alert, posture)
    return _resolve(book, desk, alert)


def attach(book: AlertBook, desk: Desk, key: str, evidence: Evidence) -> list[Effect]:
    """Attach the new signals of ``evidence`` to the open alert of ``<plan>/<rule>@<territory>``; nobody is called.

    One event gives many signals; what people read of it is what is known now.
    """
    alert = book.alerts.get(book.current.get(key, ""))
    if alert is None or not alert.is_open or evidence.events == alert.brief.evidence.events:
        return []
    new = [title for title in evidence.events if title not in alert.brief.evidence.events]
    alert.brief = replace(alert.brief, evidence=evidence)
    return [changed(alert, desk, AlertChange.ATTACHED, " ; ".join(new))] if new else []


def answer(book: AlertBook, desk: Desk, given: Answer) -> list[Effect] | str:
    """Take an answer to an alert into account; return why not when there is no such alert."""
    alert = book.alerts.get(given.alert_id)
    if alert is None:
        return f"no alert {given.alert_id} is followed (unknown, or closed)"
    effects = answering.answer(alert, desk, given)
    if not alert.escalation.is_running:
        return effects + recalls.recall(book, desk, alert, RecallReason.ANSWERED)
    who = answering.answerer(desk.roster, given)
    decision = alert.answers.get(who)
    if decision is None:
        return effects
    why = RecallReason.HANDED_ON if decision is AnswerDecision.HAND_ON else RecallReason.ANSWERED
    return effects + recalls.recall(book, desk, alert, why, who)


def decided(book: AlertBook, desk: Desk, volet: str, territory: str, by: str, what: str) -> list[Effect]:
    """Count what somebody decided of a volet as the act awaited of its alerts."""
    alerts = (alert for _, alert in sorted(book.alerts.items()))
    return answering.decided(alerts, desk, volet, territory, by, what)


def report(book: AlertBook, desk: Desk, notification: str, *, is_sent: bool) -> list[Effect]:
    """Take a delivery report into account; a report of a call that no longer matters changes nothing."""
    effects: list[Effect] = []
    for alert in recalls.reported(book, notification):
        if notification in alert.escalation.pending:
            effects += _report(book, alert, desk, notification, is_sent=is_sent)
    return effects


def _report(book: AlertBook, alert: AlertState, desk: Desk, notification: str, *, is_sent: bool) -> list[Effect]:
    state, told, silence = alert.escalation, caller(alert, desk), desk.silence_of(alert)
    if is_sent:
        escalation.delivered(state, notification)
        return []
    if silence is None:
        return escalation.failed(state, notification, told)
    if state.is_running:
        # The next contact is not tried: whoever is to be called is called when the silence ends.
        return _hold(book, alert, desk, silence)
    lost = state.pending.pop(notification)
    return [escalation.not_sent(state, told, NonSend.SILENCED, lost.role, lost.person, f"silence {silence.id}")]


def work(book: AlertBook, desk: Desk, alert_id: str) -> list[Effect]:
    """Do what is due for an alert at ``desk.now``: its calls, or its closing."""
    alert = book.alerts.get(alert_id)
    if alert is None:
        return []
    if alert.close_at is not None and alert.close_at <= desk.now:
        return _close(book, desk, alert)
    if alert.withdraw_at is not None:
        return answering.work(alert, desk)
    if alert.audience is None or alert.escalation.due_at is None or alert.escalation.due_at > desk.now:
        return []
    silence = desk.silence_of(alert)
    if silence is not None:
        return _hold(book, alert, desk, silence)
    return escalation.advance(alert.escalation, caller(alert, desk))


def _hold(book: AlertBook, alert: AlertState, desk: Desk, silence: Silence) -> list[Effect]:
    said = escalation.hold(alert.escalation, caller(alert, desk), silence.id, silence.until)
    return said + recalls.recall(book, desk, alert, RecallReason.SILENCED)


def next_due(alert: AlertState) -> datetime | None:
    """Return when `work` has something to do for the alert."""
    dues = (alert.escalation.due_at, alert.close_at, alert.remind_at, alert.withdraw_at)
    return min((due for due in dues if due is not None), default=None)


def roster_arrived(book: AlertBook, now: datetime) -> None:
    """Let alerts that waited for a roster use it."""
    for alert in book.alerts.values():
        escalation.roster_arrived(alert.escalation, now)


def silence_changed(book: AlertBook, now: datetime, silence: str) -> list[str]:
    """Let the alerts that waited for a silence be looked at again at once; return their ids."""
    held = [id_ for id_, alert in book.alerts.items() if alert.escalation.held_by == silence]
    for alert_id in held:
        book.alerts[alert_id].escalation.due_at = now
    return held


def close_all(book: AlertBook, desk: Desk) -> list[Effect]:
    """Close every resolved alert at once: the exercise they belong to is over."""
    resolved = [book.alerts[each] for each in sorted(book.alerts) if not book.alerts[each].is_open]
    return [effect for alert in resolved for effect in _close(book, desk, alert)]


def _raise(book: AlertBook, desk: Desk, key: str, alert: AlertState | None, posture: PostureMove) -> list[Effect]:
    unsaid: list[Effect] = []
    if alert is None:
        alert = AlertState(posture.brief, posture.rule_key, posture.audience)
        book.alerts[posture.brief.alert_id] = alert
        book.current[key] = posture.brief.alert_id
        insort(book.by_rule.setdefault(posture.rule_key, []), key)
    else:
        move(alert, Event.ROSE)
        answering.forget(alert)
        alert.episode += 1
        alert.close_at = None
        unsaid = stop_calls(alert, desk, "a worse posture is told instead")
        unsaid += recalls.recall(book, desk, alert, RecallReason.WORSENED)
        _describe(alert, posture)
    raised = AlertRaised(
        id=effect_id("alert_raised", alert.brief.alert_id, alert.episode),
        at=desk.now,
        status=desk.status,
        brief=alert.brief,
        episode=alert.episode,
    )
    return [*unsaid, raised, *_start_calls(book, desk, alert), *_settle_narrower(book, desk, alert)]


def _ease(book: AlertBook, desk: Desk, alert: AlertState, posture: PostureMove) -> list[Effect]:
    move(alert, Event.EASED)
    answering.await_no_act(alert)
    effects = stop_calls(alert, desk, "a milder posture is told instead")
    effects += recalls.recall(book, desk, alert, RecallReason.EASED)
    _describe(alert, posture)
    effects.append(changed(alert, desk, AlertChange.EASED))
    if alert.phase is Phase.RAISED:
        effects += answering.settle(alert, desk) or _start_calls(book, desk, alert)
    return effects + _settle_narrower(book, desk, alert)


def _resolve(book: AlertBook, desk: Desk, alert: AlertState) -> list[Effect]:
    move(alert, Event.CLEARED)
    answering.await_no_act(alert)
    unsaid = stop_calls(alert, desk, "over before any call")
    unsaid += recalls.recall(book, desk, alert, RecallReason.RESOLVED)
    alert.close_at = desk.now + CLOSE_AFTER
    alert.subsumed_by = None
    effects: list[Effect] = [changed(alert, desk, AlertChange.RESOLVED), *unsaid]
    if alert.audience:
        effects += escalation.announce_end(alert.escalation, caller(alert, desk))
    return effects + _settle_narrower(book, desk, alert)


def _close(book: AlertBook, desk: Desk, alert: AlertState) -> list[Effect]:
    move(alert, Event.EXPIRED)
    key = f"{alert.rule_key}@{alert.brief.territory}"
    recalls.forget(book, alert, list(alert.messages))
    del book.alerts[alert.brief.alert_id]
    del book.current[key]
    book.by_rule[alert.rule_key].remove(key)
    if not book.by_rule[alert.rule_key]:
        del book.by_rule[alert.rule_key]
    return [changed(alert, desk, AlertChange.CLOSED)]


def _describe(alert: AlertState, posture: PostureMove) -> None:
    alert.brief = replace(posture.brief, alert_id=alert.brief.alert_id)
    alert.audience = posture.audience


def _start_calls(book: AlertBook, desk: Desk, alert: AlertState) -> list[Effect]:
    if alert.audience is not None:
        escalation.start(alert.escalation, alert.audience, desk.now)
    return _settle(book, desk, alert)


def _settle(book: AlertBook, desk: Desk, alert: AlertState) -> list[Effect]:
    """Subsume the alert under a wider one, or release it."""
    wider = _wider(book, desk, alert)
    if wider is not None:
        return _subsume(book, alert, desk, wider)
    if alert.subsumed_by is None:
        return []
    by, alert.subsumed_by = alert.subsumed_by, None
    if alert.phase is Phase.RAISED and alert.audience is not None:
        escalation.start(alert.escalation, alert.audience, desk.now)
    return [changed(alert, desk, AlertChange.RELEASED, by)]


def _subsume(book: AlertBook, alert: AlertState, desk: Desk, wider: AlertState) -> list[Effect]:
    effects: list[Effect] = []
    if alert.subsumed_by != wider.brief.alert_id:
        alert.subsumed_by = wider.brief.alert_id
        effects.append(changed(alert, desk, AlertChange.SUBSUMED, wider.brief.alert_id))
    if alert.escalation.is_running and alert.audience is not None:
        stop_calls(alert, desk, "")
        effects.append(_inhibited(alert, desk, alert.audience.roles[0], wider))
        effects += recalls.recall(book, desk, alert, RecallReason.SUBSUMED)
    return effects


def _settle_narrower(book: AlertBook, desk: Desk, changed: AlertState) -> list[Effect]:
    effects: list[Effect] = []
    if level_of(changed.brief.territory) is Level.ETABLISSEMENT:
        return effects  # nothing is narrower
    for key in list(book.by_rule.get(changed.rule_key, ())):
        alert = book.alerts[book.current[key]]
        if alert.is_open and changed.brief.territory in desk.ancestors(alert.brief.territory):
            effects += _settle(book, desk, alert)
    return effects


def _wider(book: AlertBook, desk: Desk, alert: AlertState) -> AlertState | None:
    for territory in desk.ancestors(alert.brief.territory):
        wider = book.alerts.get(book.current.get(f"{alert.rule_key}@{territory}", ""))
        if wider is not None and wider.is_open and wider.brief.posture.rank >= alert.brief.posture.rank:
            return wider
    return None


def _inhibited(alert: AlertState, desk: Desk, role: str, wider: AlertState) -> NotSent:
    detail = f"subsumed by {wider.brief.territory}"
    return escalation.not_sent(alert.escalation, caller(alert, desk), NonSend.INHIBITED, role, detail=detail)
