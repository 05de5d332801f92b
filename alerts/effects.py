"""What the fold returns: decisions as data, for someone else to execute, store and show.

Every effect has a deterministic ``id`` (uuid5 of its business key), so storing or sending it twice is recognised,
and ``at``, the instant of the deadline or entry that caused it. Notification texts are not part of an effect: they are
rendered from its facts (`alerts.wording`), so that better French does not change the digest of a past crisis.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Literal
from uuid import NAMESPACE_URL, uuid5

from orsan_plans.assess import Evidence
from orsan_plans.posture import Posture

_NAMESPACE: Final = uuid5(NAMESPACE_URL, "urn:vigie:effect")


def effect_id(*business_key: object) -> str:
    """Return the deterministic id of an effect from what makes it unique."""
    return str(uuid5(_NAMESPACE, "|".join(map(str, business_key))))


class NonSend(StrEnum):
    """Why somebody was not told: every non-send is counted and journaled under one of these."""

    DEDUPLICATED = "deduplicated"
    GROUPED = "grouped"
    INHIBITED = "inhibited"
    SILENCED = "silenced"
    EXERCISE = "exercise"
    NOBODY_ON_CALL = "nobody_on_call"
    STORM = "storm"


class RecallReason(StrEnum):
    """Why a call that may not have left yet is not to be sent any more.

    ANSWERED: enough people answered, or its own person did. HANDED_ON: its person passed the alert on. WORSENED and
    EASED: another posture is told instead.
    """

    ANSWERED = "answered"
    HANDED_ON = "handed_on"
    RESOLVED = "resolved"
    SUBSUMED = "subsumed"
    SILENCED = "silenced"
    WORSENED = "worsened"
    EASED = "eased"


class Purpose(StrEnum):
    """What a notification asks of its reader: to answer, to act on their answer, to know, to know that it is over.

    DIGEST stands for several calls that a storm kept back: it asks to answer what it counts.
    """

    CALL = "call"
    INFORM = "inform"
    END = "end"
    REMINDER = "reminder"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class AlertBrief:
    """All that a message about an alert can say.

    ``since`` is when the posture was first asked for; ``needs_answer`` tells if calls ask for an answer; ``exercise``
    is the number of the exercise it belongs to, empty in real life.
    """

    alert_id: str
    volet: str
    plan: str
    rule: str
    title: str
    territory: str
    territory_name: str
    posture: Posture
    since: datetime
    raised_at: datetime
    evidence: Evidence
    reflex_actions: tuple[str, ...]
    time_zone: str
    needs_answer: bool = True
    exercise: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostureChanged:
    """A rule moved in a territory."""

    id: str
    at: datetime
    status: str
    plan: str
    volet: str
    rule: str
    territory: str
    before: Posture
    after: Posture
    occurred_on: date
    evidence: Evidence | None
    kind: Literal["posture_changed"] = "posture_changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationProposed:
    """Software proposes an ORSAN volet; only a `DecideVolet` entry activates it."""

    id: str
    at: datetime
    status: str
    volet: str
    territory: str
    alert_id: str
    rule: str
    kind: Literal["activation_proposed"] = "activation_proposed"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoletDecided:
    """The authority activated or lifted a volet in a territory."""

    id: str
    at: datetime
    status: str
    volet: str
    territory: str
    is_active: bool
    author: str
    reason: str
    kind: Literal["volet_decided"] = "volet_decided"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoletProposed:
    """A person proposes the activation of a volet to the authority: nothing moves."""

    id: str
    at: datetime
    status: str
    volet: str
    territory: str
    author: str
    reason: str
    kind: Literal["volet_proposed"] = "volet_proposed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRaised:
    """An alert is raised, or raised again because it worsened or came back (``episode`` counts from 1)."""

    id: str
    at: datetime
    status: str
    brief: AlertBrief
    episode: int
    kind: Literal["alert_raised"] = "alert_raised"


class AlertChange(StrEnum):
    """What else can happen to an alert.

    ANSWERED: somebody answered, which stops nothing by itself. ACKNOWLEDGED: enough people answered, calls stop.
    HANDED_ON: somebody passes it on. ACTED: the act that an answer promised was done. WITHDRAWN: it was not, or the
    answer was passed on: the answer no longer holds and calls start again.
    """

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


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertChanged:
    """An alert moved otherwise than by being raised. ``by``: the person, the subsuming alert, the signals attached.

    ``decision`` is what the person chose (`alerts.answers.AnswerDecision`, empty when it is to take the alert), or what
    they did of a volet; ``reason`` is theirs.
    """

    id: str
    at: datetime
    status: str
    alert_id: str
    territory: str
    change: AlertChange
    by: str = ""
    decision: str = ""
    reason: str = ""
    kind: Literal["alert_changed"] = "alert_changed"


@dataclass(frozen=True, slots=True)
class DigestLine:
    """How many alerts of a posture a digest counts in a territory (a département, the région, or France)."""

    posture: Posture
    territory: str
    alerts: int


@dataclass(frozen=True, slots=True)
class Digest:
    """What a digest counts: open alerts, the highest posture first, and those that ended meanwhile.

    ``alert_ids`` are those of the open alerts, the highest posture first.
    """

    lines: tuple[DigestLine, ...]
    alert_ids: tuple[str, ...]
    ended: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """Somebody must be told. ``contact`` is ``<person>/<channel>``: addresses never enter the journal.

    ``call`` counts the rounds of calls since the alert was last raised: 1 first, 0 when nobody is asked to answer.
    A message about several alerts of one volet in one ``place`` (a written territory) holds the gravest as ``brief``,
    the others as ``grouped``. ``digest`` belongs to `Purpose.DIGEST`; ``brief`` is then the gravest alert it counts.
    """

    id: str
    at: datetime
    status: str
    purpose: Purpose
    brief: AlertBrief
    role: str
    person: str
    contact: str
    call: int
    grouped: tuple[AlertBrief, ...] = ()
    place: str = ""
    digest: Digest | None = None
    kind: Literal["notify"] = "notify"

    @property
    def alert_ids(self) -> tuple[str, ...]:
        """The alerts an answer to this message is about, the gravest first."""
        if self.digest is not None:
            return self.digest.alert_ids
        return (self.brief.alert_id, *(brief.alert_id for brief in self.grouped))


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """Somebody was not told, and why."""

    id: str
    at: datetime
    status: str
    alert_id: str
    territory: str
    reason: NonSend
    role: str
    person: str = ""
    detail: str = ""
    kind: Literal["not_sent"] = "not_sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """A message that asked to answer is not to be sent any more, by nobody, if it has not left.

    The fold does not know whether it has: the outbox does, and says so. ``alert_id`` is the last of the alerts the
    message was about that wanted it sent; ``person`` is whom it was for, as ``contact`` (``<person>/<channel>``).
    """

    id: str
    at: datetime
    status: str
    alert_id: str
    territory: str
    notification: str
    reason: RecallReason
    person: str
    contact: str
    kind: Literal["recalled"] = "recalled"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRejected:
    """An entry was journaled but changed nothing, and why."""

    id: str
    at: datetime
    status: str
    seq: int
    entry_kind: str
    reason: str
    kind: Literal["entry_rejected"] = "entry_rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleveTaken:
    """The next person on call read the hand-over digest; ``shown`` is the SHA-256 (hex) of what they read."""

    id: str
    at: datetime
    status: str
    role: str
    by: str
    person: str
    shown: str
    kind: Literal["releve_taken"] = "releve_taken"


Effect = (
    PostureChanged
    | ActivationProposed
    | VoletDecided
    | VoletProposed
    | AlertRaised
    | AlertChanged
    | Notify
    | NotSent
    | Recalled
    | EntryRejected
    | ReleveTaken
)

EFFECT_TYPES: Final[dict[str, type[Effect]]] = {
    "posture_changed": PostureChanged,
    "activation_proposed": ActivationProposed,
    "volet_decided": VoletDecided,
    "volet_proposed": VoletProposed,
    "alert_raised": AlertRaised,
    "alert_changed": AlertChanged,
    "notify": Notify,
    "not_sent": NotSent,
    "recalled": Recalled,
    "entry_rejected": EntryRejected,
    "releve_taken": ReleveTaken,
}
