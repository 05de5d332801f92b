"""An alert as people see it: its latest brief, where it stands and what happened to it."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from alerts.answers import AnswerDecision
from alerts.effects import AlertBrief, AlertChange, AlertChanged, Notify, NotSent

HISTORY_LIMIT = 200
"""Events kept per alert (Vigie's own choice): a night of calls every few minutes."""


class What(StrEnum):
    """What can be told of an alert."""

    RAISED = "raised"
    PROPOSED = "proposed"
    VOLET_PROPOSED = "volet_proposed"
    VOLET_ACTIVATED = "volet_activated"
    VOLET_LIFTED = "volet_lifted"
    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    REPLIED = "replied"
    FAILED = "failed"
    RECALLED = "recalled"
    NOT_SENT = "not_sent"
    EASED = "eased"
    ATTACHED = "attached"
    ANSWERED = "answered"
    ACKNOWLEDGED = "acknowledged"
    HANDED_ON = "handed_on"
    ACTED = "acted"
    WITHDRAWN = "withdrawn"
    SUBSUMED = "subsumed"
    RELEASED = "released"
    RESOLVED = "resolved"
    CLOSED = "closed"


LADDER: Final = (What.QUEUED, What.FAILED, What.RECALLED, What.SENT, What.DELIVERED, What.READ, What.REPLIED)
"""How far a notification went, as far as its channel tells: what is proved is never taken back by an earlier word."""

_NOT_LEFT: Final = frozenset({What.FAILED, What.RECALLED})


_UNSAID: Final = {
    AlertChange.ANSWERED: AnswerDecision.TAKE.value,
    AlertChange.ACKNOWLEDGED: AnswerDecision.TAKE.value,
    AlertChange.HANDED_ON: AnswerDecision.HAND_ON.value,
}


@dataclass(frozen=True, slots=True)
class Event:
    """One line of an alert's history; the meaning of ``person`` and ``detail`` depends on ``what``.

    ``notification_id`` ties what became of a notification to its decision; ``channel`` is how it went. ``decision`` is
    what the person chose, ``detail`` then why.
    """

    at: datetime
    what: What
    person: str = ""
    role: str = ""
    detail: str = ""
    channel: str = ""
    notification_id: str = ""
    decision: str = ""

    @classmethod
    def of_notify(cls, notify: Notify, at: datetime, what: What) -> "Event":
        """Return the line of a notification that was decided, sent or given up at ``at``."""
        channel = notify.contact.partition("/")[2]
        return cls(at, what, notify.person, notify.role, notify.purpose.value, channel, notify.id)

    @classmethod
    def of_not_sent(cls, effect: NotSent) -> "Event":
        """Return the line of somebody who was not told; ``detail`` is the reason."""
        return cls(effect.at, What.NOT_SENT, effect.person, effect.role, effect.reason.value)


@dataclass(frozen=True, slots=True)
class AlertView:
    """An alert of a region: its latest brief, and where it stands since it was last raised."""

    region: str
    status: str
    brief: AlertBrief
    episode: int
    history: tuple[Event, ...] = ()
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None
    subsumed_by: str = ""
    ended_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """True until it is resolved or closed."""
        return self.ended_at is None

    @property
    def is_acknowledged(self) -> bool:
        """True when somebody answered since it was last raised."""
        return self.acknowledged_at is not None

    @property
    def is_waiting(self) -> bool:
        """True while people are called and nobody answered."""
        return self.is_open and self.brief.needs_answer and not self.is_acknowledged and not self.subsumed_by

    def noting(self, event: Event) -> "AlertView":
        """Return the alert with one more line; what became of a notification replaces its decision."""
        known = self.line_of(event.notification_id)
        if known is not None and LADDER.index(known.what) > LADDER.index(event.what):
            return self
        kept = [line for line in self.history if line is not known]
        return replace(self, history=(*kept, event)[-HISTORY_LIMIT:])

    def line_of(self, notification_id: str) -> Event | None:
        """Return the line of a notification, None when there is none."""
        if not notification_id:
            return None
        return next((line for line in self.history if line.notification_id == notification_id), None)

    def proving(self, notification_id: str, what: What, at: datetime) -> "AlertView":
        """Return the alert with a notification one step higher on the ladder."""
        known = self.line_of(notification_id)
        return self if known is None else self.noting(replace(known, what=what, at=at))

    def answered_by(self, person: str, at: datetime) -> "AlertView":
        """Return the alert with what was told to the person who answers noted as answered."""
        alert = self
        for line in self.history:
            if person and line.person == person and line.what in LADDER and line.what not in _NOT_LEFT:
                alert = alert.proving(line.notification_id, What.REPLIED, at)
        return alert

    def _decision(self, effect: AlertChanged) -> str:
        """Return what the person chose: an effect that does not say it tells of an alert taken or handed on."""
        if effect.decision or effect.change not in _UNSAID:
            return effect.decision
        # Answered by nobody now: those of before are enough for the milder posture.
        has_eased = any(line.what is What.EASED and line.at == effect.at for line in self.history)
        return "" if has_eased else _UNSAID[effect.change]

    def changed(self, effect: AlertChanged) -> "AlertView":
        """Return the alert after a change."""
        what = What(effect.change.value)
        is_signal = what is What.ATTACHED
        noted = self.noting(
            Event(effect.at, what, detail=effect.by)
            if is_signal
            else Event(effect.at, what, effect.by, detail=effect.reason, decision=self._decision(effect))
        )
        match effect.change:
            case AlertChange.ACKNOWLEDGED:
                return replace(noted, acknowledged_by=effect.by, acknowledged_at=effect.at)
            case AlertChange.WITHDRAWN:
                return replace(noted, acknowledged_by="", acknowledged_at=None)
            case AlertChange.SUBSUMED:
                return replace(noted, subsumed_by=effect.by)
            case AlertChange.RELEASED:
                return replace(noted, subsumed_by="")
            case AlertChange.RESOLVED | AlertChange.CLOSED:
                return replace(noted, ended_at=self.ended_at or effect.at)
            case _:
                return noted
