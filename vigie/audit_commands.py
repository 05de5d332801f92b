"""`vigie audit`: who was told what, and by whom it was answered; its proof; erasing old texts."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import typer

from alerts.adapters.outbox_store import StoredOutbox
from alerts.erasure import Erasure, erasure
from dashboards.audit_text import COLUMNS, Audit
from orsan_plans.geography import REGIONS
from streams.adapters.live_store import LiveStore
from streams.adapters.retex_files import write_csv
from streams.adapters.sqlite_journal import SqliteJournal, verify_file
from streams.adapters.writer_lock import only_writer
from streams.audit_records import Record
from streams.entry import combined_digest
from streams.messages.deliveries import TextsErased
from streams.monitor import Monitor
from vigie.audited import audited, of_journal
from vigie.errors import explained
from vigie.live_settings import live_settings
from vigie.saying import Live
from vigie.saying import journal as journal_live
from vigie.settings import chosen
from vigie.text_keeping import Tells, erase_texts, telling_monitor

app = typer.Typer(
    help="Show who was told what, prove it, and erase the texts that were kept long enough.", no_args_is_help=True
)

JournalFile = Annotated[
    Path | None, typer.Option("--journal", metavar="J.db", help="The journal; that of the monitor without it.")
]
_DAYS: Final = ["%Y-%m-%d"]
_MOST: Final = 20


@app.command()
def show(  # noqa: PLR0913 - one parameter per option
    alert: Annotated[str | None, typer.Option(metavar="ID", help="Only this alert.")] = None,
    person: Annotated[str | None, typer.Option(metavar="ID", help="Only this person, by id of the roster.")] = None,
    from_: Annotated[datetime | None, typer.Option("--from", formats=_DAYS, help="First local day.")] = None,
    to: Annotated[datetime | None, typer.Option(formats=_DAYS, help="Last local day, included.")] = None,
    csv: Annotated[Path | None, typer.Option(metavar="FILE.csv", help="Write it as a table instead.")] = None,
    *,
    texts: Annotated[bool, typer.Option(help="Show the texts that were sent.")] = True,
    journal: JournalFile = None,
    live: Live = None,
) -> None:
    """Show the audit, alert by alert, in order of time; in French. Days are those of the région."""
    with explained():
        with audited(journal, live) as found:
            wanted = [_kept(each.audit(), alert, person, _Days(from_, to, each.region)) for each in found]
        if csv is not None:
            write_csv(csv, COLUMNS, (row for audit in wanted for row in audit.rows()))
    if csv is not None:
        typer.echo(f"{csv}: {sum(len(audit.records) for audit in wanted)} rows")
        return
    for audit in wanted:
        for line in audit.lines(with_texts=texts):
            typer.echo(line)
        typer.echo(audit.summary())


@app.command()
def verify(journal: JournalFile = None, live: Live = None) -> None:
    """Check that every message was decided, sent or given up, reported; exit 1 and name what is not."""
    path = chosen(journal=journal).journal
    problems = [] if live else verify_file(path)
    if not problems:
        with explained(), audited(journal, live) as found:
            problems = [problem for each in found for problem in islice(each.faults(), _MOST)]
    for problem in problems[:_MOST]:
        typer.echo(f"{live or path}: {problem}", err=True)
    if problems:
        raise typer.Exit(1)
    typer.echo(_sound(path, live))


@app.command()
def purge(
    before: Annotated[datetime, typer.Option(formats=_DAYS, help="Texts of messages finished before this local day.")],
    by: Annotated[str, typer.Option(help="Who decided it; journaled.")],
    reason: Annotated[str, typer.Option(help="Why: the rule it follows; journaled.")],
    confirm: Annotated[str | None, typer.Option(metavar="CODE", help="The code that the preview printed.")] = None,
    journal: JournalFile = None,
    live: Live = None,
) -> None:
    """Erase the texts of old messages, leaving their digests: first a preview, then again with its code.

    The monitor of a journal must be stopped; the live processes may run (--live). Names, times and results stay: they
    are in the chains of the journal.
    """
    order = _Order(before, by, reason, confirm)
    with explained():
        if live is None:
            _purge_journal(chosen(journal=journal).journal, order)
        else:
            _purge_live(live, order)


@dataclass(frozen=True, slots=True)
class _Days:
    """A period of whole local days, open where nothing was asked."""

    first: datetime | None
    last: datetime | None
    region: str

    def holds(self, at: datetime) -> bool:
        day = at.astimezone(ZoneInfo(REGIONS[self.region].time_zone)).date()
        is_after = self.first is None or day >= self.first.date()
        return is_after and (self.last is None or day <= self.last.date())


def _kept(audit: Audit, alert: str | None, person: str | None, days: _Days) -> Audit:
    def is_wanted(record: Record) -> bool:
        return alert in {None, record.alert_id} and person in {None, record.person} and days.holds(record.at)

    return audit.only(is_wanted)


def _sound(path: Path, live: str | None) -> str:
    if live is not None:
        return f"sound: région {live}, log and database agree"
    with explained(), SqliteJournal.open(path, read_only=True) as opened:
        heads = opened.heads()
        left = sum(1 for each in of_journal(opened) for _ in each.outbox.items(each.region))
    entries = sum(head.seq for head in heads)
    return f"sound: digest {combined_digest(heads)} entries {entries} messages {left}; note it somewhere else"


def _midnight(day: datetime, region: str) -> datetime:
    return day.replace(tzinfo=ZoneInfo(REGIONS[region].time_zone)).astimezone(UTC)


def _purge_journal(path: Path, order: "_Order") -> None:
    with only_writer(path, "vigie audit purge"), SqliteJournal.open(path) as opened:
        tell = telling_monitor(Monitor(opened), datetime.now(UTC))
        for region in opened.regions():
            _purge(opened.outbox, region, order, tell)


def _purge_live(region: str, order: "_Order") -> None:
    with LiveStore.open(live_settings().database) as store:
        _purge(store.outbox, region, order, journal_live)


@dataclass(frozen=True, slots=True)
class _Order:
    """What was asked: texts finished before a local day, by whom, why, and the code of the preview."""

    before: datetime
    by: str
    reason: str
    confirm: str | None


def _purge(outbox: StoredOutbox, region: str, order: _Order, tell: Tells) -> None:
    instant = _midnight(order.before, region)
    planned = erasure(outbox.erasable(region, instant), instant)
    if _is_confirmed(planned, region, instant, order.confirm):
        count = erase_texts(outbox, region, TextsErased(instant, 0, "", order.by, order.reason), tell)
        typer.echo(f"région {region}: {count} texts erased")


def _is_confirmed(planned: Erasure, region: str, before: datetime, confirm: str | None) -> bool:
    """Tell whether the code is that of what would be erased now; show what that is when it is not."""
    code = planned.sha256[:8]
    if not planned.items:
        typer.echo(f"région {region}: no text to erase before {before:%Y-%m-%d %H:%M} UTC")
        return False
    if confirm == code:
        return True
    first, last = (pick(_finished(planned)) for pick in (min, max))
    people = sorted({item.notification.person for item in planned.items})
    typer.echo(
        f"région {region}: would erase {len(planned.items)} texts, finished from {first:%Y-%m-%d} to {last:%Y-%m-%d},"
        f" sent to {', '.join(people)}; to do it, run the same command with --confirm {code}"
    )
    if confirm is not None:
        typer.echo(f"vigie: {confirm} is not the code of what would be erased now", err=True)
        raise typer.Exit(1)
    return False


def _finished(planned: Erasure) -> list[datetime]:
    return [item.finished_at for item in planned.items if item.finished_at is not None]
