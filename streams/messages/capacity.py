"""What care can still take in and what it is asked for: beds, calls to the SAMU, SMUR interventions."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from orsan_plans.territory import TerritoryId
from streams.messages.values import Count, Departement, Finess, Instant


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
