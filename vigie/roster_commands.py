"""`vigie roster`: the astreinte tableau of the live processes."""

import os
from pathlib import Path
from typing import Annotated

import typer

from alerts.adapters.roster_files import load_roster
from streams.messages import RosterVersion
from vigie.errors import explained
from vigie.live_settings import live_settings
from vigie.saying import TheLive, journal
from vigie.standing import standing

app = typer.Typer(help="The astreinte tableau.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Make `publish` a command of the group even while it is alone."""


@app.command()
def publish(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Astreinte tableau (YAML).")],
    live: TheLive,
) -> None:
    """Put a tableau in force for the live processes; its addresses stay in the file, which the notifier reads too."""
    with explained():
        roster = load_roster(file, os.environ).roster
        if roster.region != live:
            raise typer.BadParameter(f"{file} is the tableau of région {roster.region}", param_hint="--live")
        in_force = standing(live_settings().kafka, live).fold.roster
    if in_force is not None and in_force.sha256 == roster.sha256:
        typer.echo(f"already in force: {roster.sha256}")
        return
    journal(live, RosterVersion(roster.sha256, roster.content))
