"""The proof of life: a test record goes through the whole chain, touches nothing else, and is missed when late."""

from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from alerts.channel import Outcome
from alerts.effects import EntryRejected, Notify
from alerts.testing import RecordingChannel
from dashboards.board import Board
from orsan_plans.adapters.plan_files import shipped_catalogue
from streams import engine, messages
from streams.adapters.dropped_files import read_dropped
from streams.adapters.sqlite_journal import SqliteJournal
from streams.entry import Entry, Status
from streams.messages.feeds import MonitorProbe
from streams.region.probing import PROBE_CONTACT
from streams.testing import EPOCH
from tests.alerts.test_sender import CLOSED, Inline
from vigie.embedded import Embedded
from vigie.past import catalogue_message
from vigie.proving import WITHIN, Proving, heartbeat_book, leaving_in

EVERY = timedelta(minutes=15)
SECOND = timedelta(seconds=1)


@dataclass
class Chain:
    """An embedded monitor whose drop directory is read by hand."""

    path: Path
    script: tuple[Outcome, ...] = ()
    executor: Executor = field(default_factory=Inline)

    def __post_init__(self) -> None:
        self.drop = self.path / "depot"
        self.drop.mkdir()
        self.board = Board(regions=("52",))
        self.proving = Proving("52", EVERY, leaving_in(self.drop), self.board)
        self.channel = RecordingChannel(self.script)
        journal = SqliteJournal.create(self.path / "vigie.db")
        self.monitor = Embedded(
            journal, self.channel, self.executor, "http://x", listener=self.proving.committed, board=self.board
        )
        self.monitor.load()
        self.monitor.say("52", catalogue_message(shipped_catalogue()), EPOCH)

    def take(self, now: datetime) -> None:
        for path in sorted(self.drop.iterdir()):
            self.monitor.receive(list(read_dropped(path, "52")), now)
            path.unlink()

    def late(self) -> bool:
        return self.board.delivering.proofs["52"].is_late


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    return Chain(tmp_path)


def test_a_test_record_reaches_the_outside_heartbeat_and_its_way_back_is_seen(chain: Chain) -> None:
    chain.proving.turn(EPOCH)
    chain.take(EPOCH + SECOND)
    chain.monitor.turn(EPOCH + SECOND)
    chain.monitor.turn(EPOCH + 2 * SECOND)
    assert [attempt.contact for attempt in chain.channel.attempts] == [PROBE_CONTACT]
    assert chain.channel.attempts[0].message.title.startswith("TEST")
    proof = chain.board.delivering.proofs["52"]
    assert (proof.came_at, proof.took, proof.is_late) == (EPOCH + 2 * SECOND, 2 * SECOND, False)
    assert list(chain.proving.reasons()) == []
    chain.proving.turn(EPOCH + WITHIN + 3 * SECOND)
    assert not chain.late()


def test_it_goes_on_its_schedule(chain: Chain) -> None:
    for minutes in range(31):
        chain.proving.turn(EPOCH + timedelta(minutes=minutes))
    assert len(list(chain.drop.iterdir())) == 3


def test_a_record_that_does_not_come_back_is_said_until_one_does(chain: Chain) -> None:
    chain.proving.turn(EPOCH)
    for path in chain.drop.iterdir():
        path.unlink()
    chain.proving.turn(EPOCH + WITHIN)
    assert not chain.late()
    chain.proving.turn(EPOCH + WITHIN + SECOND)
    assert chain.late()
    assert len(list(chain.proving.reasons())) == 1
    chain.proving.turn(EPOCH + EVERY)
    assert chain.late()
    chain.take(EPOCH + EVERY)
    chain.monitor.turn(EPOCH + EVERY)
    chain.monitor.turn(EPOCH + EVERY)
    assert not chain.late()
    assert list(chain.proving.reasons()) == []


def test_a_heartbeat_that_refuses_is_no_proof(tmp_path: Path) -> None:
    chain = Chain(tmp_path, (CLOSED,) * 10)
    chain.proving.turn(EPOCH)
    chain.take(EPOCH)
    now = EPOCH
    while (due := chain.monitor.journal.outbox.next_ready_at()) is not None:
        now = max(now, due)
        chain.monitor.turn(now)
        chain.monitor.turn(now)
    chain.proving.turn(EPOCH + WITHIN + SECOND)
    assert chain.late()


def test_a_drop_directory_that_cannot_be_written_is_no_crash(tmp_path: Path) -> None:
    board = Board()
    proving = Proving("52", EVERY, leaving_in(tmp_path / "absent"), board)
    proving.turn(EPOCH)
    proving.turn(EPOCH + WITHIN + SECOND)
    assert board.delivering.proofs["52"].is_late


def test_it_touches_no_world_but_that_of_tests_and_calls_nobody(chain: Chain) -> None:
    before = {status: repr(world) for status, world in chain.monitor.monitor.fold("52").state.worlds.items()}
    chain.proving.turn(EPOCH)
    chain.take(EPOCH)
    after = {status: repr(world) for status, world in chain.monitor.monitor.fold("52").state.worlds.items()}
    assert after == before
    (stored,) = [each.effect for each in chain.monitor.journal.effects("52") if isinstance(each.effect, Notify)]
    assert (stored.person, stored.contact, stored.status) == ("vigie", PROBE_CONTACT, Status.TEST)


@pytest.mark.parametrize("status", [Status.ACTUAL, Status.EXERCISE])
def test_a_probe_of_real_life_is_refused(status: Status) -> None:
    kind, payload = messages.encode(MonitorProbe("x"))
    (refused,) = engine.step(engine.start("52"), Entry(1, EPOCH, EPOCH, status, "52", kind, payload))
    assert isinstance(refused, EntryRejected)


def test_a_replay_decides_the_same() -> None:
    kind, payload = messages.encode(MonitorProbe("x"))
    entry = Entry(1, EPOCH, EPOCH, Status.TEST, "52", kind, payload)
    first, second = (engine.step(engine.start("52"), entry) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("https://beats.example.org/ping/1", "jsons://beats.example.org/ping/1"),
        ("http://127.0.0.1:8000/x", "json://127.0.0.1:8000/x"),
        ("gotify://box.example.org/token", "gotify://box.example.org/token"),
    ],
)
def test_a_web_address_is_posted_to_and_any_other_left_as_it_is(written: str, address: str) -> None:
    assert heartbeat_book(written) == {PROBE_CONTACT: address}
    assert heartbeat_book(None) == {}
