"""Building a journal of the past from the log of the live processes: the same entries, in the order they have there."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from streams.adapters.journal_topic import JournalReader
from streams.adapters.sqlite_journal import SqliteJournal
from streams.entry import Entry
from streams.journal import JournalConflict
from streams.live.log_reader import LogReader
from streams.live.record import LogRecord
from streams.monitor import Monitor
from vigie.past import Imported, as_dated, refuse_live

AT_ONCE: Final = 20_000
"""Entries in memory at once."""

Watched = Callable[[Iterator[LogRecord], int], Iterator[LogRecord]]
"""Hands on the records, of which there are so many, and shows how far the reading is."""


def import_log(journal: SqliteJournal, log: JournalReader, region: str, watched: Watched) -> Imported:
    """Put the log of a région, up to its end as of now, into a new journal; JournalConflict when it is not new.

    A `KafkaProblem` or a StorageError leaves a part of it in the journal, which is to be thrown away.
    """
    refuse_live(journal)
    if journal.regions():
        raise JournalConflict("this journal is not empty: the log of a région goes into a new one")
    end = log.end_offset(region)
    reader, monitor, effects = LogReader(region), Monitor(journal), 0
    entries = reader.entries(watched(log.read(region, 0, end), end))
    for some in _batches(entries):
        effects += len(monitor.record(map(as_dated, some)))
    effects += len(monitor.advance_region(region, reader.now))
    return Imported(end, reader.seq, (), 0, effects)


def _batches(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    while some := list(islice(entries, AT_ONCE)):
        yield some
