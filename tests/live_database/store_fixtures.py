"""Every store under the same contract: memory, a journal's file, a live store's file, a live store on PostgreSQL."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from alerts.adapters.postgres import PostgresDatabase
from streams.adapters import migrating
from streams.adapters.live_store import LiveStore
from streams.adapters.sqlite_journal import SqliteJournal
from streams.testing import MemoryJournal
from tests.live_database.postgres_server import NoPostgres, Server, given, running
from tests.live_database.stored_journal import StoredJournal

GIVEN = "VIGIE_TEST_POSTGRES"
AnyJournal = MemoryJournal | SqliteJournal | StoredJournal
# A server for each process would be heavy: what needs it runs in one.
ON_POSTGRES = pytest.param("postgres", marks=pytest.mark.xdist_group("servers"))
STORES = ("memory", "sqlite", "live-file", ON_POSTGRES)
LIVE_STORES = ("live-file", ON_POSTGRES)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A real PostgreSQL, the one VIGIE_TEST_POSTGRES names or its own."""
    url = os.environ.get(GIVEN)
    if url:
        yield given(url)
        return
    with ExitStack() as until_the_end:
        try:
            server = until_the_end.enter_context(running())
        except NoPostgres as why:
            if os.environ.get("CI", "").lower() in {"true", "1"}:
                pytest.fail(f"continuous integration must test against a real PostgreSQL: {why}", pytrace=False)
            pytest.skip(f"no PostgreSQL to test against: {why}; or give one: {GIVEN}=postgresql://…")
        yield server


@pytest.fixture(scope="session")
def migrated(postgres: Server) -> Iterator[str]:
    """The URL of a database laid out by the migrations."""
    with postgres.database() as url:
        database = PostgresDatabase.open(url)
        migrating.upgrade(database)
        database.close()
        yield url


@pytest.fixture
def postgres_url(migrated: str) -> str:
    """The URL of the migrated database, with nothing in it."""
    database = PostgresDatabase.open(migrated)
    with database.writing() as connection:
        names = connection.exec_driver_sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").scalars()
        emptied = ", ".join(name for name in names if name != "alembic_version")
        connection.exec_driver_sql(f"TRUNCATE {emptied} RESTART IDENTITY")
    database.close()
    return migrated


@pytest.fixture(params=LIVE_STORES)
def live_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty live store."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'live.db'}"


@pytest.fixture
def live_store(live_url: str) -> Iterator[LiveStore]:
    with LiveStore.open(live_url) as store:
        yield store


def journal_of(request: pytest.FixtureRequest, tmp_path: Path) -> AnyJournal:
    """Return an empty journal over the store that a fixture was parametrized with."""
    match request.param:
        case "memory":
            return MemoryJournal()
        case "sqlite":
            return SqliteJournal.create(tmp_path / "journal.db")
        case "live-file":
            return StoredJournal(LiveStore.open(f"sqlite:///{tmp_path / 'live.db'}"))
        case _:
            return StoredJournal(LiveStore.open(request.getfixturevalue("postgres_url")))
