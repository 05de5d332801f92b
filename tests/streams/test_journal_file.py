"""The journal's file: opening, refusing, a full disk, many readers."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

import pytest
from sqlalchemy import event

from alerts.adapters.sqlite_database import APPLICATION_ID, SqliteDatabase
from alerts.outbox import OutboxState, StorageError, StorageFull, StorageUnreadable
from streams.adapters.sqlite_journal import SqliteJournal, verify_file
from streams.journal import Batch, JournalConflict, JournalPurpose
from streams.testing import sample_batch


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def changed(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


def test_a_reopened_journal_continues(path: Path) -> None:
    with SqliteJournal.create(path, JournalPurpose.RETEX) as journal:
        head = journal.commit(sample_batch(journal.head("52"), 10))
    with SqliteJournal.open(path) as journal:
        assert journal.purpose is JournalPurpose.RETEX
        assert journal.head("52") == head
        journal.commit(sample_batch(head, 10))
        assert [entry.seq for entry in journal.entries("52")] == list(range(1, 21))
    assert verify_file(path) == []


def test_a_closed_journal_is_one_file(path: Path) -> None:
    with SqliteJournal.create(path) as journal:
        journal.commit(sample_batch(journal.head("52"), 10))
    assert [each.name for each in path.parent.iterdir()] == ["journal.db"]


def test_the_header_says_what_the_file_is(path: Path) -> None:
    SqliteJournal.create(path).close()
    assert int.from_bytes(path.read_bytes()[68:72]) == APPLICATION_ID


def test_every_commit_survives_a_power_cut_unless_asked_otherwise(path: Path) -> None:
    with SqliteJournal.create(path) as journal, journal.database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_create_never_overwrites(path: Path) -> None:
    path.write_bytes(b"somebody's work")
    with pytest.raises(StorageError, match="already exists"):
        SqliteJournal.create(path)
    assert path.read_bytes() == b"somebody's work"


def test_a_missing_file_is_not_created_by_opening_it(path: Path) -> None:
    with pytest.raises(StorageUnreadable, match="no such journal"):
        SqliteJournal.open(path)
    assert not path.exists()


def test_a_text_file_is_refused_and_left_alone(path: Path) -> None:
    path.write_bytes(b"DATE;ENTREE\n" * 100)
    with pytest.raises(StorageUnreadable, match="not a Vigie journal"):
        SqliteJournal.open(path)
    assert path.read_bytes() == b"DATE;ENTREE\n" * 100


def test_another_program_s_database_is_refused(path: Path) -> None:
    changed(path, "CREATE TABLE patients (name)")
    with pytest.raises(StorageUnreadable, match="not a Vigie journal"):
        SqliteJournal.open(path)


def test_a_newer_layout_is_refused_with_what_to_do(path: Path) -> None:
    SqliteJournal.create(path).close()
    changed(path, "PRAGMA user_version=3")
    with pytest.raises(StorageUnreadable, match=r"version 3.*export"):
        SqliteJournal.open(path)
    assert "version 3" in str(verify_file(path)[0])


def test_a_directory_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"nowhere.*check the directory"):
        SqliteJournal.create(tmp_path / "nowhere" / "journal.db")


def limit_pages(database: SqliteDatabase, pages: int) -> None:
    """Make SQLite answer "database or disk is full", as a full disk does."""

    @event.listens_for(database.engine, "checkout")
    def _limit(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}").close()


def test_a_full_disk_leaves_nothing_half_written(path: Path) -> None:
    with SqliteJournal.create(path) as journal:
        head = journal.commit(sample_batch(journal.head("52"), 100))
        limit_pages(journal.database, path.stat().st_size // 4096 + 20)
        with pytest.raises(StorageFull, match="disk is full, nothing was written"):
            journal.commit(sample_batch(head, 5000, notifications=50))
        assert journal.head("52") == head
        assert journal.outbox.counts()[OutboxState.PENDING] == 0
        limit_pages(journal.database, 1_000_000)
        journal.commit(sample_batch(head, 5000, notifications=50))
        assert journal.verify() == []


def test_a_second_writer_is_told_that_the_journal_moved(path: Path) -> None:
    with SqliteJournal.create(path) as one, SqliteJournal.open(path) as two:
        head = two.head("52")
        one.commit(sample_batch(head, 3))
        with pytest.raises(JournalConflict):
            two.commit(sample_batch(head, 3))
        two.commit(sample_batch(two.head("52"), 3))
        assert one.head("52").seq == 6


def test_reading_goes_on_while_the_journal_grows(path: Path) -> None:
    with SqliteJournal.create(path) as journal, SqliteJournal.open(path, read_only=True) as reader:
        head = journal.commit(sample_batch(journal.head("52"), 1500))
        entries = reader.entries("52")
        assert [entry.seq for entry in islice(entries, 3)] == [1, 2, 3]
        journal.commit(sample_batch(head, 1500))
        assert [entry.seq for entry in entries] == list(range(4, 3001))


def test_a_reader_cannot_write(path: Path) -> None:
    SqliteJournal.create(path).close()
    with SqliteJournal.open(path, read_only=True) as reader, pytest.raises(StorageError):
        reader.commit(sample_batch(reader.head("52"), 1))


def test_an_iterable_that_reads_the_journal_does_not_block_its_own_commit(path: Path) -> None:
    with SqliteJournal.create(path) as journal:
        journal.commit(sample_batch(journal.head("52"), 3))

        def batches() -> Iterator[Batch]:
            yield sample_batch(journal.head("52"), 3)

        journal.commit_all(batches())
        assert journal.head("52").seq == 6
