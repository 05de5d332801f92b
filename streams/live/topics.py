"""The Kafka topics: how many partitions, how long they keep, how they date; and which partition is whose.

Names and messages are those of the AsyncAPI document. The journal has one partition a région, in the order of the INSEE
codes: a région's order is its partition's, and its time is the broker's append time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from orsan_plans.geography import REGIONS

RAW_RPU: Final = "vigie.raw.rpu"
RAW_CAPACITY: Final = "vigie.raw.capacity"
RAW_SIGNALS: Final = "vigie.raw.signals"
JOURNAL: Final = "vigie.journal"
EFFECTS: Final = "vigie.effects"
STATE: Final = "vigie.state"
DLQ: Final = "vigie.dlq"
RAW: Final = (RAW_RPU, RAW_CAPACITY, RAW_SIGNALS)

LARGEST_FILE: Final = 16 * 1024 * 1024
"""Bytes of one file in one message, and of one snapshot: several weeks of the largest emergency department. Vigie's own
choice; a larger file is cut by its sender, day by day."""
SOURCES_AT_ONCE: Final = 12
"""Partitions of a raw topic: how many workers can read it at once. Vigie's own choice."""
RAW_KEPT: Final = timedelta(days=7)
"""How long files as received are kept: they may name people. A week lets a defect be mended and they be read again."""

REGION_CODES: Final = tuple(sorted(REGIONS))


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """What a topic must be. ``config`` holds the settings that matter, by Kafka's name; others are the broker's."""

    name: str
    partitions: int
    config: Mapping[str, str] = field(default_factory=dict)
    may_grow: bool = False
    """Whether more partitions do no harm: nothing is read from a partition by its number."""


def _milliseconds(kept: timedelta) -> str:
    return str(kept // timedelta(milliseconds=1))


_NO_LOSS: Final = {"unclean.leader.election.enable": "false"}
"""A broker that missed records never leads: what was acknowledged stays, even when that means waiting for a broker."""
_FOR_EVER: Final = {"retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete", **_NO_LOSS}
_APPEND_TIME: Final = {"message.timestamp.type": "LogAppendTime"}
_LARGE: Final = {"max.message.bytes": str(LARGEST_FILE + 1024 * 1024)}
_OF_FILES: Final = {
    "cleanup.policy": "delete",
    "retention.ms": _milliseconds(RAW_KEPT),
    **_NO_LOSS,
    **_APPEND_TIME,
    **_LARGE,
}
# Kafka compacts closed segments alone: small ones, or a day of snapshots would be kept. Vigie's own choice.
_NEWEST: Final = {"cleanup.policy": "compact", "segment.bytes": str(64 * 1024 * 1024), **_NO_LOSS, **_LARGE}

TOPICS: Final = {
    spec.name: spec
    for spec in (
        *(TopicSpec(name, SOURCES_AT_ONCE, _OF_FILES, may_grow=True) for name in RAW),
        # The only input of the decisions: nothing of it is ever deleted, and the broker alone dates it.
        TopicSpec(JOURNAL, len(REGION_CODES), {**_FOR_EVER, **_APPEND_TIME, **_LARGE}),
        TopicSpec(EFFECTS, len(REGION_CODES), {**_FOR_EVER, **_APPEND_TIME}),
        TopicSpec(STATE, len(REGION_CODES), _NEWEST),
        TopicSpec(DLQ, 1, {**_FOR_EVER, **_APPEND_TIME, **_LARGE}),
    )
}


def required_config(spec: TopicSpec, replication: int) -> dict[str, str]:
    """Return the settings of a topic kept by ``replication`` brokers: a record is on two of them before it counts."""
    return {**spec.config, "min.insync.replicas": str(min(2, replication))}


def partition_of(region: str) -> int:
    """Return the partition of a région in the journal, the effects and the state; KeyError for an unknown code."""
    if region not in REGIONS:
        raise KeyError(region)
    return REGION_CODES.index(region)


def region_of(partition: int) -> str:
    """Return the région of a partition; IndexError when there is none."""
    return REGION_CODES[partition]


def raw_topic_of(feed: str) -> str:
    """Return the raw topic of a kind of feed, as `streams.collecting` names it."""
    return {"rpu": RAW_RPU, "lits": RAW_CAPACITY}.get(feed, RAW_SIGNALS)
