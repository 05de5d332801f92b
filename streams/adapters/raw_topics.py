"""Files as received, sent to the raw topics: one message a file, byte for byte, one source in order."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from streams.adapters.kafka_clients import KafkaAccess
from streams.adapters.topic_sender import Message, Placed, TopicSender
from streams.live.problems import TooLarge
from streams.live.topics import LARGEST_FILE, raw_topic_of

NAME_HEADER: Final = "name"
REGION_HEADER: Final = "region"
FORMAT_HEADER: Final = "format"
RECEIPT_HEADER: Final = "receipt"


@dataclass(frozen=True, slots=True)
class RawFile:
    """A file as its source sent it. Those of one ``source`` stay in order: the API key's, or the drop directory.

    ``receipt`` is the id of its receipt, when whoever took the file said one: sent twice, it is one file.
    """

    source: str
    name: str
    region: str
    format: str
    content: bytes
    receipt: str | None = None

    @classmethod
    def of(cls, key: bytes | None, value: bytes | None, headers: Mapping[str, bytes | None]) -> "RawFile":
        """Return the file of a message; ValueError when a header is missing or is no text."""
        source = (key or b"").decode()
        name, region, format_ = (_text(headers, each) for each in (NAME_HEADER, REGION_HEADER, FORMAT_HEADER))
        receipt = _text(headers, RECEIPT_HEADER) if headers.get(RECEIPT_HEADER) is not None else None
        return cls(source, name, region, format_, value or b"", receipt)


def _headers(file: RawFile) -> tuple[tuple[str, str], ...]:
    said = ((NAME_HEADER, file.name), (REGION_HEADER, file.region), (FORMAT_HEADER, file.format))
    return said if file.receipt is None else (*said, (RECEIPT_HEADER, file.receipt))


def _text(headers: Mapping[str, bytes | None], name: str) -> str:
    value = headers.get(name)
    if value is None:
        raise ValueError(f"no header {name}")
    return value.decode()


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
        return self._sender.send(raw_topic_of(feed), [Message(file.source, file.content, _headers(file))])[0]

    def close(self) -> None:
        """Let go of the brokers."""
        self._sender.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
