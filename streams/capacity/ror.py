"""ROR: the beds of a FHIR R4 Location, or of a Bundle of them, from the extension ror-location-supported-capacity.

The ROR gives one extension per nature, status and gender. They are pivoted into one record of all the beds of a unit,
and one per gender that was detailed; crisis beds and beds kept for some patients are records of their own.
Source: FHIR guide of the ROR (https://interop.esante.gouv.fr/ig/fhir/ror).
"""

from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO, Final

from streams.capacity.codes import DAILY_FIELDS, FEED, FIELD_OF_STATUS, BedField
from streams.capacity.declaration import (
    NO_DIRECTORY,
    Declaration,
    Directory,
    UnreadableRecord,
    accepted,
    departement_of,
)
from streams.capacity.fhir import extensions, extracted_at, is_other, resources
from streams.capacity.ror_capacity import Capacity, read_capacity
from streams.capacity.ror_places import Place, Places
from streams.collecting.decoding import Accepted, Context, Decoding, Manifest, Refused
from streams.collecting.feed_json import Json, member, raw_bytes, read_json, text

SOURCE: Final = "ror"
"""The name places are collected under; the establishments are in the records."""

LOCATION: Final = "Location"
CAPACITY: Final = "ror-location-supported-capacity"

MOST_CAPACITIES: Final = 500
"""Of one place: well above every status, gender, crisis and assignment together. Vigie's own choice."""

Beside = tuple[str | None, str | None]
"""What sets beds beside the others: the crisis and the temporary assignment."""


def decode(stream: BinaryIO, source_name: str, context: Context, directory: Directory = NO_DIRECTORY) -> Decoding:
    """Decode a Location or a Bundle; UnreadableFeed for any other document. A Location without beds gives nothing."""
    document = read_json(stream, source_name)
    found = resources(document, source_name, LOCATION)
    manifest = Manifest(FEED, SOURCE, extracted_at(document, context, "timestamp"))
    return Decoding(manifest, _records(found, Places.of(document, directory), context))


def _records(found: list[tuple[int, Json]], places: Places, context: Context) -> Iterator[Accepted | Refused]:
    for position, location in found:
        if is_other(location, LOCATION):
            continue
        try:
            yield from _beds(location, places, context)
        except UnreadableRecord as error:
            yield Refused(position, raw_bytes(location), str(error))


def _beds(location: Json, places: Places, context: Context) -> list[Accepted]:
    if text(member(location, "resourceType")) is None:
        raise UnreadableRecord("an entry without a FHIR resource")
    said = extensions(location, CAPACITY)
    if len(said) > MOST_CAPACITIES:
        raise UnreadableRecord(f"more than {MOST_CAPACITIES} capacities for one place")
    flags: list[str] = []
    found = [
        capacity for extension in said if (capacity := read_capacity(extension, location, context, flags)) is not None
    ]
    if not found and not flags:
        return []
    place = places.place(location)
    if not found:
        raise UnreadableRecord("no capacity with a known status and gender")
    departement = departement_of(place.finess, context, places.directory)
    # The beds beside the others first, the whole last: where one figure is kept, it is that of the unit.
    besides = sorted({(each.crisis, each.temporary) for each in found}, key=_order, reverse=True)
    return [
        accepted(declaration, context)
        for beside in besides
        for declaration in _declarations(
            [each for each in found if (each.crisis, each.temporary) == beside], place, departement, tuple(flags)
        )
    ]


def _declarations(
    found: list[Capacity], place: Place, departement: str, flags: tuple[str, ...]
) -> Iterator[Declaration]:
    genders = sorted({each.gender for each in found if each.gender is not None})
    for gender in [*genders, None]:
        said = [each for each in found if each.gender == gender] if gender else _whole(found)
        counts, found_flags = _counts(said)
        yield Declaration(
            finess=place.finess,
            departement=departement,
            bed_kind=place.bed_kind,
            updated_at=_updated_at(said),
            counts=counts,
            unit=place.unit,
            gender=gender,
            crisis=found[0].crisis,
            temporary=found[0].temporary,
            flags=(*place.flags, *flags, *found_flags),
        )


def _whole(found: list[Capacity]) -> list[Capacity]:
    """Keep what makes the whole: a status given without a gender, else the sum of its genders."""
    without = {each.status for each in found if each.gender is None}
    return [each for each in found if each.gender is None or each.status not in without]


def _counts(said: list[Capacity]) -> tuple[dict[BedField, int | None], tuple[str, ...]]:
    flags = [flag for each in said for flag in each.flags]
    counts: dict[BedField, int | None] = {}
    for status in sorted({each.status for each in said}):
        count = _sum([each for each in said if each.status == status])
        if count is None:
            flags.append("valeurs_contradictoires")
        beds = FIELD_OF_STATUS.get(status, "beds_installed")
        if beds in counts and counts[beds] != count:
            flags.append("installes_differents")
        counts.setdefault(beds, count)
    return counts, tuple(flags)


def _sum(said: list[Capacity]) -> int | None:
    """Add up the numbers of a status; None when two of the same date and detail differ. The latest date counts.

    A number without detail is that of all the details.
    """
    latest: dict[tuple[str | None, str], dict[datetime, set[int]]] = {}
    whole = {each.gender for each in said if not each.detail}
    for each in said:
        if each.detail and each.gender in whole:
            continue
        latest.setdefault((each.gender, each.detail), {}).setdefault(each.updated_at, set()).add(each.count)
    numbers = [by_date[max(by_date)] for by_date in latest.values()]
    return sum(min(each) for each in numbers) if all(len(each) == 1 for each in numbers) else None


def _updated_at(said: list[Capacity]) -> datetime:
    """Return the oldest date of what changes daily: installed or authorised beds may rightly be years old."""
    daily = [each.updated_at for each in said if FIELD_OF_STATUS.get(each.status) in DAILY_FIELDS]
    return min(daily or [each.updated_at for each in said])


def _order(beside: Beside) -> tuple[str, str]:
    return beside[0] or "", beside[1] or ""
