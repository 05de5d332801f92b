"""The journal of every région as one stream of what it made true, from where somebody stands: nothing is emitted."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any, Self

import structlog

from alerts import effect_codec
from alerts.effects import Effect
from streams.adapters.journal_topic import log_record
from streams.adapters.kafka_clients import KafkaAccess
from streams.adapters.partition_reader import PartitionReader
from streams.adapters.state_topic import StateReader
from streams.adapters.topic_tail import TopicTail
from streams.live.following import follow, told_before
from streams.live.region_log import RegionLog, UnreadableState
from streams.live.topics import EFFECTS, JOURNAL, REGION_CODES, partition_of, region_of
from streams.monitor import Committed

_log = structlog.get_logger()


class JournalFollower:
    """Reads all régions, each from its newest snapshot. Close it, or use it as a context.

    ``logs`` holds those found so far, and stays good when it is closed: another one goes on from there. Every method
    may raise a `KafkaProblem`.
    """

    def __init__(self, access: KafkaAccess, logs: dict[str, RegionLog]) -> None:
        self.logs = logs
        self._access = access
        self._tail = TopicTail(access, JOURNAL)

    def ends(self) -> dict[str, int]:
        """Return how many records the log of each région holds."""
        return {region_of(partition): end for partition, end in self._tail.ends().items()}

    def find(self) -> Iterator[tuple[RegionLog, list[Effect]]]:
        """Find the régions that are not held yet, each with the effects that led to its snapshot; then `poll`."""
        for region, end in self.ends().items():
            log = self.logs.get(region)
            if log is None and end:
                log, told = self._found(region)
                yield log, told
            elif log is None:
                log = RegionLog.start(region)
            self.logs[region] = log
            self._tail.seek(partition_of(region), log.next_offset)

    def poll(self, seconds: float) -> Iterator[Committed]:
        """Yield what the next records made true, by région; nothing when none came within ``seconds``."""
        for partition, records in self._tail.poll(seconds).items():
            yield follow(self.logs[region_of(partition)], map(log_record, records))

    def positions(self) -> dict[str, int]:
        """Return how far each région is read."""
        return {region: self.logs[region].next_offset if region in self.logs else 0 for region in REGION_CODES}

    def _found(self, region: str) -> tuple[RegionLog, list[Effect]]:
        state = StateReader(self._access).latest(region)
        if state is not None:
            try:
                log = RegionLog.restore(state)
                return log, told_before(log, self._told(region))
            except UnreadableState as error:
                _log.warning("the whole log of a région is read again", region=region, why=str(error))
        return RegionLog.start(region), []

    def _told(self, region: str) -> Iterator[Effect]:
        records: Any = PartitionReader(self._access, EFFECTS).read(partition_of(region), 0)
        with closing(records):
            for record in records:
                try:
                    yield effect_codec.decode(record.value or b"")
                except (ValueError, KeyError):
                    # A stray message: the notifiers set it aside, it was never decided.
                    continue

    def close(self) -> None:
        """Let go of the brokers."""
        self._tail.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
