"""The embedded driver: what it commits is what it decided, whatever breaks in between."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from streams import engine, monitor
from streams.engine import JournalBroken
from streams.entry import Draft, Entry, Head, Status
from streams.journal import Batch, JournalPurpose, Quarantined, TimeWentBack
from streams.messages import Message, encode
from streams.monitor import Committed, Dated, Monitor
from streams.replay import replay
from streams.testing import MemoryJournal
from tests.core.builders import EVERY_KIND, HOUR, MINUTE, NANTES, T0, beds, passage, setting, signal


def draft(at: datetime, message: Message, region: str = "52") -> Draft:
    return Draft(at, Status.ACTUAL, region, *encode(message))


class FullDisk(Exception):
    """What a storage raises when it cannot write."""


class Brittle(MemoryJournal):
    """A journal that refuses to write while ``is_full``."""

    is_full = False

    def commit_all(self, batches: Iterable[Batch]) -> None:
        if self.is_full:
            for _ in batches:
                raise FullDisk
        super().commit_all(batches)


def opened(journal: MemoryJournal) -> Monitor:
    driver = Monitor(journal)
    driver.append([draft(at, message) for at, message in setting(*EVERY_KIND)], T0)
    return driver


def evening(driver: Monitor, start: int = 1, count: int = 30) -> None:
    for n in range(start, start + count):
        at = T0 + n * 7 * MINUTE
        driver.advance(at)
        driver.append([draft(at, passage(NANTES, at, ccmu="5")), draft(at, beds(NANTES, at, n % 11))], at)
    driver.advance(T0 + (start + count + 60) * 7 * MINUTE)


def refolded(journal: MemoryJournal, region: str = "52") -> Head:
    return replay(region, journal.entries(region), journal.head(region).advanced_to).head


def test_what_is_stored_is_what_a_replay_gives() -> None:
    journal = MemoryJournal()
    evening(opened(journal))
    assert journal.verify() == []
    assert refolded(journal) == journal.head("52")
    assert journal.head("52").effects > 20


def test_effects_are_stored_after_the_entry_that_was_the_last() -> None:
    journal = MemoryJournal()
    evening(opened(journal))
    recorded = {each.seq: each.recorded_at for each in journal.entries("52")}
    for stored in journal.effects("52"):
        assert recorded[stored.after_seq] <= stored.effect.at
        following = recorded.get(stored.after_seq + 1)
        assert following is None or stored.effect.at <= following


def test_a_refused_commit_leaves_memory_where_the_journal_is() -> None:
    journal, sound = Brittle(), MemoryJournal()
    driver, reference = opened(journal), opened(sound)
    journal.is_full = True
    with pytest.raises(FullDisk):
        driver.append([draft(T0, signal())], T0)
    with pytest.raises(FullDisk):
        driver.advance(T0 + 3 * HOUR)
    journal.is_full = False
    evening(driver)
    evening(reference)
    assert journal.heads() == sound.heads()


def test_a_refused_import_leaves_every_region_as_it_was() -> None:
    journal = Brittle()
    driver = opened(journal)
    before = journal.heads()
    journal.is_full = True
    with pytest.raises(FullDisk):
        driver.record([Dated(T0 + HOUR, draft(T0, signal())), Dated(T0, draft(T0, signal(territory="FR"), "76"))])
    journal.is_full = False
    assert journal.heads() == before
    driver.append([draft(T0, signal())], T0)
    assert refolded(journal) == journal.head("52")


def test_a_restart_goes_on_where_the_journal_is() -> None:
    journal, sound = MemoryJournal(), MemoryJournal()
    driver, reference = opened(journal), opened(sound)
    for part in range(3):
        evening(driver, 1 + part * 100, 20)
        evening(reference, 1 + part * 100, 20)
        if part == 0:
            driver.save()
        driver = Monitor(journal)
        driver.load()
        assert driver.next_deadline() == reference.next_deadline()
    assert journal.heads() == sound.heads()


def test_a_snapshot_of_another_version_is_folded_again_with_a_warning() -> None:
    journal = MemoryJournal()
    driver = opened(journal)
    evening(driver)
    head = journal.head("52")
    journal.commit(Batch(head, head.advanced_to, snapshot=b'{"version":0}'))
    warnings: list[str] = []
    again = Monitor(journal, warn=warnings.append)
    again.load()
    assert len(warnings) == 1
    assert "the whole journal is folded again" in warnings[0]
    assert engine.snapshot(again.fold("52")) == engine.snapshot(driver.fold("52"))


def test_decisions_of_another_version_are_kept_and_said() -> None:
    journal = MemoryJournal()
    evening(opened(journal))
    stored = journal.head("52")
    journal._heads["52"] = Head("52", stored.seq, stored.entries_digest, stored.effects, bytes(32), stored.advanced_to)
    warnings: list[str] = []
    Monitor(journal, warn=warnings.append).load()
    assert "gives other decisions than those stored" in warnings[0]


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"version":1}', b'{"version":1,"state":{"region":5}}', b"\x00"])
def test_what_is_no_snapshot_is_refused(data: bytes) -> None:
    with pytest.raises(engine.UnreadableSnapshot):
        engine.restore(data)


def test_an_entry_is_never_dated_before_what_was_decided() -> None:
    journal = MemoryJournal()
    driver = opened(journal)
    driver.append([draft(T0, signal())], T0 + HOUR)
    driver.append([draft(T0, signal("s2"))], T0 + MINUTE)
    assert [each.recorded_at for each in journal.entries("52")][-2:] == [T0 + HOUR, T0 + HOUR]


def test_an_import_that_goes_back_in_time_is_refused() -> None:
    driver = opened(MemoryJournal())
    with pytest.raises(TimeWentBack, match="import everything together into a new journal"):
        driver.record([Dated(T0 - HOUR, draft(T0, signal()))])


def test_only_a_live_journal_queues_messages() -> None:
    live, retex = MemoryJournal(), MemoryJournal(JournalPurpose.RETEX)
    for journal in (live, retex):
        opened(journal).append([draft(T0, signal())], T0)
    assert live.heads() == retex.heads()
    calls = [stored.effect for stored in live.effects("52") if stored.effect.kind == "notify"]
    assert calls
    assert len(live.outbox.items) == len(calls)
    assert retex.outbox.items == {}


def test_those_who_watch_are_told_once_it_is_committed() -> None:
    journal, seen = Brittle(), list[Committed]()
    driver = Monitor(journal, listener=seen.append)
    journal.is_full = True
    with pytest.raises(FullDisk):
        driver.append([draft(T0, signal())], T0)
    assert seen == []
    journal.is_full = False
    opened_entries = [draft(at, message) for at, message in setting(*EVERY_KIND)]
    driver.append([*opened_entries, draft(T0, beds(NANTES, T0, 5))], T0)
    assert [each.kind for each in seen[0].entries][-1] == "capacity.beds"
    assert seen[0].effects
    assert {reading.indicator for _, _, reading in seen[0].readings} == {
        "lits.installes_rea",
        "lits.occupes_rea",
        "lits.taux_occupation_rea",
    }


def test_records_put_aside_are_kept_with_the_import() -> None:
    journal = MemoryJournal()
    aside = Quarantined("sursaud", 3, b"44;;", "no day", T0)
    Monitor(journal).record([Dated(T0, draft(T0, signal()))], [aside])
    assert list(journal.quarantined()) == [aside]


def test_a_long_import_leaves_a_snapshot_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitor, "SNAPSHOT_EVERY", 10)
    monkeypatch.setattr(monitor, "IMPORT_BATCH", 6)
    journal = MemoryJournal()
    dated = [Dated(T0 + n * MINUTE, draft(T0, passage(NANTES, T0 + n * MINUTE))) for n in range(25)]
    Monitor(journal).record(dated)
    snapshot = journal.latest_snapshot("52")
    assert snapshot is not None
    assert snapshot.head.seq == 24
    assert refolded(journal) == journal.head("52")


def test_a_journal_with_a_hole_cannot_be_folded() -> None:
    fold = engine.start("52")
    entry = Entry(2, T0, T0, Status.ACTUAL, "52", *encode(signal()))
    with pytest.raises(JournalBroken, match="entry 2"):
        engine.step(fold, entry)
    with pytest.raises(JournalBroken, match="cannot follow"):
        engine.step(fold, Entry(1, T0, T0, Status.ACTUAL, "76", *encode(signal())))
    engine.advance(fold, T0 + timedelta(seconds=1))
    with pytest.raises(JournalBroken, match="cannot follow"):
        engine.step(fold, Entry(1, T0, T0, Status.ACTUAL, "52", *encode(signal())))


def test_a_region_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown région '99'"):
        engine.start("99")
