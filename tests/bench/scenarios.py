"""What is measured. Each scenario prepares its input outside the clock and returns the work to be timed."""

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from alerts.effects import Effect
from orsan_plans.adapters.plan_files import shipped_catalogue
from streams import engine, messages
from streams.adapters.sqlite_journal import SqliteJournal
from streams.entry import GENESIS, Entry
from streams.journal import JournalPurpose
from streams.monitor import Listener, Monitor
from streams.region.fold import Fold
from streams.replay import replay
from tests.bench import workload
from tests.bench.timing import Timed
from vigie.past import import_open_data

WAVE_FILES: Final = (
    ("sursaud-quotidien", "sursaud/sursaud-covid19-quotidien-2020-04-16-10h47-departement.csv"),
    ("sivic-stocks", "covid/sivic_stocks_predicu_public_data.csv"),
    ("lits-sae", "ref/lits-departements-france.csv"),
)

_TABLE: Final = (
    "CREATE TABLE entries (region TEXT, seq INT, recorded_at INT, occurred_at INT, status TEXT, kind TEXT, "
    "payload BLOB, digest BLOB, PRIMARY KEY (region, seq)) WITHOUT ROWID"
)


def decoding(entries: Sequence[Entry]) -> Callable[[], Timed]:
    """Decode every payload and do nothing else: the least a fold can do."""

    def work() -> int:
        for entry in entries:
            messages.decode(entry.kind, entry.payload)
        return len(entries)

    return lambda: work


def hashing(entries: Sequence[Entry]) -> Callable[[], Timed]:
    """Chain SHA-256 over the bytes of the payloads: the least a digest can do."""

    def work() -> int:
        digest = GENESIS
        for entry in entries:
            digest = hashlib.sha256(digest + entry.payload).digest()
        return len(entries)

    return lambda: work


def inserting(entries: Sequence[Entry], batch: int, directory: Path) -> Callable[[], Timed]:
    """Insert the same rows with sqlite3 alone, committed and flushed per batch: the least a journal can do."""
    rows = [(each.region, each.seq, 0, 0, each.status.value, each.kind, each.payload, bytes(32)) for each in entries]

    def prepare() -> Timed:
        connection = sqlite3.connect(_new(directory) / "bare.db", isolation_level=None)
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", _TABLE):
            connection.execute(statement)

        def work() -> int:
            for start in range(0, len(rows), batch):
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany("INSERT INTO entries VALUES (?,?,?,?,?,?,?,?)", rows[start : start + batch])
                connection.execute("COMMIT")
            connection.close()
            return len(rows)

        return work

    return prepare


def opening(entries: Sequence[Entry]) -> Callable[[], Timed]:
    """Step through the first entries of a region: plans, establishments, and the first word of each of them."""
    return lambda: partial(_fold, engine.start(workload.REGION), entries, [])


def folding(start: Sequence[Entry], entries: Sequence[Entry], effects: list[Effect]) -> Callable[[], Timed]:
    """Step through entries already built, after those of ``start``; ``effects`` receives those of the last run."""

    def prepare() -> Timed:
        fold = engine.start(workload.REGION)
        _fold(fold, start, [])
        effects.clear()
        return partial(_fold, fold, entries, effects)

    return prepare


def _fold(fold: Fold, entries: Sequence[Entry], effects: list[Effect]) -> int:
    for entry in entries:
        effects.extend(engine.step(fold, entry))
    return len(entries)


def folding_with_digest(entries: Sequence[Entry]) -> Callable[[], Timed]:
    """Step, and chain the canonical bytes of every entry and effect: what a replay does beside reading the file."""

    def work() -> int:
        replay(workload.REGION, entries, None)
        return len(entries)

    return lambda: work


def appending(number: int, batch: int, directory: Path, listener: Listener | None = None) -> Callable[[], Timed]:
    """Append drafts to a live journal file: number, date, fold, chain and commit them with their effects and outbox.

    With a listener, every reading of every five minutes is computed too, to be shown.
    """
    dated = list(workload.dated(number))
    batches = [dated[start : start + batch] for start in range(0, len(dated), batch)]

    def prepare() -> Timed:
        journal = SqliteJournal.create(_new(directory) / "live.db", JournalPurpose.LIVE, synchronous="FULL")
        monitor = Monitor(journal, listener)

        def work() -> int:
            for each in batches:
                monitor.append([draft for _, draft in each], each[-1][0])
            journal.close()
            return len(dated)

        return work

    return prepare


def importing_wave(data: Path, directory: Path) -> Callable[[], Timed]:
    """Read the open data of the first COVID wave, all régions, fold them and commit one journal."""

    def prepare() -> Timed:
        journal = SqliteJournal.create(_new(directory) / "wave.db", JournalPurpose.RETEX)
        files = [(format_, data / name) for format_, name in WAVE_FILES]

        def work() -> int:
            imported = import_open_data(journal, files, None, shipped_catalogue())
            journal.close()
            return imported.journaled

        return work

    return prepare


def replaying_wave(data: Path, directory: Path) -> Callable[[], Timed]:
    """Replay that journal from its file, région by région, and check that every digest is the one stored."""
    path = _new(directory) / "wave.db"
    with SqliteJournal.create(path, JournalPurpose.RETEX) as journal:
        import_open_data(journal, [(format_, data / name) for format_, name in WAVE_FILES], None, shipped_catalogue())

    def work() -> int:
        with SqliteJournal.open(path, read_only=True) as journal:
            for head in journal.heads():
                replayed = replay(head.region, journal.entries(head.region), head.advanced_to)
                if replayed.head != head:
                    raise AssertionError(f"région {head.region}: the replay does not give the stored digests")
            return sum(head.seq for head in journal.heads())

    return lambda: work


def _new(directory: Path) -> Path:
    return Path(mkdtemp(dir=directory))
