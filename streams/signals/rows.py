"""Small forms sent as JSON (one object or a list) or as CSV with a header: the same fields, the same answers.

CSV is UTF-8, separated by ``;`` or ``,``. An empty cell is a field that was not given: unknown, never 0. A header that
is not the form's refuses the file, a row that is not the header's is refused alone.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final, TypeVar

from pydantic import ValidationError

from streams.collecting import feed_json
from streams.collecting.decoding import Accepted, Context, Refused, UnreadableFeed
from streams.collecting.feed_json import Json
from streams.signals.fields import Form, why

LARGEST: Final = 4 * 1024 * 1024
"""Bytes a form may hold: Vigie's own choice, some tens of thousands of rows."""

SEVERAL_SOURCES: Final = "plusieurs sources"

_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")

AnyForm = TypeVar("AnyForm", bound=Form)


@dataclass(frozen=True, slots=True)
class FormRow:
    """One record: its place (rank in JSON, line in CSV, from 1), its value, or why it has none.

    ``raw`` is the record as JSON, even from CSV, so that it can be read again alone; a row without a value as it came.
    """

    position: int
    raw: bytes
    value: Json
    reason: str = ""


class FormFile:
    """A form that was read; its rows are made again each time they are asked for, so that none is kept."""

    def __init__(self, stream: BinaryIO, source_name: str, columns: Iterable[str]) -> None:
        data = feed_json.read_bytes(stream, source_name, LARGEST).removeprefix(b"\xef\xbb\xbf")
        self._source_name = source_name
        self._columns = tuple(columns)
        self._is_json = data.lstrip()[:1] in (b"{", b"[")
        self._value = feed_json.read_json(io.BytesIO(data), source_name) if self._is_json else None
        self._text = "" if self._is_json else _text(data, source_name)
        self.source = source_of(row.value for row in self.rows())

    def rows(self) -> Iterator[FormRow]:
        """Yield the rows; UnreadableFeed when the file is neither the JSON nor the CSV of the form."""
        if self._is_json:
            return json_rows(self._value)
        return _csv_rows(self._text, self._source_name, self._columns)


def json_rows(value: Json) -> Iterator[FormRow]:
    """Yield the records of a JSON file, one object or a list."""
    return (FormRow(at, feed_json.raw_bytes(each), each) for at, each in feed_json.records(value))


def accept_rows(
    rows: Iterable[FormRow],
    context: Context,
    form: type[AnyForm],
    accept: Callable[[AnyForm, Context], Accepted],
    kept: Callable[[FormRow], bytes],
) -> Iterator[Accepted | Refused]:
    """Yield what each row says, or why it is refused; ``kept`` tells what of a refused row may be set aside."""
    for row in rows:
        if row.reason:
            yield Refused(row.position, kept(row), row.reason)
            continue
        try:
            read = form.model_validate(row.value, context={"context": context})
        except ValidationError as error:
            yield Refused(row.position, kept(row), why(error, form))
        else:
            yield accept(read, context)


def as_it_came(row: FormRow) -> bytes:
    """Keep a refused row whole."""
    return row.raw


def source_of(values: Iterable[Json]) -> str:
    """Return the source that every record of a file names, or say that there are several."""
    named = {feed_json.text(feed_json.member(value, "source"), 100) for value in values}
    return (named.pop() if len(named) == 1 else None) or SEVERAL_SOURCES


def _text(data: bytes, source_name: str) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableFeed(f"{source_name}:{line}: not UTF-8: save the file again in that encoding") from None
    if not text.strip():
        raise UnreadableFeed(f"{source_name}: the file is empty")
    return text


def _csv_rows(text: str, source_name: str, columns: tuple[str, ...]) -> Iterator[FormRow]:
    pending: list[str] = []
    reader = csv.reader(_lines(text, pending), delimiter=";" if ";" in text.partition("\n")[0] else ",", strict=True)
    try:
        header = _header(next(reader), source_name, columns)
        start = reader.line_num
        pending.clear()
        for cells in reader:
            if cells:
                yield _row(start + 1, "".join(pending), header, cells)
            start = reader.line_num
            pending.clear()
    except csv.Error:
        raise UnreadableFeed(f"{source_name}:{reader.line_num}: not readable as CSV") from None


def _lines(text: str, pending: list[str]) -> Iterator[str]:
    """Yield the lines of a text, each also added to those of the row being read."""
    for line in _LINE.finditer(text):
        pending.append(line[0])
        yield line[0]


def _header(cells: list[str], source_name: str, columns: tuple[str, ...]) -> list[str]:
    header = [cell.strip() for cell in cells]
    if not set(header) <= set(columns) or len(set(header)) != len(header):
        raise UnreadableFeed(f"{source_name}:1: header not recognised: expected columns among {', '.join(columns)}")
    return header


def _row(line: int, raw: str, header: list[str], cells: list[str]) -> FormRow:
    if len(cells) != len(header):
        return FormRow(line, raw.encode(), None, f"{len(cells)} cells instead of the {len(header)} of the header")
    value: Json = {name: cell.strip() for name, cell in zip(header, cells, strict=True) if cell.strip()}
    return FormRow(line, feed_json.raw_bytes(value), value)
