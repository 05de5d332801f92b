"""`vigie keys`: who may send files over HTTP, and the secrets of pseudonyms and links."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alerts.adapters.link_keys import load_or_make_link_keys
from streams.adapters.api_key_store import ApiKeyStore
from streams.adapters.pseudonym_keys import load_or_make_ring
from streams.collecting.api_keys import ApiKey
from vigie.errors import explained
from vigie.settings import chosen

app = typer.Typer(
    help="Open, list and close the API keys of the sources that send over HTTP; make secrets of pseudonyms and links.",
    no_args_is_help=True,
)

Journal = Annotated[
    Path | None,
    typer.Option("--journal", metavar="J.db", help="The journal the keys open; that of the monitor without it."),
]

Keys = Annotated[
    Path | None,
    typer.Option(
        "--keys", metavar="FILE", envvar="VIGIE_API_KEYS", help="The file of the keys of `vigie api`, instead."
    ),
]


@app.command()
def add(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="ETAB-<FINESS>, or the name of a relay.")],
    feed: Annotated[list[str], typer.Option("--feed", metavar="FEED", help="A feed it opens; repeat for several.")],
    journal: Journal = None,
    keys: Keys = None,
) -> None:
    """Make an API key and print it: it is shown once, only its digest is kept.

    The key of an establishment only speaks of that establishment; that of any other source, for the whole région.
    """
    with explained():
        token, key = _store(journal, keys).add(source, feed, datetime.now(UTC))
    typer.echo(token)
    typer.echo(f"vigie: key {key.id} of {source} opens {', '.join(key.feeds)}; it cannot be shown again", err=True)


@app.command()
def pseudonyms(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to make, readable by its owner alone.")],
) -> None:
    """Make the file of the pseudonyms' secrets, for VIGIE_PSEUDONYM_KEYS; exit 1 when it is there already."""
    if file.exists():
        typer.echo(f"vigie: {file} is there already: other secrets would make other visits of the same ones", err=True)
        raise typer.Exit(1)
    with explained():
        load_or_make_ring(file)
    typer.echo(f"{file} is made: give the same file to every worker, keep a copy of it aside from the database")


@app.command()
def links(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to make, readable by its owner alone.")],
) -> None:
    """Make the file of the secrets that sign links, for VIGIE_LINK_KEYS; exit 1 when it is there already."""
    if file.exists():
        typer.echo(f"vigie: {file} is there already: other secrets would make the links already sent useless", err=True)
        raise typer.Exit(1)
    with explained():
        load_or_make_link_keys(file)
    typer.echo(f"{file} is made: give the same file to the api and to every notifier")


@app.command("list")
def list_(journal: Journal = None, keys: Keys = None) -> None:
    """List the keys, revoked ones included, without what would let anybody in."""
    with explained():
        found = _store(journal, keys).all()
    console = Console()
    if not found:
        console.print("no API key: nobody can send over HTTP")
        return
    table = Table("id", "source", "feeds", "created (UTC)", "state")
    for key in found:
        table.add_row(*map(Text, _cells(key)))
    console.print(table)


@app.command()
def revoke(
    id_: Annotated[str, typer.Argument(metavar="ID", help="Id of the key, as listed.")],
    journal: Journal = None,
    keys: Keys = None,
) -> None:
    """Close a key for ever, at once: a running monitor notices."""
    with explained():
        _store(journal, keys).revoke(id_, datetime.now(UTC))
    typer.echo(f"key {id_} is revoked")


def _store(journal: Path | None, keys: Path | None) -> ApiKeyStore:
    if journal is None and keys is not None:
        return ApiKeyStore(keys)
    return ApiKeyStore.beside(chosen(journal=journal).journal)


def _cells(key: ApiKey) -> tuple[str, ...]:
    state = "in force" if key.revoked_at is None else f"revoked {key.revoked_at:%Y-%m-%d %H:%M}"
    return key.id, key.source, ", ".join(key.feeds), f"{key.created_at:%Y-%m-%d %H:%M}", state
