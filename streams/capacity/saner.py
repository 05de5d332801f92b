"""FHIR SANER: the beds of a MeasureReport (groups and populations of the CDC module), one report or a Bundle of them.

Only a report about one establishment, named by its FINESS, can be used: a report about a territory is refused. The
counts of ventilators and encounters are not beds and are left out.
"""

from collections.abc import Iterator
from typing import BinaryIO, Final

from streams.capacity.codes import FEED, SANER_BEDS, BedField
from streams.capacity.declaration import (
    NO_DIRECTORY,
    Declaration,
    Directory,
    UnreadableRecord,
    accepted,
    count_of,
    departement_of,
    finess_of,
    instant_of,
)
from streams.capacity.fhir import Index, codes, extracted_at, finess_identifier, is_other, reference_of, resources
from streams.collecting.decoding import Accepted, Context, Decoding, Manifest, Refused
from streams.collecting.feed_json import Json, member, objects, raw_bytes, read_json

SOURCE: Final = "saner"
"""The name reports are collected under; the establishments are in the records."""

REPORT: Final = "MeasureReport"


def decode(stream: BinaryIO, source_name: str, context: Context, directory: Directory = NO_DIRECTORY) -> Decoding:
    """Decode a MeasureReport or a Bundle of them; UnreadableFeed for any other document."""
    document = read_json(stream, source_name)
    found = resources(document, source_name, REPORT)
    manifest = Manifest(FEED, SOURCE, extracted_at(document, context, "timestamp"))
    return Decoding(manifest, _records(found, Index.of(document), context, directory))


def _records(
    found: list[tuple[int, Json]], index: Index, context: Context, directory: Directory
) -> Iterator[Accepted | Refused]:
    for position, report in found:
        if is_other(report, REPORT):
            continue
        try:
            yield from _beds(report, index, context, directory)
        except UnreadableRecord as error:
            yield Refused(position, raw_bytes(report), str(error))


def _beds(report: Json, index: Index, context: Context, directory: Directory) -> list[Accepted]:
    counts = _counts(report)
    if member(report, "status") == "error":
        raise UnreadableRecord("the report says it is in error")
    if not counts:
        raise UnreadableRecord("no count of beds in the report")
    finess, finess_flags = finess_of(_finess(report, index, directory))
    updated_at, instant_flags = instant_of(member(report, "date"), context.zone)
    departement = departement_of(finess, context, directory)
    flags = (*finess_flags, *instant_flags)
    return [
        accepted(Declaration(finess, departement, kind, updated_at, beds, flags=flags), context)
        for kind, beds in counts.items()
    ]


def _finess(report: Json, index: Index, directory: Directory) -> Json:
    subject = member(report, "subject")
    known = directory.finess.get(reference_of(subject) or "")
    followed = index.follow(subject)
    finess = (
        known or finess_identifier(member(subject, "identifier")) or finess_identifier(member(followed, "identifier"))
    )
    if finess is None:
        raise UnreadableRecord("unknown establishment: the subject of the report has no FINESS")
    return finess


def _counts(report: Json) -> dict[str, dict[BedField, int | None]]:
    counts: dict[str, dict[BedField, int | None]] = {}
    for group in objects(member(report, "group")):
        for population in objects(group.get("population")):
            known = [each.lower() for each in codes(population.get("code")) if each.lower() in SANER_BEDS]
            for kind, beds in (SANER_BEDS[each] for each in known):
                count = count_of(population.get("count"), beds)
                if counts.setdefault(kind, {}).setdefault(beds, count) != count:
                    raise UnreadableRecord(f"{kind}, {beds}: two different counts in one report")
    return counts
