"""Versions of a visit in the journal: a correction and a removal quote the one journaled last, to the letter."""

from dataclasses import dataclass
from typing import Final

import msgspec

from streams.collecting.destination import Version

PASSAGE: Final = "rpu.passage"
_CORRECTED: Final = "rpu.corrected"
_REMOVED: Final = "rpu.removed"
QUOTED: Final = frozenset({PASSAGE, _CORRECTED})
"""Kinds of which a later file may quote the last version, to correct or remove it."""


@dataclass(frozen=True, slots=True)
class _Corrected:
    after: msgspec.Raw


_corrected = msgspec.json.Decoder(_Corrected).decode


def correction(last: Version, payload: bytes) -> tuple[str, bytes]:
    """Return the kind and payload that replace the visit journaled last by ``payload``."""
    return _CORRECTED, b'{"before":%b,"after":%b}' % (_latest(last), payload)


def removal(last: Version) -> tuple[str, bytes]:
    """Return the kind and payload that take back the visit journaled last."""
    return _REMOVED, b'{"before":%b}' % _latest(last)


def _latest(version: Version) -> bytes:
    if version.kind == PASSAGE:
        return version.payload
    return bytes(_corrected(version.payload).after)
