"""The ledger, in a database. `put` runs inside the caller's transaction."""

from collections.abc import Collection, Iterator
from datetime import date
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Index, and_, bindparam, delete, select, tuple_
from sqlmodel import SQLModel

from alerts.adapters import dialects
from alerts.adapters.database import Database, from_micros, sealed, table_of, to_micros
from streams.collecting.decoding import Window
from streams.collecting.ledger import Collected, Key, LedgerRow, Scope
from streams.entry import Status

_KEYS_CHUNK: Final = 5000
_STATUS: Final = {status.value: status for status in Status}


class LedgerEntryRow(SQLModel, table=True):
    """A `streams.collecting.ledger.LedgerRow`; days are counted from 0001-01-01 (`date.toordinal`)."""

    __tablename__ = "ledger"
    __table_args__ = (Index("ledger_day", "region", "feed", "source", "day"), dialects.WITHOUT_ROWID)
    region: str = dialects.key()
    feed: str = dialects.key()
    source: str = dialects.key()
    key: str = dialects.key()
    status: str = dialects.key()
    day: int
    digest: bytes
    extracted_at: int = dialects.big()
    seq: int = dialects.big()
    seal: bytes


LEDGER: Final = table_of(LedgerEntryRow)
_COLUMNS: Final = (
    LEDGER.c.status,
    LEDGER.c.key,
    LEDGER.c.day,
    LEDGER.c.digest,
    LEDGER.c.extracted_at,
    LEDGER.c.seq,
)
_OF_SCOPE: Final = and_(
    LEDGER.c.region == bindparam("region"),
    LEDGER.c.feed == bindparam("feed"),
    LEDGER.c.source == bindparam("source"),
)
_KNOWN: Final = select(*_COLUMNS).where(_OF_SCOPE, dialects.IsListed(LEDGER.c.key, "keys"))
_KEYS: Final = (
    select(LEDGER.c.day, LEDGER.c.key)
    .where(
        _OF_SCOPE,
        LEDGER.c.status == bindparam("status"),
        LEDGER.c.day <= bindparam("last"),
        tuple_(LEDGER.c.day, LEDGER.c.key) > tuple_(bindparam("day"), bindparam("key")),
    )
    .order_by(LEDGER.c.day, LEDGER.c.key)
    .limit(_KEYS_CHUNK)
)


class StoredLedger:
    """The `streams.collecting.ledger.Ledger` of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, scope: Scope, keys: Collection[str]) -> dict[Key, LedgerRow]:
        """Return the rows of these keys, whatever their status."""
        with self._database.asking() as connection:
            return known(connection, scope, keys)

    def keys_within(self, scope: Scope, status: Status, window: Window) -> Iterator[str]:
        """Stream the keys of the rows of the days of a window, by day and key."""
        asked = {**_asked(scope), "status": status.value, "last": window.last.toordinal()}
        day, key = window.first.toordinal(), ""
        while True:
            with self._database.asking() as connection:
                rows = dialects.bare_rows(connection, _KEYS, {**asked, "day": day, "key": key})
            yield from (key for _, key in rows)
            if len(rows) < _KEYS_CHUNK:
                return
            day, key = rows[-1]


def known(connection: Connection, scope: Scope, keys: Collection[str]) -> dict[Key, LedgerRow]:
    """Return the rows of these keys, whatever their status."""
    asked = {**_asked(scope), "keys": dialects.as_list(connection, sorted(keys))}
    found = map(_to_row, dialects.bare_rows(connection, _KNOWN, asked))
    return {(row.status, row.key): row for row in found}


def _asked(scope: Scope) -> dict[str, object]:
    return {"region": scope.region, "feed": scope.feed, "source": scope.source}


def put(connection: Connection, collected: Collected) -> None:
    """Write what collecting adds to the ledger, and forget what is out of its days."""
    scope = collected.scope
    if scope is None:
        return
    dialects.upsert(connection, LEDGER, [_columns(scope, row) for row in collected.rows])
    for status, key in collected.gone:
        connection.execute(delete(LEDGER).where(of_scope(scope), LEDGER.c.status == status.value, LEDGER.c.key == key))
    if collected.forget_before is not None:
        connection.execute(delete(LEDGER).where(of_scope(scope), LEDGER.c.day < collected.forget_before.toordinal()))


def of_scope(scope: Scope) -> ColumnElement[bool]:
    """Return what selects the rows of a scope."""
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


def _to_row(row: tuple[Any, ...]) -> LedgerRow:
    status, key, day, digest, extracted_at, seq = row
    return LedgerRow(_STATUS[status], key, _day(day), digest, _instant(extracted_at), seq)


# The rows of a file share a few days and extractions.
_day = lru_cache(1024)(date.fromordinal)
_instant = lru_cache(1024)(from_micros)
