"""The effects, read by a group of notifiers: an effect is given up to the group once it is stored."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

import msgspec
import structlog

from alerts import effect_codec
from alerts.effects import Effect
from streams.adapters.group_progress import Place
from streams.adapters.kafka_clients import KafkaAccess, KafkaConsumer, KafkaError, opened, reaching
from streams.adapters.topic_sender import instant
from streams.live.topics import EFFECTS, region_of

GROUP: Final = "vigie-notifier"
_PATIENT_MS: Final = 15 * 60 * 1000
"""How long a batch may take: a database that is away for some minutes must not cost the partitions."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that is no effect: where it is, byte for byte, and why."""

    offset: int
    value: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Told:
    """What was polled of a région: its effects, in order, and what is to be set aside."""

    region: str
    effects: tuple[Effect, ...]
    unreadable: tuple[Unreadable, ...] = ()
    appended_at: datetime | None = None
    """The broker's append time of the last of them."""


class EffectsGroup:
    """One member of the group. Close it, or use it as a context; methods may raise a `KafkaProblem`.

    ``session``: seconds a member may be silent before its partitions go to another one.
    """

    def __init__(self, access: KafkaAccess, session: float) -> None:
        self._access = access
        with reaching(access, f"reading {EFFECTS}"):
            self._consumer = opened(
                KafkaConsumer,
                access,
                group_id=GROUP,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                allow_auto_create_topics=False,
                session_timeout_ms=round(session * 1000),
                heartbeat_interval_ms=round(session * 1000 / 6),
                max_poll_interval_ms=_PATIENT_MS,
                max_poll_records=500,
                metrics_enabled=False,
            )
            self._consumer.subscribe([EFFECTS])
        self._places = frozenset[Place]()

    def poll(self, seconds: float) -> list[Told]:
        """Return what came within ``seconds``, by région; ``commit`` it once it is stored."""
        with reaching(self._access, f"reading {EFFECTS}"):
            found: dict[Any, list[Any]] = self._consumer.poll(timeout_ms=int(seconds * 1000))
            self._places = frozenset((place.topic, place.partition) for place in self._consumer.assignment())
        return [told(region_of(place.partition), records) for place, records in found.items()]

    def places(self) -> frozenset[Place]:
        """Return the partitions given to this member, as of the last poll."""
        return self._places

    def commit(self) -> None:
        """Begin to note that all that was polled is stored; nobody waits for it, what is told again is known."""
        with reaching(self._access, f"noting what is read of {EFFECTS}"):
            self._consumer.commit_async(callback=_noted)

    def close(self) -> None:
        """Leave the group, once what was noted is held."""
        self._consumer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def told(region: str, records: Iterable[Any]) -> Told:
    """Return what records of kafka-python say."""
    records = list(records)
    read = [_read(record) for record in records]
    return Told(
        region,
        tuple(each for each in read if not isinstance(each, Unreadable)),
        tuple(each for each in read if isinstance(each, Unreadable)),
        instant(records[-1].timestamp) if records else None,
    )


def _noted(_: object, answer: object) -> None:
    if isinstance(answer, KafkaError):
        _log.warning("not noted yet", why=str(answer))


def _read(record: Any) -> Effect | Unreadable:  # noqa: ANN401 - kafka-python is not typed
    value = record.value or b""
    try:
        return effect_codec.decode(value)
    except (msgspec.DecodeError, KeyError, UnicodeDecodeError, RecursionError) as error:
        # Neither the value nor the error's text, which quotes it.
        reason = f"not an effect this version reads: {type(error).__name__}"
        return Unreadable(record.offset, value, reason)
