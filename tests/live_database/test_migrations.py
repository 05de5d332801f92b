"""The layout of the database goes up and down, and is what the code expects."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from alerts.adapters.postgres import PostgresDatabase
from alerts.outbox import StorageError, StorageUnreadable
from streams.adapters import migrating
from streams.adapters.live_store import LiveStore
from streams.adapters.live_tables import LIVE_TABLES
from streams.adapters.migrating import NOTHING
from tests.live_database.postgres_server import Server

pytestmark = pytest.mark.xdist_group("servers")


@pytest.fixture
def empty_url(postgres: Server) -> Iterator[str]:
    with postgres.database() as url:
        yield url


@pytest.fixture
def empty(empty_url: str) -> Iterator[PostgresDatabase]:
    database = PostgresDatabase.open(empty_url)
    yield database
    database.close()


def tables(database: PostgresDatabase) -> set[str]:
    with database.reading() as connection:
        return set(connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars())


def test_the_migrated_layout_is_what_the_code_expects(empty: PostgresDatabase) -> None:
    migrating.upgrade(empty)
    assert migrating.differences(empty) == []
    assert migrating.current_version(empty) == migrating.newest_version()
    assert tables(empty) == {*(table.name for table in LIVE_TABLES), "alembic_version"}


def test_every_text_sorts_by_code_point(empty: PostgresDatabase) -> None:
    migrating.upgrade(empty)
    query = text(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name <> 'alembic_version'"
        " AND data_type = 'character varying' AND collation_name IS DISTINCT FROM 'C'"
    )
    with empty.reading() as connection:
        assert connection.execute(query).all() == []


def test_down_erases_everything_and_up_again_gives_the_same(empty: PostgresDatabase) -> None:
    migrating.upgrade(empty)
    migrating.downgrade(empty, NOTHING)
    assert tables(empty) == {"alembic_version"}
    assert migrating.current_version(empty) is None
    migrating.upgrade(empty)
    assert migrating.differences(empty) == []
    migrating.upgrade(empty)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("ALTER TABLE outbox DROP COLUMN worker", "add column: outbox.worker"),
        ("ALTER TABLE outbox ADD COLUMN note text", "remove column: outbox.note"),
        ("ALTER TABLE outbox ALTER COLUMN due_at TYPE integer", "modify type: outbox.due_at"),
        ("ALTER TABLE outbox ALTER COLUMN worker DROP NOT NULL", "modify nullable: outbox.worker"),
        ("DROP INDEX outbox_ready", "add index: outbox_ready"),
        ("DROP TABLE etablissements", "add table: etablissements"),
    ],
)
def test_a_change_by_hand_is_told(empty: PostgresDatabase, change: str, said: str) -> None:
    migrating.upgrade(empty)
    with empty.writing() as connection:
        connection.execute(text(change))
    assert migrating.differences(empty) == [said]


def test_a_failed_change_leaves_the_database_as_it_was(empty: PostgresDatabase) -> None:
    with empty.writing() as connection:
        connection.execute(text("CREATE TABLE declared_lists (mine integer)"))
    with pytest.raises(StorageError):
        migrating.upgrade(empty)
    assert tables(empty) == {"declared_lists"}


def test_two_upgrades_at_once_are_one(empty_url: str) -> None:
    databases = [PostgresDatabase.open(empty_url) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(migrating.upgrade, databases))
    assert migrating.differences(databases[0]) == []
    for database in databases:
        database.close()


def test_an_unknown_version_changes_nothing(empty: PostgresDatabase) -> None:
    with pytest.raises(StorageError, match="nothing was changed"):
        migrating.upgrade(empty, "9999")
    assert tables(empty) == set()


def test_a_process_refuses_a_database_that_is_not_laid_out(empty_url: str) -> None:
    with pytest.raises(StorageUnreadable, match=r"not laid out yet.*vigie database upgrade"):
        LiveStore.open(empty_url)


def test_a_process_refuses_a_database_of_a_newer_vigie(empty_url: str, empty: PostgresDatabase) -> None:
    migrating.upgrade(empty)
    with empty.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StorageUnreadable, match=r"9999, which this Vigie .* does not know"):
        LiveStore.open(empty_url)


def test_a_database_of_the_first_version_keeps_its_rows(empty: PostgresDatabase) -> None:
    migrating.upgrade(empty, "0001")
    with empty.writing() as connection:
        connection.execute(text("INSERT INTO reserved_numbers VALUES ('52', 7)"))
    migrating.upgrade(empty)
    assert "deliveries" in tables(empty)
    migrating.downgrade(empty, "0001")
    assert "deliveries" not in tables(empty)
    with empty.reading() as connection:
        assert connection.execute(text("SELECT last FROM reserved_numbers")).scalar_one() == 7
