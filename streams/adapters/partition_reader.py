"""One partition of a topic read from an offset to another, in order, in constant memory, by whoever asks: no group."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from streams.adapters.kafka_clients import (
    KafkaAccess,
    KafkaConsumer,
    KafkaError,
    OffsetOutOfRangeError,
    TopicPartition,
    opened,
    reaching,
)
from streams.live.problems import KafkaUnavailable, RecordsLost, TopicMissing

_POLL_MS: Final = 500
_RECORDS_AT_ONCE: Final = 2000
_BYTES_AT_ONCE: Final = 4 * 1024 * 1024


class PartitionReader:
    """Reads one topic. Every method may raise a `KafkaProblem`."""

    def __init__(self, access: KafkaAccess, topic: str) -> None:
        self._access = access
        self._topic = topic

    def offsets(self, partition: int) -> tuple[int, int]:
        """Return the first offset still kept, and the one that the next record will have."""
        with self._consumer(partition) as (consumer, place):
            return self._bounds(consumer, place)

    def read_since(self, partition: int, instant: datetime, most: int) -> Iterator[Any]:
        """Yield the records appended since an instant until now, those of the last ``most`` offsets at most."""
        with self._consumer(partition) as (consumer, place):
            first, end = self._bounds(consumer, place)
            milliseconds = int(instant.timestamp() * 1000)
            found = self._patiently(lambda: consumer.offsets_for_times({place: milliseconds}))[place]
            start = end if found is None else max(first, int(found.offset), end - most)
            consumer.seek(place, start)
            yield from self._until(consumer, place, end)

    def read(self, partition: int, from_offset: int, to_offset: int | None = None) -> Iterator[Any]:
        """Yield the records of kafka-python from ``from_offset`` to before ``to_offset``, the end as of now without it.

        RecordsLost: the first ones were deleted, or the partition ends before ``from_offset``.
        """
        with self._consumer(partition) as (consumer, place):
            first, end = self._bounds(consumer, place)
            stop = end if to_offset is None else min(end, to_offset)
            if from_offset < first or from_offset > end:
                raise self._lost(partition, from_offset, f"it keeps offsets {first} to {end}")
            consumer.seek(place, from_offset)
            yield from self._until(consumer, place, stop)

    def _until(self, consumer: Any, place: Any, stop: int) -> Iterator[Any]:  # noqa: ANN401 - kafka-python is not typed
        answered = time.monotonic()
        while (position := consumer.position(place)) < stop:
            for record in self._polled(consumer, place, position):
                if record.offset >= stop:
                    return
                yield record
            # What the caller did with the records is not time that Kafka took.
            if consumer.position(place) > position:
                answered = time.monotonic()
            elif time.monotonic() - answered > self._access.patience.total_seconds():
                raise KafkaUnavailable(
                    f"reading {self._topic}, partition {place.partition}: Kafka at {self._access} stopped answering at "
                    f"offset {position} of {stop}; check that it runs"
                )

    def _polled(self, consumer: Any, place: Any, position: int) -> list[Any]:  # noqa: ANN401 - the same
        try:
            return list(consumer.poll(timeout_ms=_POLL_MS).get(place, ()))
        except OffsetOutOfRangeError:
            raise self._lost(place.partition, position, "they were deleted while they were read") from None

    def _lost(self, partition: int, offset: int, why: str) -> RecordsLost:
        return RecordsLost(
            f"{self._topic}, partition {partition}: offset {offset} is not there any more, {why}; check its settings "
            "(vigie topics check), then go on from a backup of the cluster"
        )

    def _bounds(self, consumer: Any, place: Any) -> tuple[int, int]:  # noqa: ANN401 - the same
        if place.partition not in (self._patiently(lambda: consumer.partitions_for_topic(self._topic)) or ()):
            raise TopicMissing(
                f"Kafka at {self._access} has no partition {place.partition} of {self._topic}; run: vigie topics check"
            )
        first = self._patiently(lambda: consumer.beginning_offsets([place]))[place]
        end = self._patiently(lambda: consumer.end_offsets([place]))[place]
        return first, end

    def _patiently(self, ask: Callable[[], Any]) -> Any:  # noqa: ANN401 - the same
        """Ask a broker; when the one that was chosen just died, the client turns to another a little later."""
        deadline = time.monotonic() + self._access.patience.total_seconds()
        while True:
            try:
                return ask()
            except KafkaError as error:
                if not error.retriable or time.monotonic() > deadline:
                    raise
                time.sleep(_POLL_MS / 1000)

    @contextmanager
    def _consumer(self, partition: int) -> Iterator[tuple[Any, Any]]:
        with reaching(self._access, f"reading {self._topic}"):
            consumer = opened(
                KafkaConsumer,
                self._access,
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="none",
                allow_auto_create_topics=False,
                max_poll_records=_RECORDS_AT_ONCE,
                max_partition_fetch_bytes=_BYTES_AT_ONCE,
                metrics_enabled=False,
            )
            try:
                place = TopicPartition(self._topic, partition)
                consumer.assign([place])
                yield consumer, place
            finally:
                consumer.close()
