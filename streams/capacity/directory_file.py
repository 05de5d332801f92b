"""The région's own directory for the bed feeds, as a CSV file: what the ROR's answers refer to and do not say.

``sorte;code;valeur``, UTF-8, ``;`` or ``,``; blank lines and lines that start with ``#`` are left out. Vigie's own
form (docs/flux-capacite.md).
"""

import csv
import re
from collections.abc import Callable
from typing import Final

from orsan_plans.geography import DEPARTEMENTS
from streams.capacity.declaration import Directory

COLUMNS: Final = ("sorte", "code", "valeur")
_FINESS: Final = re.compile(r"[0-9][0-9AB][0-9]{7}")
_REFERENCE: Final = re.compile(r"(Organization|Location)/[A-Za-z0-9.-]{1,64}")
_CODE: Final = re.compile(r"R(211|213|343)-[A-Za-z0-9.-]{1,32}")
_KIND: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")


class DirectoryError(ValueError):
    """The file cannot be used; the text is ``file:line: what is expected``."""


def _matches(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda written: pattern.fullmatch(written) is not None


_SORTS: Final[dict[str, tuple[Callable[[str], bool], str, Callable[[str], bool], str]]] = {
    "finess": (
        _matches(_REFERENCE), "a reference such as Organization/5958", _matches(_FINESS), "a FINESS of nine characters",
    ),
    "departement": (
        _matches(_FINESS), "a FINESS of nine characters", DEPARTEMENTS.__contains__, "the INSEE code of a département",
    ),
    "nature": (
        _matches(_CODE), "a code such as R211-183, R213-13 or R343-01",
        _matches(_KIND), "a kind of beds such as rea, without accent nor space",
    ),
}  # fmt: skip
"""By sort: what its code and its value must be, each with how an error says it."""


def read_directory(text: str, name: str) -> Directory:
    """Read the file's text; DirectoryError names the first bad line of the file called ``name``."""
    found: dict[str, dict[str, str]] = {sort: {} for sort in _SORTS}
    is_headed = False
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        where = f"{name}:{number}"
        cells = _cells(where, line)
        if not is_headed:
            _check_header(where, cells)
            is_headed = True
        else:
            _add(found, where, cells)
    return Directory(finess=found["finess"], departements=found["departement"], bed_kinds=found["nature"])


def _cells(where: str, line: str) -> list[str]:
    try:
        (cells,) = csv.reader([line], delimiter=";" if ";" in line else ",", strict=True)
    except csv.Error:
        raise DirectoryError(f"{where}: not readable as CSV") from None
    return [cell.strip() for cell in cells]


def _check_header(where: str, cells: list[str]) -> None:
    if tuple(cells) != COLUMNS:
        raise DirectoryError(f"{where}: expected the header {';'.join(COLUMNS)}")


def _add(found: dict[str, dict[str, str]], where: str, cells: list[str]) -> None:
    if len(cells) != len(COLUMNS):
        raise DirectoryError(f"{where}: {len(cells)} cells, expected {len(COLUMNS)}: {';'.join(COLUMNS)}")
    sort, code, value = cells
    if sort not in _SORTS:
        raise DirectoryError(f"{where}: sorte: expected one of {', '.join(_SORTS)}")
    is_code, expected_code, is_value, expected_value = _SORTS[sort]
    if not is_code(code):
        raise DirectoryError(f"{where}: code: expected {expected_code}")
    if not is_value(value):
        raise DirectoryError(f"{where}: valeur: expected {expected_value}")
    if code in found[sort]:
        raise DirectoryError(f"{where}: {sort} {code} is given twice")
    found[sort][code] = value
