"""The journal on Kafka: facts and ticks appended, records and entries read, one partition a région."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final, Self

from streams.adapters.kafka_clients import KafkaAccess
from streams.adapters.partition_reader import PartitionReader
from streams.adapters.topic_sender import Message, Placed, TopicSender, instant
from streams.entry import Draft, Entry
from streams.live.log_reader import LogReader
from streams.live.record import ID_HEADER, TICK, LogRecord, encode_draft
from streams.live.topics import JOURNAL, partition_of

SOUGHT: Final = 100_000
"""Records among which a fact that may have been sent before is looked for: what the busiest hour of catching up writes
while a worker is replaced. Vigie's own choice."""


class JournalReader:
    """Reads the journal; needs no right to write. Every method may raise a `KafkaProblem`."""

    def __init__(self, access: KafkaAccess) -> None:
        self._records = PartitionReader(access, JOURNAL)

    def end_offset(self, region: str) -> int:
        """Return the offset that the next record of a région will have."""
        return self._records.offsets(partition_of(region))[1]

    def read(self, region: str, from_offset: int = 0, to_offset: int | None = None) -> Iterator[LogRecord]:
        """Yield the records of a région from one offset to before another, the end as of now without it.

        RecordsLost when the first ones are not kept any more.
        """
        return map(log_record, self._records.read(partition_of(region), from_offset, to_offset))

    def ids_since(self, region: str, instant: datetime) -> Iterator[str]:
        """Yield the ids of the records appended since an instant, of the last `SOUGHT` at most."""
        records = map(log_record, self._records.read_since(partition_of(region), instant, SOUGHT))
        return (record.id for record in records if record.id is not None)

    def entries(self, region: str, to_offset: int | None = None, reader: LogReader | None = None) -> Iterator[Entry]:
        """Yield the entries of a région as every reader of the log counts them.

        ``reader`` says where to go on from, and in the end how far time has come (``now``).
        """
        reader = LogReader(region) if reader is None else reader
        return reader.entries(self.read(region, reader.next_offset, to_offset))


class JournalTopic(JournalReader):
    """The journal, to write to as well. Close it, or use it as a context."""

    def __init__(self, access: KafkaAccess) -> None:
        super().__init__(access)
        self._sender = TopicSender(access)

    def append(self, drafts: Iterable[tuple[str, Draft]]) -> list[Placed]:
        """Append drafts, each with the id of its fact, in order; return when the brokers hold them all.

        KafkaUnavailable: append them again with the same ids, readers drop repeats. KeyError for an unknown région.
        """
        return self._sender.send(
            JOURNAL,
            (
                Message(draft.region, encode_draft(draft), ((ID_HEADER, id_),), partition_of(draft.region))
                for id_, draft in drafts
            ),
        )

    def append_tick(self, region: str) -> Placed:
        """Let time pass in a région; the broker says which time it is."""
        return self._sender.send(JOURNAL, [Message(region, TICK, (), partition_of(region))])[0]

    def close(self) -> None:
        """Let go of the brokers."""
        self._sender.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def log_record(record: Any) -> LogRecord:  # noqa: ANN401 - kafka-python is not typed
    """Return a record of the journal as the log's readers take it; one without value or with a strange id is kept."""
    ids = [value for name, value in record.headers if name == ID_HEADER and value is not None]
    id_ = ids[0].decode(errors="replace") if ids else None
    return LogRecord(record.offset, instant(record.timestamp), record.value or b"", id_)
