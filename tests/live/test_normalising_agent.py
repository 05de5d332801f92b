"""The agents beside the fold: a file waits for what is away, is acknowledged once; lists reach the database."""

import asyncio
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from alerts.outbox import StorageError
from streams.adapters import giving_way
from streams.adapters.declaring import Declaring
from streams.adapters.faust_app import headers_of
from streams.adapters.normaliser import Normaliser
from streams.adapters.normalising_agent import AT_ONCE, URGENT, NormalisingAgent, raw_record
from streams.adapters.raw_topics import RawRecord
from streams.live.problems import KafkaUnavailable
from streams.live.topics import RAW, RAW_RPU, RAW_SIGNALS
from streams.messages.reference import Etablissement
from tests.feeds.collecting_builders import NOW
from tests.live.processes import PATIENCE_SECONDS

CHU = Etablissement("440000271", "CHU", "44")


class Taking(Normaliser):
    """A normaliser that fails as many times as it is told, with these errors."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.asked: list[tuple[int, bool]] = []

    def take(self, record: RawRecord, *, may_be_begun: bool) -> None:
        self.asked.append((record.offset, may_be_begun))
        if self.errors:
            raise self.errors.pop(0)


def event(
    offset: int, partition: int = 0, acknowledged: list[tuple[int, int]] | None = None, topic: str = RAW_RPU
) -> SimpleNamespace:
    done = [] if acknowledged is None else acknowledged
    return SimpleNamespace(
        ack=lambda: done.append((partition, offset)),
        message=SimpleNamespace(
            topic=topic,
            partition=partition,
            offset=offset,
            timestamp=NOW.timestamp(),
            key=b"source",
            value=b"<OSCOUR/>",
            headers=[("name", b"a"), ("name", b"b")],
        ),
    )


def handled(taking: Taking, *events: SimpleNamespace) -> NormalisingAgent:
    agent = NormalisingAgent(taking, away_seconds=0)
    handle(agent, *events)
    return agent


def handle(agent: NormalisingAgent, *events: SimpleNamespace) -> None:
    async def handling() -> None:
        for each in events:
            await agent.handle(each)
        await agent.settled()

    asyncio.run(handling())


@pytest.mark.parametrize("error", [StorageError("away"), KafkaUnavailable("away"), RuntimeError("a defect")])
def test_a_file_waits_until_it_is_taken(error: Exception) -> None:
    taking = Taking(error, error)
    agent = handled(taking, event(4), event(5))
    # Only the first file of a partition, and one that failed, may have been begun.
    assert taking.asked == [(4, True), (4, True), (4, True), (5, False)]
    assert agent.handled == 2


def test_a_file_that_failed_may_be_begun_although_those_before_it_were_taken() -> None:
    taking = Taking()
    agent = handled(taking, event(4))
    taking.errors = [StorageError("away")]
    handle(agent, event(5))
    assert taking.asked == [(4, True), (5, False), (5, True)]


def test_partitions_that_come_back_may_hold_a_file_begun_elsewhere() -> None:
    taking = Taking()
    agent = handled(taking, event(4), event(0, partition=1))
    agent.moved()
    handle(agent, event(5))
    assert taking.asked == [(4, True), (0, True), (5, True)]


class Slow(Normaliser):
    """A normaliser whose files wait until they are let go."""

    def __init__(self, *places: tuple[int, int]) -> None:
        self.begun = {each: threading.Event() for each in places}
        self.let_go = {each: threading.Event() for each in places}

    def take(self, record: RawRecord, *, may_be_begun: bool) -> None:
        del may_be_begun
        place = record.partition, record.offset
        self.begun[place].set()
        assert self.let_go[place].wait(PATIENCE_SECONDS)


@pytest.mark.parametrize("topic", RAW)
def test_several_files_are_dealt_with_at_once_each_partition_in_its_order(topic: str) -> None:
    room = AT_ONCE[topic]
    last, behind = (room - 1, 0), (0, 1)
    slow, done = Slow(*((partition, 0) for partition in range(room)), behind), list[tuple[int, int]]()
    agent = NormalisingAgent(slow)

    async def play() -> None:
        for partition in range(room):
            await agent.handle(event(0, partition, done, topic))
            assert await asyncio.to_thread(slow.begun[partition, 0].wait, PATIENCE_SECONDS)
        # There is no room for one more.
        more = asyncio.create_task(agent.handle(event(1, 0, done, topic)))
        await asyncio.sleep(0)
        assert not more.done()
        slow.let_go[last].set()
        await more
        assert done == [last]
        # There is; the file before it in its partition is dealt with first.
        assert room == 1 or not slow.begun[behind].is_set()
        for each in slow.let_go.values():
            each.set()
        await agent.settled()

    asyncio.run(play())
    assert sorted(done) == sorted(slow.begun)
    assert done.index((0, 0)) < done.index(behind)


@pytest.mark.parametrize("topic", set(RAW) - URGENT)
@pytest.mark.parametrize("has_lasted", [False, True])
def test_who_can_wait_gives_way_to_signals_for_a_while(
    monkeypatch: pytest.MonkeyPatch, topic: str, *, has_lasted: bool
) -> None:
    monkeypatch.setattr(giving_way, "LONGEST_SECONDS", 0 if has_lasted else PATIENCE_SECONDS)
    signals, visits = [(0, 0), (1, 0)], (2, 0)
    slow = Slow(*signals, visits)
    agent = NormalisingAgent(slow)

    async def begun(place: tuple[int, int]) -> None:
        assert await asyncio.to_thread(slow.begun[place].wait, PATIENCE_SECONDS)

    async def play() -> None:
        for partition, offset in signals:
            await agent.handle(event(offset, partition, topic=RAW_SIGNALS))
            await begun((partition, offset))
        await agent.handle(event(0, 2, topic=topic))
        if has_lasted:
            await begun(visits)
        await asyncio.sleep(0.05)  # time enough to begin, if nothing kept them
        for place in signals:
            assert slow.begun[visits].is_set() is has_lasted
            slow.let_go[place].set()
        await begun(visits)
        slow.let_go[visits].set()
        await agent.settled()

    asyncio.run(play())
    assert agent.handled == 3


def test_an_event_is_read_as_the_broker_keeps_it() -> None:
    record = raw_record(event(4))
    assert (record.place, record.appended_at) == ("vigie.raw.rpu/0/4", NOW)
    assert headers_of(event(4)) == {"name": b"a"}


@dataclass
class Lists:
    away: int = 0
    kept: list[tuple[str, tuple[Etablissement, ...], int]] = field(default_factory=list)

    def declare(self, region: str, etablissements: Iterable[Etablissement], seq: int) -> bool:
        if self.away:
            self.away -= 1
            raise StorageError("away")
        self.kept.append((region, tuple(etablissements), seq))
        return True


def test_a_list_is_stored_once_the_database_answers() -> None:
    lists = Lists(away=1)
    declaring = Declaring(lists)
    declaring.note("53", (), 3)
    declaring.note("52", [CHU], 4)
    asyncio.run(declaring.store_noted())
    assert lists.kept == []
    declaring.note("52", [CHU], 9)
    for _ in range(2):
        asyncio.run(declaring.store_noted())
    assert lists.kept == [("52", (CHU,), 9)]
