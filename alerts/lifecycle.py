"""The life of an alert: raised → acknowledged → resolved → closed, raised again when it worsens or comes back.

=============  ============  ============  =========================================================
phase          event         next phase    what else happens
=============  ============  ============  =========================================================
(none)         ROSE          RAISED        a new alert; calls start
RAISED         ROSE          RAISED        a worse posture: a new episode, calls start again
ACKNOWLEDGED   ROSE          RAISED        the answer was given to a milder posture: call again
RESOLVED       ROSE          RAISED        it came back before it was closed: same alert, new episode
RAISED         ANSWERED      ACKNOWLEDGED  enough people answered: calls stop, for everyone
ACKNOWLEDGED   ANSWERED      ACKNOWLEDGED  nothing: an answer never adds a call
RESOLVED       ANSWERED      RESOLVED      nothing
ACKNOWLEDGED   WITHDRAWN     RAISED        the answer was not followed by an act, or was passed on: calls start again
RAISED         EASED         RAISED        a milder posture: its own audience is told instead
ACKNOWLEDGED   EASED         ACKNOWLEDGED  no act is expected any more
RAISED         CLEARED       RESOLVED      calls stop; those who were called are told that it is over
ACKNOWLEDGED   CLEARED       RESOLVED      same
RESOLVED       EXPIRED       CLOSED        forgotten by the fold; its history is the journal
=============  ============  ============  =========================================================

An answer that is one of several required, or that passes the alert on, is no event of this table: `alerts.answering`.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from alerts.answers import AnswerDecision
from alerts.effects import AlertBrief
from alerts.escalation import EscalationState
from orsan_plans.plan import Audience

CLOSE_AFTER: Final = timedelta(hours=24)
"""How long a resolved alert may come back as the same alert: Vigie's choice, one night and one day."""


class Phase(StrEnum):
    """Where an alert is in its life."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Event(StrEnum):
    """What can happen to an alert."""

    ROSE = "rose"
    EASED = "eased"
    CLEARED = "cleared"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


TRANSITIONS: Final[dict[tuple[Phase | None, Event], Phase]] = {
    (None, Event.ROSE): Phase.RAISED,
    (Phase.RAISED, Event.ROSE): Phase.RAISED,
    (Phase.ACKNOWLEDGED, Event.ROSE): Phase.RAISED,
    (Phase.RESOLVED, Event.ROSE): Phase.RAISED,
    (Phase.RAISED, Event.ANSWERED): Phase.ACKNOWLEDGED,
    (Phase.ACKNOWLEDGED, Event.ANSWERED): Phase.ACKNOWLEDGED,
    (Phase.RESOLVED, Event.ANSWERED): Phase.RESOLVED,
    (Phase.ACKNOWLEDGED, Event.WITHDRAWN): Phase.RAISED,
    (Phase.RAISED, Event.EASED): Phase.RAISED,
    (Phase.ACKNOWLEDGED, Event.EASED): Phase.ACKNOWLEDGED,
    (Phase.RAISED, Event.CLEARED): Phase.RESOLVED,
    (Phase.ACKNOWLEDGED, Event.CLEARED): Phase.RESOLVED,
    (Phase.RESOLVED, Event.EXPIRED): Phase.CLOSED,
}


@dataclass(frozen=True, slots=True)
class Ordered:
    """A message that left the fold: to which contact, once how many steps were taken, and whether it asks to answer.

    ``number`` orders those of an alert: a snapshot keeps no other order.
    """

    number: int
    contact: str
    step: int
    is_call: bool

    @property
    def person(self) -> str:
        """Whom it is for."""
        return self.contact.partition("/")[0]


@dataclass(slots=True)
class AlertState:
    """An alert the fold still follows. ``rule_key`` is ``<plan>/<rule>``; ``subsumed_by`` the wider alert, if any.

    ``changes`` counts the `AlertChanged` effects since the alert exists. ``answers`` are those given since it was last
    raised, by person; ``remind_at`` and ``withdraw_at`` are set while one of them awaits its act. ``messages`` are
    those that are not reported yet, by id, and maybe some it no longer waits for (`alerts.recalls`).
    """

    brief: AlertBrief
    rule_key: str
    audience: Audience | None
    phase: Phase = Phase.RAISED
    episode: int = 1
    changes: int = 0
    subsumed_by: str | None = None
    close_at: datetime | None = None
    armed_for: datetime | None = None
    messages: dict[str, Ordered] = field(default_factory=dict)
    escalation: EscalationState = field(default_factory=EscalationState)
    answers: dict[str, AnswerDecision] = field(default_factory=dict)
    remind_at: datetime | None = None
    withdraw_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """True while the danger lasts."""
        return self.phase in (Phase.RAISED, Phase.ACKNOWLEDGED)


def move(alert: AlertState, event: Event) -> bool:
    """Apply an event; return True when the phase changed. KeyError for an event the table does not allow."""
    before = alert.phase
    alert.phase = TRANSITIONS[before, event]
    return alert.phase is not before
