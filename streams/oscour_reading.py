"""The XML of an OSCOUR file, read a piece at a time: its header, then one PATIENT after the other.

expat reads it, in memory that does not grow with the file. Nothing outside the file is ever opened: a document type is
refused, hence every entity but XML's own five. A record and a piece of markup are bounded, and so is the number of
different names, which expat remembers. Elements are known by their names; unknown ones are ignored.

Inside a PATIENT, only ends and texts are followed: the text of an element that closes is what came since the last
one closed. That halves the cost of a record.
"""

from collections.abc import Callable, Iterator
from typing import BinaryIO, Final
from xml.parsers import expat

from streams.collecting import UnreadableFeed

CHUNK: Final = 1 << 16
LARGEST_RECORD: Final = 1 << 18
"""Bytes of one PATIENT, of the header, or of one tag or comment: a thousand times what is usual."""
MOST_NAMES: Final = 1000
"""Different names of elements and attributes in one file; the format has about 30."""

_ENCODINGS: Final = {"UTF-8": "utf-8", "ISO-8859-1": "iso-8859-1"}
_RECORD_DEPTH: Final = 3
_Opening = Callable[[str, dict[str, str]], None]


class Patient:
    """A PATIENT element: the text of each field, the fields that came again, and its place in the file (bytes)."""

    __slots__ = ("end", "fields", "repeated", "start")

    def __init__(self, start: int) -> None:
        self.start = start
        self.end = start
        self.fields: dict[str, str] = {}
        self.repeated: list[tuple[str, str]] = []

    def texts(self, names: tuple[str, ...]) -> Iterator[str]:
        """Return the text of each of these fields, empty when it is absent."""
        return map(str.strip, [self.fields.get(name, "") for name in names])


class Reader:
    """Reads one file; every method raises UnreadableFeed for what no file of this format can hold."""

    def __init__(self, stream: BinaryIO, source_name: str) -> None:
        self.encoding = "utf-8"
        self._stream = stream
        self._source_name = source_name
        self._header: dict[str, str] | None = None
        self._path: list[str] = []
        self._texts: list[str] = []
        self._patient = Patient(0)
        self._is_inside = False
        self._complete: list[Patient] = []
        self._has_passages = False
        self._buffer = b""
        self._fed = 0
        self._inside_handler: _Opening | None = None
        self._parser = expat.ParserCreate()
        self._prepare()

    def header(self) -> dict[str, str]:
        """Read up to the first PASSAGES and return the fields of ETABLISSEMENT."""
        while not self._has_passages:
            if self._fed > LARGEST_RECORD:
                raise self.unreadable("no PASSAGES element where one is expected")
            if not self._feed():
                raise self.unreadable("the file holds no PASSAGES element")
        return self._header or {}

    def patients(self) -> Iterator[Patient]:
        """Yield each PATIENT once; UnreadableFeed comes last when the file is damaged or cut."""
        has_more = True
        while has_more:
            complete, self._complete = self._complete, []
            yield from complete
            has_more = self._feed()

    def raw(self, patient: Patient) -> bytes:
        """Return the element in UTF-8, whatever the file's encoding, while it is the last one yielded."""
        offset = self._fed - len(self._buffer)
        start, end = patient.start - offset, patient.end - offset
        # Its end is where its closing tag starts; a tag that closes itself may already be passed.
        if start == end or self._buffer.startswith(b"</", end):
            end = self._buffer.index(b">", end) + 1
        return self._buffer[start:end].decode(self.encoding).encode()

    def unreadable(self, reason: str, line: int | None = None) -> UnreadableFeed:
        """Return the refusal of the whole file, at the line being read."""
        return UnreadableFeed(f"{self._source_name}:{line or self._parser.CurrentLineNumber}: {reason}")

    def _prepare(self) -> None:
        parser = self._parser
        parser.buffer_text = True
        parser.XmlDeclHandler = self._declare
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        parser.StartElementHandler = self._open
        parser.EndElementHandler = self._close
        parser.CharacterDataHandler = self._texts.append

    def _feed(self) -> bool:
        """Parse the next piece of the file; False once its end is parsed."""
        chunk = self._stream.read(CHUNK)
        if b"\0" in chunk:
            raise self.unreadable("NUL bytes: send the file in ISO-8859-1 or UTF-8")
        kept = self._buffer[self._patient.start - self._fed :] if self._is_inside else b""
        self._buffer = kept + chunk
        self._fed += len(chunk)
        # Attributes mean nothing here, but expat remembers their names: a handler makes them countable.
        self._inside_handler = _ignore if b"=" in chunk else None
        if self._is_inside:
            self._parser.StartElementHandler = self._inside_handler
        self._parse(chunk)
        self._check_bounds()
        return bool(chunk)

    def _parse(self, chunk: bytes) -> None:
        try:
            self._parser.Parse(chunk, not chunk)
        except expat.ExpatError as error:
            what = expat.ErrorString(error.code) or "XML error"
            reason = f"not a whole well-formed XML file in {self.encoding} ({what})"
            raise self.unreadable(reason, error.lineno) from None

    def _check_bounds(self) -> None:
        if self._has_passages and not self._is_inside:
            self._texts.clear()
        reached = self._patient.start if self._is_inside else self._parser.CurrentByteIndex
        if self._fed - reached > LARGEST_RECORD:
            raise self.unreadable(f"a record or a piece of markup of more than {LARGEST_RECORD} bytes")
        if len(self._parser.intern) > MOST_NAMES:
            raise self.unreadable(f"more than {MOST_NAMES} different names of elements and attributes")

    def _declare(self, _version: str, encoding: str | None, _standalone: int) -> None:
        name = (encoding or "UTF-8").upper()
        if name not in _ENCODINGS:
            raise self.unreadable("the declared encoding is neither ISO-8859-1 nor UTF-8")
        self.encoding = _ENCODINGS[name]

    def _refuse_doctype(self, *_declaration: object) -> None:
        raise self.unreadable("a document type (DOCTYPE) is refused: OSCOUR files have none")

    def _open(self, name: str, _attributes: dict[str, str]) -> None:
        path = self._path
        path.append(name)
        self._texts.clear()
        if len(path) == 1 and name != "OSCOUR":
            raise self.unreadable("the root element is not OSCOUR")
        if len(path) == 2:  # noqa: PLR2004 (ETABLISSEMENT and PASSAGES stand just under the root)
            self._open_part(name)
        elif len(path) == _RECORD_DEPTH and path[1] == "PASSAGES":
            self._open_patient(name)
        elif name == "PATIENT":
            raise self.unreadable("a PATIENT outside PASSAGES")
        elif len(path) > _RECORD_DEPTH + 2:
            raise self.unreadable("elements nested too deep")

    def _open_part(self, name: str) -> None:
        if name == "ETABLISSEMENT":
            if self._header is not None:
                raise self.unreadable("a second ETABLISSEMENT: a file is for one establishment")
            self._header = {}
        elif name == "PASSAGES":
            if self._header is None:
                raise self.unreadable("PASSAGES comes before ETABLISSEMENT")
            self._has_passages = True
        else:
            raise self.unreadable("an element other than ETABLISSEMENT and PASSAGES under OSCOUR")

    def _open_patient(self, name: str) -> None:
        if name != "PATIENT":
            raise self.unreadable("an element other than PATIENT inside PASSAGES")
        parser = self._parser
        self._patient = Patient(parser.CurrentByteIndex)
        self._is_inside = True
        parser.StartElementHandler = self._inside_handler
        parser.EndElementHandler = self._close_field

    def _close(self, name: str) -> None:
        path = self._path
        if len(path) == _RECORD_DEPTH and self._header is not None:
            self._header.setdefault(name, "".join(self._texts).strip())
        self._texts.clear()
        if path.pop() != name:
            raise self.unreadable("a PATIENT inside a PATIENT")

    def _close_field(self, name: str) -> None:
        patient, texts = self._patient, self._texts
        text = "".join(texts)
        texts.clear()
        if name == "PATIENT":
            self._close_patient()
        elif name in patient.fields:
            patient.repeated.append((name, text))
        else:
            patient.fields[name] = text

    def _close_patient(self) -> None:
        parser = self._parser
        self._patient.end = parser.CurrentByteIndex
        self._complete.append(self._patient)
        self._is_inside = False
        self._path.pop()
        parser.StartElementHandler = self._open
        parser.EndElementHandler = self._close


def _ignore(_name: str, _attributes: dict[str, str]) -> None:
    """Stand for the opening of a field: what matters comes when it closes."""
