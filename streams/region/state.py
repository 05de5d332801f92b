"""What a region's fold remembers between two entries. Everything here goes into a snapshot, and nothing else does."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any, Final

from alerts.contact_proofs import ContactProof
from alerts.followed import AlertBook
from alerts.postures import PostureState
from alerts.volume.silences import Silence
from alerts.volume.traffic import Traffic
from orsan_plans.reading import Reading
from streams.entry import Status
from streams.messages.capacity import BedCapacity, RegulationActivity
from streams.messages.exercises import ExerciseOpened
from streams.messages.quiet import MaintenancePlanned
from streams.messages.reference import Etablissement, PlanDocument
from streams.messages.signals import SignalSanitaire
from streams.region.daily import DailyBook
from streams.region.passages import PassageBook
from streams.region.visit_days import VisitDays

NEVER: Final = datetime.min.replace(tzinfo=UTC)


class Due(IntEnum):
    """Kinds of deadlines, in the order they fire at the same instant: measures first, people last."""

    PLANS = 0
    SLIDE = 1
    DAY_CLOSE = 2
    FEED_SILENCE = 3
    MAINTENANCE = 4
    SIGNAL_END = 5
    VISIT_DAY = 6
    CALLS = 7
    POSTURE = 8
    ALERT = 9
    DIGEST = 10
    EXERCISE = 11


Deadline = tuple[datetime, int, Status, str]
"""Instant, `Due`, exercise status, key. A deadline only says "look again": firing one for nothing changes nothing."""


@dataclass(slots=True)
class FeedState:
    """What is known of a feed from one territory.

    ``last_received_at`` is when it was declared as long as it never reported; ``watched_until`` is the armed silence
    deadline.
    """

    last_received_at: datetime
    is_silent: bool = False
    has_reported: bool = True
    watched_until: datetime | None = None


@dataclass(slots=True)
class SignalState:
    """An open signal and when it was first recorded."""

    signal: SignalSanitaire
    since: datetime
    triage: str = "a_qualifier"


@dataclass(slots=True)
class World:
    """Everything measured and decided under one status: real life, exercise and test never touch each other.

    Keys: ``<indicator>@<territory>`` for readings, ``<feed>@<territory>`` for feeds, ``<kind>/<unit>@<etablissement>``
    for beds, a territory for ``regulation`` (start → counts) and ``interventions`` (key → instant of decision),
    ``<plan>/<rule>@<territory>`` for postures, ``<volet>@<territory>`` for activated volets (value: the author), an id
    for silences and maintenance, ``<volet>@<place>`` for the instants at which groups of alerts are first told.
    ``placed`` gives the ids of open signals by kind and territory.
    ``moves`` numbers what moved, so that two moves of one instant are two effects.
    """

    passages: PassageBook = field(default_factory=PassageBook)
    visit_days: VisitDays = field(default_factory=VisitDays)
    daily: DailyBook = field(default_factory=DailyBook)
    beds: dict[str, BedCapacity] = field(default_factory=dict)
    regulation: dict[str, dict[str, RegulationActivity]] = field(default_factory=dict)
    interventions: dict[str, dict[str, datetime]] = field(default_factory=dict)
    signals: dict[str, SignalState] = field(default_factory=dict)
    placed: dict[str, dict[str, dict[str, None]]] = field(default_factory=dict)
    feeds: dict[str, FeedState] = field(default_factory=dict)
    readings: dict[str, Reading] = field(default_factory=dict)
    postures: dict[str, PostureState] = field(default_factory=dict)
    book: AlertBook = field(default_factory=AlertBook)
    activated: dict[str, str] = field(default_factory=dict)
    silences: dict[str, Silence] = field(default_factory=dict)
    maintenance: dict[str, MaintenancePlanned] = field(default_factory=dict)
    traffic: Traffic = field(default_factory=Traffic)
    flushes: dict[str, datetime] = field(default_factory=dict)
    moves: int = 0


@dataclass(slots=True)
class ExerciseState:
    """An exercise. ``activated``: volets activated in it, each with the first instant; ``closed_by`` empty: by time."""

    opened: ExerciseOpened
    opened_at: datetime
    ended_at: datetime | None = None
    closed_by: str = ""
    summary: str = ""
    activated: dict[str, datetime] = field(default_factory=dict)


@dataclass(slots=True)
class RegionState:
    """One region. ``now`` is the recorded instant up to which every deadline has fired; ``seq`` the last entry."""

    region: str
    now: datetime = NEVER
    seq: int = 0
    plans: tuple[PlanDocument, ...] = ()
    roster: dict[str, Any] | None = None
    etablissements: dict[str, Etablissement] = field(default_factory=dict)
    contacts: dict[str, ContactProof] = field(default_factory=dict)
    worlds: dict[Status, World] = field(default_factory=lambda: {status: World() for status in Status})
    deadlines: list[Deadline] = field(default_factory=list)
    exercises: dict[str, ExerciseState] = field(default_factory=dict)
    """Every numbered exercise, by number."""

    @property
    def unfinished_exercise(self) -> ExerciseState | None:
        """The exercise that was opened and is not over, started or not."""
        return next((each for each in self.exercises.values() if each.ended_at is None), None)

    def running_exercise(self, now: datetime) -> ExerciseState | None:
        """Return the exercise that is being played at ``now``."""
        known = self.unfinished_exercise
        return known if known is not None and known.opened.starts_at <= now else None
