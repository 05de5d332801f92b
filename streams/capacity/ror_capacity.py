"""One extension ror-location-supported-capacity of the ROR: a number of beds, its status, and what sets them apart."""

from dataclasses import dataclass
from datetime import datetime

from streams.capacity.codes import (
    BED,
    CURRENT,
    FIELD_OF_STATUS,
    GENDERS,
    INSTALLED_AS_OBSERVED,
    NO_TEMPORARY_ASSIGNMENT,
)
from streams.capacity.declaration import UnreadableRecord, count_of, instant_of
from streams.capacity.fhir import codes, extensions
from streams.collecting.decoding import Context
from streams.collecting.feed_json import Json, member


@dataclass(frozen=True, slots=True)
class Capacity:
    """One extension: a number of beds for a status; ``detail`` (why closed, how extra) tells apart what adds up."""

    status: str
    count: int
    updated_at: datetime
    gender: str | None
    crisis: str | None
    temporary: str | None
    detail: str
    flags: tuple[str, ...]


def read_capacity(extension: Json, location: Json, context: Context, flags: list[str]) -> Capacity | None:
    """Read one extension; None when it is not of beds, not current, or coded in a way that ``flags`` then says."""
    nature, status = _code(extension, "capacityType"), _code(extension, "capacityStatus")
    if nature is None or status is None:
        raise UnreadableRecord("a capacity without its nature or its status")
    if nature != BED or _code(extension, "temporalityCapacity") not in {CURRENT, None}:
        return None
    gender = _code(extension, "genderCapacityAvailable")
    if status not in FIELD_OF_STATUS and status != INSTALLED_AS_OBSERVED:
        flags.append("statut_ignore")
        return None
    if gender is not None and gender not in GENDERS:
        flags.append("genre_ignore")
        return None
    count = count_of(_value(extension, "nbCapacity", "valueInteger"), "nbCapacity")
    if count is None:
        raise UnreadableRecord("nbCapacity: a capacity without its number")
    updated_at, date_flags = _date(extension, location, context)
    temporary = _code(extension, "temporaryAssignement")
    details = (_code(extension, "additionalBedType"), _code(extension, "capacityClosingType"))
    return Capacity(
        status=status,
        count=count,
        updated_at=updated_at,
        gender=GENDERS[gender] if gender else None,
        crisis=_code(extension, "crisisType"),
        temporary=None if temporary == NO_TEMPORARY_ASSIGNMENT else temporary,
        detail="/".join(each for each in details if each),
        flags=date_flags,
    )


def _date(extension: Json, location: Json, context: Context) -> tuple[datetime, tuple[str, ...]]:
    written = _value(extension, "capacityUpdateDate", "valueDateTime")
    if written is not None:
        return instant_of(written, context.zone)
    instant, flags = instant_of(member(member(location, "meta"), "lastUpdated"), context.zone)
    return instant, (*flags, "date_absente")


def _value(extension: Json, name: str, key: str) -> Json:
    found = extensions(extension, name)
    return found[0].get(key) if found else None


def _code(extension: Json, name: str) -> str | None:
    found = codes(_value(extension, name, "valueCodeableConcept"))
    return found[0] if found else None
