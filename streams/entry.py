"""A journal entry, its canonical bytes and the two digest chains.

The journal is the only input of a region's fold: whatever can change a decision is an entry. `canonical` gives the
same bytes for the same entry on every machine, so a SHA-256 chained over them proves that nothing was altered,
removed or reordered.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec


class Status(StrEnum):
    """What an entry is about: real life, an exercise, or a test of the chain. They never mix."""

    ACTUAL = "actual"
    EXERCISE = "exercise"
    TEST = "test"

    # Enum hashes in Python, which a key looked up several times per entry cannot afford.
    __hash__ = str.__hash__


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry before the journal numbered and dated it.

    ``occurred_at`` is when it happened (aware, UTC); ``payload`` is canonical JSON of a `streams.messages` value.
    """

    occurred_at: datetime
    status: Status
    region: str
    kind: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact of a region's journal.

    ``seq`` counts from 1 without a gap within the region; ``recorded_at`` (aware, UTC) never decreases and drives
    every deadline; ``occurred_at`` only places the fact in windows.
    """

    seq: int
    recorded_at: datetime
    occurred_at: datetime
    status: Status
    region: str
    kind: str
    payload: bytes


FUTURE_TOLERANCE: Final = timedelta(minutes=15)
"""A fact may be dated this much after it is recorded (a hospital's clock runs fast); beyond, it is contradictory."""

GENESIS: Final = bytes(32)
"""The digest before the first entry or effect."""

_encode = msgspec.json.Encoder(order="deterministic").encode


def canonical(entry: Entry) -> bytes:
    """Return the entry's one JSON form: sorted keys, UTC instants, no insignificant space."""
    return _encode(
        {
            "kind": entry.kind,
            "occurred_at": entry.occurred_at,
            "payload": msgspec.Raw(entry.payload),
            "recorded_at": entry.recorded_at,
            "region": entry.region,
            "seq": entry.seq,
            "status": entry.status,
        }
    )


def chain(previous: bytes, item: bytes) -> bytes:
    """Return the next digest of a chain: SHA-256(previous digest ‖ item), 32 bytes."""
    return hashlib.sha256(previous + item).digest()


@dataclass(frozen=True, slots=True)
class Head:
    """Where a region's journal stands.

    ``seq`` and ``effects`` count what was appended; the digests are the tips of their chains; no deadline at or
    before ``advanced_to`` is left to fire, and no later entry may be recorded before it.
    """

    region: str
    seq: int
    entries_digest: bytes
    effects: int
    effects_digest: bytes
    advanced_to: datetime | None


def combined_digest(heads: list[Head]) -> str:
    """Return the one digest (64 hex) of a journal of several regions: SHA-256 over their chains, by region code."""
    digest = hashlib.sha256()
    for head in sorted(heads, key=lambda h: h.region):
        digest.update(f"{head.region} {head.entries_digest.hex()} {head.effects_digest.hex()}\n".encode())
    return digest.hexdigest()
