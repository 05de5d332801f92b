"""`vigie demo`: see Vigie work in half a minute, without any server."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from streams.adapters.sqlite_journal import SqliteJournal
from vigie.demo import Scenario, play, wave_scenario, winter_scenario
from vigie.demo_screen import Screen, ending_table
from vigie.errors import explained

_JOURNAL = Path("var/demo.db")


def demo(
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Play the real first COVID wave from this data directory.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the synthetic evening and of the people who answer.")] = 2026,
    seconds: Annotated[
        float | None,
        typer.Option(min=0, help="How long the play lasts; 0: as fast as it can."),
    ] = None,
    journal: Annotated[Path, typer.Option(metavar="J.db", help="Where its journal is written, anew each time.")] = (
        _JOURNAL
    ),
) -> None:
    """Play a scenario through the real embedded monitor, then replay its journal and compare."""
    console = Console()
    with explained():
        if data is not None and not data.is_dir():
            raise FileNotFoundError(f"{data}: no such data directory")
        scenario = winter_scenario(seed) if data is None else wave_scenario(data)
        _run(console, scenario, seed, journal, _pace(seconds, data), is_daily=data is not None)


def _pace(seconds: float | None, data: Path | None) -> float:
    if seconds is not None:
        return seconds
    return 25.0 if sys.stdout.isatty() and data is None else 0.0


def _run(console: Console, scenario: Scenario, seed: int, journal: Path, seconds: float, *, is_daily: bool) -> None:
    journal.parent.mkdir(parents=True, exist_ok=True)
    for leftover in (journal, journal.with_name(journal.name + "-wal"), journal.with_name(journal.name + "-shm")):
        leftover.unlink(missing_ok=True)
    console.print(f"[bold]{scenario.title}[/bold]")
    with SqliteJournal.create(journal) as opened:
        with Screen(console, scenario, seconds, is_daily=is_daily) as screen:
            ending = play(scenario, opened, seed, screen)
        console.print(ending_table(ending))
    console.print(f"journal : {journal} (`vigie journal verify {journal}`, `vigie retex replay {journal}`)")
    if ending.digest != ending.replay_digest:
        typer.echo("vigie: the replay differs from what was played", err=True)
        raise typer.Exit(1)
