"""`vigie retex`: replay a journal, as it was or under other plans."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from alerts.effects import Effect
from orsan_plans.adapters.plan_files import load_catalogue
from orsan_plans.reading import Reading
from streams.adapters.retex_files import write_effects, write_readings, write_transitions
from streams.adapters.sqlite_journal import SqliteJournal
from streams.entry import Head, Status, combined_digest
from streams.messages.reference import PlanCatalogue
from streams.replay import replay as replay_region
from vigie.errors import explained
from vigie.past import catalogue_message

app = typer.Typer(help="Replay a past crisis exactly, or under other plans.", no_args_is_help=True)

_PARIS = ZoneInfo("Europe/Paris")


@app.callback()
def _group() -> None:
    """Keep `replay` a command of its own: others will join it."""


@app.command()
def replay(
    journal: Annotated[Path, typer.Argument(metavar="J.db")],
    plans: Annotated[
        Path | None, typer.Option(metavar="DIR", help="What-if: judge by these plans instead of those in force then.")
    ] = None,
    from_: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], metavar="D", help="First recorded day written to the files."),
    ] = None,
    to: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="D", help="Last recorded day replayed, included.")
    ] = None,
    readings: Annotated[Path | None, typer.Option(metavar="R.csv", help="Write every published reading.")] = None,
    transitions: Annotated[Path | None, typer.Option(metavar="T.csv", help="Write every posture that moved.")] = None,
    effects: Annotated[Path | None, typer.Option(metavar="E.jsonl", help="Write every effect.")] = None,
) -> None:
    """Fold the journal again from its first entry; nothing is sent. Days are Europe/Paris days of recording.

    The last line is ``digest <64 hex> entries <n> effects <n>``, of all that was replayed.
    """
    with explained():
        what_if = catalogue_message(load_catalogue(plans)) if plans is not None else None
        with SqliteJournal.open(journal, read_only=True) as opened:
            stored = opened.heads()
            show = _Shown(since=_start_of(from_), keeps_readings=readings is not None)
            heads = [_replay_region(opened, head, what_if, _end_of(to), show) for head in stored]
        if readings is not None:
            write_readings(readings, show.readings)
        if transitions is not None:
            write_transitions(transitions, show.effects)
        if effects is not None:
            write_effects(effects, show.effects)
    is_same = what_if is not None or to is not None or _compare(heads, stored)
    entries, count = sum(head.seq for head in heads), sum(head.effects for head in heads)
    typer.echo(f"digest {combined_digest(heads)} entries {entries} effects {count}")
    if not is_same:
        raise typer.Exit(1)


@dataclass(slots=True)
class _Shown:
    """What the files will hold."""

    since: datetime | None
    keeps_readings: bool
    readings: list[tuple[datetime, Reading]] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)

    def effect(self, effect: Effect) -> None:
        if self.since is None or effect.at >= self.since:
            self.effects.append(effect)

    def reading(self, at: datetime, status: Status, reading: Reading) -> None:
        is_shown = self.since is None or at >= self.since
        if self.keeps_readings and is_shown and status is Status.ACTUAL:
            self.readings.append((at, reading))


def _replay_region(
    journal: SqliteJournal, head: Head, what_if: PlanCatalogue | None, until: datetime | None, show: _Shown
) -> Head:
    advanced_to = head.advanced_to
    if until is not None and advanced_to is not None:
        advanced_to = min(until, advanced_to)
    entries = journal.entries(head.region, until=until)
    return replay_region(head.region, entries, advanced_to, what_if, show.effect, show.reading).head


def _compare(heads: list[Head], stored: list[Head]) -> bool:
    different = [head.region for head, was in zip(heads, stored, strict=True) if head != was]
    if different:
        typer.echo(
            f"vigie: régions {', '.join(different)}: the replay decides otherwise than the journal did; another "
            "version of Vigie wrote it, or it was altered (`vigie journal verify` tells)",
            err=True,
        )
    else:
        typer.echo("identical to what the journal decided")
    return not different


def _start_of(day: datetime | None) -> datetime | None:
    return None if day is None else day.replace(tzinfo=_PARIS).astimezone(UTC)


def _end_of(day: datetime | None) -> datetime | None:
    if day is None:
        return None
    return (day + timedelta(days=1)).replace(tzinfo=_PARIS).astimezone(UTC) - timedelta(microseconds=1)
