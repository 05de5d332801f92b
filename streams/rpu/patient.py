"""One PATIENT element of an OSCOUR file: the texts of its fields.

Most files write their records plainly: no comment, CDATA section, escape, attribute or tag that closes itself. There,
a text is what stands between a tag and a closing tag, and one expression finds all those of a record; that what it
reads is well-formed XML is checked beside it (`streams.rpu.reading`). Anything else is None here and read by events.
"""

import re
from collections.abc import Iterator
from operator import itemgetter
from typing import Final

from streams.rpu.layout import Layout
from streams.rpu.values import LISTS

FIELDS: Final = ("ENTREE", "SORTIE", "NAISSANCE", "CP", "DP", *LISTS)
"""The fields that are read once; associated diagnoses (DA) may come many times."""
CLOSING: Final = b"</PATIENT>"
WORTH_A_LAYOUT: Final = 20
"""Records in one piece of a file from which learning its layout pays."""

_ALL_FIELDS: Final = itemgetter(*FIELDS)
_NOT_PLAIN: Final = (b"&", b"=", b"/>")
_TEXTS: Final = re.compile(r">([^<>]*)</([^<>\s]+)").findall


class Patient:
    """The text of each field, and the fields that came again with another text.

    ``start`` and ``end`` place its tags in the file (bytes); ``body`` is its content instead when it was plain.
    """

    __slots__ = ("body", "end", "fields", "repeated", "start")

    def __init__(self, start: int = 0, body: str | None = None) -> None:
        self.start = start
        self.end = start
        self.body = body
        self.fields: dict[str, str] = {}
        self.repeated: list[tuple[str, str]] = []

    def add(self, name: str, text: str) -> None:
        """Keep a field; of two that are not empty, the first stands."""
        if not self.fields.get(name, "").strip():
            self.fields[name] = text
        elif text.strip():
            self.repeated.append((name, text))

    def texts(self) -> Iterator[str]:
        """Return the text of each of `FIELDS`, in order, empty when it is absent."""
        try:
            texts = _ALL_FIELDS(self.fields)
        except KeyError:
            texts = tuple(self.fields.get(name, "") for name in FIELDS)
        return map(str.strip, texts)


class PlainRecords:
    """Reads the plain records of one file, and remembers how it lays them out; ``names`` are those of their fields."""

    __slots__ = ("_layout", "names")

    def __init__(self) -> None:
        self.names: set[str] = set()
        self._layout: Layout | None = None

    def read(self, data: bytes, encoding: str) -> list[Patient] | None:
        """Return the records of bytes that end with one, without comment or CDATA; None when they are not all plain."""
        if any(mark in data for mark in _NOT_PLAIN) or data.count(b"<") != data.count(b">"):
            return None
        try:
            pieces = data.decode(encoding).split("</PATIENT>")
        except UnicodeDecodeError:
            return None
        bodies = []
        for piece in pieces[:-1]:
            before, opening, body = piece.partition("<PATIENT>")
            if not opening or "<PATIENT" in body or before.strip():
                return None
            bodies.append(body)
        return self._patients(bodies)

    def _patients(self, bodies: list[str]) -> list[Patient]:
        if self._layout is None and len(bodies) >= WORTH_A_LAYOUT:
            self._layout = Layout.of(max(bodies, key=len))
        if self._layout is None:
            return [self._named(_patient(body)) for body in bodies]
        read = self._layout.read
        return [_laid_out(body, *found) if (found := read(body)) else self._named(_patient(body)) for body in bodies]

    def _named(self, patient: Patient) -> Patient:
        # Those of the layout are at most sixty: they need no counting.
        self.names.update(patient.fields)
        return patient


def _laid_out(body: str, fields: dict[str, str], diagnoses: list[str]) -> Patient:
    patient = Patient(body=body)
    patient.fields = fields
    for text in diagnoses:
        patient.add("DA", text)
    return patient


def _patient(body: str) -> Patient:
    patient = Patient(body=body)
    found = _TEXTS(body)
    patient.fields = {name: text for text, name in found}
    if len(patient.fields) < len(found):
        patient.fields = {}
        for text, name in found:
            patient.add(name, text)
    return patient
