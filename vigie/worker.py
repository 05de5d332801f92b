"""A worker: Faust gives it partitions of the journal, it folds them. `run_worker` returns when it was asked to stop."""

import asyncio
import os
import signal
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import structlog

from streams.adapters.dead_letters import DeadLetters
from streams.adapters.engine_agent import EngineAgent
from streams.adapters.faust_app import faust_app, reading
from streams.adapters.group_progress import Place
from streams.adapters.journal_topic import JournalReader
from streams.adapters.kafka_clients import KafkaAccess
from streams.adapters.state_topic import StateTopic
from streams.adapters.topic_sender import TopicSender
from streams.live.health import Heartbeat
from streams.live.keeping import Keeper
from streams.live.topics import JOURNAL, region_of
from vigie.health import elapsed

ENGINE: Final = "vigie-engine"
"""The group of the workers that fold: a région is folded by one of them at a time."""
_ASSIGNMENT_CHECK: Final = 0.25

_log = structlog.get_logger()


@dataclass(slots=True)
class Worker:
    """One process of the group: its app, its agent, and what it holds open."""

    app: Any
    engine: EngineAgent
    journal: JournalReader
    known: frozenset[str] = frozenset()
    heart: Heartbeat = field(default_factory=Heartbeat)

    def places(self) -> set[Place]:
        """Return every partition that this worker reads now, with its topic."""
        given = self.app.consumer.assignment() if self.app.consumer is not None else ()
        return {(place.topic, place.partition) for place in given}

    def assigned(self) -> list[str]:
        """Return the régions whose partitions this worker reads now."""
        places = self.app.consumer.assignment() if self.app.consumer is not None else ()
        return sorted(region_of(place.partition) for place in places if place.topic == JOURNAL)

    async def follow(self) -> None:
        """Wake the régions that come, forget those that go."""
        while True:
            await asyncio.sleep(_ASSIGNMENT_CHECK)
            self.heart.beat(elapsed())
            now = frozenset(self.assigned())
            try:
                await self._moved(now)
            except Exception as error:  # noqa: BLE001 - the brokers may be away: the next look tries again
                _log.warning("assignment not followed", error=f"{type(error).__name__}: {error}")
            else:
                self.known = now

    async def _moved(self, now: frozenset[str]) -> None:
        for region in sorted(self.known - now):
            self.engine.keeper.drop(region)
        came = sorted(now - self.known)
        if came:
            written = [region for region in came if await asyncio.to_thread(self.journal.end_offset, region)]
            _log.info("régions given to this worker", regions=came, with_a_journal=written)
            await self.engine.wake(written)


def build_worker(access: KafkaAccess, session: float, data: Path, sender: TopicSender, states: StateTopic) -> Worker:
    """Return a worker that is not started, with a ``session`` in seconds; a `KafkaProblem` without brokers."""
    app, journal = faust_app(access, ENGINE, session, data), JournalReader(access)
    keeper = Keeper(journal, states, _log.warning)
    engine = EngineAgent(keeper, states, sender, DeadLetters(sender), _stop_now)
    reading(app, (JOURNAL,), "engine", engine.handle)
    return Worker(app, engine, journal)


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
    await worker.app.start()
    tasks = [asyncio.create_task(worker.follow()), asyncio.create_task(worker.engine.tick_for_ever(worker.assigned))]
    _log.info("worker started", brokers=str(worker.app.conf.broker))
    await stop.wait()
    for task in tasks:
        task.cancel()
    await worker.app.stop()
    await asyncio.to_thread(worker.engine.save_all)
    _log.info("worker stopped", handled=worker.engine.handled)
