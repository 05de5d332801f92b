"""The two accounts that the PostgreSQL container makes: one lays out the tables, the other reads and writes rows."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from psycopg import sql

from alerts.adapters.postgres import PostgresDatabase
from alerts.outbox import StorageError
from streams.adapters import migrating
from tests.live_database.postgres_server import Server

NAMES = {"schema_password": "mot'de passe", "vigie_password": "autre"}

pytestmark = [
    pytest.mark.xdist_group("servers"),
    pytest.mark.skipif(shutil.which("psql") is None, reason="psql is not installed (Debian package postgresql-client)"),
]


@pytest.fixture
def made(postgres: Server, repository: Path, tmp_path: Path) -> Iterator[Server]:
    for name, password in NAMES.items():
        (tmp_path / name).write_text(password, encoding="utf-8")
    url = postgres.url
    environment = {
        "VIGIE_SECRETS": str(tmp_path),
        "POSTGRES_USER": str(url.username),
        "PGHOST": str(url.host),
        "PGPORT": str(url.port),
        "PGPASSWORD": str(url.password),
    }
    script = repository / "docker" / "postgres" / "roles.sh"
    try:
        subprocess.run(["sh", script], env=os.environ | environment, check=True, capture_output=True)
        yield postgres
    finally:
        for statement in (
            "DROP DATABASE IF EXISTS vigie WITH (FORCE)",
            "DROP ROLE IF EXISTS vigie",
            "DROP ROLE IF EXISTS vigie_schema",
        ):
            postgres.execute(sql.SQL(statement).format())


def test_the_processes_account_reads_and_writes_and_changes_no_table(made: Server) -> None:
    def url(role: str, password: str) -> str:
        place = made.url.set(username=role, password=password, database="vigie")
        return place.render_as_string(hide_password=False)

    with closing(PostgresDatabase.open(url("vigie_schema", NAMES["schema_password"]))) as schema:
        migrating.upgrade(schema)
    with closing(PostgresDatabase.open(url("vigie", NAMES["vigie_password"]))) as processes:
        migrating.require_current(processes)
        with processes.writing() as connection:
            connection.exec_driver_sql("DELETE FROM receipts")
        with pytest.raises(StorageError, match="may not do this"), processes.writing() as connection:
            connection.exec_driver_sql("DROP TABLE receipts")
