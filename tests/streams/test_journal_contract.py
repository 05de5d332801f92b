"""The rules that every journal keeps, held for the one in memory and the one in a file."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.effect_codec import encode
from alerts.outbox import Finished, OutboxState
from streams.adapters.sqlite_journal import SqliteJournal
from streams.entry import GENESIS, canonical, chain
from streams.journal import (
    Batch,
    JournalConflict,
    JournalPurpose,
    Quarantined,
    TimeWentBack,
    fresh_head,
)
from streams.testing import (
    EPOCH,
    MemoryJournal,
    sample_batch,
    sample_entries,
    sample_notification,
    sample_rejection,
)

AnyJournal = MemoryJournal | SqliteJournal
SECOND = timedelta(seconds=1)


@pytest.fixture(params=["memory", "sqlite"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AnyJournal]:
    made: AnyJournal = MemoryJournal() if request.param == "memory" else SqliteJournal.create(tmp_path / "journal.db")
    with made:
        yield made


def unchanged(journal: AnyJournal, batch: Batch, error: type[Exception]) -> str:
    """The batch is refused and leaves no trace; return why."""
    before = (journal.heads(), list(journal.quarantined()), journal.outbox.counts())
    with pytest.raises(error) as refusal:
        journal.commit(batch)
    assert (journal.heads(), list(journal.quarantined()), journal.outbox.counts()) == before
    assert journal.verify() == []
    return str(refusal.value)


def test_empty_journal_has_a_fresh_head_for_any_region(journal: AnyJournal) -> None:
    assert journal.head("52") == fresh_head("52")
    assert journal.head("52").entries_digest == GENESIS
    assert journal.regions() == []
    assert list(journal.entries("52")) == []
    assert list(journal.effects("52")) == []
    assert journal.latest_snapshot("52") is None
    assert journal.verify() == []


def test_entries_come_back_as_they_were_committed(journal: AnyJournal) -> None:
    batch = sample_batch(journal.head("52"), 12)
    journal.commit(batch)
    assert tuple(journal.entries("52")) == batch.entries


def test_instants_keep_their_microseconds(journal: AnyJournal) -> None:
    head = journal.head("52")
    entry = replace(
        sample_entries(head, 1)[0], recorded_at=EPOCH.replace(microsecond=1), occurred_at=EPOCH.replace(year=1)
    )
    journal.commit(Batch(head, entry.recorded_at.replace(microsecond=999_999), (entry,)))
    assert list(journal.entries("52")) == [entry]
    assert journal.head("52").advanced_to == EPOCH.replace(microsecond=999_999)


def test_both_chains_follow_the_canonical_forms(journal: AnyJournal) -> None:
    batch = sample_batch(journal.head("52"), 10)
    head = journal.commit(batch)
    entries_digest = effects_digest = GENESIS
    for entry in batch.entries:
        entries_digest = chain(entries_digest, canonical(entry))
    for effect, _ in batch.effects:
        effects_digest = chain(effects_digest, encode(effect))
    assert (head.seq, head.entries_digest) == (10, entries_digest)
    assert (head.effects, head.effects_digest) == (2, effects_digest)
    assert journal.head("52") == head


def test_effects_are_numbered_and_remember_their_entry(journal: AnyJournal) -> None:
    head = journal.commit(sample_batch(journal.head("52"), 10))
    journal.commit(sample_batch(head, 10))
    stored = list(journal.effects("52"))
    assert [(each.number, each.after_seq) for each in stored] == [(1, 5), (2, 10), (3, 15), (4, 20)]
    assert list(journal.effects("52", after=3)) == stored[3:]
    assert stored[0].effect == sample_rejection(next(iter(journal.entries("52", after_seq=4))))


def test_regions_do_not_mix(journal: AnyJournal) -> None:
    journal.commit(sample_batch(journal.head("76"), 7))
    journal.commit(sample_batch(journal.head("52"), 3))
    assert journal.regions() == ["52", "76"]
    assert [head.seq for head in journal.heads()] == [3, 7]
    assert {entry.region for entry in journal.entries("76")} == {"76"}


def test_entries_can_be_read_from_a_position_until_an_instant(journal: AnyJournal) -> None:
    batch = sample_batch(journal.head("52"), 10)
    journal.commit(batch)
    until = batch.entries[6].recorded_at
    assert [entry.seq for entry in journal.entries("52", after_seq=3, until=until)] == [4, 5, 6, 7]
    assert [entry.seq for entry in journal.entries("52", until=until - timedelta(microseconds=1))] == [1, 2, 3, 4, 5, 6]


def test_a_batch_prepared_from_an_older_head_is_refused(journal: AnyJournal) -> None:
    old = journal.head("52")
    journal.commit(sample_batch(old, 2))
    assert "entry 2" in unchanged(journal, sample_batch(old, 1), JournalConflict)


def test_even_a_batch_without_entries_needs_the_current_head(journal: AnyJournal) -> None:
    old = journal.commit(sample_batch(journal.head("52"), 2))
    journal.commit(Batch(old, old.advanced_to and old.advanced_to + SECOND))
    unchanged(journal, Batch(old, old.advanced_to and old.advanced_to + 2 * SECOND), JournalConflict)


@pytest.mark.parametrize("wrong", [{"seq": 2}, {"seq": 4}, {"region": "76"}])
def test_entries_must_continue_the_sequence(journal: AnyJournal, wrong: dict[str, object]) -> None:
    head = journal.commit(sample_batch(journal.head("52"), 2))
    entry = replace(sample_entries(head, 1)[0], **wrong)  # type: ignore[arg-type]  # one field at a time
    assert "expected entry 3" in unchanged(journal, Batch(head, entry.recorded_at, (entry,)), JournalConflict)


def test_entries_are_dated_in_utc(journal: AnyJournal) -> None:
    head = journal.head("52")
    paris = timezone(timedelta(hours=1))
    entry = replace(sample_entries(head, 1)[0], occurred_at=EPOCH.astimezone(paris))
    assert "UTC" in unchanged(journal, Batch(head, entry.recorded_at, (entry,)), JournalConflict)


def test_a_payload_holds_on_one_line(journal: AnyJournal) -> None:
    head = journal.head("52")
    entry = replace(sample_entries(head, 1)[0], payload=b'{"key":\n1}')
    unchanged(journal, Batch(head, entry.recorded_at, (entry,)), JournalConflict)


def test_recorded_at_never_decreases(journal: AnyJournal) -> None:
    head = journal.head("52")
    first, second = sample_entries(head, 2)
    late = replace(second, recorded_at=first.recorded_at - SECOND)
    assert "entry 2" in unchanged(journal, Batch(head, first.recorded_at, (first, late)), TimeWentBack)


def test_nothing_is_recorded_before_what_was_already_decided(journal: AnyJournal) -> None:
    head = journal.commit(Batch(journal.head("52"), EPOCH + 60 * SECOND))
    entry = replace(sample_entries(head, 1)[0], recorded_at=EPOCH + 59 * SECOND)
    unchanged(journal, Batch(head, EPOCH + 61 * SECOND, (entry,)), TimeWentBack)


@pytest.mark.parametrize("advanced_to", [None, EPOCH])
def test_the_fold_advances_at_least_to_its_last_entry(journal: AnyJournal, advanced_to: None) -> None:
    batch = sample_batch(journal.head("52"), 3)
    unchanged(journal, replace(batch, advanced_to=advanced_to), TimeWentBack)


@pytest.mark.parametrize("after_seq", [0, 3, 6])
def test_an_effect_follows_an_entry_of_its_batch_or_the_head(journal: AnyJournal, after_seq: int) -> None:
    head = journal.commit(sample_batch(journal.head("52"), 2))
    batch = sample_batch(head, 2)
    wrong = ((sample_rejection(batch.entries[1]), 4), (sample_rejection(batch.entries[0]), after_seq))
    unchanged(journal, replace(batch, effects=wrong), JournalConflict)


def test_the_last_snapshot_is_kept_with_its_head(journal: AnyJournal) -> None:
    head = journal.commit(replace(sample_batch(journal.head("52"), 3), snapshot=b"old"))
    head = journal.commit(replace(sample_batch(head, 3), snapshot=b"\x00new"))
    journal.commit(sample_batch(head, 3))
    snapshot = journal.latest_snapshot("52")
    assert snapshot is not None
    assert (snapshot.head, snapshot.state) == (head, b"\x00new")


def test_quarantined_records_keep_their_bytes_and_reason(journal: AnyJournal) -> None:
    records = tuple(Quarantined("rpu.csv", line, b"\xff;\x00", "not UTF-8", EPOCH) for line in (2, 9))
    other = Quarantined("lits.csv", 4, b"", "empty", EPOCH + SECOND)
    journal.commit(Batch(journal.head("52"), None, quarantine=records))
    journal.commit(Batch(journal.head("76"), EPOCH, quarantine=(other,)))
    assert tuple(journal.quarantined()) == (*records, other)
    assert tuple(journal.quarantined("76")) == (other,)
    assert journal.verify() == []


def test_queued_notifications_are_pending_from_the_commit_on(journal: AnyJournal) -> None:
    journal.commit(sample_batch(journal.head("52"), 3, notifications=2))
    assert journal.outbox.counts()[OutboxState.PENDING] == 2


def test_a_notification_is_only_queued_with_its_effect(journal: AnyJournal) -> None:
    batch = sample_batch(journal.head("52"), 3)
    unchanged(journal, replace(batch, outbox=(sample_notification("stray"),)), JournalConflict)


def test_a_delivery_report_closes_its_item_in_the_same_commit(journal: AnyJournal) -> None:
    batch = sample_batch(journal.head("52"), 3, notifications=1)
    head = journal.commit(batch)
    sent = Finished(batch.outbox[0].id, is_sent=True, at=EPOCH, title="ALERTE", body="Afflux aux urgences")
    journal.commit(replace(sample_batch(head, 1), finished=(sent,)))
    item = journal.outbox.find("52", batch.outbox[0].id)
    assert item is not None
    assert (item.state, item.title, item.body) == (OutboxState.DONE, "ALERTE", "Afflux aux urgences")
    assert journal.verify() == []


def test_a_report_about_an_unknown_notification_is_refused(journal: AnyJournal) -> None:
    head = journal.commit(sample_batch(journal.head("52"), 3, notifications=1))
    report = Finished("no-such-id", is_sent=True, at=EPOCH)
    assert "no-such-id" in unchanged(journal, replace(sample_batch(head, 1), finished=(report,)), JournalConflict)


def test_queueing_twice_keeps_what_already_happened(journal: AnyJournal) -> None:
    first = sample_batch(journal.head("52"), 3, notifications=1)
    sent = Finished(first.outbox[0].id, is_sent=True, at=EPOCH)
    head = journal.commit(replace(first, finished=(sent,)))
    again = Batch(head, head.advanced_to, effects=((first.outbox[0], head.seq),), outbox=first.outbox)
    journal.commit(again)
    assert journal.outbox.counts()[OutboxState.DONE] == 1
    assert journal.outbox.counts()[OutboxState.PENDING] == 0


def test_several_batches_are_written_together_or_not_at_all(journal: AnyJournal) -> None:
    first, second = sample_batch(journal.head("52"), 3), sample_batch(journal.head("76"), 3)

    def interrupted() -> Iterator[Batch]:
        yield first
        yield second
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        journal.commit_all(interrupted())
    assert journal.heads() == []
    journal.commit_all([first, second])
    assert journal.regions() == ["52", "76"]


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_a_retex_journal_never_queues_a_notification(kind: str, tmp_path: Path) -> None:
    made = (
        MemoryJournal(JournalPurpose.RETEX)
        if kind == "memory"
        else SqliteJournal.create(tmp_path / "retex.db", JournalPurpose.RETEX)
    )
    with made as journal:
        batch = sample_batch(journal.head("52"), 3, notifications=1)
        assert "retex" in unchanged(journal, batch, JournalConflict)
        journal.commit(replace(batch, outbox=()))
        assert journal.purpose is JournalPurpose.RETEX


@given(cuts=st.lists(st.integers(1, 39), unique=True, max_size=6))
def test_how_entries_are_cut_into_batches_does_not_change_the_digests(cuts: list[int]) -> None:
    whole = MemoryJournal()
    batch = sample_batch(whole.head("52"), 40)
    whole.commit(batch)
    parts = MemoryJournal()
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), 40], strict=True):
        entries = batch.entries[start:end]
        effects = tuple((effect, after) for effect, after in batch.effects if start < after <= end)
        parts.commit(Batch(parts.head("52"), entries[-1].recorded_at, entries, effects))
    assert parts.heads() == whole.heads()
    assert list(parts.effects("52")) == list(whole.effects("52"))


def test_memory_and_file_give_the_same_digests(tmp_path: Path) -> None:
    memory = MemoryJournal()
    with SqliteJournal.create(tmp_path / "journal.db") as file:
        for region in ("52", "76", "52"):
            memory.commit(sample_batch(memory.head(region), 30, notifications=2))
            file.commit(sample_batch(file.head(region), 30, notifications=2))
        assert file.heads() == memory.heads()
        assert list(file.effects("52")) == list(memory.effects("52"))
