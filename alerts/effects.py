"""What the fold returns: decisions as data, for someone else to execute, store and show.

Every effect has a deterministic ``id`` (uuid5 of its business key), so storing or sending it twice is recognised,
and ``at``, the instant of the deadline or entry that caused it. Notification texts are not part of an effect: they are
rendered from its facts (`alerts.wording`), so that better French does not change the digest of a past crisis.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Literal
from uuid import NAMESPACE_URL, uuid5

import msgspec

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


class Purpose(StrEnum):
    """What a notification asks of its reader: to answer, to know, or to know that it is over."""

    CALL = "call"
    INFORM = "inform"
    END = "end"


@dataclass(frozen=True, slots=True)
class AlertBrief:
    """All that a message about an alert can say.

    ``since`` is when the posture was first asked for; ``needs_answer`` tells if calls ask for an answer.
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
class AlertRaised:
    """An alert is raised, or raised again because it worsened or came back (``episode`` counts from 1)."""

    id: str
    at: datetime
    status: str
    brief: AlertBrief
    episode: int
    kind: Literal["alert_raised"] = "alert_raised"


class AlertChange(StrEnum):
    """What else can happen to an alert."""

    EASED = "eased"
    ATTACHED = "attached"
    ACKNOWLEDGED = "acknowledged"
    SUBSUMED = "subsumed"
    RELEASED = "released"
    RESOLVED = "resolved"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertChanged:
    """An alert moved otherwise than by being raised. ``by``: the person, the subsuming alert, the signals attached."""

    id: str
    at: datetime
    status: str
    alert_id: str
    territory: str
    change: AlertChange
    by: str = ""
    kind: Literal["alert_changed"] = "alert_changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """Somebody must be told. ``contact`` is ``<person>/<channel>``: addresses never enter the journal.

    ``call`` counts the rounds of calls since the alert was last raised: 1 first, 0 when nobody is asked to answer.
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
    kind: Literal["notify"] = "notify"


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
    | AlertRaised
    | AlertChanged
    | Notify
    | NotSent
    | EntryRejected
    | ReleveTaken
)

EFFECT_TYPES: Final[dict[str, type[Effect]]] = {
    "posture_changed": PostureChanged,
    "activation_proposed": ActivationProposed,
    "volet_decided": VoletDecided,
    "alert_raised": AlertRaised,
    "alert_changed": AlertChanged,
    "notify": Notify,
    "not_sent": NotSent,
    "entry_rejected": EntryRejected,
    "releve_taken": ReleveTaken,
}
_DECODERS: Final = {kind: msgspec.json.Decoder(type_) for kind, type_ in EFFECT_TYPES.items()}
_encode = msgspec.json.Encoder(order="deterministic").encode


@dataclass(frozen=True, slots=True)
class _Kind:
    kind: str = field(default="")


_kind_of = msgspec.json.Decoder(_Kind).decode


def encode(effect: Effect) -> bytes:
    """Return the effect's canonical JSON."""
    return _encode(effect)


def decode(text: bytes) -> Effect:
    """Read an effect written by `encode`; msgspec.DecodeError or KeyError for anything else."""
    return _DECODERS[_kind_of(text).kind].decode(text)
