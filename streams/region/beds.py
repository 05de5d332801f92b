"""Beds by kind: what each unit last declared, summed over establishment, département and région.

Authorised, installed, staffed, available, occupied and closed beds stay distinct: none is computed from another, and a
unit that did not say a number is missing from its sum. A gender details a total that is declared too; crisis and
temporary beds come on top of it: both are journaled, not summed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from orsan_plans.indicator import BED_KINDS
from orsan_plans.reading import Reading
from streams.messages.capacity import BedCapacity
from streams.region import feeds
from streams.region.fold import Turn
from streams.region.measures import Sources, counted

BedField = Literal[
    "beds_authorised", "beds_installed", "beds_staffed", "beds_available", "beds_occupied", "beds_closed"
]


@dataclass(frozen=True, slots=True)
class BedIndicator:
    """Beds of a kind: a count, or the percentage that it makes of another (``over``)."""

    kind: str
    count: BedField
    over: BedField | None = None


_COUNTS: Final[dict[str, BedField]] = {
    "autorises": "beds_authorised",
    "installes": "beds_installed",
    "armes": "beds_staffed",
    "disponibles": "beds_available",
    "occupes": "beds_occupied",
    "fermes": "beds_closed",
}

BED_INDICATORS: Final[dict[str, BedIndicator]] = {
    **{f"lits.{name}_{kind}": BedIndicator(kind, count) for kind in BED_KINDS for name, count in _COUNTS.items()},
    **{f"lits.taux_occupation_{kind}": BedIndicator(kind, "beds_occupied", "beds_installed") for kind in BED_KINDS},
    **{f"lits.taux_occupation_armes_{kind}": BedIndicator(kind, "beds_occupied", "beds_staffed") for kind in BED_KINDS},
}


def keep(turn: Turn, message: BedCapacity) -> bool:
    """Keep a unit's declaration; return False when it is a detail of another, or older than what is known."""
    if message.gender is not None or message.is_crisis or message.is_temporary:
        return False
    key = f"{message.bed_kind}/{message.unit or ''}@ETAB-{message.finess}"
    known = turn.world.beds.get(key)
    if known is not None and message.updated_at < known.updated_at:
        return False
    turn.world.beds[key] = message
    return True


def kinds_of(turn: Turn, etablissement: str) -> list[str]:
    """Return the kinds of beds an establishment ever declared, in order."""
    suffix = f"@{etablissement}"
    return sorted({key.partition("/")[0] for key in turn.world.beds if key.endswith(suffix)})


def bed_readings(turn: Turn, kind: str, territory: str) -> Iterator[Reading]:
    """Read every number that some unit of the territory said of a kind of beds, and those already shown."""
    units = _units(turn, kind, territory)
    for indicator, spec in BED_INDICATORS.items():
        if spec.kind == kind and (_is_said(spec, units) or f"{indicator}@{territory}" in turn.world.readings):
            yield _reading(turn, indicator, territory, units)


def bed_reading(turn: Turn, indicator: str, territory: str) -> Reading:
    """Read one number of beds now."""
    return _reading(turn, indicator, territory, _units(turn, BED_INDICATORS[indicator].kind, territory))


@dataclass(frozen=True, slots=True)
class _Unit:
    beds: BedCapacity
    is_silent: bool


def _units(turn: Turn, kind: str, territory: str) -> list[_Unit]:
    prefix, known = f"{kind}/", turn.world.beds
    units = []
    for key in sorted(key for key in known if key.startswith(prefix)):
        etablissement = key.rpartition("@")[2]
        if territory in places_of(turn, etablissement):
            units.append(_Unit(known[key], not feeds.is_reporting(turn, feeds.BEDS, etablissement)))
    return units


def places_of(turn: Turn, etablissement: str) -> list[str]:
    """Return the territories whose beds an establishment's are part of, itself first."""
    departement = departement_of(turn, etablissement)
    return [etablissement, *([departement] if departement else []), turn.fold.territory]


def departement_of(turn: Turn, etablissement: str) -> str | None:
    """Return the département of an establishment: the one declared, else the one its beds say."""
    suffix = f"@{etablissement}"
    said = (f"DEP-{beds.departement}" for key, beds in turn.world.beds.items() if key.endswith(suffix))
    return turn.fold.departement_of(etablissement) or next(said, None)


def _is_said(spec: BedIndicator, units: list[_Unit]) -> bool:
    return any(_said(spec, unit.beds) is not None for unit in units)


def _said(spec: BedIndicator, beds: BedCapacity) -> tuple[int, int] | None:
    count: int | None = getattr(beds, spec.count)
    over: int | None = 0 if spec.over is None else getattr(beds, spec.over)
    # A unit without beds has no occupancy: it must not make a ratio of the others incomplete either way.
    return None if count is None or over is None or (spec.over is not None and over == 0) else (count, over)


def _reading(turn: Turn, indicator: str, territory: str, units: list[_Unit]) -> Reading:
    spec = BED_INDICATORS[indicator]
    declared = [said for unit in units if not unit.is_silent and (said := _said(spec, unit.beds)) is not None]
    numerator = sum(count for count, _ in declared)
    denominator = None if spec.over is None else sum(over for _, over in declared)
    return counted(turn, indicator, territory, (numerator, denominator), Sources(len(declared), len(units)))
