"""Rows of an open-data file: bytes to cells, cells to codes, days, age classes and counts.

Every error is an `OpenDataError` that names the file and the line; nothing is guessed or repaired.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from orsan_plans.geography import REGION_OF_DEPARTEMENT, REGIONS
from streams.opendata.layouts import Layout, Shape, shape_of

_COUNT: Final = re.compile(r"[0-9]{1,9}(\.0{1,6})?")
_DAY: Final = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}")
_CODE: Final = {"DEP": re.compile(r"[0-9]{2,3}|2[AB]"), "REG": re.compile(r"[0-9]{2}")}
_LONGEST_SHOWN: Final = 12
"""Characters of a cell that an error repeats: a code or a day is seen whole, a person sent by mistake is not."""
_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")
_KNOWN: Final = {"DEP": frozenset(REGION_OF_DEPARTEMENT), "REG": frozenset(REGIONS)}


class OpenDataError(ValueError):
    """A file that cannot be imported; its text is ``file:line: what is wrong and what is expected``."""

    def __init__(self, source: str, line: int, message: str) -> None:
        super().__init__(f"{source}:{line}: {message}")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the file and the line (from 1) it starts on, its text as read, its cells by column."""

    source: str
    line: int
    text: str
    shape: Shape
    cells: dict[str, str]

    def error(self, column: str, expected: str) -> OpenDataError:
        """Return the error to raise for a cell that is not what its column announces.

        The cell is not repeated: whoever sends the wrong file may send anything, and the line is enough to find it.
        """
        return OpenDataError(self.source, self.line, f"column {column}: not {expected}")


def rows(source: str, data: bytes, layout: Layout) -> Iterator[Row]:
    """Yield the rows of a file, blank lines left out; OpenDataError when it is not what the layout says."""
    lines = _LINE.findall(_text(source, data))
    reader = csv.reader(lines, delimiter=layout.delimiter, strict=True)
    shape, end = None, 0
    try:
        for cells in reader:
            start, end = end, reader.line_num
            if shape is None:
                shape = _shape(source, layout, cells)
            elif cells:
                by_column = _by_column(source, start + 1, shape, cells)
                yield Row(source, start + 1, "".join(lines[start:end]), shape, by_column)
    except csv.Error as error:
        raise OpenDataError(source, reader.line_num, f"not readable as CSV: {error}") from None


def reason_to_set_aside(row: Row) -> str | None:
    """Return why no région can claim the row, None when one can; OpenDataError when it has no such code."""
    column = row.shape.territory
    code = row.cells[column]
    if code in _KNOWN[row.shape.prefix]:
        return None
    if not code:
        return f"column {column} is empty: the row belongs to no territory"
    if _CODE[row.shape.prefix].fullmatch(code) is None:
        raise row.error(column, "an INSEE code (expected 01, 2A or 44 for instance; was a leading zero lost?)")
    return f"column {column}: {code} belongs to no région"


def day_of(row: Row, column: str) -> date:
    """Return the day a cell gives; OpenDataError unless of this century, as in ``2020-02-24``."""
    text = row.cells[column]
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass  # written like a day, but not in the calendar: refused below
    raise row.error(column, "a day (expected a day of this century such as 2020-02-24)")


def age_of(row: Row, column: str, ages: tuple[str, ...]) -> str:
    """Return the age class a cell gives; OpenDataError unless it is one of ``ages``."""
    if row.cells[column] not in ages:
        raise row.error(column, f"an age class (expected one of {', '.join(ages)})")
    return row.cells[column]


def count_of(row: Row, column: str) -> int | None:
    """Return the count a cell gives, None when empty; OpenDataError unless whole (``300.00`` is) and ≥ 0."""
    text = row.cells[column]
    if not text:
        return None
    if _COUNT.fullmatch(text) is None:
        raise row.error(column, "a count (expected a whole number, zero or more, or nothing when unknown)")
    return int(text if text.isdigit() else text.partition(".")[0])


def _text(source: str, data: bytes) -> str:
    if not data:
        raise OpenDataError(source, 1, "the file is empty")
    if (nul := data.find(b"\0")) >= 0:
        raise OpenDataError(source, data.count(b"\n", 0, nul) + 1, "NUL byte: this is not a text file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise OpenDataError(source, line, "not UTF-8: save the file again in that encoding") from None


def _shape(source: str, layout: Layout, header: list[str]) -> Shape:
    shape = shape_of(layout, header)
    if shape is None:
        expected = layout.delimiter.join(layout.shapes[0].header)
        raise OpenDataError(source, 1, f"header not recognised: expected {expected!r}")
    return shape


def _by_column(source: str, line: int, shape: Shape, cells: list[str]) -> dict[str, str]:
    if len(cells) != len(shape.columns):
        raise OpenDataError(source, line, f"{len(cells)} cells, expected {len(shape.columns)}")
    return dict(zip(shape.columns, cells, strict=True))
