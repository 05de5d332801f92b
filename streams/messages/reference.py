"""What a région is judged by from an entry on: its plans, its roster, its establishments and their beds."""

from dataclasses import dataclass
from typing import Any

from orsan_plans.territory import TerritoryId
from streams.messages.values import Count, Departement, Finess


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
