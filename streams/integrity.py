"""What a stored journal must satisfy: sequences without a gap, chains that recompute, heads that agree.

`first_bad_entry` and `first_bad_effect` read a région's rows in order and stop at the first fault: what
follows a broken link cannot be judged.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from streams.entry import GENESIS, Entry, Head, canonical, chain


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault. ``part`` is what is wrong (entry, effect, head, file…), ``number`` which one, if any."""

    part: str
    detail: str
    region: str | None = None
    number: int | None = None

    def __str__(self) -> str:
        """Return the fault as one line for an operator."""
        where = f"région {self.region}, " if self.region else ""
        which = f" {self.number}" if self.number is not None else ""
        return f"{where}{self.part}{which}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands in place of a row that could not be read."""

    reason: str


@dataclass(frozen=True, slots=True)
class EntryRecord:
    """An entry as stored, with the chain digest stored beside it."""

    entry: Entry
    digest: bytes


@dataclass(frozen=True, slots=True)
class EffectRecord:
    """An effect as stored: its canonical JSON and the chain digest stored beside it."""

    number: int
    after_seq: int
    text: bytes
    digest: bytes


def first_bad_entry(head: Head, rows: Iterable[EntryRecord | Unreadable]) -> Problem | None:
    """Recompute a région's entry chain from its first row; return the first fault, None when all agrees."""
    seq, digest, latest = 0, GENESIS, None
    for row in rows:
        seq += 1
        if isinstance(row, Unreadable):
            return Problem("entry", row.reason, head.region, seq)
        digest = chain(digest, canonical(row.entry))
        fault = _entry_fault(row, head.region, seq, digest, latest)
        if fault:
            return Problem("entry", fault, head.region, seq)
        latest = row.entry.recorded_at
    if latest is not None and (head.advanced_to is None or head.advanced_to < latest):
        return Problem("head", f"advanced_to {head.advanced_to} is before the last entry", head.region)
    return _tip_fault("entry", head.region, (seq, digest), (head.seq, head.entries_digest))


def first_bad_effect(head: Head, rows: Iterable[EffectRecord | Unreadable]) -> Problem | None:
    """Recompute a région's effect chain from its first row; return the first fault, None when all agrees."""
    number, digest, after_seq = 0, GENESIS, 0
    for row in rows:
        number += 1
        if isinstance(row, Unreadable):
            return Problem("effect", row.reason, head.region, number)
        digest = chain(digest, row.text)
        if row.number != number:
            return Problem("effect", f"missing: effect {row.number} is in its place", head.region, number)
        if row.digest != digest:
            return Problem("effect", "its content does not match its digest", head.region, number)
        if not after_seq <= row.after_seq <= head.seq:
            return Problem("effect", f"follows entry {row.after_seq}, out of order", head.region, number)
        after_seq = row.after_seq
    return _tip_fault("effect", head.region, (number, digest), (head.effects, head.effects_digest))


def _entry_fault(row: EntryRecord, region: str, seq: int, digest: bytes, latest: datetime | None) -> str | None:
    entry = row.entry
    if entry.region != region or entry.seq != seq:
        return f"missing: entry {entry.seq} of région {entry.region} is in its place"
    if row.digest != digest:
        return "its content does not match its digest"
    if latest is not None and entry.recorded_at < latest:
        return f"recorded at {entry.recorded_at}, before the entry it follows"
    return None


def _tip_fault(part: str, region: str, found: tuple[int, bytes], head: tuple[int, bytes]) -> Problem | None:
    if found[0] < head[0]:
        return Problem(part, f"missing: the head counts {head[0]}", region, found[0] + 1)
    if found[0] > head[0]:
        return Problem(part, f"beyond the head, which counts {head[0]}", region, head[0] + 1)
    if found[1] != head[1]:
        return Problem("head", f"its {part} digest is not that of the last {part}", region)
    return None
