"""`vigie roster`: the astreinte tableau: looked at, checked, published, its contacts verified."""

import os

import typer

from alerts.adapters.roster_files import load_roster
from alerts.astreinte import Roster
from streams.messages.reference import RosterVersion
from vigie import contact_commands, roster_calendar, roster_history, roster_shown
from vigie.errors import explained
from vigie.live_settings import live_settings
from vigie.roster_periods import File
from vigie.saying import DEFAULT_DROP, Drop, Live, say
from vigie.standing import standing

app = typer.Typer(help="The astreinte tableau.", no_args_is_help=True)
app.command("show")(roster_shown.show)
app.command("check")(roster_shown.check)
app.command("export")(roster_calendar.export)
app.command("import")(roster_calendar.import_)
app.command("history")(roster_history.history)
app.command("verify")(contact_commands.verify)
app.command("test")(contact_commands.try_out)


@app.command()
def publish(file: File, drop: Drop = DEFAULT_DROP, live: Live = None) -> None:
    """Put a tableau in force, as a version in the journal; its addresses stay in the file, which the sender reads."""
    with explained():
        roster = load_roster(file, os.environ).roster
        in_force = None if live is None else _in_force(file, roster, live)
    if in_force is not None and in_force.sha256 == roster.sha256:
        typer.echo(f"already in force: {roster.sha256}")
        return
    say(RosterVersion(roster.sha256, roster.content), drop, live)


def _in_force(file: os.PathLike[str], roster: Roster, live: str) -> Roster | None:
    if roster.region != live:
        raise typer.BadParameter(f"{file} is the tableau of région {roster.region}", param_hint="--live")
    return standing(live_settings().kafka, live).fold.roster
