"""The bed form: what a site without ROR sends, as a CSV or JSON file whose columns and keys are French words.

An empty field is unknown, never zero. A row that cannot be read is refused with its line; a header that cannot be read
refuses the file. The form is Vigie's own: see docs/flux-capacite.md.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import BinaryIO, Final

from streams.capacity.codes import FEED, BedField
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
from streams.collecting.decoding import Accepted, Context, Decoding, Manifest, Refused, UnreadableFeed
from streams.collecting.feed_json import Json, raw_bytes, read_json, records
from streams.entry import Status

SOURCE: Final = "formulaire-lits"
"""The name forms are collected under; the establishments are in the records."""

COUNTS: Final[dict[str, BedField]] = {
    "installes": "beds_installed",
    "disponibles": "beds_available",
    "occupes": "beds_occupied",
    "fermes": "beds_closed",
    "autorises": "beds_authorised",
    "armes": "beds_staffed",
}
REQUIRED: Final = ("finess", "nature", "maj")
COLUMNS: Final = ("finess", "nature", *COUNTS, "maj", "statut")
"""Every column, in the order of the documentation; a file may give them in any order and leave counts out."""

STATUSES: Final = {"reel": Status.ACTUAL, "exercice": Status.EXERCISE, "test": Status.TEST}

LONGEST_LINE: Final = 64 * 1024
"""In bytes. Vigie's own choice."""

_KIND: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_KNOWN: Final = frozenset(COLUMNS)


def decode_csv(stream: BinaryIO, source_name: str, context: Context, directory: Directory = NO_DIRECTORY) -> Decoding:
    """Decode a form in CSV (UTF-8, ``;`` or ``,``); UnreadableFeed for a header that is not the form's."""
    header, delimiter = _header(stream, source_name)
    return Decoding(_manifest(context), _rows(stream, source_name, header, delimiter, context, directory))


def decode_json(stream: BinaryIO, source_name: str, context: Context, directory: Directory = NO_DIRECTORY) -> Decoding:
    """Decode a form in JSON: one object, or a list of them; UnreadableFeed as `streams.collecting.feed_json` says."""
    value = read_json(stream, source_name)
    return Decoding(
        _manifest(context),
        (_record(position, each, raw_bytes(each), context, directory) for position, each in records(value)),
    )


def _manifest(context: Context) -> Manifest:
    return Manifest(FEED, SOURCE, context.received_at)


def _header(stream: BinaryIO, source_name: str) -> tuple[list[str], str]:
    line = _line(stream, source_name, 1).removeprefix(b"\xef\xbb\xbf")
    delimiter = ";" if b";" in line else ","
    try:
        names = [name.strip().lower() for name in _cells(line, delimiter)]
    except UnreadableRecord:
        names = []
    if len(set(names)) < len(names) or not set(REQUIRED) <= set(names) <= _KNOWN:
        raise UnreadableFeed(f"{source_name}:1: header not recognised: {';'.join(COLUMNS)} is expected")
    return names, delimiter


def _rows(
    stream: BinaryIO, source_name: str, header: list[str], delimiter: str, context: Context, directory: Directory
) -> Iterator[Accepted | Refused]:
    number = 1
    while line := _line(stream, source_name, number := number + 1):
        if not line.strip():
            continue
        try:
            cells = _cells(line, delimiter)
            if len(cells) != len(header):
                raise UnreadableRecord("not as many cells as the header has columns")  # noqa: TRY301
        except UnreadableRecord as error:
            yield Refused(number, line, str(error))
        else:
            yield _record(number, dict(zip(header, cells, strict=True)), line, context, directory)


def _line(stream: BinaryIO, source_name: str, number: int) -> bytes:
    line = stream.readline(LONGEST_LINE + 1)
    if len(line) > LONGEST_LINE:
        raise UnreadableFeed(f"{source_name}:{number}: a line longer than {LONGEST_LINE} bytes: not a bed form")
    return line


def _cells(line: bytes, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line.decode("utf-8").rstrip("\r\n")], delimiter=delimiter, strict=True), [])
    except UnicodeDecodeError:
        raise UnreadableRecord("not UTF-8: save the file again in that encoding") from None
    except csv.Error:
        raise UnreadableRecord("not readable as CSV: check the quotation marks") from None


def _record(
    position: int, value: Json | Mapping[str, str], raw: bytes, context: Context, directory: Directory
) -> Accepted | Refused:
    try:
        return _declaration(value, context, directory)
    except UnreadableRecord as error:
        return Refused(position, raw, str(error))


def _declaration(value: Json | Mapping[str, str], context: Context, directory: Directory) -> Accepted:
    if not isinstance(value, Mapping):
        raise UnreadableRecord("not an object with the keys of the form")
    if not _KNOWN.issuperset(value):
        raise UnreadableRecord(f"a key that is not one of the form's: {', '.join(COLUMNS)}")
    finess, finess_flags = finess_of(value.get("finess"))
    updated_at, instant_flags = instant_of(value.get("maj"), context.zone)
    said = Declaration(
        finess=finess,
        departement=departement_of(finess, context, directory),
        bed_kind=_kind(value.get("nature")),
        updated_at=updated_at,
        counts={beds: count_of(value.get(name), name) for name, beds in COUNTS.items()},
        flags=(*finess_flags, *instant_flags),
    )
    return replace(accepted(said, context), status=_status(value.get("statut")))


def _status(value: Json) -> Status:
    """Return what the declaration is about; a word that is not one of the form's is never taken for real life."""
    written = value.strip().lower() if isinstance(value, str) else value
    if written is None or written == "":
        return Status.ACTUAL
    if isinstance(written, str) and written in STATUSES:
        return STATUSES[written]
    raise UnreadableRecord("statut: reel, exercice or test (leave it empty for real life)")


def _kind(value: Json) -> str:
    kind = value.strip().lower() if isinstance(value, str) else ""
    if _KIND.fullmatch(kind) is None:
        raise UnreadableRecord("nature missing, or not a word such as rea, si, usc, medecine (no space, no accent)")
    return kind
