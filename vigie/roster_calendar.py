"""`vigie roster export` and `vigie roster import`: the tableau as a calendar, and what a calendar changes in it."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alerts.adapters.calendar_files import read_calendar, written
from alerts.adapters.planning_files import NotWritten, write_changes
from alerts.adapters.roster_files import load_roster
from alerts.astreinte import Roster
from alerts.calendar_events import Change, changes, claimed, with_changes
from alerts.duties import Duty, duties
from alerts.roster_wording import names, role_title
from vigie.errors import explained
from vigie.roster_periods import File, From, To, looked

_EXPORTED: Final = timedelta(days=92)


def export(
    file: File,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="CALENDAR.ics", help="The calendar to write.")],
    since: From = None,
    until: To = None,
) -> None:
    """Write who is on call as a calendar (iCalendar), one event per turn (92 days without --to)."""
    with explained():
        period = looked(file, since, until, _EXPORTED)
        roster = period.loaded.roster
        held = [each for role in roster.roles for each in duties(roster, role.id, period.starts_at, period.ends_at)]
        unfinished = output.with_name(f".{output.name}.part")
        unfinished.write_bytes(written(roster, held, datetime.now(UTC)))
        unfinished.replace(output)
    typer.echo(f"{output}: {sum(bool(duty.people) for duty in held)} events")


def import_(
    file: File,
    calendar: Annotated[Path, typer.Argument(metavar="CALENDAR.ics", help="The calendar, as `export` writes it.")],
    author: Annotated[str, typer.Option(help="Who decides it; needed with --write.")] = "",
    reason: Annotated[str, typer.Option(help="Why.")] = "import d'un calendrier",
    *,
    write: Annotated[
        bool, typer.Option("--write", help="Write the differences; they are only shown without it.")
    ] = False,
) -> None:
    """Show what a calendar changes in the tableau, and write it when asked: who, when, before, after."""
    if write and not (author.strip() and reason.strip()):
        raise typer.BadParameter("a change of the tableau has an author and a reason", param_hint="--author")
    with explained():
        loaded = load_roster(file, os.environ, needs_addresses=False)
        roster = loaded.roster
        said = claimed(roster, read_calendar(calendar, roster.time_zone))
        found = changes(roster, said)
        if not found:
            typer.echo("Aucune différence : le calendrier dit la même chose que le tableau.")
            return
        Console().print(_table(roster, found))
        if not write:
            typer.echo("Rien n'a été écrit : ajoutez --write pour l'écrire.")
            return
        _refuse_contradictions(roster, said, found, author, reason)
        files = write_changes(loaded, found, author.strip(), reason.strip())
    for path in files:
        typer.echo(f"écrit : {path}")
    typer.echo(f"Relisez-le (vigie roster check {file}), puis publiez-le (vigie roster publish {file}).")


def _refuse_contradictions(roster: Roster, said: tuple[Duty, ...], found: tuple[Change, ...], *why: str) -> None:
    left = changes(with_changes(roster, found, *why), said)
    if left:
        first = left[0]
        at = first.starts_at.astimezone(ZoneInfo(roster.time_zone))
        raise NotWritten(
            f"un remplacement du tableau contredit le calendrier pour « {role_title(roster, first.role)} » le "
            f"{at:%d/%m/%Y à %H:%M} : {names(roster, first.before)} y prend la place de qui le calendrier nomme ; "
            "retirez-le d'abord"
        )


def _table(roster: Roster, found: tuple[Change, ...]) -> Table:
    zone = ZoneInfo(roster.time_zone)
    table = Table()
    for heading in ("Rôle", "Du", "Au", "Avant", "Après"):
        table.add_column(heading, overflow="fold")
    for change in found:
        period = (f"{at.astimezone(zone):%d/%m/%Y %H:%M}" for at in (change.starts_at, change.ends_at))
        people = (names(roster, ids) for ids in (change.before, change.after))
        table.add_row(*map(Text, (role_title(roster, change.role), *period, *people)))
    return table
