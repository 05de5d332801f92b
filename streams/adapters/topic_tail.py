"""A whole topic read as it grows, by whoever asks and from wherever they stand: no group, nothing committed."""

from typing import Any, Final, Self

from streams.adapters.kafka_clients import (
    KafkaAccess,
    KafkaConsumer,
    OffsetOutOfRangeError,
    TopicPartition,
    opened,
    reaching,
)
from streams.live.problems import RecordsLost
from streams.live.topics import TOPICS

_RECORDS_AT_ONCE: Final = 500
"""Records of one poll: what is folded before anybody looks whether to stop."""


class TopicTail:
    """Reads one topic. Close it, or use it as a context; methods may raise a `KafkaProblem`. One caller at a time."""

    def __init__(self, access: KafkaAccess, topic: str) -> None:
        self._access = access
        self._topic = topic
        self._places = [TopicPartition(topic, number) for number in range(TOPICS[topic].partitions)]
        with reaching(access, f"reading {topic}"):
            self._consumer = opened(
                KafkaConsumer,
                access,
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="none",
                allow_auto_create_topics=False,
                max_poll_records=_RECORDS_AT_ONCE,
                metrics_enabled=False,
            )
            self._consumer.assign(self._places)

    def ends(self) -> dict[int, int]:
        """Return the offset that the next record of each partition will have."""
        with reaching(self._access, f"asking how far {self._topic} goes"):
            found: dict[Any, int] = self._consumer.end_offsets(self._places)
        return {place.partition: end for place, end in found.items()}

    def seek(self, partition: int, offset: int) -> None:
        """Go on from an offset; every partition needs one before the first poll."""
        self._consumer.seek(self._places[partition], offset)

    def poll(self, seconds: float) -> dict[int, list[Any]]:
        """Return the next records of kafka-python by partition, nothing when none came within ``seconds``."""
        with reaching(self._access, f"reading {self._topic}"):
            try:
                found: dict[Any, list[Any]] = self._consumer.poll(timeout_ms=int(seconds * 1000))
            except OffsetOutOfRangeError as error:
                raise RecordsLost(
                    f"{self._topic}: records that were not read yet are not there any more ({error}); check its "
                    "settings (vigie topics check), then go on from a backup of the cluster"
                ) from None
        return {place.partition: records for place, records in found.items()}

    def close(self) -> None:
        """Let go of the brokers."""
        self._consumer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
