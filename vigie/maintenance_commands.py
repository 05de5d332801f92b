"""`vigie maintenance`: when a source will be mute as planned; and what is planned."""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated
from uuid import uuid4
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from orsan_plans.geography import REGIONS
from orsan_plans.territory import name_of
from streams.entry import Status
from streams.messages.quiet import MaintenancePlanned
from streams.region.fold import Fold
from vigie.errors import explained
from vigie.saying import DEFAULT_DROP, Drop, Live, say
from vigie.silence_commands import STATUS_WORDS, Author, Exercise, Reason
from vigie.spans import read_duration, read_instant
from vigie.standing import JournalFile, folds

app = typer.Typer(help="Plan the maintenance of a source, call it off, list what is planned.", no_args_is_help=True)

Feed = Annotated[str, typer.Argument(metavar="FEED", help="rpu, lits, regulation, smur, sursaud…")]
Territory = Annotated[str, typer.Argument(metavar="TERRITORY", help="The source, ETAB-…, or all those in DEP-44.")]


@app.command()
def plan(  # noqa: PLR0913 - one parameter per option
    feed: Feed,
    territory: Territory,
    *,
    author: Author,
    reason: Reason,
    length: Annotated[str, typer.Option("--for", metavar="DURATION", help="30 min, 2 h, 1 j: at most 7 days.")],
    start: Annotated[
        str | None, typer.Option("--from", metavar="INSTANT", help="2026-01-14T22:00+01:00; now without it.")
    ] = None,
    id_: Annotated[str | None, typer.Option("--id", help="Of the window to change; a new one without it.")] = None,
    exercise: Exercise = False,
    drop: Drop = DEFAULT_DROP,
    live: Live = None,
) -> None:
    """Expect a source to be mute: its silence raises nothing meanwhile, and is judged again when the window ends."""
    starts_at, id_ = read_instant(start), id_ or uuid4().hex[:8]
    window = MaintenancePlanned(id_, feed, territory, starts_at, starts_at + read_duration(length), author, reason)
    say(window, drop, live, Status.EXERCISE if exercise else Status.ACTUAL)
    typer.echo(f"maintenance {id_}")


@app.command()
def end(
    id_: Annotated[str, typer.Argument(metavar="ID", help="Id of the window, as listed.")],
    *,
    author: Author,
    reason: Reason,
    journal: JournalFile = None,
    drop: Drop = DEFAULT_DROP,
    live: Live = None,
) -> None:
    """End a window now, or call it off: the silence of its source is judged at once."""
    with explained():
        status, window = _find(folds(journal, live), id_)
    now = read_instant(None)
    ended = replace(window, starts_at=now - timedelta(seconds=1), ends_at=now, author=author, reason=reason)
    say(ended, drop, live, status)


def _find(known: list[Fold], id_: str) -> tuple[Status, MaintenancePlanned]:
    for fold in known:
        for status in Status:
            if id_ in fold.state.worlds[status].maintenance:
                return status, fold.state.worlds[status].maintenance[id_]
    raise typer.BadParameter(f"no maintenance {id_} is planned; `vigie maintenance list` shows those that are")


@app.command("list")
def list_(journal: JournalFile = None, live: Live = None) -> None:
    """List the windows that run or are to come."""
    console, table = Console(), Table()
    for heading in ("Maintenance", "Flux", "Territoire", "Début", "Fin", "Auteur", "Motif"):
        table.add_column(heading, overflow="fold")
    with explained():
        for fold in folds(journal, live):
            _add_rows(table, fold)
    console.print(table if table.row_count else "Aucune maintenance prévue.")


def _add_rows(table: Table, fold: Fold) -> None:
    zone = ZoneInfo(REGIONS[fold.state.region].time_zone)
    for status, word in STATUS_WORDS.items():
        windows = fold.state.worlds[status].maintenance.values()
        for each in sorted(windows, key=lambda window: (window.starts_at, window.id)):
            starts, ends = (f"{at.astimezone(zone):%d/%m %H:%M}" for at in (each.starts_at, each.ends_at))
            place = name_of(each.territory)
            cells = (" ".join(filter(None, (word, each.id))), each.feed, place, starts, ends, each.author, each.reason)
            table.add_row(*map(Text, cells))
