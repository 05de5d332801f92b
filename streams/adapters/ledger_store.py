"""The ledger in SQLite, in the journal's own file. `put` runs inside the journal's transaction."""

from collections.abc import Collection, Iterator
from datetime import date
from functools import lru_cache
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Index, and_, delete
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import insert
from sqlmodel import Field, SQLModel

from alerts.adapters.database import Database, from_micros, sealed, table_of, to_micros
from streams.collecting.decoding import Window
from streams.collecting.ledger import Collected, Key, LedgerRow, Scope
from streams.entry import Status

_KEYS_CHUNK: Final = 5000
_STATUS: Final = {status.value: status for status in Status}


class LedgerEntryRow(SQLModel, table=True):
    """A `streams.collecting.ledger.LedgerRow`; days are counted from 0001-01-01 (`date.toordinal`)."""

    __tablename__ = "ledger"
    __table_args__ = (Index("ledger_day", "region", "feed", "source", "day"), {"sqlite_with_rowid": False})
    region: str = Field(primary_key=True)
    feed: str = Field(primary_key=True)
    source: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    status: str = Field(primary_key=True)
    day: int
    digest: bytes
    extracted_at: int
    seq: int
    seal: bytes


LEDGER: Final = table_of(LedgerEntryRow)
_KEY_COLUMNS: Final = ("region", "feed", "source", "key", "status")
_KNOWN: Final = """SELECT status, key, day, digest, extracted_at, seq FROM ledger
WHERE region = ? AND feed = ? AND source = ? AND key IN (SELECT value FROM json_each(?))"""
_KEYS: Final = """SELECT day, key FROM ledger
WHERE region = ? AND feed = ? AND source = ? AND status = ? AND day <= ? AND (day, key) > (?, ?)
ORDER BY day, key LIMIT ?"""
_ROW: Final = insert(LEDGER)
_UPSERT: Final = str(
    _ROW.on_conflict_do_update(
        index_elements=_KEY_COLUMNS,
        set_={column.name: _ROW.excluded[column.name] for column in LEDGER.c if column.name not in _KEY_COLUMNS},
    ).compile(dialect=sqlite.dialect(paramstyle="named"))
)


class SqliteLedger:
    """The `streams.collecting.ledger.Ledger` of a journal's file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, scope: Scope, keys: Collection[str]) -> dict[Key, LedgerRow]:
        """Return the rows of these keys, whatever their status."""
        asked = (scope.region, scope.feed, scope.source, msgspec.json.encode(sorted(keys)).decode())
        with self._database.reading() as connection:
            # Straight from sqlite3: wrapping each row again costs more than finding it.
            found = connection.connection.cursor().execute(_KNOWN, asked).fetchall()
        return {(row.status, row.key): row for row in map(_to_row, found)}

    def keys_within(self, scope: Scope, status: Status, window: Window) -> Iterator[str]:
        """Stream the keys of the rows of the days of a window, by day and key."""
        asked = (scope.region, scope.feed, scope.source, status.value, window.last.toordinal())
        after: tuple[int, str] = (window.first.toordinal(), "")
        while True:
            with self._database.reading() as connection:
                rows = connection.connection.cursor().execute(_KEYS, (*asked, *after, _KEYS_CHUNK)).fetchall()
            yield from (key for _, key in rows)
            if len(rows) < _KEYS_CHUNK:
                return
            after = rows[-1]


def put(connection: Connection, collected: Collected) -> None:
    """Write what collecting adds to the ledger, and forget what is out of its days."""
    scope = collected.scope
    if scope is None:
        return
    if collected.rows:
        connection.exec_driver_sql(_UPSERT, [_columns(scope, row) for row in collected.rows])
    for status, key in collected.gone:
        connection.execute(delete(LEDGER).where(_of(scope), LEDGER.c.status == status.value, LEDGER.c.key == key))
    if collected.forget_before is not None:
        connection.execute(delete(LEDGER).where(_of(scope), LEDGER.c.day < collected.forget_before.toordinal()))


def _of(scope: Scope) -> ColumnElement[bool]:
    return and_(LEDGER.c.region == scope.region, LEDGER.c.feed == scope.feed, LEDGER.c.source == scope.source)


def _columns(scope: Scope, row: LedgerRow) -> dict[str, object]:
    return sealed(
        {
            "region": scope.region,
            "feed": scope.feed,
            "source": scope.source,
            "key": row.key,
            "status": row.status.value,
            "day": row.day.toordinal(),
            "digest": row.digest,
            "extracted_at": to_micros(row.extracted_at),
            "seq": row.seq,
        }
    )


def _to_row(row: tuple[str, str, int, bytes, int, int]) -> LedgerRow:
    status, key, day, digest, extracted_at, seq = row
    return LedgerRow(_STATUS[status], key, _day(day), digest, _instant(extracted_at), seq)


# The rows of a file share a few days and extractions.
_day = lru_cache(1024)(date.fromordinal)
_instant = lru_cache(1024)(from_micros)
