"""What can go wrong with a PostgreSQL server, and what is said of it."""

import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from psycopg import sql
from sqlalchemy import text

from alerts.adapters.database import Database
from alerts.adapters.postgres import PostgresDatabase
from alerts.outbox import StorageError, StorageRefused, StorageUnreadable
from streams.adapters import migrating
from streams.adapters.live_store import LiveStore
from streams.collecting.ledger import Collected
from streams.collecting.quarantine import Quarantined
from streams.messages.reference import Etablissement
from streams.testing import EPOCH, sample_notification
from tests.feeds.test_receipts import RECEIPT
from tests.live.processes import until
from tests.live_database.postgres_server import PASSWORD, Server
from tests.live_database.store_fixtures import GIVEN

pytestmark = pytest.mark.xdist_group("servers")
LATER = EPOCH + timedelta(hours=1)
LEASE = timedelta(minutes=1)


@contextmanager
def opened(url: str) -> Iterator[PostgresDatabase]:
    database = PostgresDatabase.open(url)
    try:
        yield database
    finally:
        database.close()


def execute(database: Database, *statements: str) -> None:
    """Run statements in one transaction."""
    with database.writing() as connection:
        for statement in statements:
            connection.execute(text(statement))


def failure(url: str) -> str:
    with opened(url) as database, pytest.raises(StorageError) as error, database.reading():
        pass
    assert PASSWORD not in str(error.value)
    return str(error.value)


@pytest.mark.skipif(GIVEN in os.environ, reason="the server was given: it is not ours to stop")
def test_a_server_that_stops_is_an_error_then_found_again(postgres: Server, postgres_url: str) -> None:
    with LiveStore.open(postgres_url) as store:
        store.record_effects("52", [sample_notification(1)])
        postgres.stop()
        try:
            for _ in range(2):
                with pytest.raises(
                    StorageError, match=r"PostgreSQL database vigie_test_\w+ on 127.0.0.1:\d+: cannot be"
                ):
                    store.outbox.claim(LATER, "worker", LEASE, 10)
        finally:
            postgres.start()
        (delivery,) = store.outbox.claim(LATER, "worker", LEASE, 10)
        assert delivery.attempts == 1


@pytest.mark.skipif(GIVEN in os.environ, reason="the server was given: it is not ours to stop")
def test_a_server_that_stops_within_a_transaction_undoes_it(postgres: Server, postgres_url: str) -> None:
    with LiveStore.open(postgres_url) as store:

        def write_meanwhile() -> None:
            with store.database.writing() as connection:
                connection.execute(text("INSERT INTO reserved_numbers VALUES ('52', 9)"))
                postgres.stop()
                postgres.start()

        with pytest.raises(StorageError):
            write_meanwhile()
        assert store.reserve_numbers("52", 1) == range(1, 2)


def test_a_connection_cut_by_the_server_is_replaced(postgres_url: str) -> None:
    with LiveStore.open(postgres_url) as store:
        store.outbox.next_ready_at()
        with opened(postgres_url) as other, other.writing() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        assert store.outbox.next_ready_at() is None


def test_a_port_where_nothing_listens() -> None:
    assert "cannot be reached" in failure(f"postgresql+psycopg://vigie:{PASSWORD[:12]}@127.0.0.1:1/vigie")


def test_a_wrong_password_is_not_repeated(postgres: Server) -> None:
    url = postgres.url.set(password="un autre/mot:de@passe")  # noqa: S106 - a wrong one
    said = failure(url.render_as_string(hide_password=False))
    assert "vigie" in said
    assert "un autre" not in said


def test_a_database_that_does_not_exist(postgres: Server) -> None:
    said = failure(postgres.url.set(database="nulle-part").render_as_string(hide_password=False))
    assert 'database "nulle-part" does not exist' in said


@pytest.mark.parametrize("name", ["secret\0", "secret\ud800"])
def test_a_value_that_cannot_be_stored_is_refused_for_good_and_not_repeated(postgres_url: str, name: str) -> None:
    with LiveStore.open(postgres_url) as store:
        with pytest.raises(StorageRefused, match="cannot be stored") as error:
            store.declare("52", [Etablissement("440000271", name, "44")], seq=1)
        assert "secret" not in str(error.value)
        assert store.declare("52", [], seq=1)


def test_a_row_that_contradicts_another_is_refused_and_not_repeated(postgres_url: str) -> None:
    insert = text("INSERT INTO reserved_numbers VALUES ('secret', 9)")
    with opened(postgres_url) as database:
        with database.writing() as connection:
            connection.execute(insert)
        with pytest.raises(StorageRefused, match="contradicts") as error, database.writing() as connection:
            connection.execute(insert)
        assert "secret" not in str(error.value)


def test_a_reader_cannot_write(postgres_url: str) -> None:
    with opened(postgres_url) as database:
        with pytest.raises(StorageError, match="only takes readers"), database.reading() as connection:
            connection.execute(text("DELETE FROM outbox"))
        with database.writing() as connection:
            connection.execute(text("DELETE FROM outbox"))


def test_a_reader_sees_one_state(postgres_url: str) -> None:
    count = text("SELECT count(*) FROM reserved_numbers")
    with opened(postgres_url) as database, database.reading() as reader:
        assert reader.execute(count).scalar_one() == 0
        with database.writing() as writer:
            writer.execute(text("INSERT INTO reserved_numbers VALUES ('52', 9)"))
        assert reader.execute(count).scalar_one() == 0


def test_a_lock_held_by_another_is_given_up(postgres_url: str) -> None:
    with opened(postgres_url) as database, database.writing() as holder:
        holder.execute(text("LOCK TABLE reserved_numbers"))
        with pytest.raises(StorageError, match="a lock was held"):
            execute(database, "SET LOCAL lock_timeout = '10ms'", "INSERT INTO reserved_numbers VALUES ('52', 9)")


def test_a_statement_that_lasts_is_stopped(postgres_url: str) -> None:
    with opened(postgres_url) as database, pytest.raises(StorageError, match="was stopped"):
        execute(database, "SET LOCAL statement_timeout = '10ms'", "SELECT pg_sleep(30)")


def test_each_connection_has_its_settings(postgres_url: str) -> None:
    expected = {
        "statement_timeout": "30s",
        "lock_timeout": "10s",
        "idle_in_transaction_session_timeout": "1min",
        "plan_cache_mode": "force_custom_plan",
        "application_name": "vigie",
    }
    query = text("SELECT current_setting(:name)")
    with opened(postgres_url) as database, database.reading() as connection:
        found = {name: connection.execute(query, {"name": name}).scalar_one() for name in expected}
    assert found == expected


@pytest.fixture
def documented(postgres: Server, repository: Path) -> Iterator[tuple[str, str]]:
    """The URLs of the owner and of the processes, in a database made as the documentation says, names apart."""
    text_ = (repository / "docs" / "base-de-donnees.md").read_text(encoding="utf-8")
    script = text_.partition("```sql\n")[2].partition("```")[0]
    suffix = uuid4().hex[:8]
    before, _, within = re.sub(r"\bvigie(_schema)?\b", rf"vigie\1_{suffix}", script).partition(
        f"\\connect vigie_{suffix}\n"
    )
    name, owner = f"vigie_{suffix}", f"vigie_schema_{suffix}"
    urls = [
        postgres.url.set(username=account, password=password, database=name).render_as_string(hide_password=False)
        for account, password in ((owner, "à-changer-1"), (name, "à-changer-2"))
    ]
    try:
        for statements, database in ((before, None), (within, name)):
            for statement in filter(str.strip, statements.split(";\n")):
                postgres.execute(sql.SQL(statement).format(), database)
        yield urls[0], urls[1]
    finally:
        for statement in (f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"DROP ROLE {name}", f"DROP ROLE {owner}"):
            postgres.execute(sql.SQL(statement).format())


def test_rights_that_the_documentation_gives_are_enough_and_no_more(documented: tuple[str, str]) -> None:
    owner, account = documented
    with opened(owner) as database:
        migrating.upgrade(database)
    with LiveStore.open(account) as store:
        store.record_effects("52", [sample_notification(1)])
        assert len(store.outbox.claim(LATER, "worker", LEASE, 10)) == 1
        aside = Quarantined("rpu.xml", 2, b"locked", "cannot be read", EPOCH)
        store.commit_collected("52", Collected(receipt=RECEIPT, forget_before=EPOCH.date()), {}, [aside])
        for statement in (
            "DROP TABLE outbox",
            "CREATE TABLE mine (n integer)",
            "ALTER TABLE outbox ADD COLUMN n integer",
        ):
            with pytest.raises(StorageError, match="may not do this"):
                execute(store.database, statement)
    with opened(account) as database, pytest.raises(StorageError, match="may not do this"):
        migrating.downgrade(database, migrating.NOTHING)


def test_a_table_that_is_missing_names_the_command(postgres: Server) -> None:
    with (
        postgres.database() as url,
        opened(url) as database,
        pytest.raises(StorageUnreadable, match="vigie database upgrade"),
        database.reading() as connection,
    ):
        connection.execute(text("SELECT * FROM outbox"))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql+psycopg://vigie:secret@db:port/vigie", "cannot be read"),
        ("postgresql+psycopg://vigie:secret@db:5432/", "names no database"),
        ("postgresql+asyncpg://vigie:secret@db/vigie", "is not PostgreSQL's"),
        ("secret", "no scheme"),
    ],
)
def test_a_url_that_cannot_be_one(url: str, said: str) -> None:
    with pytest.raises(StorageError, match=said) as error:
        PostgresDatabase.open(url)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("postgresql://vigie:secret@db:5432/vigie", "PostgreSQL database vigie on db:5432"),
        ("postgres://vigie@db/vigie?sslmode=verify-full", "PostgreSQL database vigie on db"),
        ("postgresql+psycopg:///vigie?host=/run/postgresql", "PostgreSQL database vigie on /run/postgresql"),
    ],
)
def test_a_database_is_named_by_its_place(url: str, name: str) -> None:
    with opened(url) as database:
        assert database.name == name


def test_what_one_does_alone_another_waits_for(postgres_url: str) -> None:
    order: list[str] = []

    def wait() -> None:
        with second.alone("a source"):
            order.append("second")

    with opened(postgres_url) as first, opened(postgres_url) as second, ThreadPoolExecutor(1) as threads:
        with first.alone("a source"), second.alone("another source"):
            waiting = threads.submit(wait)
            until(lambda: _locks_waited_for(first) == 1)
            order.append("first")
        waiting.result(30)
    assert order == ["first", "second"]


def _locks_waited_for(database: PostgresDatabase) -> int:
    with database.reading() as connection:
        query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        return int(connection.exec_driver_sql(query).scalar_one())
