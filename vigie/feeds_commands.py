"""`vigie feeds`: how each source stands, for those who answer for its quality."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from orsan_plans.geography import REGIONS
from streams.adapters.live_store import LiveStore
from streams.adapters.sqlite_journal import SqliteJournal
from streams.adapters.state_topic import StateReader
from streams.collecting.receipts import FILLED_FIELDS, Receipts
from streams.collecting.source_quality import SourceState, SourceStatus, statuses
from streams.live.region_log import RegionLog, UnreadableState
from streams.monitor import Monitor
from streams.region.feeds import DEFAULT_SILENCE, RPU
from streams.region.fold import Fold
from vigie.errors import explained
from vigie.live_settings import live_settings
from vigie.set_aside import Live
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
    live: Live = False,
) -> None:
    """Show each source: last file, next one expected, delay, rejects, filled fields, state."""
    now = datetime.now(UTC)
    with explained(), _live() if live else _journal(journal) as (receipts, folds):
        found = [each for fold in folds for each in _of_region(receipts, fold, now)]
        refused = sum(1 for receipt in receipts.all() if receipt.refused)
    console = Console()
    if not found:
        console.print("Aucun fichier reçu.")
    else:
        console.print(_freshness(found, now), _quality(found), sep="\n")
    if refused:
        console.print(f"{refused} fichier(s) refusé(s) en entier.")


@contextmanager
def _journal(path: Path | None) -> Iterator[tuple[Receipts, list[Fold]]]:
    with SqliteJournal.open(chosen(journal=path).journal, read_only=True) as opened:
        monitor = Monitor(opened)
        yield opened.receipts, [monitor.fold(region) for region in opened.regions()]


@contextmanager
def _live() -> Iterator[tuple[Receipts, list[Fold]]]:
    settings = live_settings()
    with LiveStore.open(settings.database) as store:
        states, regions = StateReader(settings.kafka), {receipt.region for receipt in store.receipts.all()}
        yield store.receipts, [_newest(states, region) for region in sorted(regions)]


def _newest(states: StateReader, region: str) -> Fold:
    """Return the fold of a région as a worker last kept it: what is expected hardly changes meanwhile."""
    state = states.latest(region)
    try:
        return (RegionLog.start(region) if state is None else RegionLog.restore(state)).fold
    except UnreadableState:
        return RegionLog.start(region).fold


def _of_region(receipts: Receipts, fold: Fold, now: datetime) -> list[SourceStatus]:
    region = fold.state.region
    expected = [(region, RPU, f"ETAB-{finess}") for finess in fold.state.etablissements]

    def silence(feed: str) -> timedelta:
        return (fold.rules.silences.get(feed) or (DEFAULT_SILENCE,))[0]

    return statuses(receipts.all(region), expected, now, silence)


def _columns(title: str, *headings: str) -> Table:
    """Return a table in which names give way and figures do not, on a narrow screen."""
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("Source", overflow="fold")
    table.add_column("Flux", overflow="fold")
    for heading in headings:
        table.add_column(heading, no_wrap=True)
    return table


def _freshness(found: Sequence[SourceStatus], now: datetime) -> Table:
    table = _columns("Fraîcheur et rejets", "Reçu", "Attendu", "Retard", "Rejets", "État")
    for each in found:
        state = Text(STATE_WORDS[each.state], style=_STYLE.get(each.state, "red"))
        table.add_row(*map(Text, _fresh_cells(each, now)), state)
    return table


def _fresh_cells(each: SourceStatus, now: datetime) -> tuple[str, ...]:
    zone = ZoneInfo(REGIONS[each.region].time_zone)
    late = now - each.expected_at if each.expected_at is not None and now > each.expected_at else None
    return (
        each.source,
        each.feed,
        _local(each.last_received_at, zone),
        _local(each.expected_at, zone),
        "" if late is None else _duration(late),
        _rejects(each),
    )


def _quality(found: Sequence[SourceStatus]) -> Table:
    title = "Limite des rejets, délais de transmission et remplissage, sur les derniers fichiers"
    table = _columns(title, "Limite", "Médiane", "9 sur 10", *FILLED_FIELDS)
    for each in found:
        delays = map(_delay, (each.delay_median_s, each.delay_p90_s))
        limit = "inconnue" if each.reject_limit is None else _percent(each.reject_limit)
        filled = (_filled(each, name) for name in FILLED_FIELDS)
        table.add_row(*map(Text, (each.source, each.feed, limit, *delays, *filled)))
    return table


def _delay(seconds: int | None) -> str:
    return "inconnu" if seconds is None else _duration(timedelta(seconds=seconds))


def _filled(each: SourceStatus, name: str) -> str:
    if name not in each.fill_rates:
        return ""
    return f"{100 * each.fill_rates[name]:.0f} %{' ↓' if name in each.poorly_filled else ''}"


def _local(instant: datetime | None, zone: ZoneInfo) -> str:
    return "inconnu" if instant is None else f"{instant.astimezone(zone):%d/%m %H:%M}"


def _duration(late: timedelta) -> str:
    minutes = int(late.total_seconds()) // 60
    hours, days = minutes // 60, minutes // 1440
    return f"{days} j {hours % 24} h" if days else f"{hours} h {minutes % 60:02d}"


def _rejects(each: SourceStatus) -> str:
    return "inconnu" if each.reject_rate is None else _percent(each.reject_rate)


def _percent(rate: float) -> str:
    return f"{100 * rate:.1f} %".replace(".", ",")
