"""The journal: one ordered, chained sequence of entries per région, and the effects they caused.

A `Batch` is committed as a whole or not at all: entries, effects, snapshot, outbox, quarantine, ledger and receipt
move together, so a killed process never leaves a decision without its notification, a notification without its
decision, nor a visit journaled that the ledger does not know. The rules that every implementation keeps are in `link`;
those a stored journal must satisfy are in `streams.integrity`.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from alerts import effect_codec
from alerts.effects import Effect, Notify
from alerts.outbox import Finished
from streams.collecting.ledger import Collected, Ledger
from streams.collecting.quarantine import Quarantine, Quarantined
from streams.collecting.receipts import Receipts
from streams.entry import GENESIS, Entry, Head, canonical, chain
from streams.integrity import Problem

__all__ = [
    "Batch",
    "Journal",
    "JournalConflict",
    "JournalError",
    "JournalPurpose",
    "Linked",
    "Quarantined",
    "Snapshot",
    "StoredEffect",
    "TimeWentBack",
    "fresh_head",
    "link",
]

_UTC_OFFSET: Final = timedelta(0)


class JournalError(Exception):
    """A batch was refused; nothing of it was written."""


class JournalConflict(JournalError):
    """The batch does not continue the journal: it moved meanwhile, or the batch is not in order."""


class TimeWentBack(JournalError):
    """The batch would record something before what the journal has already decided."""


class JournalPurpose(StrEnum):
    """What a journal is for, set when it is created: real work, or the study of a past crisis.

    A retex journal never queues a notification.
    """

    LIVE = "live"
    RETEX = "retex"


@dataclass(frozen=True, slots=True)
class StoredEffect:
    """The ``number``-th effect of a région (from 1), caused when ``after_seq`` was the last entry applied."""

    number: int
    after_seq: int
    effect: Effect


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The fold's state where the journal stood at ``head``: a cache, a replay from the start gives the same."""

    head: Head
    state: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction adds to the journal of one région.

    ``head`` is where the writer believes the journal stands; ``entries`` continue it; ``effects`` are pairs
    (effect, seq of the last entry applied before it), in order; ``advanced_to`` is the instant up to which
    every deadline was drained (None only while nothing was ever recorded). ``outbox`` lists those of its
    `Notify` effects to be sent: the writer decides, and a historic import sends nothing; those that its `Recalled`
    effects name leave the outbox. ``finished`` are
    the items that delivery reports among the entries close; ``collected`` is what collecting a file leaves.
    """

    head: Head
    advanced_to: datetime | None
    entries: tuple[Entry, ...] = ()
    effects: tuple[tuple[Effect, int], ...] = ()
    snapshot: bytes | None = None
    outbox: tuple[Notify, ...] = ()
    finished: tuple[Finished, ...] = ()
    quarantine: tuple[Quarantined, ...] = ()
    collected: Collected | None = None


@dataclass(frozen=True, slots=True)
class Linked:
    """A batch checked against the stored head: the next head and each item's chain digest."""

    head: Head
    entry_digests: tuple[bytes, ...]
    effect_texts: tuple[bytes, ...]
    effect_digests: tuple[bytes, ...]


def fresh_head(region: str) -> Head:
    """Return the head of a région of which nothing was journaled."""
    return Head(region, 0, GENESIS, 0, GENESIS, None)


def link(batch: Batch, stored: Head, purpose: JournalPurpose) -> Linked:
    """Check ``batch`` against the journal's ``stored`` head and chain it; JournalConflict, TimeWentBack."""
    if batch.head != stored:
        raise JournalConflict(
            f"région {stored.region}: the journal is at entry {stored.seq}, effect {stored.effects}, but the"
            f" batch was prepared from entry {batch.head.seq}, effect {batch.head.effects}: read the journal again and"
            " redo the batch"
        )
    _check_entries(batch)
    _check_effects(batch)
    _check_outbox(batch, purpose)
    entry_digests = _chained(stored.entries_digest, map(canonical, batch.entries))
    texts = tuple(effect_codec.encode(effect) for effect, _ in batch.effects)
    effect_digests = _chained(stored.effects_digest, texts)
    head = Head(
        region=stored.region,
        seq=stored.seq + len(batch.entries),
        entries_digest=entry_digests[-1] if entry_digests else stored.entries_digest,
        effects=stored.effects + len(texts),
        effects_digest=effect_digests[-1] if effect_digests else stored.effects_digest,
        advanced_to=batch.advanced_to,
    )
    return Linked(head, entry_digests, texts, effect_digests)


def _chained(digest: bytes, items: Iterable[bytes]) -> tuple[bytes, ...]:
    digests = []
    for item in items:
        digest = chain(digest, item)
        digests.append(digest)
    return tuple(digests)


def _check_entries(batch: Batch) -> None:
    region, seq, latest = batch.head.region, batch.head.seq, batch.head.advanced_to
    for entry in batch.entries:
        seq += 1
        if entry.region != region or entry.seq != seq:
            raise JournalConflict(
                f"région {region}: expected entry {seq}, got entry {entry.seq} of région {entry.region}"
            )
        if entry.recorded_at.utcoffset() != _UTC_OFFSET or entry.occurred_at.utcoffset() != _UTC_OFFSET:
            raise JournalConflict(f"région {region}, entry {seq}: instants are journaled in UTC")
        if b"\n" in entry.payload:
            raise JournalConflict(f"région {region}, entry {seq}: the payload is not canonical JSON")
        latest = _forward(latest, entry.recorded_at, region, f"entry {seq}")
    if batch.advanced_to is not None or latest is not None:
        _forward(latest, batch.advanced_to, region, "advanced_to")


def _forward(latest: datetime | None, instant: datetime | None, region: str, what: str) -> datetime | None:
    if latest is not None and (instant is None or instant < latest):
        raise TimeWentBack(
            f"région {region}: {what} is dated {instant} but the journal is already at {latest};"
            " what is older goes into a new journal, merged in order of recorded_at"
        )
    return instant


def _check_effects(batch: Batch) -> None:
    region, latest, last = batch.head.region, batch.head.seq, batch.head.seq + len(batch.entries)
    for effect, after_seq in batch.effects:
        if not latest <= after_seq <= last:
            raise JournalConflict(
                f"région {region}: effect {effect.id} claims entry {after_seq}, expected {latest} to {last}"
            )
        latest = after_seq


def _check_outbox(batch: Batch, purpose: JournalPurpose) -> None:
    if not batch.outbox:
        return
    if purpose is not JournalPurpose.LIVE:
        raise JournalConflict(
            f"région {batch.head.region}: a {purpose} journal sends nothing, the outbox must be empty"
        )
    journaled = {effect.id for effect, _ in batch.effects}
    for notification in batch.outbox:
        if notification.id not in journaled:
            raise JournalConflict(
                f"région {batch.head.region}: notification {notification.id} is not among the batch's effects"
            )


class Journal(Protocol):
    """Where entries and effects are kept. One journal holds several régions, each with its own two chains."""

    @property
    def purpose(self) -> JournalPurpose:
        """What the journal is for."""
        ...

    @property
    def ledger(self) -> Ledger:
        """What each source has already given."""
        ...

    @property
    def receipts(self) -> Receipts:
        """What became of each file."""
        ...

    @property
    def aside(self) -> Quarantine:
        """The records that could not be read."""
        ...

    def regions(self) -> list[str]:
        """Return the INSEE codes of the régions that have a head, sorted."""
        ...

    def head(self, region: str) -> Head:
        """Return where a région stands; a fresh head when nothing was journaled."""
        ...

    def heads(self) -> list[Head]:
        """Return every région's head, by code."""
        ...

    def commit(self, batch: Batch) -> Head:
        """Write one batch, return the new head; JournalConflict, TimeWentBack, StorageError: nothing written."""
        ...

    def commit_all(self, batches: Iterable[Batch]) -> None:
        """Write all batches in one transaction; any error, even one of the iterable, undoes all of them."""
        ...

    def entries(self, region: str, after_seq: int = 0, until: datetime | None = None) -> Iterator[Entry]:
        """Stream the entries after ``after_seq`` recorded at or before ``until``, in constant memory."""
        ...

    def entries_at(self, region: str, seqs: Collection[int]) -> dict[int, Entry]:
        """Return the entries of these numbers; those that do not exist are left out."""
        ...

    def effects(self, region: str, after: int = 0) -> Iterator[StoredEffect]:
        """Stream the effects numbered above ``after``, in constant memory."""
        ...

    def latest_snapshot(self, region: str) -> Snapshot | None:
        """Return the last snapshot committed, None when there is none."""
        ...

    def quarantined(self, region: str | None = None) -> Iterator[Quarantined]:
        """Stream the records put aside, oldest first; of all régions by default."""
        ...

    def verify(self) -> list[Problem]:
        """Recompute every chain; name the first bad entry and effect of each région. Empty: all is sound."""
        ...
