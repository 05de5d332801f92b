"""What is dropped goes to the raw topics or to the journal, and is put away once it is held."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from alerts.outbox import StorageError
from streams.adapters.drop_directory import DropDirectory
from streams.entry import Draft
from streams.live.problems import KafkaProblem, KafkaUnavailable
from streams.live.topics import LARGEST_FILE
from tests.feeds.http_door import COMMUNE, NOW, Topics, rpu
from tests.live_database.failing import failing_store
from tests.vigie.monitored import signal_line
from vigie.raw_dropping import RawDropping


class Journal:
    """The journal in memory; while ``is_away``, nothing answers."""

    def __init__(self) -> None:
        self.appended: list[tuple[str, Draft]] = []
        self.is_away = False

    def append(self, drafts: Iterable[tuple[str, Draft]]) -> None:
        if self.is_away:
            raise KafkaUnavailable("k1:9092 does not answer")
        self.appended += drafts


class Killed(BaseException):
    """The process is gone."""


class Depot(DropDirectory):
    """A drop directory whose process is killed before it puts a file away, while ``kills``."""

    kills = False

    def accept(self, path: Path, at: datetime) -> Path:
        if self.kills:
            raise Killed
        return super().accept(path, at)


class Dropped:
    def __init__(self, path: Path) -> None:
        self.topics, self.journal = Topics(), Journal()
        self.database, self.store = failing_store(path)
        self.drop = Depot(path / "depot")
        self.dropping = RawDropping(self.topics, self.journal, self.store, self.drop, "52")

    def take(self, name: str, content: bytes) -> Path:
        path = self.drop.path / name
        path.write_bytes(content)
        self.dropping.take(path, NOW)
        return path

    def reason(self) -> str:
        [reason] = self.drop.rejected.glob("*.raison.txt")
        return reason.read_text(encoding="utf-8")


@pytest.fixture
def dropped(tmp_path: Path) -> Iterator[Dropped]:
    made = Dropped(tmp_path)
    yield made
    made.store.close()


def messages(*keys: str) -> bytes:
    return b"".join(json.dumps(signal_line(key)).encode() + b"\n" for key in keys)


def test_a_file_goes_to_the_topic_of_its_feed_as_it_came(dropped: Dropped) -> None:
    dropped.take("nuit.xml", rpu())
    dropped.take("lits.csv", b"finess;nature;maj\n")
    assert [(feed, file.name, file.format) for feed, file in dropped.topics.sent] == [
        ("rpu", "nuit.xml", "oscour"),
        ("lits", "lits.csv", "lits-form-csv"),
    ]
    assert dropped.topics.sent[0][1].content == rpu()
    assert {file.source for _, file in dropped.topics.sent} == {"depot:52"}
    assert len(list(dropped.drop.received.iterdir())) == 2


def test_a_file_that_kafka_does_not_hold_stays(dropped: Dropped) -> None:
    dropped.topics.is_away = True
    with pytest.raises(KafkaProblem):
        dropped.take("nuit.xml", rpu())
    assert (dropped.drop.path / "nuit.xml").read_bytes() == rpu()
    dropped.topics.is_away = False
    dropped.dropping.take(dropped.drop.path / "nuit.xml", NOW)
    assert len(dropped.topics.sent) == 1


def test_killed_before_it_is_put_away_a_file_keeps_its_receipt(dropped: Dropped) -> None:
    dropped.drop.kills = True
    with pytest.raises(Killed):
        dropped.take("nuit.xml", rpu())
    dropped.drop.kills = False
    dropped.dropping.take(dropped.drop.path / "nuit.xml", NOW)
    first, again = (file.receipt for _, file in dropped.topics.sent)
    assert first == again
    dropped.take("nuit.xml", rpu())
    assert dropped.topics.sent[2][1].receipt != first


def test_messages_are_journaled_once_whoever_is_killed(dropped: Dropped) -> None:
    content = messages("a", "b")
    dropped.database.writes_left = 0
    with pytest.raises(StorageError):
        dropped.take("m.jsonl", content)
    dropped.database.writes_left = 10
    assert (dropped.drop.path / "m.jsonl").exists()
    dropped.dropping.take(dropped.drop.path / "m.jsonl", NOW)
    ids = [id_ for id_, _ in dropped.journal.appended]
    assert ids[:2] == ids[2:]
    assert len(set(ids)) == 2
    dropped.take("m.jsonl", content)
    assert len(dropped.journal.appended) == 4
    receipts = list(dropped.store.receipts.all())
    assert [(each.journaled, each.duplicates) for each in receipts] == [(2, 0), (0, 2)]


def test_two_equal_lines_of_one_file_are_two_facts(dropped: Dropped) -> None:
    line = messages("a")
    dropped.take("m.jsonl", line + line)
    assert len({id_ for id_, _ in dropped.journal.appended}) == 2


def test_messages_wait_for_the_journal(dropped: Dropped) -> None:
    dropped.journal.is_away = True
    with pytest.raises(KafkaProblem):
        dropped.take("m.jsonl", messages("a"))
    assert (dropped.drop.path / "m.jsonl").exists()
    assert list(dropped.store.receipts.all()) == []


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.txt", b"ZORGLUBE", "a.txt: not a known file"),
        ("a.jsonl", b'{"kind": "ZORGLUBE"}\n', "a.jsonl:1: "),
        ("a.xml", b"<OSCOUR>" + b"x" * LARGEST_FILE, "cut it, day by day"),
    ],
)
def test_what_cannot_be_taken_is_rejected_with_its_reason(
    dropped: Dropped, name: str, content: bytes, said: str
) -> None:
    assert not dropped.take(name, content).exists()
    assert said in dropped.reason()
    assert COMMUNE not in dropped.reason()
    assert dropped.topics.sent == []
    assert dropped.journal.appended == []


def test_a_defect_stops_no_other_file(dropped: Dropped) -> None:
    def broken() -> None:
        raise RuntimeError(COMMUNE)

    dropped.topics.sending = broken
    dropped.take("nuit.xml", rpu())
    assert "RuntimeError" in dropped.reason()
    assert COMMUNE not in dropped.reason()
