"""A broker that freezes: whoever waits for it is told in time, and goes on when it is back."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from streams.adapters.journal_topic import JournalTopic
from streams.adapters.kafka_clients import KafkaAccess
from streams.adapters.topic_admin import TopicAdmin
from streams.entry import Draft, Status
from streams.live.log_reader import LogReader
from streams.live.problems import KafkaUnavailable
from streams.messages import encode
from tests.core.builders import REGION, T0, signal
from tests.live.broker import Broker, Kafka


@pytest.fixture
def broker(kafka: Kafka) -> Broker:
    if not kafka.brokers:
        pytest.skip("the broker that was given must not be stopped")
    return kafka.brokers[0]


@pytest.fixture
def hasty(access: KafkaAccess) -> KafkaAccess:
    return replace(access, patience=timedelta(seconds=5))


@contextmanager
def frozen(kafka: Kafka, broker: Broker) -> Iterator[None]:
    broker.pause()
    try:
        yield
    finally:
        broker.go_on()
        kafka.wait_ready()


def draft(name: str) -> Draft:
    kind, payload = encode(signal(name))
    return Draft(T0, Status.ACTUAL, REGION, kind, payload)


def test_a_reader_is_told_and_can_go_on(kafka: Kafka, broker: Broker, access: KafkaAccess, hasty: KafkaAccess) -> None:
    facts = [(f"silent-{number}", draft(f"s{number}")) for number in range(30_000)]
    with JournalTopic(access) as patient:
        start = patient.end_offset(REGION)
        patient.append(facts)
    with JournalTopic(hasty) as journal:
        reading = journal.read(REGION, start)
        read = [next(reading).offset]
        with frozen(kafka, broker), pytest.raises(KafkaUnavailable, match=r"vigie\.journal.* stopped answering at"):
            read += [record.offset for record in reading]
        assert len(read) < len(facts)
        read += [record.offset for record in journal.read(REGION, read[-1] + 1)]
    assert read == list(range(start, start + len(facts)))


def test_a_writer_is_told_and_what_it_sends_again_counts_once(kafka: Kafka, broker: Broker, hasty: KafkaAccess) -> None:
    with JournalTopic(hasty) as journal:
        start = journal.end_offset(REGION)
        with frozen(kafka, broker), pytest.raises(KafkaUnavailable, match=r"writing to vigie\.journal"):
            journal.append([("kept", draft("kept"))])
    with JournalTopic(hasty) as journal:
        journal.append([("kept", draft("kept"))])
        reader = LogReader(REGION, next_offset=start)
        assert [entry.payload for entry in journal.entries(REGION, reader=reader)] == [draft("kept").payload]


def test_an_administrator_is_told(kafka: Kafka, broker: Broker, hasty: KafkaAccess) -> None:
    with frozen(kafka, broker), pytest.raises(KafkaUnavailable, match="checking the topics"):
        TopicAdmin(hasty, 1).check()
