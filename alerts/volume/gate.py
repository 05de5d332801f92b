"""The gate: of what the escalations ask, what leaves as it is, what leaves together and what waits for a digest.

Every `Notify` that comes in gives exactly one effect: itself, the message of its group, or the `NotSent` that says why
it did not leave.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from alerts import recalls
from alerts.desk import Desk
from alerts.effects import Effect, NonSend, Notify, NotSent, Purpose, effect_id
from alerts.followed import AlertBook
from alerts.volume import traffic as lately
from alerts.volume.digests import make_digest
from alerts.volume.grouping import grouped, merged
from alerts.volume.limits import DEFAULT, Limits
from alerts.volume.traffic import Traffic

ArmDigest = Callable[[datetime, str], None]
"""Asks to come back to `send_digest` at an instant, for a contact."""


@dataclass(frozen=True, slots=True)
class Gate:
    """What the gate works with: the alerts, the circumstances, what people were told, and a clock to be woken by."""

    book: AlertBook
    desk: Desk
    traffic: Traffic
    arm: ArmDigest


def let_out(gate: Gate, effects: list[Effect]) -> list[Effect]:
    """Return the effects of one round, each message replaced by what becomes of it, in the same order."""
    notifications = [each for each in effects if isinstance(each, Notify) and _is_watched(gate, each)]
    limits = _limits(gate)
    if limits is None:
        for each in notifications:
            _leaves(gate, each, [each])
        return effects
    fates = dict(_fates(gate, notifications, limits))
    return [fates.get(effect.id, effect) for effect in effects]


def _is_watched(gate: Gate, notify: Notify) -> bool:
    """Tell whether a message passes the gate: one about no alert that is followed (a probe) leaves as it is."""
    return notify.purpose is not Purpose.DIGEST and notify.brief.alert_id in gate.book.alerts


def _limits(gate: Gate) -> Limits | None:
    return gate.desk.roster.limits if gate.desk.roster else None


def _fates(gate: Gate, notifications: list[Notify], limits: Limits) -> Iterator[tuple[str, Effect]]:
    why = _why(limits)
    for group in grouped(notifications, gate.desk.ancestors):
        message = merged(group, gate.desk.ancestors)
        if lately.passes(gate.traffic, message, limits, gate.desk.now):
            _leaves(gate, message, group)
            yield message.id, message
            for each in group[1:]:
                yield each.id, _not_sent(gate, each, NonSend.GROUPED, f"in the message {message.id}")
        else:
            for each in group:
                _keep(gate, each, limits)
                yield each.id, _not_sent(gate, each, NonSend.STORM, why)


def _leaves(gate: Gate, message: Notify, group: list[Notify]) -> None:
    """Let the one message stand for those of its group: its report is the report of each."""
    if message.purpose is Purpose.END:
        return
    for each in group[1:]:
        pending = gate.book.alerts[each.brief.alert_id].escalation.pending
        pending[message.id] = pending.pop(each.id)
    recalls.left(gate.book, message, [each.brief.alert_id for each in group])


def _keep(gate: Gate, notify: Notify, limits: Limits) -> None:
    due_at = lately.keep(gate.traffic, notify, limits, gate.desk.now)
    if due_at is not None:
        gate.arm(due_at, notify.contact)


def _why(limits: Limits) -> str:
    return f"more than {limits.messages} messages in {limits.window.total_seconds() / 60:g} min: counted in a digest"


def _not_sent(gate: Gate, notify: Notify, reason: NonSend, detail: str) -> NotSent:
    alert = gate.book.alerts[notify.brief.alert_id]
    alert.escalation.non_sends += 1
    return NotSent(
        id=effect_id("not_sent", notify.brief.alert_id, alert.escalation.non_sends),
        at=notify.at,
        status=notify.status,
        alert_id=notify.brief.alert_id,
        territory=notify.brief.territory,
        reason=reason,
        role=notify.role,
        person=notify.person,
        detail=detail,
    )


def send_digest(gate: Gate, contact: str) -> list[Effect]:
    """Return the digest a contact's storm asks for, if its instant has come and something is still to be told."""
    waiting = gate.traffic.waiting.get(contact)
    if waiting is None or waiting.due_at is None or waiting.due_at > gate.desk.now:
        return []
    waiting.due_at = None
    kept, waiting.kept = waiting.kept, {}
    digest = make_digest(gate.book, gate.desk, contact, kept, waiting.told + 1)
    if digest is None:
        return []
    waiting.told += 1
    waiting.told_at = gate.desk.now
    lately.count(gate.traffic, digest, _limits(gate) or DEFAULT, gate.desk.now)
    for alert_id in digest.alert_ids:
        _stand_for(gate.book, alert_id, kept[alert_id].message, digest.id)
    recalls.left(gate.book, digest, digest.alert_ids)
    return [digest]


def _stand_for(alerts: AlertBook, alert_id: str, kept: str, digest: str) -> None:
    """Let the digest stand for a message that was kept back, if the alert's escalation still waits for its report."""
    pending = alerts.alerts[alert_id].escalation.pending
    if kept in pending:
        pending[digest] = pending.pop(kept)
