"""Whatever happens to a byte of a journal file, it is detected, or it changed nothing that the journal says."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.outbox import Finished
from streams.adapters.sqlite_journal import SqliteJournal, verify_file
from streams.integrity import EffectRecord, EntryRecord, Problem
from streams.journal import Quarantined
from streams.testing import EPOCH, MemoryJournal, sample_batch

PAGE = 4096


class Sample(NamedTuple):
    """A closed journal file and everything it says."""

    directory: Path
    content: bytes
    says: object


def everything(journal: SqliteJournal) -> object:
    regions = journal.regions()
    with journal.database.reading() as connection:
        outbox = [tuple(row) for row in connection.exec_driver_sql("SELECT * FROM outbox")]
    return (
        journal.purpose,
        journal.heads(),
        [list(journal.entries(region)) for region in regions],
        [list(journal.effects(region)) for region in regions],
        [journal.latest_snapshot(region) for region in regions],
        list(journal.quarantined()),
        outbox,
    )


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    directory = tmp_path_factory.mktemp("damage")
    path = directory / "sample.db"
    with SqliteJournal.create(path) as journal:
        for region in ("52", "76"):
            first = replace(sample_batch(journal.head(region), 40, notifications=2), snapshot=b"state" * 200)
            head = journal.commit(first)
            sent = Finished(first.outbox[0].id, is_sent=True, at=EPOCH, title="ALERTE", body="Afflux")
            bad = Quarantined("rpu.csv", 3, b"\xff\x00", "not UTF-8", EPOCH)
            journal.commit(replace(sample_batch(head, 40), finished=(sent,), quarantine=(bad,)))
        says = everything(journal)
    return Sample(directory, path.read_bytes(), says)


def altered(sample: Sample, content: bytes) -> list[Problem]:
    path = sample.directory / "altered.db"
    path.write_bytes(content)
    return verify_file(path)


def test_a_sound_journal_has_no_problem(sample: Sample) -> None:
    assert altered(sample, sample.content) == []


@given(data=st.data())
def test_a_flipped_byte_is_detected_or_changes_nothing(sample: Sample, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(sample.content) - 1), label="byte")
    mask = data.draw(st.integers(1, 255), label="flip")
    content = bytearray(sample.content)
    content[at] ^= mask
    if not altered(sample, bytes(content)):
        with SqliteJournal.open(sample.directory / "altered.db", read_only=True) as journal:
            assert everything(journal) == sample.says


@given(data=st.data())
def test_a_page_of_noise_never_breaks_the_verification(sample: Sample, data: st.DataObject) -> None:
    page = data.draw(st.integers(0, len(sample.content) // PAGE - 1), label="page")
    noise = Random(data.draw(st.integers(0, 2**32), label="seed")).randbytes(PAGE)
    content = sample.content[: page * PAGE] + noise + sample.content[(page + 1) * PAGE :]
    if not altered(sample, content):
        with SqliteJournal.open(sample.directory / "altered.db", read_only=True) as journal:
            assert everything(journal) == sample.says


def test_verifying_does_not_touch_the_file(sample: Sample) -> None:
    path = sample.directory / "untouched.db"
    path.write_bytes(sample.content)
    verify_file(path)
    assert path.read_bytes() == sample.content


@pytest.mark.parametrize("seq", [1, 23, 80])
def test_the_first_bad_entry_is_named(sample: Sample, seq: int) -> None:
    at = sample.content.index(b'"key":"%d"' % seq) + len('"key":')
    content = bytearray(sample.content)
    content[at] ^= 0x10
    problem = next(problem for problem in altered(sample, bytes(content)) if problem.part == "entry")
    assert (problem.region, problem.number) == ("52", seq)
    assert f"région 52, entry {seq}" in str(problem)


STATEMENTS = {
    "UPDATE entries SET payload='{}' WHERE region='76' AND seq=7": ("entry", "76", 7),
    "UPDATE entries SET occurred_at=occurred_at+1 WHERE region='76' AND seq=7": ("entry", "76", 7),
    "UPDATE entries SET status='exercise' WHERE region='76' AND seq=7": ("entry", "76", 7),
    "UPDATE entries SET status='réel' WHERE region='76' AND seq=7": ("entry", "76", 7),
    "UPDATE entries SET recorded_at='soon' WHERE region='76' AND seq=7": ("entry", "76", 7),
    "UPDATE entries SET digest=zeroblob(32) WHERE region='76' AND seq=7": ("entry", "76", 7),
    "DELETE FROM entries WHERE region='76' AND seq=7": ("entry", "76", 7),
    "DELETE FROM entries WHERE region='76' AND seq=80": ("entry", "76", 80),
    "INSERT INTO entries SELECT region, 81, recorded_at, occurred_at, status, kind, payload, digest FROM entries"
    " WHERE region='76' AND seq=80": ("entry", "76", 81),
    "UPDATE effects SET effect=replace(effect, 'actual', 'tested') WHERE region='52' AND number=3": ("effect", "52", 3),
    "UPDATE effects SET after_seq=after_seq-1 WHERE region='52' AND number=3": ("effect", "52", 3),
    "DELETE FROM effects WHERE region='52' AND number=3": ("effect", "52", 3),
    "UPDATE heads SET advanced_to=advanced_to+1 WHERE region='52'": ("head", None, None),
    "UPDATE snapshots SET state='other' WHERE region='52'": ("snapshot", None, None),
    "UPDATE outbox SET state='done', ready_at=NULL WHERE state='pending'": ("outbox", None, None),
    "UPDATE quarantine SET reason='' WHERE id=1": ("quarantine", None, None),
    "DELETE FROM quarantine WHERE id=1": ("quarantine", None, 1),
    "UPDATE meta SET value='retex' WHERE key='purpose'": ("meta", None, None),
    "DROP INDEX outbox_ready": ("file", None, None),
}


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda statement: statement[:60])
def test_what_was_altered_through_sql_is_named(sample: Sample, statement: str) -> None:
    path = sample.directory / "sql.db"
    path.write_bytes(sample.content)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)
    problem = verify_file(path)[0]
    assert (problem.part, problem.region, problem.number) == STATEMENTS[statement]


def test_a_region_without_its_head_is_noticed(sample: Sample) -> None:
    path = sample.directory / "headless.db"
    path.write_bytes(sample.content)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM heads WHERE region='76'")
    assert any(problem.region == "76" for problem in verify_file(path))


def test_a_damaged_snapshot_counts_as_none(sample: Sample) -> None:
    path = sample.directory / "snapshot.db"
    path.write_bytes(sample.content.replace(b"statestate", b"statEstate", 1))
    with SqliteJournal.open(path) as journal:
        assert [journal.latest_snapshot(region) is None for region in ("52", "76")].count(True) == 1


def _other_payload(journal: MemoryJournal) -> None:
    record = journal.entry_records["52"][4]
    journal.entry_records["52"][4] = EntryRecord(replace(record.entry, payload=b"{}"), record.digest)


def _other_effect(journal: MemoryJournal) -> None:
    record = journal.effect_records["52"][1]
    journal.effect_records["52"][1] = EffectRecord(record.number, record.after_seq, b"{}", record.digest)


@pytest.mark.parametrize(
    ("damage", "named"), [(_other_payload, ("entry", "52", 5)), (_other_effect, ("effect", "52", 2))]
)
def test_the_journal_in_memory_verifies_too(
    damage: Callable[[MemoryJournal], None], named: tuple[str, str, int]
) -> None:
    journal = MemoryJournal()
    journal.commit(sample_batch(journal.head("52"), 20))
    assert journal.verify() == []
    damage(journal)
    assert [(problem.part, problem.region, problem.number) for problem in journal.verify()] == [named]


def test_a_damaged_table_definition_is_one_clear_error(sample: Sample) -> None:
    assert "definition of its tables" in str(altered(sample, sample.content.replace(b"TABLE", b"TABL\xc1", 1))[0])
