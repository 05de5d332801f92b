"""The journal in one SQLite file: one transaction per batch, chunked reading in constant memory.

Committed entries are never changed, so a reader takes them chunk by chunk, each in its own short transaction.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import Connection, Row, Select, Table, insert, select
from sqlalchemy.dialects import sqlite

from alerts import effect_codec
from alerts.adapters import dialects
from alerts.adapters.database import seal, sealed
from alerts.adapters.outbox_store import StoredOutbox, enqueue, finish_all, recall_all
from alerts.adapters.sqlite_database import SqliteDatabase, Synchronous
from alerts.outbox import DEFAULT_POLICY, RetryPolicy, StorageError, StorageUnreadable
from streams.adapters import ledger_store, quarantine_store, receipt_store, sqlite_integrity, tables
from streams.adapters.ledger_store import StoredLedger
from streams.adapters.quarantine_store import StoredQuarantine
from streams.adapters.receipt_store import StoredReceipts
from streams.adapters.tables import EFFECTS, ENTRIES, HEADS, SNAPSHOTS
from streams.collecting.ledger import Collected
from streams.entry import Entry, Head
from streams.integrity import EffectRecord, Problem
from streams.journal import (
    Batch,
    JournalConflict,
    JournalPurpose,
    Linked,
    Quarantined,
    Snapshot,
    StoredEffect,
    fresh_head,
    link,
)

_CHUNK: Final = 1000
_INSERTS: Final = {
    table: str(insert(table).compile(dialect=sqlite.dialect(paramstyle="named"))) for table in (ENTRIES, EFFECTS)
}


class SqliteJournal:
    """A `streams.journal.Journal` in a file. Closing it folds SQLite's side files back into that one file."""

    def __init__(self, database: SqliteDatabase, policy: RetryPolicy = DEFAULT_POLICY) -> None:
        self.database = database
        self.outbox = StoredOutbox(database, policy)
        self.ledger = StoredLedger(database)
        self.receipts = StoredReceipts(database)
        self.aside = StoredQuarantine(database)
        self._purpose = _purpose_of(database)

    @classmethod
    def create(
        cls,
        path: Path,
        purpose: JournalPurpose = JournalPurpose.LIVE,
        synchronous: Synchronous = "FULL",
        policy: RetryPolicy = DEFAULT_POLICY,
    ) -> Self:
        """Make a new, empty journal; StorageError when the file already holds something."""
        return cls(SqliteDatabase.create(path, tables.TABLES, {"purpose": purpose.value}, synchronous), policy)

    @classmethod
    def open(
        cls,
        path: Path,
        synchronous: Synchronous = "FULL",
        policy: RetryPolicy = DEFAULT_POLICY,
        *,
        read_only: bool = False,
    ) -> Self:
        """Open an existing journal; StorageUnreadable when it is not one, is newer or is damaged."""
        database = SqliteDatabase.open(path, synchronous, read_only=read_only)
        try:
            return cls(database, policy)
        except BaseException:
            database.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self.database.close()

    @property
    def purpose(self) -> JournalPurpose:
        """What the journal is for."""
        return self._purpose

    def regions(self) -> list[str]:
        """Return the INSEE codes of the régions that have a head, sorted."""
        return [head.region for head in self.heads()]

    def head(self, region: str) -> Head:
        """Return where a région stands; a fresh head when nothing was journaled."""
        with self.database.reading() as connection:
            return _head(connection, region)

    def heads(self) -> list[Head]:
        """Return every région's head, by code."""
        with self.database.reading() as connection:
            return [_checked_head(row) for row in connection.execute(select(HEADS).order_by(HEADS.c.region))]

    def commit(self, batch: Batch) -> Head:
        """Write one batch, return the new head; JournalConflict, TimeWentBack, StorageError: nothing written."""
        with self.database.writing() as connection:
            return self._write(connection, batch)

    def commit_all(self, batches: Iterable[Batch]) -> None:
        """Write all batches in one transaction; any error, even one of the iterable, undoes all of them."""
        with self.database.writing() as connection:
            for batch in batches:
                self._write(connection, batch)

    def _write(self, connection: Connection, batch: Batch) -> Head:
        region = batch.head.region
        linked = link(batch, _head(connection, region), self._purpose)
        _put_head(connection, linked.head)
        _append_entries(connection, batch, linked)
        _append_effects(connection, batch, linked)
        if batch.snapshot is not None:
            _put_snapshot(connection, linked.head, batch.snapshot)
        quarantine_store.put(connection, region, batch.quarantine)
        if batch.collected is not None:
            _put_collected(connection, batch.collected)
        enqueue(connection, region, batch.outbox)
        recall_all(connection, region, (effect for effect, _ in batch.effects))
        unknown = finish_all(connection, region, batch.finished)
        if unknown is not None:
            raise JournalConflict(f"région {region}: notification {unknown} was never in the outbox")
        return linked.head

    def entries(self, region: str, after_seq: int = 0, until: datetime | None = None) -> Iterator[Entry]:
        """Stream the entries after ``after_seq`` recorded at or before ``until``, in constant memory."""
        of_region = select(ENTRIES).where(ENTRIES.c.region == region).order_by(ENTRIES.c.seq).limit(_CHUNK)
        while rows := self._chunk(of_region.where(ENTRIES.c.seq > after_seq)):
            for row in rows:
                entry = self._read(row)
                if until is not None and entry.recorded_at > until:
                    return
                yield entry
            after_seq = rows[-1].seq

    def entries_at(self, region: str, seqs: Collection[int]) -> dict[int, Entry]:
        """Return the entries of these numbers; those that do not exist are left out."""
        wanted, found = sorted(seqs), {}
        for start in range(0, len(wanted), _CHUNK):
            some = wanted[start : start + _CHUNK]
            rows = self._chunk(select(ENTRIES).where(ENTRIES.c.region == region, ENTRIES.c.seq.in_(some)))
            found.update({row.seq: self._read(row) for row in rows})
        return found

    def effects(self, region: str, after: int = 0) -> Iterator[StoredEffect]:
        """Stream the effects numbered above ``after``, in constant memory."""
        of_region = select(EFFECTS).where(EFFECTS.c.region == region).order_by(EFFECTS.c.number).limit(_CHUNK)
        while rows := self._chunk(of_region.where(EFFECTS.c.number > after)):
            for row in rows:
                yield StoredEffect(row.number, row.after_seq, effect_codec.decode(row.effect))
            after = rows[-1].number

    def latest_snapshot(self, region: str) -> Snapshot | None:
        """Return the last snapshot committed, None when there is none.

        One that does not match its seal counts as none: the fold then replays from the start, to the same
        state.
        """
        with self.database.reading() as connection:
            row = connection.execute(select(SNAPSHOTS).where(SNAPSHOTS.c.region == region)).one_or_none()
        if row is None or row.seal != seal(*row[:-1]):
            return None
        return Snapshot(tables.to_head(row), row.state)

    def quarantined(self, region: str | None = None) -> Iterator[Quarantined]:
        """Stream the records put aside, oldest first; of all régions by default."""
        return (held.quarantined for held in self.aside.all(region))

    def verify(self) -> list[Problem]:
        """Recompute every chain; name the first bad entry and effect of each région. Empty: all is sound."""
        return sqlite_integrity.verify(self.database)

    def _chunk(self, query: Select[Any]) -> Sequence[Row[Any]]:
        with self.database.reading() as connection:
            return connection.execute(query).all()

    def _read(self, row: Row[Any]) -> Entry:
        try:
            return tables.to_entry(row)
        except (KeyError, TypeError, OverflowError) as error:
            raise StorageUnreadable(
                f"{self.database.path}: région {row.region}, entry {row.seq} was altered; run `vigie journal verify`"
            ) from error


def verify_file(path: Path) -> list[Problem]:
    """Verify a journal file without changing it, whatever state it is in; never raises for its content."""
    try:
        with SqliteJournal.open(path, read_only=True) as journal:
            return journal.verify()
    except StorageError as error:
        return [Problem("file", str(error))]


def _purpose_of(database: SqliteDatabase) -> JournalPurpose:
    value = database.meta("purpose")
    try:
        return JournalPurpose(value or "")
    except ValueError:
        raise StorageUnreadable(
            f"{database.path}: the journal's purpose is unreadable ({value!r}); run `vigie journal verify`"
        ) from None


def _head(connection: Connection, region: str) -> Head:
    row = connection.execute(select(HEADS).where(HEADS.c.region == region)).one_or_none()
    return fresh_head(region) if row is None else _checked_head(row)


def _checked_head(row: Row[Any]) -> Head:
    if row.seal != seal(*row[:-1]):
        raise StorageUnreadable(f"the head of région {row.region} was altered on the disk; run `vigie journal verify`")
    return tables.to_head(row)


def _put_head(connection: Connection, head: Head) -> None:
    dialects.upsert(connection, HEADS, [sealed(tables.head_columns(head))])


def _put_snapshot(connection: Connection, head: Head, state: bytes) -> None:
    dialects.upsert(connection, SNAPSHOTS, [sealed({**tables.head_columns(head), "state": state})])


def _put_collected(connection: Connection, collected: Collected) -> None:
    ledger_store.put(connection, collected)
    not_held = quarantine_store.release(connection, collected.releases)
    if not_held is not None:
        raise JournalConflict(f"record {not_held} is not in quarantine, or not any more")
    if collected.purge_before is not None:
        quarantine_store.purge(connection, collected.purge_before)
    if collected.receipt is not None:
        receipt_store.put(connection, collected.receipt)


def _append_entries(connection: Connection, batch: Batch, linked: Linked) -> None:
    pairs = zip(batch.entries, linked.entry_digests, strict=True)
    rows = [tables.entry_row(entry, digest) for entry, digest in pairs]
    _insert(connection, ENTRIES, rows)


def _append_effects(connection: Connection, batch: Batch, linked: Linked) -> None:
    region, first = batch.head.region, batch.head.effects + 1
    stored = zip(batch.effects, linked.effect_texts, linked.effect_digests, strict=True)
    rows = [
        tables.effect_row(region, EffectRecord(number, after_seq, text, digest))
        for number, ((_, after_seq), text, digest) in enumerate(stored, first)
    ]
    _insert(connection, EFFECTS, rows)


def _insert(connection: Connection, table: Table, rows: list[dict[str, object]]) -> None:
    # The rows are already what sqlite3 binds: processing each parameter again costs a sixth of a commit.
    if rows:
        connection.exec_driver_sql(_INSERTS[table], rows)
