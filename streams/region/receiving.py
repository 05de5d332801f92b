"""What an entry changes, one function per kind of message. Each returns None, or why the entry changes nothing."""

from collections.abc import Callable
from typing import Any, Final

from streams.messages.capacity import BedCapacity, RegulationActivity, SmurIntervention
from streams.messages.contacts import ContactTested, ContactVerified
from streams.messages.decisions import Acknowledge, DecideVolet, ReleveAcknowledged
from streams.messages.deliveries import DeliveryProof, DeliveryReport, LinkRefused, TextsErased
from streams.messages.feeds import DailyFigures, FeedReceived, MonitorProbe, QuarantineDropped
from streams.messages.quiet import MaintenancePlanned, SilenceLifted, SilenceSet
from streams.messages.reference import EtablissementList, PlanCatalogue, ReferenceBeds, RosterVersion
from streams.messages.signals import QualifySignal, SignalSanitaire
from streams.messages.visits import PassageCorrected, PassageRemoved, PassageRPU
from streams.region import deciding, quiet, setting, sources, triage, visits
from streams.region.fold import Turn
from streams.region.probing import probe


def noted(_turn: Turn, _message: object) -> None:
    """Keep a fact for the record: it changes no measure and no decision."""


RECEIVERS: Final[dict[type, Callable[[Turn, Any], str | None]]] = {
    PassageRPU: visits.passage,
    DailyFigures: sources.figures,
    ReferenceBeds: sources.reference_beds,
    BedCapacity: sources.capacity,
    SignalSanitaire: triage.signal,
    Acknowledge: deciding.acknowledge,
    DeliveryReport: deciding.delivery,
    ContactVerified: setting.contact_verified,
    ContactTested: setting.contact_tested,
    DecideVolet: deciding.decision,
    SilenceSet: quiet.silence_set,
    SilenceLifted: quiet.silence_lifted,
    MaintenancePlanned: quiet.maintenance_planned,
    PlanCatalogue: setting.plans,
    RosterVersion: setting.roster,
    EtablissementList: setting.etablissements,
    PassageCorrected: visits.corrected,
    PassageRemoved: visits.removed,
    FeedReceived: sources.received,
    RegulationActivity: sources.activity,
    SmurIntervention: sources.intervention,
    QualifySignal: triage.qualify,
    QuarantineDropped: noted,
    DeliveryProof: noted,
    MonitorProbe: probe,
    TextsErased: noted,
    LinkRefused: noted,
    ReleveAcknowledged: deciding.releve,
}
