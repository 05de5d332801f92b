"""Building a journal of the past: open data, or an archive, with the plans it is judged by."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from orsan_plans.catalogue import Catalogue
from streams import messages
from streams.adapters.archive import check_archive, read_archive
from streams.adapters.open_data_files import read_files
from streams.adapters.sqlite_journal import SqliteJournal
from streams.entry import Draft, Entry, Head, Status
from streams.journal import JournalConflict, JournalPurpose, Quarantined
from streams.messages.reference import PlanCatalogue, PlanDocument
from streams.monitor import Dated, Monitor


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: rows received, entries journaled, rows set aside, rows of other régions, effects."""

    received: int
    journaled: int
    quarantined: tuple[Quarantined, ...]
    elsewhere: int
    effects: int


def catalogue_message(catalogue: Catalogue) -> PlanCatalogue:
    """Return a catalogue as the journal keeps it."""
    documents = tuple(PlanDocument(name, content) for name, content in catalogue.documents)
    return PlanCatalogue(catalogue.sha256, documents)


def import_open_data(
    journal: SqliteJournal, files: Sequence[tuple[str, Path]], region: str | None, catalogue: Catalogue
) -> Imported:
    """Journal open-data files, all or nothing; a région seen for the first time gets the catalogue first."""
    refuse_live(journal)
    imported = read_files(files, region)
    dated = [Dated(record.recorded_at, record.draft) for record in imported.records]
    if not dated:
        raise JournalConflict("these files hold nothing of this région: nothing was journaled")
    plans = _plans_first(journal, dated, catalogue)
    aside = tuple(
        Quarantined(row.source, row.line, row.raw, row.reason, dated[0].recorded_at) for row in imported.set_aside
    )
    effects = Monitor(journal).record([*plans, *dated], aside)
    return Imported(imported.received, len(dated) + len(plans), aside, imported.elsewhere, len(effects))


def import_archive(journal: SqliteJournal, path: Path) -> Imported:
    """Journal an archive exactly as it was exported; JournalConflict when a région of it is already there."""
    refuse_live(journal)
    contents = check_archive(path)
    known = set(journal.regions())
    for head in contents.heads:
        if head.region in known:
            raise JournalConflict(f"{path}: région {head.region} is already in this journal: import into a new one")
    monitor = Monitor(journal)
    effects = 0
    for region, entries in groupby(read_archive(path), key=lambda entry: entry.region):
        effects += len(monitor.record(map(as_dated, entries)))
        effects += len(monitor.advance_region(region, _head(contents.heads, region).advanced_to))
    return Imported(contents.entries, contents.entries, (), 0, effects)


def as_dated(entry: Entry) -> Dated:
    """Return an entry as what is to be journaled, with the instant it has."""
    draft = Draft(entry.occurred_at, entry.status, entry.region, entry.kind, entry.payload)
    return Dated(entry.recorded_at, draft)


def _head(heads: Sequence[Head], region: str) -> Head:
    return next(head for head in heads if head.region == region)


def refuse_live(journal: SqliteJournal) -> None:
    """Raise JournalConflict for a journal that sends notifications."""
    if journal.purpose is JournalPurpose.LIVE:
        raise JournalConflict(
            f"{journal.database.path}: this journal is live and sends notifications; past data go into a journal of "
            "their own (another --into), today's files into the monitor's drop directory"
        )


def _plans_first(journal: SqliteJournal, dated: Sequence[Dated], catalogue: Catalogue) -> list[Dated]:
    known = set(journal.regions())
    kind, payload = messages.encode(catalogue_message(catalogue))
    new = sorted({each.draft.region for each in dated} - known)
    if not new:
        return []
    first = dated[0].recorded_at
    return [Dated(first, Draft(first, Status.ACTUAL, region, kind, payload)) for region in new]
