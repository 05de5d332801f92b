"""Open-data files on disk: read whole, recognised by their header."""

import csv
from collections.abc import Sequence
from pathlib import Path

from orsan_plans.geography import REGIONS
from streams.opendata.importing import DecodedFile, Import, assemble, decode_file
from streams.opendata.layouts import FORMATS, recognise_header
from streams.opendata.rows import OpenDataError

__all__ = ["FORMATS", "read_files", "recognise"]

_HEADER_BYTES = 4096


def read_files(files: Sequence[tuple[str, Path]], region: str | None = None) -> Import:
    """Read (format, path) pairs into records, of one région (INSEE code) or of all, in order of instant.

    Nothing is returned unless every file is sound: OpenDataError names the first file and line that is not.
    ValueError for an unknown région or format.
    """
    if region is not None and region not in REGIONS:
        raise ValueError(f"unknown région {region!r}: expected an INSEE code such as 52 (Pays de la Loire)")
    return assemble([_read(format_, path) for format_, path in files], region)


def recognise(path: Path) -> str | None:
    """Return a file's format from its header, None for none of FORMATS; OSError if it cannot be read."""
    with path.open("rb") as file:
        first_line = file.readline(_HEADER_BYTES)
    try:
        return recognise_header(first_line.decode("utf-8-sig"))
    except (UnicodeDecodeError, csv.Error):
        return None


def _read(format_: str, path: Path) -> DecodedFile:
    if format_ not in FORMATS:
        raise ValueError(f"unknown format {format_!r}: expected one of {', '.join(FORMATS)}")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise OpenDataError(str(path), 1, f"cannot be read: {error.strerror or error}") from error
    return decode_file(format_, str(path), data)
