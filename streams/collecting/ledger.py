"""The ledger: what each source has already given, so that a file journals only what it adds, changes or removes.

Theory of operation. A row says, for one record of one source, the digest of its content, its local day, when it was
extracted, and the journal entry that holds it. A record of a new file is judged against its row, in this order:

    the same key came earlier in this file                → REPEATED   the first one stands
    the file is older than what the source already gave   → OUTDATED   nothing changes
    its day is forgotten, and the source gave it before   → OUTDATED   it cannot be compared any more
    no row                                                → ADDED
    same digest                                           → UNCHANGED
    the row was extracted later than the file             → OUTDATED
    otherwise                                             → CHANGED

A row inside the file's window that the file does not hold is gone. Rows are kept `RETENTION` after their day. Rows of
different statuses (real life, exercise, test) never meet.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from streams.collecting.decoding import Window
from streams.collecting.quarantine import Release
from streams.collecting.receipts import Receipt
from streams.entry import Status

RETENTION: Final = timedelta(days=40)
"""How long a row is kept after its day: files replace seven days (arrêté of 24 July 2013); the rest is Vigie's choice,
for establishments that send a month again."""

Key = tuple[Status, str]


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose records are compared with each other: those of one feed from one source, within a région."""

    region: str
    feed: str
    source: str


class LedgerRow(NamedTuple):
    """A record already journaled: ``seq`` is its entry, ``digest`` that of its canonical payload."""

    status: Status
    key: str
    day: date
    digest: bytes
    extracted_at: datetime
    seq: int


@dataclass(frozen=True, slots=True)
class Collected:
    """What collecting adds to a batch: rows to put, rows that are gone, what becomes of the quarantine, a receipt.

    Rows of ``scope`` dated before ``forget_before`` are forgotten; quarantined bytes received before ``purge_before``
    are erased.
    """

    scope: Scope | None = None
    rows: tuple[LedgerRow, ...] = ()
    gone: tuple[Key, ...] = ()
    forget_before: date | None = None
    releases: tuple[Release, ...] = ()
    purge_before: datetime | None = None
    receipt: Receipt | None = None


class Ledger(Protocol):
    """What is read of the rows; they are written with the journal's batches."""

    def known(self, scope: Scope, keys: Collection[str]) -> dict[Key, LedgerRow]:
        """Return the rows of these keys, whatever their status."""
        ...

    def keys_within(self, scope: Scope, status: Status, window: Window) -> Iterator[str]:
        """Stream the keys of the rows of the days of a window, by day and key."""
        ...


class SeenKeys(Protocol):
    """The keys a file has given so far."""

    def add_new(self, keys: Sequence[Key]) -> list[bool]:
        """Add keys in order; tell for each whether it is given for the first time."""
        ...

    def missing(self, keys: Sequence[Key]) -> list[Key]:
        """Return those that were never given, in order."""
        ...

    def close(self) -> None:
        """Forget them."""
        ...


class MemoryKeys:
    """`SeenKeys` in a set."""

    def __init__(self) -> None:
        self._seen: set[Key] = set()

    def add_new(self, keys: Sequence[Key]) -> list[bool]:
        """Add keys in order; tell for each whether it is given for the first time."""
        is_new = []
        for key in keys:
            is_new.append(key not in self._seen)
            self._seen.add(key)
        return is_new

    def missing(self, keys: Sequence[Key]) -> list[Key]:
        """Return those that were never given, in order."""
        return [key for key in keys if key not in self._seen]

    def close(self) -> None:
        """Forget them."""
        self._seen.clear()


class Verdict(StrEnum):
    """What a record is to the ledger."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REPEATED = "repeated"
    OUTDATED = "outdated"


class Offer(NamedTuple):
    """A record of a file, as the ledger compares it."""

    status: Status
    key: str
    day: date
    digest: bytes


@dataclass(frozen=True, slots=True)
class Terms:
    """How a file stands to what its source gave before.

    ``is_older``: a newer extraction already covered its window. ``forgotten_before``: days before this one were given
    once and are no longer in the ledger.
    """

    extracted_at: datetime
    is_older: bool = False
    forgotten_before: date | None = None


def digest_of(payload: bytes) -> bytes:
    """Return the digest that tells whether a record changed: 16 bytes of BLAKE2b over its canonical payload."""
    return hashlib.blake2b(payload, digest_size=16).digest()


def reconcile(terms: Terms, offers: Sequence[Offer], known: Mapping[Key, LedgerRow], seen: SeenKeys) -> list[Verdict]:
    """Judge the next records of a file, in order; ``seen`` remembers their keys for those that follow."""
    is_new = seen.add_new([(offer.status, offer.key) for offer in offers])
    return [
        _judged(terms, offer, known.get((offer.status, offer.key))) if first else Verdict.REPEATED
        for offer, first in zip(offers, is_new, strict=True)
    ]


def _judged(terms: Terms, offer: Offer, row: LedgerRow | None) -> Verdict:
    is_forgotten = terms.forgotten_before is not None and offer.day < terms.forgotten_before
    if terms.is_older or is_forgotten:
        return Verdict.OUTDATED
    if row is None:
        return Verdict.ADDED
    if row.digest == offer.digest:
        return Verdict.UNCHANGED
    return Verdict.OUTDATED if row.extracted_at > terms.extracted_at else Verdict.CHANGED


def replaced(terms: Terms, window: Window) -> Window | None:
    """Return the days whose missing records are gone: none for an older file, never the forgotten ones."""
    if terms.is_older:
        return None
    first = window.first if terms.forgotten_before is None else max(window.first, terms.forgotten_before)
    return Window(first, window.last) if first <= window.last else None


def horizon(today: date) -> date:
    """Return the first day the ledger still remembers."""
    return today - RETENTION
