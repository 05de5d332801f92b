"""`vigie demo`: see Vigie work in half a minute, without any server."""

import shutil
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from alerts.adapters.link_keys import load_or_make_link_keys
from alerts.links import LinkKeys
from dashboards.alert_page import standing
from dashboards.naming import name_of
from streams.adapters.sqlite_journal import SqliteJournal
from streams.entry import Status
from vigie.audited import of_journal
from vigie.demo import play
from vigie.demo_depot import emptied
from vigie.demo_page import last_call, serve_page
from vigie.demo_scenarios import Scenario, exercise_scenario, wave_scenario, winter_scenario
from vigie.demo_screen import Screen, ending_table
from vigie.embedded import Embedded
from vigie.errors import explained

_JOURNAL = Path("var/demo.db")


class Played(StrEnum):
    """The invented scenarios."""

    SOIREE = "soiree"
    EXERCICE_2016 = "exercice-2016"


_SCENARIOS: Final = {Played.SOIREE: winter_scenario, Played.EXERCICE_2016: exercise_scenario}


def demo(
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Play the real first COVID wave from this data directory.")
    ] = None,
    scenario: Annotated[
        Played, typer.Option(help="The invented scenario: a winter evening, or the exercise of 25/02/2016.")
    ] = Played.SOIREE,
    seed: Annotated[int, typer.Option(help="Seed of the invented feeds and of the people who answer.")] = 2026,
    seconds: Annotated[
        float | None,
        typer.Option(min=0, help="How long the play lasts; 0: as fast as it can."),
    ] = None,
    journal: Annotated[Path, typer.Option(metavar="J.db", help="Where its journal is written, anew each time.")] = (
        _JOURNAL
    ),
    page: Annotated[
        float | None,
        typer.Option(
            min=0,
            metavar="SECONDS",
            help="How long the page of a last call is served; on a terminal until Ctrl-C, otherwise not at all.",
        ),
    ] = None,
) -> None:
    """Play a scenario through the real embedded monitor, then replay its journal and compare.

    The files of an invented scenario are dropped in a directory beside the journal, J-depot, and kept there.
    """
    console = Console()
    with explained():
        if data is not None and not data.is_dir():
            raise FileNotFoundError(f"{data}: no such data directory")
        if data is not None and scenario is not Played.SOIREE:
            raise typer.BadParameter("--data plays the first COVID wave: give --data or --scenario")
        played = _SCENARIOS[scenario](seed) if data is None else wave_scenario(data)
        depot = None if data is not None else emptied(journal.with_name(f"{journal.stem}-depot"))
        last = _LastPage(Status.EXERCISE if scenario is Played.EXERCICE_2016 else Status.ACTUAL, page)
        _run(console, played, seed, journal, _pace(seconds, data), depot, last)


@dataclass(frozen=True, slots=True)
class _LastPage:
    """Which world the last call is in, and for how many seconds its page is served; None: for whoever looks."""

    status: Status
    seconds: float | None

    @property
    def is_served(self) -> bool:
        return sys.stdout.isatty() if self.seconds is None else self.seconds > 0


def _pace(seconds: float | None, data: Path | None) -> float:
    if seconds is not None:
        return seconds
    return 25.0 if sys.stdout.isatty() and data is None else 0.0


def _run(
    console: Console, scenario: Scenario, seed: int, journal: Path, seconds: float, depot: Path | None, last: _LastPage
) -> None:
    journal.parent.mkdir(parents=True, exist_ok=True)
    for leftover in (journal, journal.with_name(journal.name + "-wal"), journal.with_name(journal.name + "-shm")):
        leftover.unlink(missing_ok=True)
    links = load_or_make_link_keys(journal.with_name(f"{journal.name}.liens"))
    console.print(f"[bold]{scenario.title}[/bold]")
    with SqliteJournal.create(journal) as opened:
        with Screen(console, scenario, seconds, is_daily=depot is None) as screen:
            ending = play(scenario, opened, seed, screen, depot, links)
        console.print(ending_table(ending))
        shown = of_journal(opened)
        summaries = [each.audit().summary() for each in shown]
        faults = [fault for each in shown for fault in each.faults()]
        _tell(console, journal, depot, summaries, command())
        for fault in faults:
            typer.echo(f"vigie: {fault}", err=True)
        if ending.digest != ending.replay_digest:
            typer.echo("vigie: the replay differs from what was played", err=True)
        if faults or ending.digest != ending.replay_digest:
            raise typer.Exit(1)
        if last.is_served:
            alert_id = _serve_last(console, ending.embedded, links, scenario, last)
            if alert_id:
                typer.echo(f"{command()} audit show --journal {journal} --alert {alert_id}")


def command() -> str:
    """Return how this Vigie is called: where `make` put it, when the shell does not find it by its name."""
    called = Path(sys.argv[0])
    return str(called) if called.name == "vigie" and shutil.which("vigie") is None else "vigie"


def _serve_last(console: Console, embedded: Embedded, links: LinkKeys, scenario: Scenario, last: _LastPage) -> str:
    """Serve the page of one more call, say what came of it; return the id of its alert, empty when there is none."""
    call = last_call(embedded, scenario.regions[0], last.status, scenario.ends_at)
    if call is None:
        console.print("aucun appel à montrer : les plans de ce scénario n'en font pas")
        return ""
    board, brief = embedded.board, call.notify.brief

    def told(link: str) -> None:
        name = name_of(board, call.region, call.notify.person)
        console.print(f"un dernier appel attend une réponse, celle de {name} :")
        # Whole on its line, whatever the width: it is to be clicked.
        typer.echo(link)
        ends = "Ctrl-C pour finir" if last.seconds is None else f"pendant {last.seconds:g} s"
        console.print(f"ouvrez ce lien et répondez ({ends})")

    serve_page(embedded, links, call, told, last.seconds)
    alert = board.alert(brief.alert_id)
    console.print(f"{standing(board, alert) if alert else 'Alerte terminée'} ; ce que l'audit en garde :")
    return brief.alert_id


def _tell(console: Console, journal: Path, depot: Path | None, summaries: list[str], vigie: str) -> None:
    if depot is not None:
        console.print(f"fichiers : {depot} (`{vigie} quarantine list --journal {journal}` dit ce qui est mis de côté)")
    summary = summaries[0] if len(summaries) == 1 else f"{len(summaries)} régions"
    console.print(f"audit : {summary} (`{vigie} audit show --journal {journal}`)")
    console.print(f"journal : {journal} (`{vigie} journal verify {journal}`, `{vigie} retex replay {journal}`)")
