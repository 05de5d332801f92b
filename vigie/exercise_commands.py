"""`vigie exercise`: numbered exercises, who takes part, and how many activated an ORSAN volet."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alerts.french import instant_text
from orsan_plans.geography import REGIONS
from streams.adapters.sqlite_journal import SqliteJournal
from streams.entry import Status
from streams.messages.exercises import ExerciseClosed, ExerciseOpened
from streams.monitor import Monitor
from streams.region.exercises import counted_by_year, year_of
from streams.region.fold import Fold
from streams.region.state import ExerciseState
from vigie.errors import explained
from vigie.live_settings import live_settings
from vigie.saying import DEFAULT_DROP, Drop, Live, say
from vigie.settings import chosen
from vigie.standing import standing

app = typer.Typer(help="Open and close exercises, list them, count those of a year.", no_args_is_help=True)

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="Number of the exercise, such as 2026-03; used once.")]
Author = Annotated[str, typer.Option(help="Who opens or closes it.")]
JournalFile = Annotated[
    Path | None, typer.Option("--journal", metavar="J.db", help="The journal; that of the monitor without it.")
]
_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]


@app.command("open")
def open_(  # noqa: PLR0913, PLR0917 - one parameter per option
    number: Number,
    title: Annotated[str, typer.Option(help="What is played.")],
    plan: Annotated[str, typer.Option(help="The document or plan that the exercise follows.")],
    participant: Annotated[
        list[str], typer.Option("--participant", metavar="ID", help="Id of a person of the roster; repeat for several.")
    ],
    starts: Annotated[datetime, typer.Option(formats=_FORMATS, metavar="LOCAL", help="Local start, 2026-03-12T09:00.")],
    ends: Annotated[datetime, typer.Option(formats=_FORMATS, metavar="LOCAL", help="Local end.")],
    author: Author,
    volet: Annotated[list[str] | None, typer.Option(help="An ORSAN volet to be played; repeat for several.")] = None,
    region: Annotated[str | None, typer.Option(metavar="CODE", help="Région whose local time is meant.")] = None,
    drop: Drop = DEFAULT_DROP,
    live: Live = None,
) -> None:
    """Open an exercise: until it ends, only its participants are told of what happens in it."""
    zone = _zone(live or region or chosen().region)
    starts_at, ends_at = (each.replace(tzinfo=zone).astimezone(UTC) for each in (starts, ends))
    if starts_at >= ends_at:
        raise typer.BadParameter("the exercise ends before it starts", param_hint="--ends")
    opened = ExerciseOpened(number, title, plan, tuple(participant), starts_at, ends_at, author, tuple(volet or ()))
    say(opened, drop, live, Status.EXERCISE)


@app.command()
def close(
    number: Number,
    author: Author,
    summary: Annotated[str, typer.Option(help="What its author makes of it.")] = "",
    drop: Drop = DEFAULT_DROP,
    live: Live = None,
) -> None:
    """Close an exercise before its end: its alerts end, and those who were called are told."""
    say(ExerciseClosed(number, author, summary), drop, live, Status.EXERCISE)


@app.command("list")
def list_(journal: JournalFile = None, live: Live = None) -> None:
    """List the exercises, the latest last."""
    table = Table()
    for heading in ("Numéro", "Titre", "Plan", "Début", "Fin", "Participants", "Volets activés", "État"):
        table.add_column(heading, overflow="fold")
    for fold in _folds(journal, live):
        for each in fold.state.exercises.values():
            table.add_row(*map(Text, _cells(each, fold)))
    Console().print(table if table.row_count else "Aucun exercice numéroté.")


@app.command()
def count(
    year: Annotated[int, typer.Option(min=2000, max=9999, help="The local year in which they started.")],
    journal: JournalFile = None,
    live: Live = None,
) -> None:
    """Count the exercises of a year, and those in which an ORSAN volet was activated."""
    for fold in _folds(journal, live):
        played = [each for each in fold.state.exercises.values() if year_of(fold, each) == year]
        name, activated = REGIONS[fold.state.region].name, counted_by_year(fold).get(year, 0)
        typer.echo(f"{name}, {year} : {activated} exercice(s) ayant activé un volet ORSAN, sur {len(played)}")
        for each in played:
            volets = ", ".join(sorted(each.activated)) or "aucun volet activé"
            typer.echo(f"  {each.opened.number} {each.opened.title} : {volets}")


def _zone(region: str) -> ZoneInfo:
    if region not in REGIONS:
        raise typer.BadParameter(f"unknown région {region!r}; INSEE codes: {', '.join(REGIONS)}")
    return ZoneInfo(REGIONS[region].time_zone)


def _folds(journal: Path | None, live: str | None) -> Iterator[Fold]:
    with explained():
        if live is not None:
            yield standing(live_settings().kafka, live).fold
            return
        with SqliteJournal.open(chosen(journal=journal).journal, read_only=True) as opened:
            monitor = Monitor(opened)
            yield from [monitor.fold(region) for region in opened.regions()]


def _cells(exercise: ExerciseState, fold: Fold) -> tuple[str, ...]:
    opened, zone = exercise.opened, fold.zone.key
    ends_at = exercise.ended_at or opened.ends_at
    return (
        opened.number,
        opened.title,
        opened.plan,
        instant_text(opened.starts_at, zone),
        instant_text(ends_at, zone),
        ", ".join(opened.participants),
        ", ".join(sorted(exercise.activated)) or "aucun",
        _standing(exercise, fold),
    )


def _standing(exercise: ExerciseState, fold: Fold) -> str:
    if exercise.ended_at is not None:
        return f"clos par {exercise.closed_by}" if exercise.closed_by else "terminé à son heure"
    return "en cours" if exercise.opened.starts_at <= fold.state.now else "à venir"
