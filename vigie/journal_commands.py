"""`vigie journal`: import past data, verify, export."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from orsan_plans.adapters.plan_files import load_catalogue, shipped_catalogue
from orsan_plans.geography import REGIONS
from streams.adapters.archive import write_archive
from streams.adapters.journal_topic import JournalReader
from streams.adapters.open_data_files import FORMATS
from streams.adapters.sqlite_journal import SqliteJournal, verify_file
from streams.entry import combined_digest
from streams.journal import JournalPurpose
from streams.live.record import LogRecord
from vigie.errors import explained
from vigie.live_settings import live_settings
from vigie.past import Imported, import_archive, import_open_data
from vigie.past_log import import_log

app = typer.Typer(help="Import past data into a journal, verify a journal, export it.", no_args_is_help=True)

ARCHIVE = "archive"
KAFKA = "kafka"
Plans = Annotated[Path | None, typer.Option("--plans", metavar="DIR", help="Plan files; the shipped ones without it.")]


@app.command("import")
def import_(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FORMAT=FILE...",
            help=f"FORMAT: {', '.join(FORMATS)}; or {ARCHIVE}=FILE alone, or {KAFKA}=CODE alone, the log of a région.",
        ),
    ],
    into: Annotated[Path, typer.Option("--into", metavar="J.db", help="The journal; made when it does not exist.")],
    region: Annotated[str | None, typer.Option(metavar="CODE", help="Only this région (INSEE code).")] = None,
    plans: Plans = None,
) -> None:
    """Journal past data, all or nothing; a journal made here is for retex and never notifies anyone."""
    named = [_named(argument) for argument in files]
    _check_region(region)
    whole = {format_ for format_, _ in named} & {ARCHIVE, KAFKA}
    if whole and (len(named) > 1 or region or plans):
        raise typer.BadParameter(
            f"{whole.pop()} is imported alone and whole, without --region or --plans", param_hint="FORMAT=FILE"
        )
    with explained():
        catalogue = shipped_catalogue() if plans is None else load_catalogue(plans)
        with _made(into) as journal:
            if whole == {ARCHIVE}:
                imported = import_archive(journal, named[0][1])
            elif whole == {KAFKA}:
                imported = _import_log(journal, str(named[0][1]))
            else:
                imported = import_open_data(journal, named, region, catalogue)
            digest = combined_digest(journal.heads())
    _report(into, imported, digest)


@app.command()
def verify(
    journal: Annotated[Path, typer.Argument(metavar="J.db")],
) -> None:
    """Recompute both chains of every région; exit 1 and name the first bad entry when anything was altered."""
    problems = verify_file(journal)
    for problem in problems:
        typer.echo(f"{journal}: {problem}", err=True)
    if problems:
        raise typer.Exit(1)
    with explained(), SqliteJournal.open(journal, read_only=True) as opened:
        heads = opened.heads()
    entries, effects = sum(head.seq for head in heads), sum(head.effects for head in heads)
    typer.echo(f"sound: digest {combined_digest(heads)} entries {entries} effects {effects}")


@app.command()
def export(
    journal: Annotated[Path, typer.Argument(metavar="J.db")],
    archive: Annotated[Path, typer.Argument(metavar="ARCHIVE.jsonl.gz")],
    region: Annotated[list[str] | None, typer.Option(metavar="CODE", help="Only these régions.")] = None,
) -> None:
    """Write a journal's entries as compressed JSON lines, with their chain."""
    with explained(), SqliteJournal.open(journal, read_only=True) as opened:
        contents = write_archive(opened, archive, region or None)
    typer.echo(f"{archive}: {contents.entries} entries of {len(contents.heads)} régions")


class _made:  # noqa: N801 - reads as a sentence: with _made(path) as journal
    """A journal opened, or made for retex and removed again when nothing could be put into it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._is_new = not path.exists() or (path.is_file() and not path.stat().st_size)

    def __enter__(self) -> SqliteJournal:
        create = SqliteJournal.create
        self._journal = create(self._path, JournalPurpose.RETEX) if self._is_new else SqliteJournal.open(self._path)
        return self._journal

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._journal.close()
        if kind is not None and self._is_new:
            self._path.unlink(missing_ok=True)


def _named(argument: str) -> tuple[str, Path]:
    format_, separator, path = argument.partition("=")
    if not separator or not path or format_ not in (*FORMATS, ARCHIVE, KAFKA):
        raise typer.BadParameter(
            f"{argument!r}: expected FORMAT=FILE, FORMAT one of {', '.join((*FORMATS, ARCHIVE, KAFKA))}",
            param_hint="FORMAT=FILE",
        )
    return format_, Path(path)


def _import_log(journal: SqliteJournal, region: str) -> Imported:
    _check_region(region)
    return import_log(journal, JournalReader(live_settings().kafka), region, _watched)


def _watched(records: Iterator[LogRecord], count: int) -> Iterator[LogRecord]:
    yield from track(records, "reading the log", count, console=Console(stderr=True), transient=True)


def _check_region(region: str | None) -> None:
    if region is not None and region not in REGIONS:
        raise typer.BadParameter(f"unknown région {region!r}; INSEE codes: {', '.join(REGIONS)}", param_hint="--region")


def _report(into: Path, imported: Imported, digest: str) -> None:
    for row in imported.quarantined:
        typer.echo(f"set aside: {row.source}:{row.line}: {row.reason}", err=True)
    elsewhere = f" elsewhere={imported.elsewhere}" if imported.elsewhere else ""
    typer.echo(
        f"{into}: received={imported.received} quarantined={len(imported.quarantined)}{elsewhere} "
        f"journaled={imported.journaled} effects={imported.effects}"
    )
    typer.echo(f"digest {digest}")
