"""What entries carry: one immutable type per kind of fact.

`encode` validates with pydantic (the border) and gives canonical JSON; `decode` is msgspec's, fast enough for the
fold, and trusts what `encode` let in. Instants are aware; days are the region's local days; counts are None when the
source did not give them: unknown is not zero.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

import msgspec
from pydantic import AfterValidator, Field, TypeAdapter

from alerts.answers import AnswerDecision as AnswerDecision  # noqa: PLC0414 - part of `Acknowledge`, read from here
from orsan_plans.territory import TerritoryId


def _to_utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant needs its time zone, such as 2026-01-14T08:12:00+01:00")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError("an instant needs a year from 1 to 9999 in UTC too") from None


Instant = Annotated[datetime, AfterValidator(_to_utc)]
Count = Annotated[int, Field(ge=0, le=999_999_999)]
Departement = Annotated[str, Field(pattern=r"^(\d{2}|2[AB]|97\d)$")]
"""An INSEE code of département, such as 44, 2A or 971."""
Finess = Annotated[str, Field(pattern=r"^[0-9AB]{9}$")]
Cim10 = Annotated[str, Field(pattern=r"^[A-Z][0-9]{2}[0-9A-Z]{0,5}$")]
Orient = Literal[
    "HDT", "HO", "SC", "SI", "REA", "UHCD", "MED", "CHIR", "OBST", "FUGUE", "SCAM", "PSA", "REO"
]  # fmt: skip
AgeClass = Literal["moins_1_an", "1_14_ans", "15_44_ans", "45_64_ans", "65_74_ans", "75_ans_et_plus", "inconnu"]


@dataclass(frozen=True, slots=True)
class PlanDocument:
    """One plan file as journaled: its name and its validated content (the French keys of the file)."""

    name: str
    content: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PlanCatalogue:
    """The whole catalogue in force from this entry on; ``sha256`` identifies it."""

    sha256: str
    documents: tuple[PlanDocument, ...]


@dataclass(frozen=True, slots=True)
class RosterVersion:
    """The astreinte tableau in force from this entry on, without any address (see `alerts.astreinte`)."""

    sha256: str
    content: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Etablissement:
    """An establishment the region expects records from."""

    finess: Finess
    name: str
    departement: Departement


@dataclass(frozen=True, slots=True)
class EtablissementList:
    """The establishments known from this entry on; replaces the previous list."""

    etablissements: tuple[Etablissement, ...]


@dataclass(frozen=True, slots=True)
class ReferenceBeds:
    """Authorised or initial beds of a territory by kind (``rea``, ``si``, ``sc``…), from a dated survey."""

    territory: TerritoryId
    source: str
    beds: dict[str, Count | None]


@dataclass(frozen=True, slots=True)
class DailyFigures:
    """A day's published figures for a territory; ``feed`` names the source, ``figures`` its counts."""

    feed: str
    territory: TerritoryId
    day: date
    figures: dict[str, Count | None]


@dataclass(frozen=True, slots=True)
class PassageRPU:
    """One emergency-department visit, already pseudonymised: no birth date, no commune, ``key`` is an HMAC."""

    key: str
    finess: Finess
    departement: Departement
    entered_at: Instant
    age_class: AgeClass = "inconnu"
    ccmu: Literal["1", "2", "3", "4", "5", "P", "D"] | None = None
    transport: Literal["PERSO", "AMBU", "VSAB", "SMUR", "HELI", "FO"] | None = None
    mode_sortie: Literal["6", "7", "8", "9"] | None = None
    exited_at: Instant | None = None
    diagnosis_cim10: Cim10 | None = None
    associated_cim10: tuple[Cim10, ...] = ()
    sex: Literal["M", "F", "I"] | None = None
    mode_entree: Literal["6", "7", "8"] | None = None
    provenance: Literal["1", "2", "3", "4", "5", "6", "7", "8"] | None = None
    transport_pec: Literal["MED", "PARAMED", "AUCUN"] | None = None
    destination: Literal["1", "2", "3", "4", "6", "7"] | None = None
    orient: Orient | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PassageCorrected:
    """A visit whose record changed: late diagnosis, exit, correction. Same key, both versions."""

    before: PassageRPU
    after: PassageRPU


@dataclass(frozen=True, slots=True)
class PassageRemoved:
    """A visit that a newer file of its establishment no longer holds."""

    before: PassageRPU


@dataclass(frozen=True, slots=True)
class FeedReceived:
    """A file that brought nothing new: its source lives all the same. ``territory`` is the source's."""

    feed: Annotated[str, Field(min_length=1, max_length=100)]
    territory: TerritoryId
    extracted_at: Instant


@dataclass(frozen=True, slots=True)
class BedCapacity:
    """Beds of one kind in one establishment, as last declared.

    ``unit`` tells apart several units of one kind; a message with a ``gender`` details one without, already in it;
    crisis and temporary beds are declared beside the others.
    """

    finess: Finess
    departement: Departement
    bed_kind: str
    updated_at: Instant
    beds_installed: Count | None = None
    beds_available: Count | None = None
    beds_occupied: Count | None = None
    beds_closed: Count | None = None
    beds_authorised: Count | None = None
    beds_staffed: Count | None = None
    beds_reserved: Count | None = None
    beds_additional: Count | None = None
    is_crisis: bool = False
    is_temporary: bool = False
    gender: Literal["F", "H", "I"] | None = None
    unit: Annotated[str, Field(min_length=1, max_length=100)] | None = None


@dataclass(frozen=True, slots=True)
class RegulationActivity:
    """Calls and cases of a SAMU or SAS over a period; None for what was not counted."""

    territory: TerritoryId
    starts_at: Instant
    ends_at: Instant
    source: Annotated[str, Field(min_length=1, max_length=200)]
    calls: Count | None = None
    dossiers: Count | None = None
    sas_calls: Count | None = None
    smur_departures: Count | None = None


@dataclass(frozen=True, slots=True)
class SmurIntervention:
    """A SMUR intervention, aggregated at once: nothing of the patient, the case or the place remains."""

    key: str
    departement: str
    decided_at: Instant
    finess: Finess | None = None
    destination_finess: Finess | None = None


@dataclass(frozen=True, slots=True)
class QualifySignal:
    """The triage of a signal by the veille team: kept, or put aside with its reason."""

    signal_id: Annotated[str, Field(min_length=1, max_length=200)]
    triage: Literal["a_qualifier", "retenu", "ecarte"]
    by: Annotated[str, Field(min_length=1, max_length=200)]
    reason: Annotated[str, Field(max_length=2000)] = ""


@dataclass(frozen=True, slots=True)
class QuarantineDropped:
    """A record set aside is given up: its bytes are erased, for this reason."""

    id: Annotated[int, Field(ge=1)]
    reason: Annotated[str, Field(min_length=1, max_length=2000)]
    by: Annotated[str, Field(min_length=1, max_length=200)]


@dataclass(frozen=True, slots=True)
class SignalSanitaire:
    """A health-watch signal. ``nature`` and ``criteria`` are data: a new kind of risk needs no code.

    A later signal with the same ``signal_id`` updates it; ``is_open`` False ends it; ``ends_at`` ends it by itself.
    """

    signal_id: Annotated[str, Field(min_length=1, max_length=200)]
    nature: Annotated[str, Field(min_length=1, max_length=100)]
    territory: TerritoryId
    title: Annotated[str, Field(min_length=1, max_length=300)]
    source: Annotated[str, Field(min_length=1, max_length=200)]
    criteria: dict[str, str] = field(default_factory=dict)
    is_open: bool = True
    ends_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Someone answers an alert: paging stops, or goes on with the next person when it is passed on.

    ``by`` is who answers, as they are called; ``person`` their id in the roster, empty when it is not known.
    """

    alert_id: str
    by: Annotated[str, Field(min_length=1, max_length=200)]
    via: str = ""
    decision: AnswerDecision = AnswerDecision.TAKE
    reason: Annotated[str, Field(max_length=2000)] = ""
    person: Annotated[str, Field(max_length=60)] = ""


@dataclass(frozen=True, slots=True)
class DecideVolet:
    """The authority activates or lifts an ORSAN volet, with its reason: the only way to ACTIVATION and back.

    ``proposer`` says that a person proposes the activation to the authority: no posture moves.
    """

    volet: str
    territory: TerritoryId
    decision: Literal["activer", "lever", "proposer"]
    author: Annotated[str, Field(min_length=1, max_length=200)]
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


@dataclass(frozen=True, slots=True)
class SilenceSet:
    """Nobody is called for the alerts that match until then, and they stay shown; the same id again replaces it.

    What is left out matches everything, and at least one is given; ``rule`` is ``<rule>`` or ``<plan>/<rule>``. An
    ALERTE matches only with ``includes_alerte``, an ACTIVATION never does.
    """

    id: Annotated[str, Field(min_length=1, max_length=100)]
    until: Instant
    author: Annotated[str, Field(min_length=1, max_length=200)]
    reason: Annotated[str, Field(min_length=1, max_length=2000)]
    volet: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    rule: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    territory: TerritoryId | None = None
    includes_alerte: bool = False


@dataclass(frozen=True, slots=True)
class SilenceLifted:
    """A silence ends before its time: the alerts it held are called if they are still open and unanswered."""

    id: Annotated[str, Field(min_length=1, max_length=100)]
    author: Annotated[str, Field(min_length=1, max_length=200)]
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


@dataclass(frozen=True, slots=True)
class MaintenancePlanned:
    """Sources of a feed will be mute, as planned; the same id again replaces it, an end that is past calls it off.

    ``territory`` is the source's, or a wider one for all the sources in it.
    """

    id: Annotated[str, Field(min_length=1, max_length=100)]
    feed: Annotated[str, Field(min_length=1, max_length=100)]
    territory: TerritoryId
    starts_at: Instant
    ends_at: Instant
    author: Annotated[str, Field(min_length=1, max_length=200)]
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What became of a notification: handed to the channel, or given up after ``attempts``."""

    notification_id: str
    outcome: Literal["sent", "failed"]
    attempts: Count
    detail: str = ""


class ProofStep(StrEnum):
    """How far a message went beyond the service that accepted it, as far as its channel tells."""

    DELIVERED = "delivered"
    READ = "read"


@dataclass(frozen=True, slots=True)
class DeliveryProof:
    """A service tells that a notification reached its telephone or mailbox, or was read there."""

    notification_id: Annotated[str, Field(min_length=1, max_length=100)]
    step: ProofStep
    at: Instant
    detail: Annotated[str, Field(pattern=r"^[A-Za-z _-]{0,60}[0-9]{0,4}$")] = ""
    """The service's own code: no telephone number."""


@dataclass(frozen=True, slots=True)
class MonitorProbe:
    """A test record that travels the whole chain to prove that it works; see `streams.region.probing`."""

    probe_id: Annotated[str, Field(min_length=1, max_length=100)]


ExerciseNumber = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,15}$")]
"""What an exercise is called in every message: short and plain enough for an SMS (Vigie's choice)."""


@dataclass(frozen=True, slots=True)
class ExerciseOpened:
    """An exercise is about to be played: only its ``participants`` (roster ids) may be told of anything in it.

    ``plan`` is the document or ORSAN plan it follows, ``volets`` those it means to play.
    """

    number: ExerciseNumber
    title: Annotated[str, Field(min_length=1, max_length=300)]
    plan: Annotated[str, Field(min_length=1, max_length=300)]
    participants: Annotated[tuple[str, ...], Field(min_length=1)]
    starts_at: Instant
    ends_at: Instant
    author: Annotated[str, Field(min_length=1, max_length=200)]
    volets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExerciseClosed:
    """An exercise is over, before the end that was announced; ``summary`` is what its author makes of it."""

    number: ExerciseNumber
    author: Annotated[str, Field(min_length=1, max_length=200)]
    summary: Annotated[str, Field(max_length=2000)] = ""


@dataclass(frozen=True, slots=True)
class TextsErased:
    """Texts of messages sent before an instant are erased: how many, by whom, why.

    ``sha256`` (hex) is that of the digests left in their place, in the order of their notifications.
    """

    before: Instant
    texts: Count
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    by: Annotated[str, Field(min_length=1, max_length=200)]
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


@dataclass(frozen=True, slots=True)
class ContactVerified:
    """A code sent to a contact came back. ``digest`` is keyed: it tells one address from another, never which."""

    contact: Annotated[str, Field(min_length=3, max_length=200)]
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    how: Annotated[str, Field(min_length=1, max_length=200)]


@dataclass(frozen=True, slots=True)
class ContactTested:
    """A message was tried on a contact: handed over to its channel, or not and why; ``digest`` as when verified."""

    contact: Annotated[str, Field(min_length=3, max_length=200)]
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    outcome: Literal["sent", "failed"]
    detail: Annotated[str, Field(max_length=2000)] = ""


@dataclass(frozen=True, slots=True)
class LinkRefused:
    """A signed link did nothing. ``remote`` tells senders apart without naming them: a keyed digest of the address.

    ``untold`` counts the refusals since the last one journaled that were not, so that a flood cannot fill the journal.
    """

    reason: Literal["malformed", "forged", "unknown", "expired", "closed", "foreign"]
    notification_id: Annotated[str, Field(max_length=60)] = ""
    remote: Annotated[str, Field(pattern=r"^[0-9a-f]{0,16}$")] = ""
    untold: Count = 0


@dataclass(frozen=True, slots=True)
class ReleveAcknowledged:
    """The person who comes on call has read the hand-over digest; ``shown`` is the SHA-256 (hex) of what was shown.

    ``by`` is who takes over, as they are called; ``person`` their id in the roster.
    """

    role: Annotated[str, Field(min_length=1, max_length=60)]
    by: Annotated[str, Field(min_length=1, max_length=200)]
    person: Annotated[str, Field(max_length=60)] = ""
    shown: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    via: Annotated[str, Field(max_length=60)] = ""


Message = (
    PlanCatalogue
    | RosterVersion
    | EtablissementList
    | ReferenceBeds
    | DailyFigures
    | PassageRPU
    | PassageCorrected
    | PassageRemoved
    | FeedReceived
    | BedCapacity
    | RegulationActivity
    | SmurIntervention
    | QualifySignal
    | QuarantineDropped
    | SignalSanitaire
    | Acknowledge
    | DecideVolet
    | DeliveryReport
    | SilenceSet
    | SilenceLifted
    | MaintenancePlanned
    | DeliveryProof
    | MonitorProbe
    | ExerciseOpened
    | ExerciseClosed
    | TextsErased
    | ContactVerified
    | ContactTested
    | LinkRefused
    | ReleveAcknowledged
)

TYPE_OF_KIND: Final[dict[str, type[Message]]] = {
    "plans.catalogue": PlanCatalogue,
    "roster.version": RosterVersion,
    "reference.etablissements": EtablissementList,
    "reference.beds": ReferenceBeds,
    "daily.figures": DailyFigures,
    "rpu.passage": PassageRPU,
    "rpu.corrected": PassageCorrected,
    "rpu.removed": PassageRemoved,
    "feed.received": FeedReceived,
    "capacity.beds": BedCapacity,
    "regulation.activity": RegulationActivity,
    "smur.intervention": SmurIntervention,
    "signal.qualified": QualifySignal,
    "quarantine.dropped": QuarantineDropped,
    "signal.sanitaire": SignalSanitaire,
    "alert.acknowledge": Acknowledge,
    "decision.volet": DecideVolet,
    "delivery.report": DeliveryReport,
    "silence.set": SilenceSet,
    "silence.lifted": SilenceLifted,
    "maintenance.planned": MaintenancePlanned,
    "delivery.proof": DeliveryProof,
    "monitor.probe": MonitorProbe,
    "exercise.opened": ExerciseOpened,
    "exercise.closed": ExerciseClosed,
    "texts.erased": TextsErased,
    "contact.verified": ContactVerified,
    "contact.tested": ContactTested,
    "link.refused": LinkRefused,
    "releve.acknowledged": ReleveAcknowledged,
}
KIND_OF_TYPE: Final[dict[type[Message], str]] = {type_: kind for kind, type_ in TYPE_OF_KIND.items()}

_ADAPTERS: Final = {type_: TypeAdapter(type_) for type_ in TYPE_OF_KIND.values()}
_DECODERS: Final = {kind: msgspec.json.Decoder(type_) for kind, type_ in TYPE_OF_KIND.items()}
_encode = msgspec.json.Encoder(order="deterministic").encode


def encode(message: Message) -> tuple[str, bytes]:
    """Validate a message and return its kind and canonical JSON; pydantic.ValidationError if it is not acceptable."""
    validated = _ADAPTERS[type(message)].validate_python(msgspec.to_builtins(message, builtin_types=(datetime, date)))
    return KIND_OF_TYPE[type(message)], _encode(validated)


def encode_checked(message: Message) -> tuple[str, bytes]:
    """Return the same kind and bytes as `encode` for a message whose values its decoder already checked.

    Instants must be in UTC. Ten times faster than `encode`; a test holds that both give the same bytes.
    """
    return KIND_OF_TYPE[type(message)], _encode(message)


def parse(kind: str, text: bytes) -> Message:
    """Read a message from outside, fully validated; KeyError for an unknown kind, else pydantic.ValidationError."""
    return _ADAPTERS[TYPE_OF_KIND[kind]].validate_json(text)


def decode(kind: str, payload: bytes) -> Message:
    """Read a journaled payload; KeyError for an unknown kind, msgspec.DecodeError for one the journal never wrote."""
    return _DECODERS[kind].decode(payload)
