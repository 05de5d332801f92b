"""A long journal on Kafka: one région's visits of months, each record dated as it would have been then.

The topics are as Vigie makes them but for one setting of the journal: its records bear the time of the workload and not
the brokers', or months of visits would be a minute of the log's time, and nearly all of them too late to count.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from streams.adapters.kafka_clients import ConfigResource, KafkaAccess, KafkaAdminClient, KafkaProducer, opened
from streams.adapters.topic_admin import TopicAdmin
from streams.live.record import ID_HEADER, encode_draft, fact_id
from streams.live.topics import JOURNAL, TOPICS, partition_of
from tests.bench import workload

REGION: Final = workload.REGION
_DATED: Final = {"message.timestamp.type": "CreateTime", "message.timestamp.after.max.ms": str(2**62)}
_AT_ONCE: Final = 5_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def make_topics(access: KafkaAccess) -> None:
    """Make all topics, the journal's records dated by who writes them."""
    dated = replace(TOPICS[JOURNAL], config={**TOPICS[JOURNAL].config, **_DATED})
    TopicAdmin(access, 1, {**TOPICS, JOURNAL: dated}).create()


def date_by_broker(access: KafkaAccess) -> None:
    """Let the journal be from now on as Vigie asks for it."""
    admin = opened(KafkaAdminClient, access)
    wanted = {name: TOPICS[JOURNAL].config.get(name) for name in _DATED}
    settings = {name: value for name, value in wanted.items() if value is not None}
    admin.alter_configs([ConfigResource("topic", JOURNAL, configs=settings)])
    admin.close()


def write(access: KafkaAccess, visits: int) -> int:
    """Append the workload to the journal; return how many records that makes."""
    producer = opened(KafkaProducer, access, acks="all", enable_idempotence=True, linger_ms=5, batch_size=256 * 1024)
    count = 0
    for count, future in enumerate(_sent(producer, visits), 1):
        if count % _AT_ONCE == 0:
            future.get(60)
    producer.flush()
    producer.close()
    return count


def _sent(producer: Any, visits: int) -> Iterator[Any]:  # noqa: ANN401 - kafka-python is not typed
    partition = partition_of(REGION)
    for at, draft in workload.dated(visits):
        headers = [(ID_HEADER, fact_id("banc", draft).encode())]
        milliseconds = (at - _EPOCH).total_seconds() * 1000
        yield producer.send(
            JOURNAL, encode_draft(draft), REGION.encode(), headers, partition=partition, timestamp_ms=int(milliseconds)
        )
