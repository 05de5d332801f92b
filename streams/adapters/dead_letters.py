"""What an agent could not handle, on a topic of its own: byte for byte, with where it was and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from streams.adapters.kafka_clients import KafkaAccess
from streams.adapters.partition_reader import PartitionReader
from streams.adapters.topic_sender import Message, TopicSender, instant
from streams.live.topics import DLQ

TOPIC, OFFSET, REASON, REQUEUED = "topic", "offset", "reason", "requeued"
_LONGEST_REASON: Final = 500


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One of them: its number, when it was set aside, where it was read, its key there, and why it was given up."""

    number: int
    set_aside_at: datetime
    topic: str
    key: str
    offset: int
    reason: str
    value: bytes
    headers: tuple[tuple[str, str], ...] = ()
    is_requeued: bool = False


class DeadLetters:
    """Puts messages aside with a sender that is somebody else's to close."""

    def __init__(self, sender: TopicSender) -> None:
        self._sender = sender

    def put(
        self,
        topic: str,
        key: str,
        offset: int,
        value: bytes,
        reason: str,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        """Set a message aside; ``reason`` must repeat nothing of it."""
        said = ((TOPIC, topic), (OFFSET, str(offset)), (REASON, reason[:_LONGEST_REASON]), *headers)
        self._sender.send(DLQ, [Message(key, value, said)])

    def mark_requeued(self, number: int) -> None:
        """Note that a message was sent again."""
        self._sender.send(DLQ, [Message("", b"", ((REQUEUED, str(number)),))])


def dead_letters(access: KafkaAccess) -> Iterator[DeadLetter]:
    """Yield every message set aside, oldest first, with whether it was sent again."""
    reader = PartitionReader(access, DLQ)
    first, end = reader.offsets(0)
    records = list(reader.read(0, first, end))
    headers = [{name: (value or b"").decode(errors="replace") for name, value in each.headers} for each in records]
    requeued = {each[REQUEUED] for each in headers if REQUEUED in each}
    for record, said in zip(records, headers, strict=True):
        if TOPIC in said:
            own = tuple((name, value) for name, value in said.items() if name not in (TOPIC, OFFSET, REASON))
            yield DeadLetter(
                record.offset,
                instant(record.timestamp),
                said[TOPIC],
                (record.key or b"").decode(errors="replace"),
                int(said.get(OFFSET) or -1),
                said.get(REASON, ""),
                record.value or b"",
                own,
                str(record.offset) in requeued,
            )
