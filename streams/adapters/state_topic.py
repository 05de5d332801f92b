"""The newest snapshot of each région on a compacted topic: a worker that takes over starts from it."""

import zlib
from typing import Any, Self

from streams.adapters.kafka_clients import KafkaAccess
from streams.adapters.partition_reader import PartitionReader
from streams.adapters.topic_sender import Message, Placed, TopicSender
from streams.live.topics import STATE, partition_of


class StateReader:
    """Reads the snapshots; needs no right to write. Methods may raise a `KafkaProblem`."""

    def __init__(self, access: KafkaAccess) -> None:
        self._records = PartitionReader(access, STATE)

    def latest(self, region: str) -> bytes | None:
        """Return the newest snapshot; None when there is none that can be read: the whole journal then says it all."""
        partition = partition_of(region)
        first, end = self._records.offsets(partition)
        # Compaction keeps the newest record, but the last offset need not be a record's.
        for start in sorted({max(first, end - 1), first}, reverse=True):
            found = [record for record in self._newest(partition, start, end) if record.value]
            if found:
                return _opened(found[-1].value)
        return None

    def _newest(self, partition: int, start: int, end: int) -> list[Any]:
        newest: list[Any] = []
        for record in self._records.read(partition, start, end):
            newest = [record]
        return newest


class StateTopic(StateReader):
    """Snapshots by région, compressed. Close it, or use it as a context."""

    def __init__(self, access: KafkaAccess) -> None:
        super().__init__(access)
        self._sender = TopicSender(access)

    def put(self, region: str, state: bytes) -> Placed:
        """Keep a snapshot in the place of the one before it; return when the brokers hold it."""
        # The lowest level: a snapshot is written every few minutes, and shrinks nearly as much.
        return self._sender.send(STATE, [Message(region, zlib.compress(state, 1), (), partition_of(region))])[0]

    def close(self) -> None:
        """Let go of the brokers."""
        self._sender.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _opened(value: bytes) -> bytes | None:
    try:
        return zlib.decompress(value)
    except zlib.error:
        return None
