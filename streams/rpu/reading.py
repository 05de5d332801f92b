"""The XML of an OSCOUR file, read a piece at a time: its header, then one PATIENT after the other.

expat reads it, in memory that does not grow with the file. Nothing outside the file is ever opened: a document type is
refused, hence every entity but XML's own five. A record and a piece of markup are bounded, and so is the number of
different names, which expat remembers. Elements are known by their names; unknown ones are ignored.

Records written plainly are cut out as they stand (`streams.rpu.layout`), and expat only checks them. The others are
followed tag by tag: the text of an element that closes is what came since the last tag. Both give the same texts; the
first costs a third as much.
"""

from collections import deque
from collections.abc import Iterator
from typing import BinaryIO, Final
from xml.parsers import expat

from streams.collecting.decoding import UnreadableFeed
from streams.rpu.layout import PlainRecords
from streams.rpu.patient import Fields, Patient

CHUNK: Final = 1 << 16
LARGEST_RECORD: Final = 1 << 18
"""Bytes of one PATIENT, of the header, or of one tag or comment: a thousand times what is usual."""
MOST_NAMES: Final = 1000
"""Different names of elements and attributes in one file; the format has about 30."""

_ENCODINGS: Final = {"UTF-8": "utf-8", "ISO-8859-1": "iso-8859-1"}
_RECORD_DEPTH: Final = 3
_PASSAGES: Final = b"<PASSAGES>"
_CLOSING: Final = b"</PATIENT>"


class Reader:
    """Reads one file; every method raises UnreadableFeed for what no file of this format can hold."""

    def __init__(self, stream: BinaryIO, source_name: str) -> None:
        self.encoding = "utf-8"
        self._stream = stream
        self._source_name = source_name
        self._header: dict[str, str] | None = None
        self._path: list[str] = []
        self._texts: list[str] = []
        self._start = 0  # where the PATIENT that is being followed starts in the file
        self._fields = Fields()
        self._is_inside = False
        self._plain = PlainRecords()
        self._complete: list[Patient] = []
        self._has_passages = False
        self._tail = b""  # read, not parsed yet
        self._is_between_records = False  # what is parsed ends with a PASSAGES tag or a closed PATIENT
        self._buffer = b""
        self._fed = 0
        self._parser = expat.ParserCreate()
        self._prepare()

    def header(self) -> dict[str, str]:
        """Read up to the first PASSAGES and return the fields of ETABLISSEMENT."""
        while not self._has_passages:
            self._feed_header()
        return self._header or {}

    def patients(self) -> Iterator[Patient]:
        """Yield each PATIENT once; UnreadableFeed comes last when the file is damaged or cut."""
        has_more = True
        while has_more:
            complete, self._complete = self._complete, []
            yield from complete
            has_more = self._advance()

    def check_rest(self) -> None:
        """Read the other records and forget them; UnreadableFeed when the file is damaged or cut."""
        deque(self.patients(), maxlen=0)

    def raw(self, patient: Patient) -> bytes:
        """Return the element in UTF-8, whatever the file's encoding, while it is the last one yielded."""
        if isinstance(patient.written, str):
            return patient.written.rstrip().encode()
        offset = self._fed - len(self._buffer)
        start, end = (place - offset for place in patient.written)
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
        self._follow(True)

    def _follow(self, is_followed: bool) -> None:
        parser = self._parser
        parser.StartElementHandler = self._open if is_followed else None
        parser.EndElementHandler = self._close if is_followed else None
        parser.CharacterDataHandler = self._texts.append if is_followed else None

    def _read(self) -> bytes:
        chunk = self._stream.read(CHUNK)
        if b"\0" in chunk:
            raise self.unreadable("NUL bytes: send the file in ISO-8859-1 or UTF-8")
        return chunk

    def _take_tail(self) -> bytes:
        tail, self._tail = self._tail, b""
        return tail

    def _feed_header(self) -> None:
        chunk = self._read()
        head, opening, self._tail = chunk.partition(_PASSAGES)
        self._feed(head + opening)
        if self._has_passages:
            return
        if not chunk or self._fed > LARGEST_RECORD:
            raise self.unreadable("no PASSAGES element where one is expected")
        if self._tail:
            self._feed(self._take_tail())

    def _advance(self) -> bool:
        """Parse the next piece of the records; False once the end of the file is parsed."""
        chunk = self._read()
        self._tail += chunk
        if _may_hide_records(self._tail) or len(self._tail) > LARGEST_RECORD:
            self._is_between_records = False
        if self._is_between_records and _CLOSING in self._tail:
            self._feed_records()
            return True
        if self._is_between_records and chunk:
            return True
        tail = self._take_tail()
        self._feed(tail)
        return bool(tail)

    def _feed_records(self) -> None:
        """Parse up to the end of the last whole record; the rest waits for the next piece."""
        closed = self._tail.rindex(_CLOSING) + len(_CLOSING)
        records, self._tail = self._tail[:closed], self._tail[closed:]
        patients = self._plain.read(records, self.encoding)
        if patients is None:
            self._feed(records)
            return
        self._follow(False)
        self._parse(records)
        self._follow(True)
        self._fed += len(records)
        self._complete = patients
        self._check_names()

    def _feed(self, chunk: bytes) -> None:
        """Parse a piece by its events; an empty one is the end of the file."""
        kept = self._buffer[self._start - self._fed :] if self._is_inside else b""
        self._buffer = kept + chunk
        self._fed += len(chunk)
        self._parse(chunk)
        self._check_bounds()

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
        reached = self._start if self._is_inside else self._parser.CurrentByteIndex
        if self._fed - reached > LARGEST_RECORD:
            raise self.unreadable(f"a record or a piece of markup of more than {LARGEST_RECORD} bytes")
        self._check_names()

    def _check_names(self) -> None:
        if len(self._parser.intern) + len(self._plain.names) > MOST_NAMES:
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
            self._is_between_records = self._parser.CurrentByteIndex + len(_PASSAGES) == self._fed
        else:
            raise self.unreadable("an element other than ETABLISSEMENT and PASSAGES under OSCOUR")

    def _open_patient(self, name: str) -> None:
        if name != "PATIENT":
            raise self.unreadable("an element other than PATIENT inside PASSAGES")
        parser = self._parser
        self._start = parser.CurrentByteIndex
        self._fields = Fields()
        self._is_inside = True
        parser.StartElementHandler = self._open_field
        parser.EndElementHandler = self._close_field

    def _close(self, name: str) -> None:
        path = self._path
        if len(path) == _RECORD_DEPTH and self._header is not None:
            self._header.setdefault(name, "".join(self._texts).strip())
        self._texts.clear()
        if path.pop() != name:
            raise self.unreadable("a PATIENT inside a PATIENT")

    def _open_field(self, _name: str, _attributes: dict[str, str]) -> None:
        # What stands between two fields is text of neither. Attributes mean nothing here, but expat remembers their
        # names: that there is a handler makes them countable.
        self._texts.clear()

    def _close_field(self, name: str) -> None:
        text = "".join(self._texts)
        self._texts.clear()
        if name == "PATIENT":
            self._close_patient()
        else:
            self._fields.add(name, text)

    def _close_patient(self) -> None:
        parser = self._parser
        self._complete.append(self._fields.patient((self._start, parser.CurrentByteIndex)))
        self._is_inside = False
        self._path.pop()
        parser.StartElementHandler = self._open
        parser.EndElementHandler = self._close


def _may_hide_records(data: bytes) -> bool:
    """Whether a comment or a CDATA section may hold what looks like a record: from there on, only events tell."""
    # Where tags are many, one character is found fifty times faster than two of which the first is "<".
    return (b"!" in data and b"<!" in data) or (b"?" in data and b"<?" in data)
