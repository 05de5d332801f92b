"""What the stores ask of a database, whichever it is, and how their rows are written.

Two keep this contract: `alerts.adapters.sqlite_database`, one file, the default; `alerts.adapters.postgres`, a server
that several processes share. Instants are microseconds UTC.
"""

import hashlib
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import msgspec
from sqlalchemy import Connection, Table
from sqlmodel import SQLModel

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Database(Protocol):
    """An open database. Every failure within `reading`, `asking` and `writing` comes out as a StorageError."""

    @property
    def name(self) -> str:
        """Where it is, as errors say it: never a password."""
        ...

    def reading(self) -> AbstractContextManager[Connection]:
        """Give a consistent view; keep it short."""
        ...

    def asking(self) -> AbstractContextManager[Connection]:
        """Give a connection for questions that are each answered from a view of its own: a third of the way of one."""
        ...

    def writing(self) -> AbstractContextManager[Connection]:
        """Give a connection that may write; everything is committed at the end, or nothing is."""
        ...

    def alone(self, what: str) -> AbstractContextManager[None]:
        """Let nobody else of this database be `alone` with ``what`` as long as the block lasts; wait a while for it."""
        ...

    def close(self) -> None:
        """Close every connection."""
        ...


def table_of(row: type[SQLModel]) -> Table:
    """Return the Core table of a row class: bulk reads and writes go around the ORM."""
    return SQLModel.metadata.tables[str(row.__tablename__)]


def seal(*values: object) -> bytes:
    """Return the SHA-256 of a row's other columns, in order: a byte changed on the disk no longer matches."""
    return hashlib.sha256(msgspec.msgpack.encode(values)).digest()


def sealed(row: Mapping[str, object]) -> dict[str, object]:
    """Return the row with its seal as last column."""
    return {**row, "seal": seal(*row.values())}


def to_micros(instant: datetime) -> int:
    """Return microseconds since 1970-01-01 UTC: exact, ordered, and the same on every machine."""
    return (instant - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the aware UTC instant; OverflowError outside years 1 to 9999."""
    return _EPOCH + timedelta(microseconds=micros)
