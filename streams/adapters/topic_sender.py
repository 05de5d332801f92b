"""Messages sent and acknowledged: a send returns when every broker that must hold the message holds it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

from streams.adapters.kafka_clients import KafkaAccess, KafkaProducer, MessageSizeTooLargeError, opened, reaching
from streams.live.problems import TooLarge
from streams.live.topics import LARGEST_FILE

_LARGEST: Final = LARGEST_FILE + 512 * 1024
"""Bytes of a whole request: the message, its key and headers. Less than the brokers accept."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent. ``partition`` None: the key chooses it, the same key always the same."""

    key: str
    value: bytes
    headers: tuple[tuple[str, str], ...] = ()
    partition: int | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the brokers put a message, and the instant they gave it."""

    partition: int
    offset: int
    appended_at: datetime


def instant(milliseconds: int) -> datetime:
    """Return the instant of a broker's timestamp, exactly."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


class TopicSender:
    """Sends to any topic; safe to share between threads. Close it, or use it as a context.

    The producer repeats what fails by itself, in order and without doubling it (acks=all, idempotence), until the
    patience of the access is over. KafkaUnavailable: some messages may be there; send them again with the same ids.
    """

    def __init__(self, access: KafkaAccess) -> None:
        self._access = access
        with reaching(access, "reaching the brokers"):
            self._producer = opened(
                KafkaProducer,
                access,
                acks="all",
                enable_idempotence=True,
                delivery_timeout_ms=2 * access.patience_ms,
                max_block_ms=access.patience_ms,
                max_request_size=_LARGEST,
                allow_auto_create_topics=False,
                metrics_enabled=False,
            )

    def send(self, topic: str, messages: Iterable[Message]) -> list[Placed]:
        """Send messages in order and wait until all are acknowledged; return where each is."""
        with reaching(self._access, f"writing to {topic}"):
            try:
                return self._placed([self._hand_over(topic, message) for message in messages])
            except MessageSizeTooLargeError:
                raise _too_large(topic) from None

    def _hand_over(self, topic: str, message: Message) -> Any:  # noqa: ANN401 - kafka-python is not typed
        headers = [(name, value.encode(errors="backslashreplace")) for name, value in message.headers]
        return self._producer.send(
            topic, message.value, message.key.encode(errors="backslashreplace"), headers, partition=message.partition
        )

    def _placed(self, futures: Sequence[Any]) -> list[Placed]:
        seconds = 3 * self._access.patience.total_seconds()
        found = [future.get(timeout=seconds) for future in futures]
        return [Placed(each.partition, each.offset, instant(each.timestamp)) for each in found]

    def close(self) -> None:
        """Let go of the brokers; what was sent is acknowledged already."""
        self._producer.close(timeout=self._access.patience.total_seconds())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _too_large(topic: str) -> TooLarge:
    return TooLarge(
        f"a message for {topic} is larger than {LARGEST_FILE // 1024**2} MB: cut the file, day by day for instance, "
        "and send its parts"
    )
