"""A burst on one partition: what comes behind it is handed over as soon as there is room, not seconds later."""

import asyncio
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from uuid import uuid4

from streams.adapters.faust_app import OF_FILES, Event, faust_app, reading
from streams.adapters.faust_transport import fetch_promptly
from streams.adapters.kafka_clients import KafkaAccess
from streams.adapters.topic_sender import Message, TopicSender
from streams.live.topics import RAW_SIGNALS, partition_of
from tests.live.processes import PATIENCE_SECONDS

BURST = 300
SECONDS = 20.0
"""Far above the three it takes, far below the forty that Faust's own consumer takes."""


def _follow(tell: Callable[[float], object], access: KafkaAccess, data: Path) -> None:
    asyncio.run(_following(tell, access, data))


async def _following(tell: Callable[[float], object], access: KafkaAccess, data: Path) -> None:
    async def handle(event: Event) -> None:
        assert event.message.topic == RAW_SIGNALS
        tell(time.monotonic())
        await asyncio.sleep(0.005)

    app = faust_app(access, f"burst-{uuid4()}", 20.0, data, OF_FILES)
    fetch_promptly(app)
    reading(app, (RAW_SIGNALS,), "burst", handle)
    await app.start()
    await asyncio.Event().wait()


def test_a_burst_of_files_is_handed_over_without_pauses(access: KafkaAccess, tmp_path: Path) -> None:
    with TopicSender(access) as sender:
        sender.send(RAW_SIGNALS, [Message("52", b"x", (), partition_of("52"))] * BURST)
    context = get_context("spawn")
    seen = context.Queue()
    # In a process of its own, that is killed: Faust does not always let go of its threads.
    process = context.Process(target=_follow, args=(seen.put, access, tmp_path), daemon=True)
    process.start()
    try:
        at = [seen.get(timeout=PATIENCE_SECONDS) for _ in range(BURST)]
    finally:
        process.kill()
        process.join()
    assert at[-1] - at[0] < SECONDS
