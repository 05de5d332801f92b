"""The circumstances in which alerts are worked, and how an alert that changes is told."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from alerts import escalation
from alerts.astreinte import Roster
from alerts.effects import AlertChange, AlertChanged, Effect, effect_id
from alerts.lifecycle import AlertState
from orsan_plans.plan import Audience


@dataclass(frozen=True, slots=True)
class Desk:
    """Where alerts are worked: instant, exercise status, roster, and how territories nest."""

    status: str
    now: datetime
    roster: Roster | None
    ancestors: Callable[[str], tuple[str, ...]]


def caller(alert: AlertState, desk: Desk) -> escalation.Caller:
    """Return what the calls of an alert need to know."""
    audience = alert.audience or Audience(roles=())
    return escalation.Caller(alert.brief, desk.status, audience, desk.roster, desk.now, alert.answers)


def stop_calls(alert: AlertState, desk: Desk, why: str) -> list[Effect]:
    """Stop the calls of an alert; ``why`` is said when none was made yet."""
    return escalation.stop(alert.escalation, caller(alert, desk), why)


def changed(
    alert: AlertState, desk: Desk, change: AlertChange, by: str = "", decision: str = "", reason: str = ""
) -> AlertChanged:
    """Return the effect that tells of a change, numbered."""
    brief = alert.brief
    alert.changes += 1
    return AlertChanged(
        id=effect_id("alert_changed", brief.alert_id, alert.changes),
        at=desk.now,
        status=desk.status,
        alert_id=brief.alert_id,
        territory=brief.territory,
        change=change,
        by=by,
        decision=decision,
        reason=reason,
    )
