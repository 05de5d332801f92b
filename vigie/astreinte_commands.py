"""`vigie astreinte`: what people do about the astreinte without Vigie sending anything."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from jinja2 import Environment, PackageLoader, StrictUndefined

from alerts.adapters.roster_files import load_roster_form
from alerts.call_list import call_list
from alerts.french import instant_text
from orsan_plans.geography import REGIONS
from streams.adapters.whole_file import written_whole
from vigie.errors import explained

app = typer.Typer(help="La liste d'appel de l'astreinte.", no_args_is_help=True)

_LOCAL = "%Y-%m-%dT%H:%M"


@app.callback()
def _group() -> None:
    """Make `liste` a command of the group even while it is alone."""


@app.command()
def liste(
    roster: Annotated[Path, typer.Option(metavar="FILE", envvar="VIGIE_ROSTER", help="Astreinte tableau (YAML).")],
    at: Annotated[
        datetime | None, typer.Option(formats=[_LOCAL], help="Local time it is asked for; now without it.")
    ] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write a page to be printed.")] = None,
) -> None:
    """Print who to call by telephone, with their numbers, when nothing can be sent: no password is needed."""
    with explained():
        file = load_roster_form(roster)
        zone = REGIONS[file.region].time_zone
        instant = datetime.now(UTC) if at is None else at.replace(tzinfo=ZoneInfo(zone))
        lines = call_list(file, instant)
        typer.echo(f"Liste d'appel, {file.astreinte}, le {instant_text(instant, zone)} (heure locale)")
        for line in lines:
            typer.echo(f"{line.role} : {line.person} : {line.numbers_text}")
        if html is not None:
            environment = Environment(loader=PackageLoader("dashboards"), autoescape=True, undefined=StrictUndefined)
            page = environment.get_template("liste.html").render(
                title=file.astreinte, instant=instant_text(instant, zone), lines=lines
            )
            with written_whole(html) as written:
                written.write(page.encode())
