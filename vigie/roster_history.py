"""`vigie roster history`: the versions of the tableau that a journal holds, and what each one changed."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from alerts.astreinte import Roster
from alerts.roster_wording import differences
from orsan_plans.geography import REGIONS
from streams.adapters.journal_topic import JournalReader
from streams.adapters.sqlite_journal import SqliteJournal
from streams.entry import Entry, Status
from streams.messages import KIND_OF_TYPE, decode
from streams.messages.reference import RosterVersion
from vigie.errors import explained
from vigie.live_settings import live_settings
from vigie.saying import Live
from vigie.settings import chosen


def history(
    journal: Annotated[
        Path | None, typer.Option("--journal", metavar="J.db", help="The journal; that of the monitor without it.")
    ] = None,
    live: Live = None,
) -> None:
    """List the versions of the tableau put in force, their dates, and what changed from one to the next."""
    with explained():
        if live is not None:
            lines = [*_lines(live, JournalReader(live_settings().kafka).entries(live))]
        else:
            with SqliteJournal.open(chosen(journal=journal).journal, read_only=True) as opened:
                lines = [line for region in opened.regions() for line in _lines(region, opened.entries(region))]
    for line in lines or ["Aucun tableau n'a été mis en vigueur."]:
        typer.echo(line)


def _lines(region: str, entries: Iterable[Entry]) -> Iterator[str]:
    before: Roster | None = None
    zone = ZoneInfo(REGIONS[region].time_zone)
    for at, roster in _versions(region, entries):
        yield f"{at.astimezone(zone):%d/%m/%Y %H:%M} région {region} : {roster.title}, version {roster.sha256[:12]}"
        yield from (f"    {change}" for change in differences(before, roster) or ("rien n'a changé",))
        before = roster


def _versions(region: str, entries: Iterable[Entry]) -> Iterator[tuple[datetime, Roster]]:
    for entry in entries:
        if entry.kind == KIND_OF_TYPE[RosterVersion] and entry.status is Status.ACTUAL:
            version = decode(entry.kind, entry.payload)
            if isinstance(version, RosterVersion) and (roster := _readable(version)) and roster.region == region:
                yield entry.recorded_at, roster


def _readable(version: RosterVersion) -> Roster | None:
    # The engine refused one that is not: it never was in force.
    try:
        return Roster.from_content(version.content)
    except ValueError:
        return None
