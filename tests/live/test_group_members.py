"""Members of a group that were there before the brokers or the partitions: they look again."""

import asyncio
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.errors import NodeNotReadyError

from streams.adapters.effects_topic import GROUP, EffectsGroup
from streams.adapters.faust_app import PARTITIONS_KNOWN_FOR, Event, faust_app, reading, when_moved
from streams.adapters.kafka_clients import KafkaAccess
from streams.adapters.topic_admin import TopicAdmin
from streams.live.topics import EFFECTS, JOURNAL, TOPICS
from tests.live.broker import Kafka, clear_topics

SESSION = 6.0
SOON = 12 * PARTITIONS_KNOWN_FOR.total_seconds()
"""For a slow machine; left to itself, Faust's client looks again after 300 s."""


@pytest.fixture
def bare(kafka: Kafka) -> KafkaAccess:
    """The access to a broker that has no topics."""
    clear_topics(kafka.access)
    return kafka.access


async def _unused(event: Event) -> None:
    raise AssertionError(f"nobody wrote {event}")


def _follow(tell: Callable[[set[int]], object], access: KafkaAccess, data: Path) -> None:
    asyncio.run(_following(tell, access, data))


async def _following(tell: Callable[[set[int]], object], access: KafkaAccess, data: Path) -> None:
    app = faust_app(access, f"early-{uuid4()}", SESSION, data)
    reading(app, (JOURNAL,), "early", _unused)
    assigned, said = asyncio.Event(), None
    when_moved(app, assigned.set)
    await app.start()
    await assigned.wait()
    while True:
        share = {place.partition for place in app.consumer.assignment()}
        if share != said:
            tell(share)
        said = share
        await asyncio.sleep(0.05)


def test_a_worker_that_came_before_the_partitions(kafka: Kafka, bare: KafkaAccess, tmp_path: Path) -> None:
    # In a process of its own, that is killed: Faust does not always let go of its threads.
    context = get_context("spawn")
    told = context.Queue()
    process = context.Process(target=_follow, args=(told.put, bare, tmp_path), daemon=True)
    process.start()
    try:
        assert told.get(timeout=SOON) == set()
        TopicAdmin(bare, kafka.replication).create()
        assert told.get(timeout=SOON) == set(range(TOPICS[JOURNAL].partitions))
    finally:
        process.kill()
        process.join()


def test_a_notifier_that_came_before_the_partitions(kafka: Kafka, bare: KafkaAccess) -> None:
    with EffectsGroup(bare, SESSION) as group:
        assert group.poll(3.0) == []
        assert group.places() == frozenset()
        TopicAdmin(bare, kafka.replication).create()
        end = time.monotonic() + SOON
        while not group.places() and time.monotonic() < end:
            assert group.poll(0.5) == []
        assert group.places() == {(EFFECTS, each) for each in range(TOPICS[EFFECTS].partitions)}


def test_a_client_that_knows_no_broker_yet_looks_again() -> None:
    async def looked() -> None:
        await AIOKafkaClient(bootstrap_servers="127.0.0.1:1").coordinator_lookup(CoordinationType.GROUP, GROUP)

    with pytest.raises(NodeNotReadyError) as raised:
        asyncio.run(looked())
    assert raised.value.retriable
