"""The one SQLite file behind the journal and the outbox: opening, pragmas, transactions, errors.

WAL lets people read while the monitor writes. ``synchronous=FULL`` (the default) makes each commit survive
a power cut; NORMAL is faster and still survives a killed process, but the last commits before a power cut
may be lost. A reader's transaction is deferred, a writer's is BEGIN IMMEDIATE: two writers queue instead of
failing half-way.
"""

import hashlib
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Final, Literal, Self

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import SQLModel

from alerts.adapters import dialects
from alerts.adapters.database import sealed, table_of
from alerts.outbox import StorageError, StorageFull, StorageUnreadable

APPLICATION_ID: Final = 0x56494749
"""Written in the file's header: ``VIGI`` in ASCII."""
SCHEMA_VERSION: Final = 2
"""The layout of the tables, kept in the header's user_version."""

Synchronous = Literal["FULL", "NORMAL"]
_BUSY_SECONDS: Final = 30


class MetaRow(SQLModel, table=True):
    """A fact about the file itself, such as what the journal is for."""

    __tablename__ = "meta"
    key: str = dialects.key()
    value: str = dialects.text()
    seal: bytes


def schema_digest(connection: Connection) -> str:
    """Return the SHA-256 (hex) of the tables' own definitions."""
    rows = connection.exec_driver_sql("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
    return hashlib.sha256("\n".join(str(row[0]) for row in rows).encode()).hexdigest()


class SqliteDatabase:
    """A `Database` in one file."""

    def __init__(self, path: Path, engine: Engine) -> None:
        self.path = path
        self.engine = engine
        self._writer = engine.execution_options(vigie_begin="BEGIN IMMEDIATE")

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    @classmethod
    def create(
        cls, path: Path, tables: Sequence[Table], meta: Mapping[str, str], synchronous: Synchronous = "FULL"
    ) -> Self:
        """Make a new file holding ``tables``; StorageError when there is already one with something in it."""
        if path.exists() and path.stat().st_size:
            raise StorageError(f"{path} already exists: open it, or choose another name")
        # Made beside and then named: a process killed meanwhile must not leave half a journal under the name.
        unfinished = path.with_name(f".{path.name}.{os.getpid()}.new")
        try:
            _make(path, unfinished, [*tables, table_of(MetaRow)], meta)
        finally:
            for leftover in (unfinished, Path(f"{unfinished}-wal"), Path(f"{unfinished}-shm")):
                leftover.unlink(missing_ok=True)
        return cls.open(path, synchronous)

    @classmethod
    def open(cls, path: Path, synchronous: Synchronous = "FULL", *, read_only: bool = False) -> Self:
        """Open an existing file; StorageUnreadable when it is not a Vigie journal of this version."""
        if not path.is_file():
            raise StorageUnreadable(f"{path}: there is no such journal")
        database = cls(path, _engine(path, synchronous, read_only=read_only))
        try:
            database._check_header()
        except UnicodeDecodeError as error:
            # sqlite3 cannot even word its complaint when it quotes a damaged table definition.
            database.close()
            raise StorageUnreadable(f"{path}: damaged in the definition of its tables") from error
        except BaseException:
            database.close()
            raise
        return database

    def _check_header(self) -> None:
        with self.reading() as connection:
            application_id = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
            version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            connection.exec_driver_sql("SELECT count(*) FROM sqlite_schema").scalar_one()
        if application_id != APPLICATION_ID:
            raise StorageUnreadable(f"{self.path}: not a Vigie journal (application_id {application_id:#x})")
        if version != SCHEMA_VERSION:
            raise StorageUnreadable(
                f"{self.path}: layout version {version}, this Vigie reads version {SCHEMA_VERSION}; use the"
                " Vigie that wrote it to export the journal, then import the archive here"
            )

    def meta(self, key: str) -> str | None:
        """Return a fact recorded when the file was made, None when it was not."""
        table = table_of(MetaRow)
        with self.reading() as connection:
            value = connection.execute(select(table.c.value).where(table.c.key == key)).scalar_one_or_none()
        return None if value is None else str(value)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a consistent view of the file; keep it short, a long one keeps the WAL from shrinking."""
        with _translated(self.path), self.engine.begin() as connection:
            yield connection

    def asking(self) -> AbstractContextManager[Connection]:
        """Give a view of the file: here a transaction costs nothing."""
        return self.reading()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give the only writer's connection; everything is committed at the end, or nothing is."""
        with _translated(self.path), self._writer.begin() as connection:
            yield connection

    def alone(self, what: str) -> AbstractContextManager[None]:
        """Hold nothing: a file has one writer, which does one thing after the other."""
        del what
        return nullcontext()

    def close(self) -> None:
        """Close every connection; the last one folds the WAL back into the file."""
        self.engine.dispose()


def _engine(path: Path, synchronous: Synchronous, *, read_only: bool = False) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False},
    )
    # A checker must not touch what it checks.
    pragmas = ["query_only=ON"] if read_only else ["journal_mode=WAL", f"synchronous={synchronous}"]

    @event.listens_for(engine, "connect")
    def _set_up(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # sqlite3's own BEGIN is deferred and comes late: ours is explicit
        for pragma in ("foreign_keys=ON", *pragmas):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("vigie_begin", "BEGIN"))

    return engine


def _make(path: Path, unfinished: Path, tables: Sequence[Table], meta: Mapping[str, str]) -> None:
    database = SqliteDatabase(path, _engine(unfinished, "FULL"))
    try:
        with database.writing() as connection:
            _lay_out(connection, tables, meta)
    finally:
        database.close()
    try:
        if not path.exists():
            path.hardlink_to(unfinished)  # fails, rather than replace what another process made just now
            return
    except FileExistsError:
        raise StorageError(f"{path}: another process has just created this journal: open it") from None
    except OSError:
        pass  # a file system without hard links
    unfinished.replace(path)  # also over an empty file, such as mktemp makes


def _lay_out(connection: Connection, tables: Sequence[Table], meta: Mapping[str, str]) -> None:
    SQLModel.metadata.create_all(connection, tables=tables)
    connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
    connection.exec_driver_sql(f"PRAGMA user_version={SCHEMA_VERSION}")
    facts = {**meta, "schema": schema_digest(connection)}
    rows = [sealed({"key": key, "value": value}) for key, value in facts.items()]
    connection.execute(insert(table_of(MetaRow)), rows)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise _storage_error(path, error.orig) from error
    except sqlite3.Error as error:
        raise _storage_error(path, error) from error


def _storage_error(path: Path, error: BaseException | None) -> StorageError:
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:  # the low byte is the primary code
        case sqlite3.SQLITE_FULL:
            return StorageFull(f"{path}: the disk is full, nothing was written; free some space and try again")
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return StorageUnreadable(f"{path}: damaged or not a Vigie journal ({error}); run `vigie journal verify`")
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StorageError(
                f"{path}: another process has kept it locked for {_BUSY_SECONDS} s; nothing was written"
            )
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return StorageError(f"{path}: cannot be opened or written ({error}); check the directory and its rights")
        case _:
            return StorageError(f"{path}: {error}")
