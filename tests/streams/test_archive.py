"""The archive: what it holds, and that it is the same bytes for the same journal."""

import gzip
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from streams.adapters.archive import ArchiveError, check_archive, read_archive, write_archive
from streams.adapters.sqlite_journal import SqliteJournal
from streams.entry import Entry, Head
from streams.journal import Batch, fresh_head
from streams.testing import EPOCH, MemoryJournal, sample_batch


def two_regions() -> MemoryJournal:
    journal = MemoryJournal()
    for region in ("76", "52", "76"):
        journal.commit(sample_batch(journal.head(region), 20))
    return journal


def test_entries_come_back_region_by_region(tmp_path: Path) -> None:
    journal = two_regions()
    write_archive(journal, tmp_path / "journal.jsonl.gz")
    expected = [*journal.entries("52"), *journal.entries("76")]
    assert list(read_archive(tmp_path / "journal.jsonl.gz")) == expected


def test_the_trailer_tells_where_each_region_stood(tmp_path: Path) -> None:
    journal = two_regions()
    written = write_archive(journal, tmp_path / "a.gz")
    contents = check_archive(tmp_path / "a.gz")
    assert contents == written
    assert (contents.entries, contents.heads) == (60, tuple(journal.heads()))


def test_same_journal_same_bytes_whatever_keeps_it(tmp_path: Path) -> None:
    memory = two_regions()
    write_archive(memory, tmp_path / "memory.gz")
    with SqliteJournal.create(tmp_path / "journal.db") as file:
        for region in ("52", "76"):
            for batch in _batches(memory, region, file.head(region)):
                file.commit(batch)
        write_archive(file, tmp_path / "file.gz")
    assert (tmp_path / "memory.gz").read_bytes() == (tmp_path / "file.gz").read_bytes()


def _batches(journal: MemoryJournal, region: str, head: Head) -> Iterator[Batch]:
    entries = tuple(journal.entries(region))
    effects = tuple((stored.effect, stored.after_seq) for stored in journal.effects(region))
    yield Batch(head, entries[-1].recorded_at, entries, effects)


def test_common_tools_read_it(tmp_path: Path) -> None:
    journal = two_regions()
    write_archive(journal, tmp_path / "a.gz")
    lines = [json.loads(line) for line in gzip.decompress((tmp_path / "a.gz").read_bytes()).splitlines()]
    assert lines[0] == {"format": "vigie-journal", "version": 1, "regions": {"52": 20, "76": 40}}
    assert lines[1]["entry"]["payload"] == {"finess": "440000271", "key": "1"}
    assert lines[-2]["entries"] == len(lines) - 3 == 60
    assert lines[-2]["heads"][0]["effects_digest"] == journal.head("52").effects_digest.hex()


def test_some_regions_only(tmp_path: Path) -> None:
    contents = write_archive(two_regions(), tmp_path / "a.gz", ["76"])
    assert [head.region for head in contents.heads] == ["76"]
    assert {entry.region for entry in read_archive(tmp_path / "a.gz")} == {"76"}


def test_an_unknown_region_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="région 44: it has 52, 76"):
        write_archive(two_regions(), tmp_path / "a.gz", ["44"])
    assert list(tmp_path.iterdir()) == []


def test_an_empty_journal_is_archived_too(tmp_path: Path) -> None:
    write_archive(MemoryJournal(), tmp_path / "a.gz")
    assert list(read_archive(tmp_path / "a.gz")) == []
    assert check_archive(tmp_path / "a.gz").entries == 0


def test_a_region_that_only_advanced_keeps_its_head(tmp_path: Path) -> None:
    journal = MemoryJournal()
    journal.commit(Batch(fresh_head("52"), EPOCH))
    write_archive(journal, tmp_path / "a.gz")
    assert check_archive(tmp_path / "a.gz").heads == (journal.head("52"),)


class InterruptedJournal(MemoryJournal):
    """Breaks while it is being exported."""

    def entries(self, region: str, after_seq: int = 0, until: object = None) -> Iterator[Entry]:  # noqa: ARG002  same shape
        yield from islice(super().entries(region), 5)
        raise OSError(28, "No space left on device")


def test_an_interrupted_export_leaves_the_previous_archive(tmp_path: Path) -> None:
    write_archive(two_regions(), tmp_path / "a.gz")
    before = (tmp_path / "a.gz").read_bytes()
    broken = InterruptedJournal()
    broken.commit(sample_batch(broken.head("52"), 20))
    with pytest.raises(ArchiveError, match="No space left"):
        write_archive(broken, tmp_path / "a.gz")
    assert [each.name for each in tmp_path.iterdir()] == ["a.gz"]
    assert (tmp_path / "a.gz").read_bytes() == before


class BusyJournal(MemoryJournal):
    """Keeps growing while it is being exported."""

    def entries(self, region: str, after_seq: int = 0, until: object = None) -> Iterator[Entry]:  # noqa: ARG002  same shape
        self.commit(sample_batch(self.head(region), 1))
        yield from super().entries(region)


def test_what_arrives_during_an_export_waits_for_the_next(tmp_path: Path) -> None:
    journal = BusyJournal()
    head = journal.commit(sample_batch(journal.head("52"), 20))
    write_archive(journal, tmp_path / "a.gz")
    assert check_archive(tmp_path / "a.gz").heads == (head,)


def test_a_damaged_journal_is_not_exported(tmp_path: Path) -> None:
    journal = two_regions()
    del journal.entry_records["52"][3]
    with pytest.raises(ArchiveError, match=r"région 52.*damaged"):
        write_archive(journal, tmp_path / "a.gz")
    assert list(tmp_path.iterdir()) == []
