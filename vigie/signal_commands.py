"""`vigie signal`: the triage of health-watch signals by the veille team."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from orsan_plans.geography import REGIONS
from orsan_plans.territory import name_of
from streams.adapters.sqlite_journal import SqliteJournal
from streams.entry import Status
from streams.messages.signals import QualifySignal
from streams.monitor import Monitor
from streams.region.fold import Fold
from streams.region.state import SignalState
from vigie.errors import explained
from vigie.live_settings import live_settings
from vigie.saying import DEFAULT_DROP, Drop, Live, say
from vigie.settings import chosen
from vigie.standing import standing

app = typer.Typer(help="List the open signals and qualify them.", no_args_is_help=True)

Triage = Literal["retenu", "ecarte", "a_qualifier"]
_TRIAGE: Final = {"a_qualifier": "à qualifier", "retenu": "retenu", "ecarte": "écarté"}
_STYLE: Final = {"a_qualifier": "yellow", "retenu": "green", "ecarte": "dim"}
_STATUS: Final = {Status.ACTUAL: "", Status.EXERCISE: "EXERCICE", Status.TEST: "TEST"}


@app.command("list")
def list_(
    journal: Annotated[
        Path | None, typer.Option("--journal", metavar="J.db", help="The journal; that of the monitor without it.")
    ] = None,
    triage: Annotated[Triage | None, typer.Option(help="Only those in this state.")] = None,
    live: Live = None,
) -> None:
    """List the open signals, those of one kind and place together: one event, told by several sources."""
    console = Console()
    with explained():
        folds = _embedded(journal) if live is None else [standing(live_settings().kafka, live).fold]
    table = Table()
    for heading in ("Nature", "Territoire", "Identifiant", "Titre", "Source", "Depuis", "Fin annoncée", "Triage"):
        table.add_column(heading, overflow="fold")
    for fold in folds:
        for *cells, state in _rows(fold, triage):
            table.add_row(*map(Text, cells), Text(_TRIAGE[state], style=_STYLE[state]))
    console.print(table if table.row_count else "Aucun signal ouvert.")


@app.command()
def qualify(
    id_: Annotated[str, typer.Argument(metavar="ID", help="Id of the signal, as listed.")],
    triage: Annotated[Triage, typer.Option(help="What the team makes of it.")],
    by: Annotated[str, typer.Option(help="Who qualifies it.")],
    reason: Annotated[str, typer.Option(help="Why; needed to put it aside (ecarte).")] = "",
    *,
    exercise: Annotated[bool, typer.Option("--exercise", help="The signal is one of an exercise.")] = False,
    drop: Drop = DEFAULT_DROP,
    live: Live = None,
) -> None:
    """Qualify a signal: one put aside no longer holds a posture. The running monitor reads it in its drop directory."""
    if triage == "ecarte" and not reason.strip():
        raise typer.BadParameter("a signal is put aside for a reason, which is journaled", param_hint="--reason")
    said = QualifySignal(id_, triage, by, reason)
    say(said, drop, live, Status.EXERCISE if exercise else Status.ACTUAL)


def _embedded(journal: Path | None) -> list[Fold]:
    with SqliteJournal.open(chosen(journal=journal).journal, read_only=True) as opened:
        monitor = Monitor(opened)
        return [monitor.fold(region) for region in opened.regions()]


def _rows(fold: Fold, triage: Triage | None) -> Iterator[tuple[str, ...]]:
    zone = ZoneInfo(REGIONS[fold.state.region].time_zone)
    for status, word in _STATUS.items():
        signals = [each for each in fold.state.worlds[status].signals.values() if triage in {None, each.triage}]
        for (nature, territory), event in groupby(sorted(signals, key=_order), key=_event):
            states = list(event)
            count = f", {len(states)} signaux" if len(states) > 1 else ""
            heading = (" ".join(filter(None, (word, nature))), f"{name_of(territory)}{count}")
            for number, state in enumerate(states):
                yield *(heading if not number else ("", "")), *_cells(state, zone)


def _event(state: SignalState) -> tuple[str, str]:
    return state.signal.nature, state.signal.territory


def _order(state: SignalState) -> tuple[str, str, datetime, str]:
    return *_event(state), state.since, state.signal.signal_id


def _cells(state: SignalState, zone: ZoneInfo) -> tuple[str, ...]:
    signal = state.signal
    since, until = (
        "" if each is None else f"{each.astimezone(zone):%d/%m %H:%M}" for each in (state.since, signal.ends_at)
    )
    return signal.signal_id, signal.title, signal.source, since, until, state.triage
