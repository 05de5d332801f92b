"""How far a group of consumers is, asked of the brokers by somebody outside it: a hung member cannot say."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from streams.adapters.kafka_clients import (
    KafkaAccess,
    KafkaAdminClient,
    OffsetSpec,
    TopicPartition,
    opened,
    reaching,
)

Place = tuple[str, int]
"""A topic and the number of a partition."""


@dataclass(frozen=True, slots=True)
class Progress:
    """By place, written ``topic/partition``: the offset the group goes on from, and the one the next record gets."""

    done: dict[str, int]
    ends: dict[str, int]


class GroupProgress:
    """Looks at one group. Close it, or use it as a context; methods may raise a `KafkaProblem`."""

    def __init__(self, access: KafkaAccess, group: str) -> None:
        self._access = access
        self._group = group
        with reaching(access, "reaching the brokers"):
            self._admin = opened(KafkaAdminClient, access)

    def look(self, places: Iterable[Place]) -> Progress:
        """Return how far the group is in these places; 0 where it noted nothing yet."""
        asked = {TopicPartition(*place): OffsetSpec.LATEST for place in places}
        with reaching(self._access, f"asking how far the group {self._group} is"):
            noted: dict[Any, Any] = self._admin.list_group_offsets({self._group: None}).get(self._group, {})
            ends: dict[Any, Any] = self._admin.list_partition_offsets(asked) if asked else {}
        done = {place: noted[place].offset if place in noted else 0 for place in asked}
        return Progress(
            {_written(place): max(0, offset) for place, offset in done.items()},
            {_written(place): end.offset for place, end in ends.items()},
        )

    def close(self) -> None:
        """Let go of the brokers."""
        self._admin.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _written(place: Any) -> str:  # noqa: ANN401 - kafka-python is not typed
    return f"{place.topic}/{place.partition}"
