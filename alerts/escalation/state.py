"""What is remembered of the calls of an alert, and what a call needs to know."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from alerts.answers import AnswerDecision
from alerts.astreinte import Roster
from alerts.effects import AlertBrief
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
    waits for. ``untold`` are those whose call was recalled when calls stopped, with the steps taken when it was made.
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
    untold: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Caller:
    """What a call needs to know: the alert, whom to tell, who is on call, the instant, and who answered what."""

    brief: AlertBrief
    status: str
    audience: Audience
    roster: Roster | None
    now: datetime
    answers: Mapping[str, AnswerDecision] = field(default_factory=dict)
