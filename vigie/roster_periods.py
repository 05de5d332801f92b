"""What the commands on a tableau have in common: the file, the period, its local days as instants."""

import os
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from alerts.adapters.roster_files import LoadedRoster, load_roster
from alerts.duties import LONGEST

File = Annotated[Path, typer.Argument(metavar="FILE", help="Astreinte tableau (YAML).")]
From = Annotated[
    datetime | None, typer.Option("--from", metavar="DAY", formats=["%Y-%m-%d"], help="First local day; today without.")
]
To = Annotated[
    datetime | None, typer.Option("--to", metavar="DAY", formats=["%Y-%m-%d"], help="Local day before which to stop.")
]


@dataclass(frozen=True, slots=True)
class Looked:
    """A tableau and the period to look at, as instants."""

    loaded: LoadedRoster
    starts_at: datetime
    ends_at: datetime


def looked(file: Path, since: datetime | None, until: datetime | None, usual: timedelta) -> Looked:
    """Read a tableau without its addresses; ``usual`` is the length of the period when ``--to`` is not given."""
    loaded = load_roster(file, os.environ, needs_addresses=False)
    zone = ZoneInfo(loaded.roster.time_zone)
    first = since.date() if since else datetime.now(zone).date()
    last = until.date() if until else first + usual
    if not timedelta(0) < last - first <= LONGEST:
        raise typer.BadParameter(f"give a day after {first}, {LONGEST.days} days later at most", param_hint="--to")
    return Looked(loaded, midnight(first, zone), midnight(last, zone))


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant at which a local day begins."""
    return datetime.combine(day, time(0), zone).astimezone(UTC)
