"""`vigie database`: the layout of the PostgreSQL database of the live processes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from alerts.adapters.postgres import PostgresDatabase
from streams.adapters import migrating
from vigie.errors import explained
from vigie.live_settings import live_settings

app = typer.Typer(
    help="Lay out and check the PostgreSQL database of the live processes, which VIGIE_DATABASE_URL names.",
    no_args_is_help=True,
)


@app.command()
def upgrade() -> None:
    """Bring the database to the layout this Vigie needs. Needs an account that owns the tables."""
    with _opened() as database:
        before = migrating.current_version(database)
        migrating.upgrade(database)
        _say(database, before)


@app.command()
def check() -> None:
    """Hold the database against the layout this Vigie needs; exit code 1 for any difference."""
    with _opened() as database:
        migrating.require_current(database)
        found = migrating.differences(database)
        for difference in found:
            typer.echo(difference, err=True)
        if found:
            typer.echo(
                f"vigie: {database.name}: {len(found)} difference(s), made by hand or by another program", err=True
            )
            raise typer.Exit(1)
        typer.echo(f"{database.name}: version {migrating.newest_version()}, as it must be")


@app.command()
def downgrade(
    version: Annotated[str, typer.Argument(help=f"The older version, or {migrating.NOTHING} for an empty database.")],
    *,
    is_sure: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Bring the database back to an older layout. What only newer ones keep is erased: make a backup first."""
    with _opened() as database:
        before = migrating.current_version(database)
        if not is_sure:
            typer.confirm(
                f"{database.name}: from version {before} to {version}; erase what it cannot keep?", abort=True
            )
        migrating.downgrade(database, version)
        _say(database, before)


@contextmanager
def _opened() -> Iterator[PostgresDatabase]:
    with explained():
        database = PostgresDatabase.open(live_settings().database)
        try:
            yield database
        finally:
            database.close()


def _say(database: PostgresDatabase, before: str | None) -> None:
    after = migrating.current_version(database)
    names = [each or "none" for each in (before, after)]
    said = f"version {names[1]} already" if before == after else f"from version {names[0]} to {names[1]}"
    typer.echo(f"{database.name}: {said}")
