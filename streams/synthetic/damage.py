"""Damage done to sound OSCOUR files: what establishments have been seen to send, one function each.

A sound file goes in, a damaged one comes out; a file too short to be damaged comes out as it was.
"""

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Final

UNKNOWN_FINESS: Final = "990000001"
"""A FINESS outside the ranges in use, as in the synthetic sample of the open data."""

_ENTRY: Final = re.compile(rb"<ENTREE>\d{2}/\d{2}/")
_EXIT: Final = re.compile(rb"<SORTIE>[^<]+</SORTIE>")


class Damage(StrEnum):
    """What may happen to a file."""

    TRUNCATED = "truncated"
    """The transfer stopped half-way: the whole file is refused."""
    WRONG_ENCODING = "wrong_encoding"
    """ISO-8859-1 bytes announced as UTF-8: the whole file is refused."""
    IMPOSSIBLE_DAY = "impossible_day"
    """The last visit entered on 30 February: it is set aside, the others are taken."""
    EXIT_BEFORE_ENTRY = "exit_before_entry"
    """The first visit that left did so years before it came: it is flagged and taken."""
    UNKNOWN_SITE = "unknown_site"
    """The file says it is of an establishment that nobody declared: its visits are flagged and taken."""


def damaged(content: bytes, damage: Damage) -> bytes:
    """Return the file with one damage."""
    return _DAMAGES[damage](content)


def _truncated(content: bytes) -> bytes:
    return content[: len(content) * 3 // 5]


def _wrong_encoding(content: bytes) -> bytes:
    head, _, body = content.partition(b"\n")
    text = body.decode("ISO-8859-1" if b"ISO-8859-1" in head else "UTF-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + text.encode("ISO-8859-1")


def _impossible_day(content: bytes) -> bytes:
    found = list(_ENTRY.finditer(content))
    if not found:
        return content
    last = found[-1]
    return content[: last.start()] + b"<ENTREE>30/02/" + content[last.end() :]


def _exit_before_entry(content: bytes) -> bytes:
    return _EXIT.sub(b"<SORTIE>01/01/2001 00:00</SORTIE>", content, count=1)


def _unknown_site(content: bytes) -> bytes:
    return re.sub(rb"<FINESS>[^<]*<", f"<FINESS>{UNKNOWN_FINESS}<".encode(), content, count=1)


_DAMAGES: Final[dict[Damage, Callable[[bytes], bytes]]] = {
    Damage.TRUNCATED: _truncated,
    Damage.WRONG_ENCODING: _wrong_encoding,
    Damage.IMPOSSIBLE_DAY: _impossible_day,
    Damage.EXIT_BEFORE_ENTRY: _exit_before_entry,
    Damage.UNKNOWN_SITE: _unknown_site,
}
