"""A worker: Faust gives it partitions, it collects the files and folds the journal. `run_worker` ends when it is asked.

Files and journal are read by several groups, the files of each raw topic by one: a file that waits for the database
holds up no decision, and visits that wait to be collected hold up no signal. In one group they would: Faust hands over
what it fetched in order, and waits where a topic's files do.
"""

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import structlog

from streams.adapters.dead_letters import DeadLetters
from streams.adapters.declaring import Declaring
from streams.adapters.engine_agent import EngineAgent
from streams.adapters.faust_app import OF_FILES, faust_app, reading, when_moved
from streams.adapters.faust_transport import fetch_promptly
from streams.adapters.group_progress import Place
from streams.adapters.journal_topic import JournalTopic
from streams.adapters.kafka_clients import KafkaAccess
from streams.adapters.live_store import LiveStore
from streams.adapters.normaliser import Collecting, Normaliser
from streams.adapters.normalising_agent import NormalisingAgent
from streams.adapters.state_topic import StateTopic
from streams.adapters.topic_sender import TopicSender
from streams.live.health import Heartbeat
from streams.live.keeping import Keeper
from streams.live.topics import JOURNAL, RAW, RAW_SIGNALS, region_of
from vigie.garbage import keep_out_of_turns, look_between_turns
from vigie.health import elapsed

ENGINE: Final = "vigie-engine"
"""The group of the workers that fold: a région is folded by one of them at a time."""
NORMALISERS: Final = {topic: f"vigie-normaliser-{topic.rpartition('.')[2]}" for topic in RAW}
"""The groups of the workers that collect, by raw topic: a partition is read by one of them at a time."""
ASSIGNMENT_CHECK: Final = 0.25
"""Seconds between two looks at what the groups gave, and for garbage."""
LETS_GO_SECONDS: Final = 25.0
"""How long an orderly stop may take: a little less than systemd and Docker wait here before they kill (docker/)."""

_log = structlog.get_logger()


def _places_of(app: Any) -> frozenset[Place]:  # noqa: ANN401 - Faust is not typed
    return frozenset((place.topic, place.partition) for place in app.consumer.assignment())


@dataclass(slots=True)
class Worker:
    """One process of several groups: its apps, their agents, and what it holds open; ``end`` ends the process."""

    app: Any
    engine: EngineAgent
    files: dict[str, Any]
    """By group."""
    normalising: NormalisingAgent
    journal: JournalTopic
    end: Callable[[str], object]
    known: frozenset[str] = frozenset()
    heart: Heartbeat = field(default_factory=Heartbeat)
    lets_go_seconds: float = LETS_GO_SECONDS
    _places: dict[str, frozenset[Place]] = field(default_factory=dict)

    def places(self, group: str) -> frozenset[Place]:
        """Return what a group gave this worker, as of the last look; from any thread.

        Asked before its app runs, and by another thread, Faust would make it a consumer of that thread.
        """
        return self._places.get(group, frozenset())

    def assigned(self) -> list[str]:
        """Return the régions whose partitions this worker reads now."""
        return sorted(region_of(partition) for topic, partition in self.places(ENGINE) if topic == JOURNAL)

    async def follow(self) -> None:
        """Wake the régions that come, forget those that go."""
        while True:
            await asyncio.sleep(ASSIGNMENT_CHECK)
            self.heart.beat(elapsed())
            self.look()
            now = frozenset(self.assigned())
            try:
                await self._moved(now)
            except Exception as error:  # noqa: BLE001 - the brokers may be away: the next look tries again
                _log.warning("assignment not followed", error=f"{type(error).__name__}: {error}")
            else:
                self.known = now
            look_between_turns()

    def look(self) -> None:
        """Note what the groups gave; the process ends when Faust did."""
        for group, app in ((ENGINE, self.app), *self.files.items()):
            if app.crashed:
                self.end(f"the group {group}: Faust ended with {app.crash_reason!r}")
            self._places[group] = _places_of(app)

    async def let_go(self) -> None:
        """Stop reading and keep the snapshots of what this worker has, also of what came since the last look."""
        self.look()
        assigned = self.assigned()
        for files in self.files.values():
            await files.stop()
        await self.app.stop()
        await self.engine.save_all(assigned)

    async def _moved(self, now: frozenset[str]) -> None:
        self.engine.keeper.keep_only(now)
        came = sorted(now - self.known)
        if came:
            written = [region for region in came if await asyncio.to_thread(self.journal.end_offset, region)]
            _log.info("régions given to this worker", regions=came, with_a_journal=written)
            await self.engine.wake(written)


@dataclass(frozen=True, slots=True)
class Resources:
    """What a worker writes to; they are closed by whoever opened them."""

    sender: TopicSender
    states: StateTopic
    journal: JournalTopic
    store: LiveStore


def build_worker(access: KafkaAccess, session: float, data: Path, opened: Resources, collecting: Collecting) -> Worker:
    """Return a worker that is not started, with a ``session`` in seconds; UnusableAccess."""
    dead_letters = DeadLetters(opened.sender)
    app = faust_app(access, ENGINE, session, data)
    fetch_promptly(app)
    keeper = Keeper(opened.journal, opened.states, _log.warning)
    engine = EngineAgent(keeper, opened.states, opened.sender, dead_letters, Declaring(opened.store), _stop_now)
    reading(app, (JOURNAL,), "engine", engine.handle, acknowledges=False)
    normalising = NormalisingAgent(Normaliser(opened.store, opened.journal, dead_letters, collecting))
    files = {group: faust_app(access, group, session, data, OF_FILES) for group in NORMALISERS.values()}
    fetch_promptly(files[NORMALISERS[RAW_SIGNALS]])  # not visits, nor beds: signals would wait for them
    for topic, group in NORMALISERS.items():
        reading(files[group], (topic,), topic, normalising.handle, acknowledges=False)
        when_moved(files[group], normalising.moved)
    return Worker(app, engine, files, normalising, opened.journal, _stop_now)


def _stop_now(why: str) -> None:
    # Nothing may be acknowledged any more: not even by an orderly stop. Who starts the processes starts another.
    _log.critical("the worker stops: what it could not do is done by the next one", why=why)
    os._exit(70)


async def run_worker(worker: Worker) -> None:
    """Run until SIGTERM or SIGINT, then let go in order: the event in hand, the snapshots, the group."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    try:
        # A client that never finds its brokers would wait here for ever, without a word.
        async with asyncio.timeout(worker.heart.delay.total_seconds()):
            await worker.app.start()
            for files in worker.files.values():
                await files.start()
    except Exception as error:  # noqa: BLE001 - Faust's threads would keep the process, and its place in the group
        worker.end(f"Faust does not start: {type(error).__name__}: {error}")
    engine = worker.engine
    doings = worker.follow(), engine.tick_for_ever(worker.assigned), engine.declaring.store_for_ever()
    tasks = [asyncio.create_task(each) for each in doings]
    keep_out_of_turns()
    _log.info("worker started", brokers=str(worker.app.conf.broker))
    await stop.wait()
    for task in tasks:
        task.cancel()
    await _let_go(worker)
    _log.info("worker stopped", handled=engine.handled, files=worker.normalising.handled)


async def _let_go(worker: Worker) -> None:
    letting_go = asyncio.create_task(worker.let_go())
    done, _ = await asyncio.wait({letting_go}, timeout=worker.lets_go_seconds)
    if not done:
        # Faust tries for ever to leave a group whose brokers are away.
        worker.end(f"not stopped in order within {worker.lets_go_seconds:.0f} s: are the brokers away?")
    await letting_go
