"""`vigie ingest`: collect files from the command line."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from orsan_plans.adapters.plan_files import load_catalogue, shipped_catalogue
from orsan_plans.geography import REGIONS
from streams.adapters.sqlite_journal import SqliteJournal
from streams.adapters.writer_lock import only_writer
from streams.collecting.collector import Collector
from streams.collecting.receipts import Receipt, line
from streams.journal import JournalPurpose
from streams.monitor import Monitor
from vigie.collecting import build_collector, context_now, incoming, put_plans_in_force
from vigie.errors import explained
from vigie.settings import chosen

Into = Annotated[
    Path | None, typer.Option("--into", metavar="J.db", help="The journal; a live one is made when it is missing.")
]
Keys = Annotated[
    Path | None,
    typer.Option("--keys", envvar="VIGIE_PSEUDONYM_KEYS", metavar="FILE", help="Secrets of the pseudonyms."),
]

Places = Annotated[
    Path | None,
    typer.Option(
        "--ror-directory", envvar="VIGIE_ROR_DIRECTORY", metavar="FILE", help="Places and codes of the bed feeds."
    ),
]


def ingest(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files in any format Vigie reads.")],
    into: Into = None,
    region: Annotated[str | None, typer.Option(metavar="CODE", help="INSEE code of the région.")] = None,
    format_: Annotated[str | None, typer.Option("--format", help="Their format, when it is not recognised.")] = None,
    keys: Keys = None,
    plans: Annotated[Path | None, typer.Option(metavar="DIR", help="Plan files of a new journal.")] = None,
    ror_directory: Places = None,
) -> None:
    """Collect files into a journal and print the receipt of each; exit 1 when one cannot be read, after the others.

    A record is journaled once: sending a file again changes nothing. A journal that `vigie run` watches is refused:
    drop the files in its directory instead.
    """
    settings = chosen(region=region, journal=into, pseudonym_keys=keys, ror_directory=ror_directory)
    region, journal = settings.region, settings.journal
    if region not in REGIONS:
        raise typer.BadParameter(f"unknown région {region!r}; INSEE codes: {', '.join(REGIONS)}", param_hint="--region")
    with explained():
        catalogue = shipped_catalogue() if plans is None else load_catalogue(plans)
        with only_writer(made_room_for(journal), "vigie ingest"), open_or_make(journal) as opened:
            monitor = Monitor(opened, warn=lambda text: typer.echo(f"vigie: {text}", err=True))
            collector = build_collector(monitor, settings, os.environ)
            put_plans_in_force(monitor, region, catalogue)
            outcomes = [_ingest(collector, path, format_, region) for path in files]
            monitor.save()
    if not all(outcomes):
        raise typer.Exit(1)


def made_room_for(path: Path) -> Path:
    """Make the folder of a journal; return the journal's path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def open_or_make(path: Path) -> SqliteJournal:
    """Open a journal, or make a live one."""
    return SqliteJournal.open(path) if path.exists() else SqliteJournal.create(path, JournalPurpose.LIVE)


def _ingest(collector: Collector, path: Path, format_: str | None, region: str) -> bool:
    try:
        receipt = collector.collect(incoming(path, format_), context_now(region))
    except OSError as error:
        typer.echo(f"vigie: {path}: cannot be read: {error.strerror or error}", err=True)
        return False
    show(replace(receipt, name=str(path)))
    return not receipt.refused


def show(receipt: Receipt) -> None:
    """Print a receipt, and on stderr what it should not be missed to say."""
    typer.echo(line(receipt))
    if receipt.refused:
        typer.echo(f"vigie: refused: {receipt.refused}", err=True)
    if receipt.is_older:
        when = f"extracted {receipt.extracted_at:%Y-%m-%d %H:%M} UTC"
        typer.echo(
            f"vigie: {receipt.name}: {when}, older than what {receipt.source} gave: it changes nothing", err=True
        )
    if receipt.elsewhere:
        typer.echo(f"vigie: {receipt.name}: {receipt.elsewhere} records of other régions were left out", err=True)
    if receipt.quarantined:
        typer.echo(f"vigie: {receipt.name}: refused records are in `vigie quarantine list`", err=True)
