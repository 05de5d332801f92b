"""Effects on their way: in order, acknowledged once the brokers hold them; neither snapshot nor stop overtakes them."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from threading import Event, Lock
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from alerts.effect_codec import decode
from streams.adapters.dead_letters import DeadLetters
from streams.adapters.declaring import Declaring
from streams.adapters.engine_agent import EngineAgent
from streams.adapters.telling import Telling
from streams.adapters.topic_sender import Message, TopicSender
from streams.live.keeping import Keeper
from streams.live.record import LogRecord
from streams.live.topics import partition_of
from tests.core.builders import EVERY_KIND, MINUTE, REGION, T0, journal, setting, signal
from tests.live.test_keeping import Log, States, records_of

if TYPE_CHECKING:
    from streams.adapters.state_topic import StateTopic


class Brokers:
    """Brokers that hold what they were sent once they are let; ``fails`` makes them refuse."""

    def __init__(self) -> None:
        self.may_answer, self.fails = Event(), False
        self.sendings = list[list[str]]()
        self._one = Lock()

    def send(self, messages: Iterable[Message]) -> None:
        assert self._one.acquire(blocking=False), "two sendings at once"
        try:
            assert self.may_answer.wait(20)
            if self.fails:
                raise OSError("the brokers went away")
            self.sendings.append([each.value.decode() for each in messages])
        finally:
            self._one.release()


def message(text: str) -> Message:
    return Message(REGION, text.encode())


def run(scenario: Callable[[], Coroutine[None, None, None]]) -> None:
    asyncio.run(asyncio.wait_for(scenario(), 30))


def test_what_is_put_while_a_sending_is_under_way_leaves_together_after_it() -> None:
    async def scenario() -> None:
        brokers, told = Brokers(), list[str]()
        telling = Telling(brokers.send, print)
        for name in "abc":
            await telling.put([message(name)], partial(told.append, name))
            await asyncio.sleep(0)
        await telling.put((), lambda: told.append("nothing"))
        assert told == []
        brokers.may_answer.set()
        await telling.settled()
        assert brokers.sendings == [["a"], ["b", "c"]]
        assert told == ["a", "b", "c", "nothing"]
        await telling.put((), lambda: told.append("at once"))
        assert told[-1] == "at once"

    run(scenario)


def test_who_puts_too_much_waits() -> None:
    async def scenario() -> None:
        brokers = Brokers()
        telling = Telling(brokers.send, print, most_waiting=2)
        await telling.put([message("a")], print)
        await asyncio.sleep(0)
        await telling.put([message("b")], print)
        waiting = asyncio.create_task(telling.put([message("c")], print))
        await asyncio.sleep(0.01)
        assert not waiting.done()
        brokers.may_answer.set()
        await waiting
        assert brokers.sendings == [["a"], ["b", "c"]]

    run(scenario)


def test_after_a_failure_nothing_is_told_or_sent() -> None:
    async def scenario() -> None:
        brokers, told, lost = Brokers(), list[str](), list[Exception]()
        telling = Telling(brokers.send, lost.append)
        await telling.put([message("a")], lambda: told.append("a"))
        await telling.put([message("b")], lambda: told.append("b"))
        brokers.fails = True
        brokers.may_answer.set()
        with pytest.raises(OSError, match="went away"):
            await telling.settled()
        with pytest.raises(OSError, match="went away"):
            await telling.put([message("c")], lambda: told.append("c"))
        assert (told, brokers.sendings, [str(each) for each in lost]) == ([], [], ["the brokers went away"])

    run(scenario)


class Nobody:
    def declare(self, *_: object) -> bool:
        return True


class Sender(Brokers):
    """A sender whose messages to other topics than that of the effects would be a surprise."""

    def to_topic(self, topic: str, messages: Iterable[Message]) -> None:
        assert topic == "vigie.effects"
        self.send(messages)


def agent(records: list[LogRecord], brokers: Sender, states: States) -> EngineAgent:
    sender = cast("TopicSender", SimpleNamespace(send=brokers.to_topic))
    keeper = Keeper(Log(records), states, print)
    return EngineAgent(keeper, cast("StateTopic", states), sender, DeadLetters(sender), Declaring(Nobody()), print)


def event_of(record: LogRecord, acknowledged: list[int]) -> SimpleNamespace:
    return SimpleNamespace(
        message=SimpleNamespace(
            partition=partition_of(REGION),
            offset=record.offset,
            timestamp=record.appended_at.timestamp(),
            value=record.value,
            headers=[("id", (record.id or "").encode())],
        ),
        ack=lambda: acknowledged.append(record.offset),
    )


def test_an_event_is_acknowledged_once_its_effects_are_held_and_no_snapshot_comes_before() -> None:
    async def scenario() -> None:
        records = records_of(journal(*setting(*EVERY_KIND), (T0, signal()), (T0 + MINUTE, signal("s2"))))
        brokers, states, acknowledged = Sender(), States(), list[int]()
        engine = agent(records, brokers, states)
        for each in records:
            await engine.handle(event_of(each, acknowledged))
        # The fold went on without them; what comes again is not acknowledged before its first time is told.
        await engine.handle(event_of(records[-1], acknowledged))
        assert engine.handled == len(records) + 1
        assert len(acknowledged) < len(records)
        assert records[-1].offset not in acknowledged
        saving = asyncio.create_task(engine.save_all([REGION]))
        await asyncio.sleep(0.01)
        assert states.kept == {}
        brokers.may_answer.set()
        await saving
        assert acknowledged == [*(each.offset for each in records), records[-1].offset]
        told = [decode(text.encode()).kind for sending in brokers.sendings for text in sending]
        assert "alert_raised" in told
        assert REGION in states.kept

    run(scenario)
