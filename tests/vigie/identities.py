"""Identities nobody bears, every way they may be written, and where any of them is found."""

import gzip
import json
import re
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip


@dataclass(frozen=True)
class Patient:
    """Somebody invented, and where they go. The postal code is no port number, no name is a word of anything else."""

    name: str
    commune: str
    born: date
    postal_code: str
    nir: str
    record: str
    finess: str

    def writings(self) -> list[str]:
        """Return the texts that would name them."""
        d = self.born
        dates = [f"{d:{style}}" for style in ("%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y", "%Y%m%d", "%d%m%Y")]
        said = [f"{d.day}/{d.month}/{d.year}", f"{d.day} {MONTHS[d.month - 1]} {d.year}"]
        return [self.name, self.commune, self.postal_code, self.nir, self.record, *dates, *said]


PATIENTS = (
    Patient(
        "BARNABOTHE",
        "ZORGLUBE-SUR-ÈRDRE",
        date(1941, 3, 2),
        "72997",
        "141037299912345",
        "DRFR154400000947613",
        "440000271",
    ),
    Patient(
        "QUÉZALCOËT", "XÉNOVILLIERS", date(1957, 10, 23), "85998", "157108599854321", "IPP-7731-QZ-4402", "490000031"
    ),
)
_ENCODINGS = ("utf-8", "latin-1", "utf-16-le", "utf-16-be")


def _needles(text: str) -> frozenset[bytes]:
    cases = {text, text.lower(), text.upper(), text.title()}  # bytes have no case beyond ASCII
    written = {each.encode(encoding) for each in cases for encoding in _ENCODINGS}
    written |= {json.dumps(each)[1:-1].encode() for each in cases}
    written |= {each.encode("ascii", "xmlcharrefreplace") for each in cases}
    return frozenset(each.lower() for each in written)


_NEEDLES = {text: _needles(text) for patient in PATIENTS for text in patient.writings()}


def _is_in(data: bytes, text: str) -> bool:
    found = [needle for needle in _NEEDLES[text] if needle in data]
    if not text.isdigit():
        return bool(found)
    # Inside a longer number, or a digest, figures are nobody's.
    return any(re.search(b"(?<![0-9a-z])%s(?![0-9a-z])" % re.escape(needle), data) for needle in found)


def found_in(data: bytes) -> list[str]:
    """Return the writings that bytes hold, in any of the encodings looked for."""
    lower = data.lower()
    return [text for text in _NEEDLES if _is_in(lower, text)]


def found_in_texts(texts: Mapping[str, str]) -> dict[str, list[str]]:
    """Return what each text that names somebody holds."""
    found = {name: found_in(text.encode("utf-8", "surrogateescape")) for name, text in texts.items()}
    return {name: writings for name, writings in found.items() if writings}


def found_under(folder: Path, but: Iterable[Path] = ()) -> dict[str, list[str]]:
    """Return what each file under a folder that names somebody holds: its bytes, unpacked, and its rows."""
    left_out = set(but)
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path not in left_out:
            found[str(path.relative_to(folder))] = found_in(_everything(path))
    return {name: writings for name, writings in found.items() if writings}


def _everything(path: Path) -> bytes:
    data = path.read_bytes()
    if data.startswith(b"\x1f\x8b"):
        return data + gzip.decompress(data)
    if data.startswith(b"SQLite format 3\0"):
        # A long value is cut over several pages of the file: it is also read as the rows say it.
        return data + _rows(path)
    return data


def _rows(path: Path) -> bytes:
    connection = sqlite3.connect(path)
    try:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        queries = [f'SELECT * FROM "{table}"' for table in tables]  # noqa: S608 - names that the file itself gave
        values = [value for query in queries for row in connection.execute(query) for value in row]
    finally:
        connection.close()
    return b"\n".join(value if isinstance(value, bytes) else str(value).encode() for value in values)
