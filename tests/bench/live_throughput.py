"""How fast a worker folds a journal, beside a Faust agent that only decodes it: each in a process of its own, in turn.

Both read the same records with the same Faust application; the first day of the région is read and not timed.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import uuid4

from streams import messages
from streams.adapters.dead_letters import DeadLetters
from streams.adapters.declaring import Declaring
from streams.adapters.engine_agent import EngineAgent
from streams.adapters.faust_app import Event, faust_app, reading
from streams.adapters.faust_transport import fetch_promptly
from streams.adapters.journal_topic import JournalReader
from streams.adapters.kafka_clients import KafkaAccess
from streams.adapters.state_topic import StateTopic
from streams.adapters.topic_sender import TopicSender
from streams.live.keeping import Keeper
from streams.live.record import decode_draft
from streams.live.topics import JOURNAL
from streams.messages.reference import Etablissement
from tests.bench.timing import Run
from vigie.garbage import keep_out_of_turns, look_between_turns
from vigie.worker import ASSIGNMENT_CHECK

FIRST_DAY: Final = 5_000
_SESSION: Final = 20.0

Handle = Callable[[Event], Awaitable[None]]


class _NoStates:
    """No snapshot: each run folds from the beginning. What it keeps itself is written to Kafka all the same."""

    def latest(self, region: str) -> bytes | None:
        del region
        return None

    def put(self, region: str, state: bytes) -> None:
        del region, state


class _Undeclared:
    def declare(self, region: str, etablissements: Iterable[Etablissement], seq: int) -> bool:
        del region, etablissements, seq
        return True


def in_turn(access: KafkaAccess, records: int, times: int) -> Iterator[tuple[Run, Run, Run]]:
    """Yield, ``times`` over, how long the first ``records`` took: decoded, decoded and fetched promptly, folded."""
    for _ in range(times):
        yield _apart(decode, access, records), _apart(decode_promptly, access, records), _apart(fold, access, records)


def _apart(work: Callable[[KafkaAccess, int], Run], access: KafkaAccess, records: int) -> Run:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, access, records).result()


def decode(access: KafkaAccess, records: int) -> Run:
    """Time a Faust agent that decodes drafts and their payloads and keeps nothing."""
    return asyncio.run(_timed(access, lambda: _decode, records, acknowledges=True, prompt=False))


def decode_promptly(access: KafkaAccess, records: int) -> Run:
    """Time the same agent, fetching as a worker does."""
    return asyncio.run(_timed(access, lambda: _decode, records, acknowledges=True, prompt=True))


async def _decode(event: Event) -> None:
    draft = decode_draft(event.message.value)
    if draft is not None:
        messages.decode(draft.kind, draft.payload)


def fold(access: KafkaAccess, records: int) -> Run:
    """Time the engine's agent: it folds, tells effects, keeps snapshots."""
    with TopicSender(access) as sender, StateTopic(access) as states:
        keeper = Keeper(JournalReader(access), _NoStates(), print)

        def made() -> Handle:
            dead_letters, declaring = DeadLetters(sender), Declaring(_Undeclared())
            return EngineAgent(keeper, states, sender, dead_letters, declaring, _end).handle

        return asyncio.run(_as_in_a_worker(_timed(access, made, records, acknowledges=False, prompt=True)))


async def _as_in_a_worker(timing: Coroutine[Any, Any, Run]) -> Run:
    """Look for garbage when a worker does (`vigie.worker`), as long as the timing lasts."""

    async def look_for_ever() -> None:
        while True:
            await asyncio.sleep(ASSIGNMENT_CHECK)
            look_between_turns()

    keep_out_of_turns()
    looking = asyncio.create_task(look_for_ever())
    try:
        return await timing
    finally:
        looking.cancel()


def _end(why: str) -> None:
    print(why)  # noqa: T201 - a script
    os._exit(1)


async def _timed(
    access: KafkaAccess, made: Callable[[], Handle], records: int, *, acknowledges: bool, prompt: bool
) -> Run:
    clock, handle = _Clock(records), made()

    async def timed(event: Event) -> None:
        await handle(event)
        clock.count()

    with TemporaryDirectory() as data:
        # Faust binds to the loop it is made in.
        app = faust_app(access, f"banc-{uuid4()}", _SESSION, Path(data))
        if prompt:
            fetch_promptly(app)
        reading(app, (JOURNAL,), "banc", timed, acknowledges=acknowledges)
        await app.start()
        await clock.is_done.wait()
        run = clock.run()
        await app.stop()
    return run


class _Clock:
    def __init__(self, records: int) -> None:
        self.is_done = asyncio.Event()
        self._records, self._seen = records, 0
        self._begin = self._end = (0.0, 0.0)

    def count(self) -> None:
        self._seen += 1
        if self._seen == FIRST_DAY:
            self._begin = time.perf_counter(), time.process_time()
        if self._seen == self._records:
            self._end = time.perf_counter(), time.process_time()
            self.is_done.set()

    def run(self) -> Run:
        wall, cpu = (end - begin for begin, end in zip(self._begin, self._end, strict=True))
        return Run(self._records - FIRST_DAY, wall, cpu)
