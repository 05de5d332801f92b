"""`vigie feeds`: how each source stands, for those who answer for its quality."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from orsan_plans.geography import REGIONS
from streams.adapters.sqlite_journal import SqliteJournal
from streams.collecting.source_quality import SourceState, SourceStatus, statuses
from streams.monitor import Monitor
from streams.region.feeds import DEFAULT_SILENCE, RPU
from streams.region.fold import Fold
from vigie.errors import explained
from vigie.settings import chosen

app = typer.Typer(help="Follow the sources: freshness, rejects, completeness.", no_args_is_help=True)

STATE_WORDS: Final = {
    SourceState.ON_TIME: "à l'heure",
    SourceState.LATE: "en retard",
    SourceState.REJECTING: "rejets anormaux",
    SourceState.SILENT: "muet",
    SourceState.NEVER: "jamais reçu",
}
_STYLE: Final = {SourceState.ON_TIME: "green", SourceState.LATE: "yellow", SourceState.REJECTING: "dark_orange"}


@app.callback()
def _feeds() -> None:
    """Follow the sources: freshness, rejects, completeness."""


@app.command()
def status(
    journal: Annotated[
        Path | None, typer.Option("--journal", metavar="J.db", help="The journal; that of the monitor without it.")
    ] = None,
) -> None:
    """Show each source: last file, next one expected, delay, rejects, filled fields, state."""
    now = datetime.now(UTC)
    with explained(), SqliteJournal.open(chosen(journal=journal).journal, read_only=True) as opened:
        monitor = Monitor(opened)
        found = [each for region in opened.regions() for each in _of_region(opened, monitor.fold(region), now)]
        refused = sum(1 for receipt in opened.receipts.all() if receipt.refused)
    console = Console()
    console.print(_table(found, now) if found else "Aucun fichier reçu.")
    if refused:
        console.print(f"{refused} fichier(s) refusé(s) en entier.")


def _of_region(journal: SqliteJournal, fold: Fold, now: datetime) -> list[SourceStatus]:
    region = fold.state.region
    expected = [(region, RPU, f"ETAB-{finess}") for finess in fold.state.etablissements]

    def silence(feed: str) -> timedelta:
        return (fold.rules.silences.get(feed) or (DEFAULT_SILENCE,))[0]

    return statuses(journal.receipts.all(region), expected, now, silence)


def _table(found: Iterable[SourceStatus], now: datetime) -> Table:
    table = Table()
    table.add_column("Source", no_wrap=True)
    for heading in (
        "Flux",
        "Dernière réception",
        "Attendu",
        "Retard",
        "Délai (médiane / 90 %)",
        "Rejets",
        "Remplissage",
        "État",
    ):
        table.add_column(heading)
    for each in found:
        table.add_row(*map(Text, _cells(each, now)), Text(STATE_WORDS[each.state], style=_STYLE.get(each.state, "red")))
    return table


def _cells(each: SourceStatus, now: datetime) -> tuple[str, ...]:
    zone = ZoneInfo(REGIONS[each.region].time_zone)
    late = now - each.expected_at if each.expected_at is not None and now > each.expected_at else None
    return (
        each.source,
        each.feed,
        _local(each.last_received_at, zone),
        _local(each.expected_at, zone),
        "" if late is None else _duration(late),
        _delay(each),
        _rejects(each),
        "\n".join(_filled(each)),
    )


def _delay(each: SourceStatus) -> str:
    known = [seconds for seconds in (each.delay_median_s, each.delay_p90_s) if seconds is not None]
    return " / ".join(_duration(timedelta(seconds=seconds)) for seconds in known) or "inconnu"


def _filled(each: SourceStatus) -> list[str]:
    return [
        f"{name} {100 * rate:.0f} %{' ↓' if name in each.poorly_filled else ''}"
        for name, rate in each.fill_rates.items()
    ]


def _local(instant: datetime | None, zone: ZoneInfo) -> str:
    return "inconnu" if instant is None else f"{instant.astimezone(zone):%d/%m %H:%M}"


def _duration(late: timedelta) -> str:
    minutes = int(late.total_seconds()) // 60
    hours, days = minutes // 60, minutes // 1440
    return f"{days} j {hours % 24} h" if days else f"{hours} h {minutes % 60:02d}"


def _rejects(each: SourceStatus) -> str:
    if each.reject_rate is None:
        return "inconnu"
    limit = "" if each.reject_limit is None else f" (limite {_percent(each.reject_limit)})"
    return f"{_percent(each.reject_rate)}{limit}"


def _percent(rate: float) -> str:
    return f"{100 * rate:.1f} %".replace(".", ",")
