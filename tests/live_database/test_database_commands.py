"""`vigie database`: up, checked, down, each refusal in one line without the password."""

from collections.abc import Iterator

import pytest
from typer.testing import CliRunner, Result

from alerts.adapters.postgres import PostgresDatabase
from tests.command_line import app
from tests.live_database.postgres_server import PASSWORD, Server

VARIABLE = "VIGIE_DATABASE_URL"


def database(*arguments: str, url: str = "", answer: str | None = None) -> Result:
    result = CliRunner().invoke(app, ["database", *arguments], env={VARIABLE: url}, input=answer)
    assert PASSWORD not in result.output
    assert "secret" not in result.output
    return result


@pytest.fixture
def url(postgres: Server) -> Iterator[str]:
    with postgres.database() as url:
        yield url


@pytest.mark.xdist_group("servers")
def test_up_checked_and_down(url: str) -> None:
    refused = database("check", url=url)
    assert refused.exit_code == 1
    assert "not laid out yet" in refused.output
    assert "from version none to 0002" in database("upgrade", url=url).output
    assert "version 0002 already" in database("upgrade", url=url).output
    checked = database("check", url=url)
    assert (checked.exit_code, "version 0002, as it must be" in checked.output) == (0, True)
    kept = database("downgrade", "base", url=url, answer="n\n")
    assert kept.exit_code == 1
    assert database("check", url=url).exit_code == 0
    assert "from version 0002 to none" in database("downgrade", "base", "--yes", url=url).output
    assert database("check", url=url).exit_code == 1


@pytest.mark.xdist_group("servers")
def test_a_difference_is_told(url: str) -> None:
    database("upgrade", url=url)
    opened = PostgresDatabase.open(url)
    with opened.writing() as connection:
        connection.exec_driver_sql("DROP INDEX outbox_ready")
    opened.close()
    checked = database("check", url=url)
    assert checked.exit_code == 1
    assert "add index: outbox_ready" in checked.output


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", f"{VARIABLE} is not set"),
        ("sqlite:///vigie.db", "is not PostgreSQL's"),
        ("postgresql+psycopg://vigie:secret@127.0.0.1:1/vigie", "cannot be reached"),
    ],
)
@pytest.mark.parametrize("command", [("upgrade",), ("check",), ("downgrade", "base", "--yes")])
def test_a_database_that_cannot_be_used_is_said_in_one_line(command: tuple[str, ...], url: str, said: str) -> None:
    result = database(*command, url=url)
    assert result.exit_code == 1
    assert said in result.output
    assert len(result.output.splitlines()) == 1
