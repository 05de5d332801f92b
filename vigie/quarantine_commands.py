"""`vigie quarantine`: the records that could not be read, without ever listing what they hold."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from streams.adapters.vault import new_key
from streams.collecting.collector import Collector
from streams.collecting.decoding import Context
from streams.collecting.quarantine import Held, HeldState, Quarantine, VaultClosed, readable
from vigie.collecting import context_now
from vigie.errors import explained
from vigie.ingest_commands import Keys, Places, show
from vigie.set_aside import Live, collecting_into, collecting_live, held_in
from vigie.settings import chosen

app = typer.Typer(help="Look at the records set aside, read them again, give them up.", no_args_is_help=True)

Journal = Annotated[
    Path | None, typer.Option("--journal", metavar="J.db", help="The journal; that of the monitor without it.")
]
Id = Annotated[int, typer.Argument(metavar="ID", min=1, help="Number of the record, as listed.")]


@app.command("list")
def list_(
    journal: Journal = None,
    live: Live = False,
    region: Annotated[str | None, typer.Option(metavar="CODE", help="Only this région.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Also those requeued, dropped or erased since.")] = False,
) -> None:
    """List the records set aside: where they come from and why, never what they hold."""
    with explained(), held_in(journal, is_live=live) as (aside, _):
        found = [held for held in aside.all(region) if every or held.state is HeldState.HELD]
    console = Console()
    if not found:
        console.print("nothing in quarantine")
        return
    table = Table("id", "received (UTC)", "région", "format", "file", "position", "reason", "bytes")
    for held in found:
        table.add_row(*map(Text, _cells(held)))
    console.print(table)


@app.command("show")
def show_(id_: Id, journal: Journal = None, live: Live = False) -> None:
    """Print the bytes of one record; they may name a person, and need the key that locked them."""
    with explained(), held_in(journal, is_live=live) as (aside, vault):
        raw = readable(_held(aside, id_), vault)
    typer.echo("vigie: this may be health data of a person: do not copy it, do not send it", err=True)
    typer.echo(raw.decode("utf-8", errors="backslashreplace"))


@app.command()
def requeue(
    id_: Id,
    journal: Journal = None,
    live: Live = False,
    keys: Keys = None,
    ror_directory: Places = None,
) -> None:
    """Read a record again, with what Vigie knows now, and journal it; exit 1 when it is refused again."""
    settings = chosen(journal=journal, pseudonym_keys=keys, ror_directory=ror_directory)
    with explained(), collecting_live(id_) if live else collecting_into(settings) as collector:
        show(collector.requeue(id_, _context(collector, id_)))


@app.command()
def drop(
    id_: Id,
    reason: Annotated[str, typer.Option(help="Why it is given up; it is journaled.")],
    by: Annotated[str, typer.Option(help="Who gives it up.")],
    journal: Journal = None,
    live: Live = False,
    keys: Keys = None,
) -> None:
    """Give a record up: its bytes are erased, the reason is journaled."""
    if not reason.strip() or not by.strip():
        raise typer.BadParameter("a reason and a name are needed: they are journaled")
    settings = chosen(journal=journal, pseudonym_keys=keys)
    with explained(), collecting_live(id_) if live else collecting_into(settings) as collector:
        collector.drop(id_, reason, by, _context(collector, id_))
    typer.echo(f"record {id_} is dropped")


@app.command()
def key() -> None:
    """Print a new key for VIGIE_QUARANTINE_KEY."""
    typer.echo(new_key())


def _cells(held: Held) -> tuple[str, ...]:
    record = held.quarantined
    kept = "locked" if record.is_locked else "kept" if record.record else "not kept"
    return (
        str(held.id),
        f"{record.received_at:%Y-%m-%d %H:%M}",
        held.region,
        record.format,
        record.source,
        str(record.line),
        record.reason,
        kept if held.state is HeldState.HELD else str(held.state),
    )


def _held(aside: Quarantine, id_: int) -> Held:
    held = aside.find(id_)
    if held is None:
        raise VaultClosed(f"there is no record {id_} in quarantine: `vigie quarantine list` shows them")
    return held


def _context(collector: Collector, id_: int) -> Context:
    held = collector.destination.aside.find(id_)
    return context_now(held.region if held else chosen().region)
