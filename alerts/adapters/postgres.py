"""A `Database` on a PostgreSQL server, which several processes share.

Connections are tested before use, so a server that was restarted is found again by itself. The server gives up a
statement, a lock or an idle transaction after a while: a process that was suspended cannot hold the others up. A failed
commit may have been done all the same: whoever writes must be able to write again.
"""

import hashlib
import re
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Self

import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as NoneFree

from alerts.outbox import StorageError, StorageFull, StorageRefused, StorageUnreadable

DRIVER: Final = "postgresql+psycopg"
_SCHEMES: Final = ("postgresql", "postgres", DRIVER)
# Vigie's own choice: a commit takes milliseconds, the longest statement (a month of one source) seconds.
_CONNECT_SECONDS: Final = 10
_STATEMENT_SECONDS: Final = 30
_LOCK_SECONDS: Final = 10
_IDLE_SECONDS: Final = 60
_POOL: Final = 10
_POOL_SECONDS: Final = 30
_RESTED_SECONDS: Final = 5
"""How long a connection on which the server said nothing may rest and be taken for sound. Asking the server before each
of the nine transactions of a small file takes a sixth of its time."""
_LOCK, _UNLOCK = text("SELECT pg_advisory_lock(:number)"), text("SELECT pg_advisory_unlock(:number)")
_SERVER_SETTINGS: Final = {
    "statement_timeout": f"{_STATEMENT_SECONDS}s",
    "lock_timeout": f"{_LOCK_SECONDS}s",
    "idle_in_transaction_session_timeout": f"{_IDLE_SECONDS}s",
    # A plan made for any list of keys compares each row with each key: 50 times slower than one made for this list.
    "plan_cache_mode": "force_custom_plan",
}
_CONNECTING: Final[dict[str, object]] = {
    "connect_timeout": _CONNECT_SECONDS,
    "application_name": "vigie",
    # A server whose machine is gone says nothing: the network layer notices within half a minute.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
    "options": " ".join(f"-c {name}={value}" for name, value in _SERVER_SETTINGS.items()),
}

_ADVICE: Final[tuple[tuple[str, type[StorageError], str], ...]] = (
    ("53100", StorageFull, "the server's disk is full, nothing was written; free some space and try again"),
    ("53300", StorageError, "the server has no connection left; raise max_connections or stop what holds them"),
    ("53", StorageError, "the server lacks memory or another resource; see its log"),
    ("55P03", StorageError, f"a lock was held by another process for {_LOCK_SECONDS} s; nothing was written"),
    ("57014", StorageError, f"a statement took more than {_STATEMENT_SECONDS} s and was stopped; see the server's log"),
    ("57P", StorageError, "the server is stopping or starting; it is tried again"),
    ("40", StorageError, "the transaction met another one and was undone; it is tried again"),
    ("25006", StorageError, "this server only takes readers (a standby?); give the address of the one that writes"),
    ("42501", StorageError, "the account may not do this; give it its rights (docs/base-de-donnees.md)"),
    ("28", StorageError, "the server refuses this account; check its name, its password and pg_hba.conf"),
    ("3D000", StorageError, "there is no such database; create it (docs/base-de-donnees.md)"),
    ("42", StorageUnreadable, "a table or column is not as expected; run `vigie database upgrade`"),
    ("XX", StorageUnreadable, "the database is damaged; see the server's log, restore a backup"),
    ("58", StorageError, "the server met an error of its system or disk; see its log"),
    ("22", StorageRefused, "a value cannot be stored, nothing was written"),
    ("23", StorageRefused, "a row contradicts another one, nothing was written"),
)
"""SQLSTATE codes and classes (PostgreSQL documentation, appendix A), the most precise first. What the server says of
values is never repeated: it may quote a record."""


class PostgresDatabase:
    """A `Database` reached by its URL. Safe to share between threads."""

    def __init__(self, url: URL) -> None:
        self.name = f"PostgreSQL database {url.database} on {_place(url)}"
        self._secret = str(url.password) if url.password else None
        self._writer = _engine(url)
        # Client-side options of the driver: setting them asks nothing of the server.
        self._unattended = self._writer.execution_options(isolation_level="AUTOCOMMIT")
        self._reader = self._writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._asker = self._writer.execution_options(isolation_level="AUTOCOMMIT")

    @classmethod
    def open(cls, url: str) -> Self:
        """Return the database of a URL, connected at its first use; StorageError for a URL that cannot be one."""
        return cls(_read(url))

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a consistent view; keep it short, a long one keeps the server from cleaning up."""
        with self._translated(), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def asking(self) -> Iterator[Connection]:
        """Give a connection without a transaction: the server is asked once for each statement, not three times."""
        with self._translated(), self._asker.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection that may write; everything is committed at the end, or nothing is."""
        with self._translated(), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def alone(self, what: str) -> Iterator[None]:
        """Hold an advisory lock: it goes with the connection, whatever becomes of this process. StorageError.

        Locks have numbers: two different things may have the same one, and then wait for each other.
        """
        number = {"number": int.from_bytes(hashlib.blake2b(what.encode(), digest_size=8).digest(), signed=True)}
        with self._translated(), self._unattended.connect() as connection:
            connection.execute(_LOCK, number)
            try:
                yield
            finally:
                connection.execute(_UNLOCK, number)

    def close(self) -> None:
        """Close every connection."""
        self._writer.dispose()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise self._storage_error(error.orig) from None
        except psycopg.Error as error:
            raise self._storage_error(error) from None
        except UnicodeEncodeError:
            raise self._refused() from None
        except NoneFree:
            raise StorageError(f"{self.name}: all {_POOL} connections were busy for {_POOL_SECONDS} s") from None

    def _storage_error(self, error: BaseException | None) -> StorageError:
        code = getattr(error, "sqlstate", None)
        if code is None and isinstance(error, psycopg.DataError):
            return self._refused()
        if code is None:
            return StorageError(f"{self.name}: cannot be reached ({self._reason(error)}); check the server and network")
        for start, type_, advice in _ADVICE:
            if code.startswith(start):
                return type_(f"{self.name}: {advice} (SQLSTATE {code})")
        return StorageError(f"{self.name}: failed, see the server's log (SQLSTATE {code})")

    def _refused(self) -> StorageRefused:
        # The driver found it, before the server did: its own words would repeat the value.
        return StorageRefused(f"{self.name}: a value cannot be stored (a text that is no UTF-8, or with a NUL)")

    def _reason(self, error: BaseException | None) -> str:
        # The driver words it for several addresses, a line each; libpq never repeats a password, this makes sure.
        line = next(iter(str(error).splitlines()), "").rstrip(": ")
        return line.replace(self._secret, "***") if self._secret else line


def is_postgres(url: str) -> bool:
    """Tell whether a URL names a PostgreSQL database."""
    return url.partition("://")[0] in _SCHEMES


def _read(url: str) -> URL:
    expected = f"write {DRIVER}://account:password@host:port/database (docs/base-de-donnees.md)"
    if not is_postgres(url):
        scheme = url.partition("://")[0] if re.match(r"[a-z+]+://", url) else "no scheme"
        raise StorageError(f"the database URL ({scheme}) is not PostgreSQL's: {expected}")
    try:
        parsed = make_url(url).set(drivername=DRIVER)
    except (ArgumentError, ValueError):
        raise StorageError(f"the database URL cannot be read: {expected}") from None
    if not parsed.database:
        raise StorageError(f"the database URL names no database: {expected}")
    return parsed


def _place(url: URL) -> str:
    host = url.host or url.query.get("host") or "the local socket"
    return f"{host}:{url.port}" if url.port else str(host)


def _engine(url: URL) -> Engine:
    engine = create_engine(
        url,
        pool_size=_POOL,
        max_overflow=0,
        pool_timeout=_POOL_SECONDS,
        pool_use_lifo=True,
        connect_args=_CONNECTING,
        hide_parameters=True,
    )
    _test_before_use(engine)
    return engine


def _test_before_use(engine: Engine) -> None:
    """Test connections when they are taken; one that is dead is replaced."""

    @event.listens_for(engine, "checkin")
    def note(_: Any, record: Any) -> None:  # noqa: ANN401 - the driver's connection, and SQLAlchemy's record of it
        record.info["rests_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def test(connection: Any, record: Any, _: Any) -> None:  # noqa: ANN401 - as above
        has_rested = time.monotonic() - record.info.get("rests_since", 0.0) > _RESTED_SECONDS
        try:
            if has_rested or _has_something_to_read(connection):
                engine.dialect.do_ping(connection)
        except psycopg.Error as error:
            raise DisconnectionError from error


def _has_something_to_read(connection: psycopg.Connection) -> bool:
    # Nothing was asked: the server says goodbye, or is gone.
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
