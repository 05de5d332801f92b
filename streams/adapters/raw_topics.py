"""Files as received, sent to the raw topics: one message a file, byte for byte, one source in order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Self

from streams.adapters.kafka_clients import KafkaAccess
from streams.adapters.topic_sender import Message, Placed, TopicSender
from streams.live.problems import TooLarge
from streams.live.topics import LARGEST_FILE, REGION_CODES, raw_topic_of

NAME_HEADER: Final = "name"
REGION_HEADER: Final = "region"
FORMAT_HEADER: Final = "format"
RECEIPT_HEADER: Final = "receipt"


@dataclass(frozen=True, slots=True)
class RawFile:
    """A file as its source sent it. Those of one ``source`` stay in order: the API key's, or the drop directory.

    ``format`` may be empty: it is then recognised. ``receipt`` is the id of its receipt, when whoever took the file
    said one: sent twice, it is one file.
    """

    source: str
    name: str
    region: str
    format: str
    content: bytes = field(repr=False)
    receipt: str | None = None

    @classmethod
    def of(cls, key: bytes | None, value: bytes | None, headers: Mapping[str, bytes | None]) -> "RawFile":
        """Return the file of a message; ValueError says which header is missing, is no text or is no région."""
        source = _text({"key": key or b""}, "key")
        name, region, format_ = (_needed(headers, each) for each in (NAME_HEADER, REGION_HEADER, FORMAT_HEADER))
        if region not in REGION_CODES:
            raise ValueError(f"header {REGION_HEADER} is no région")
        return cls(source or "", name, region, format_, value or b"", _text(headers, RECEIPT_HEADER))

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The headers of its message."""
        said = ((NAME_HEADER, self.name), (REGION_HEADER, self.region), (FORMAT_HEADER, self.format))
        return said if self.receipt is None else (*said, (RECEIPT_HEADER, self.receipt))


def _needed(headers: Mapping[str, bytes | None], name: str) -> str:
    value = _text(headers, name)
    if value is None:
        raise ValueError(f"no header {name}")
    return value


def _text(headers: Mapping[str, bytes | None], name: str) -> str | None:
    value = headers.get(name)
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        raise ValueError(f"{name} is no text") from None


@dataclass(frozen=True, slots=True)
class RawRecord:
    """A message of a raw topic, as it was read: where it is, and the broker's append time."""

    topic: str
    partition: int
    offset: int
    appended_at: datetime
    key: bytes | None
    value: bytes | None = field(repr=False)
    headers: Mapping[str, bytes | None]

    @property
    def place(self) -> str:
        """What names this message and no other."""
        return f"{self.topic}/{self.partition}/{self.offset}"


class RawTopics:
    """Where collectors leave files. Close it, or use it as a context."""

    def __init__(self, access: KafkaAccess) -> None:
        self._sender = TopicSender(access)

    def send(self, feed: str, file: RawFile) -> Placed:
        """Send a file of a feed and return when the brokers hold it; TooLarge, or another `KafkaProblem`."""
        if len(file.content) > LARGEST_FILE:
            raise TooLarge(
                f"{file.name} has {len(file.content):,} bytes, one message carries {LARGEST_FILE:,} at most: cut it, "
                "day by day for instance, and send its parts"
            )
        return self._sender.send(raw_topic_of(feed), [Message(file.source, file.content, file.headers)])[0]

    def close(self) -> None:
        """Let go of the brokers."""
        self._sender.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
