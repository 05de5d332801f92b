"""Files of messages: once each, whole or not at all, with a receipt."""

from datetime import timedelta
from pathlib import Path

import pytest

from streams.adapters.sqlite_journal import SqliteJournal, verify_file
from streams.collecting.source_quality import statuses
from streams.monitor import Monitor
from streams.testing import EPOCH, MemoryJournal
from tests.vigie.monitored import Place, eventually, line, signal_line
from vigie.dropped_messages import take_messages

VISIT = (
    '{"kind":"rpu.passage","occurred_at":"2026-01-14T08:00:00+01:00",'
    '"payload":{"key":"k1.0","finess":"440000271","departement":"44","entered_at":"2026-01-14T08:00:00+01:00"}}\n'
)


@pytest.fixture
def monitor() -> Monitor:
    return Monitor(MemoryJournal())


def dropped(folder: Path, text: str, name: str = "a.jsonl") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_the_same_file_is_journaled_once_whatever_its_name(tmp_path: Path, monitor: Monitor) -> None:
    first = take_messages(monitor, dropped(tmp_path, VISIT), "52", EPOCH)
    again = take_messages(monitor, dropped(tmp_path, VISIT, "b.jsonl"), "52", EPOCH + timedelta(hours=1))
    third = take_messages(monitor, dropped(tmp_path, VISIT, "b.jsonl"), "52", EPOCH + timedelta(hours=2))
    assert (first.received, first.accepted, first.journaled) == (1, 1, 1)
    for each in (again, third):
        assert (each.received, each.accepted, each.duplicates, each.journaled) == (1, 0, 1, 0)
    assert monitor.journal.head("52").seq == 1
    assert [each.name for each in monitor.journal.receipts.all()] == ["a.jsonl", "b.jsonl", "b.jsonl"]


def test_the_same_fact_at_a_new_instant_is_new(tmp_path: Path, monitor: Monitor) -> None:
    for number in (8, 9):
        text = VISIT.replace('"2026-01-14T08:00:00+01:00","payload"', f'"2026-01-14T0{number}:00:00+01:00","payload"')
        assert take_messages(monitor, dropped(tmp_path, text), "52", EPOCH).journaled == 1


def test_a_refused_file_journals_nothing_and_keeps_its_reason(tmp_path: Path, monitor: Monitor) -> None:
    path = dropped(tmp_path, VISIT + "{}\n")
    refused = take_messages(monitor, path, "52", EPOCH)
    assert refused.refused.startswith("a.jsonl:2: ")
    assert monitor.journal.head("52").seq == 0
    assert list(monitor.journal.receipts.all()) == [refused]
    assert take_messages(monitor, dropped(tmp_path, VISIT), "52", EPOCH + timedelta(seconds=1)).journaled == 1


def test_an_empty_file_is_received(tmp_path: Path, monitor: Monitor) -> None:
    receipt = take_messages(monitor, dropped(tmp_path, "\n"), "52", EPOCH)
    assert (receipt.received, receipt.journaled, receipt.refused) == (0, 0, "")


def test_messages_are_no_source_to_follow(tmp_path: Path, monitor: Monitor) -> None:
    take_messages(monitor, dropped(tmp_path, VISIT), "52", EPOCH)
    assert statuses(monitor.journal.receipts.all(), (), EPOCH, lambda _: timedelta(1)) == []


def test_a_running_monitor_takes_a_file_dropped_twice_once(tmp_path: Path) -> None:
    place = Place(tmp_path)
    said = signal_line("panne"), line("rpu.passage", {"key": "k", "finess": "440000271", "departement": "44",
                                                      "entered_at": "2026-01-14T08:00:00+01:00"})  # fmt: skip
    with place.monitor() as monitor:
        for name in ("un", "deux"):
            place.leave(name, *said)
        eventually(lambda: not place.dropped(), "both files taken")
        assert monitor.stop() == 0
    assert len(list((place.drop / "recus").iterdir())) == 2
    assert verify_file(place.journal) == []
    with SqliteJournal.open(place.journal, read_only=True) as journal:
        kinds = [entry.kind for entry in journal.entries("52")]
        counts = sorted((each.accepted, each.duplicates) for each in journal.receipts.all())
    assert (kinds.count("signal.sanitaire"), kinds.count("rpu.passage")) == (1, 1)
    assert counts == [(0, 2), (2, 0)]
