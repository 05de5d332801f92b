"""Is a topic what it must be? What is found beside what is expected, and the command that mends each difference.

The commands are those of Kafka's own tools: who may change a topic has them, and Vigie's account need not be allowed
to. More than what is asked is fine for the partitions of the raw topics, the copies, and the largest message.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from streams.live.topics import TopicSpec, required_config

CREATE: Final = "vigie topics create"
_AT_LEAST: Final = frozenset({"max.message.bytes", "min.insync.replicas"})
_SECURED: Final = " --command-config client.properties"


@dataclass(frozen=True, slots=True)
class FoundTopic:
    """A topic as the brokers describe it: per partition, in order, the brokers that keep it; settings in force."""

    name: str
    replicas: tuple[tuple[int, ...], ...]
    config: Mapping[str, str]

    @property
    def partitions(self) -> int:
        """How many partitions it has."""
        return len(self.replicas)

    @property
    def replication(self) -> int:
        """How many brokers keep the partition that the fewest keep."""
        return min(map(len, self.replicas), default=0)


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong with a topic; ``mend`` is the command line to run, nothing when no command mends it."""

    topic: str
    setting: str
    found: str
    expected: str
    mend: str

    def __str__(self) -> str:
        what = "does not exist" if not self.setting else f"{self.setting} is {self.found}, must be {self.expected}"
        return f"{self.topic}: {what}\n    {self.mend}"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the topics of a cluster, and how its tools are told where it is."""

    bootstrap: tuple[str, ...]
    replication: int
    brokers: tuple[int, ...]
    is_secured: bool = False

    def tool(self, name: str) -> str:
        """Return the beginning of the command line of one of Kafka's tools."""
        return f"{name} --bootstrap-server {','.join(self.bootstrap)}{_SECURED if self.is_secured else ''}"


def complaints(specs: Iterable[TopicSpec], found: Mapping[str, FoundTopic], asked: Asked) -> list[Complaint]:
    """Return what is wrong with the topics, one by one, a missing one first."""
    listed: list[Complaint] = []
    for spec in specs:
        topic = found.get(spec.name)
        if topic is None:
            listed.append(Complaint(spec.name, "", "", "", CREATE))
        else:
            listed += [*_of_partitions(spec, topic, asked), *_of_copies(topic, asked), *_of_config(spec, topic, asked)]
    return sorted(listed, key=lambda each: bool(each.setting))


def _of_partitions(spec: TopicSpec, topic: FoundTopic, asked: Asked) -> Iterator[Complaint]:
    tool = asked.tool("kafka-topics.sh")
    if topic.partitions < spec.partitions:
        mend = f"{tool} --alter --topic {spec.name} --partitions {spec.partitions}"
        yield Complaint(spec.name, "partitions", str(topic.partitions), str(spec.partitions), mend)
    if topic.partitions > spec.partitions and not spec.may_grow:
        mend = f"{tool} --delete --topic {spec.name} && {CREATE}    # ONLY when it holds nothing: its records are lost"
        yield Complaint(spec.name, "partitions", str(topic.partitions), str(spec.partitions), mend)


def _of_copies(topic: FoundTopic, asked: Asked) -> Iterator[Complaint]:
    if topic.replication >= asked.replication:
        return
    if len(asked.brokers) < asked.replication:
        mend = (
            f"start more brokers ({len(asked.brokers)} run), or, where losing one broker may lose the journal, set "
            f"VIGIE_KAFKA_REPLICATION={len(asked.brokers)}"
        )
    else:
        tool = asked.tool("kafka-reassign-partitions.sh")
        mend = f"echo '{_reassignment(topic, asked)}' | {tool} --reassignment-json-file /dev/stdin --execute"
    yield Complaint(topic.name, "replication", str(topic.replication), str(asked.replication), mend)


def _reassignment(topic: FoundTopic, asked: Asked) -> str:
    """Return the plan that keeps each copy where it is and adds the missing ones, in turn over the other brokers."""
    partitions = []
    for number, replicas in enumerate(topic.replicas):
        others = [broker for broker in asked.brokers if broker not in replicas]
        turn = number % len(others) if others else 0
        added = (*others[turn:], *others[:turn])[: max(0, asked.replication - len(replicas))]
        partitions.append({"topic": topic.name, "partition": number, "replicas": [*replicas, *added]})
    return json.dumps({"version": 1, "partitions": partitions}, separators=(",", ":"))


def _of_config(spec: TopicSpec, topic: FoundTopic, asked: Asked) -> Iterator[Complaint]:
    for name, expected in sorted(required_config(spec, asked.replication).items()):
        value = topic.config.get(name, "unknown")
        if value == expected or (name in _AT_LEAST and value.isdecimal() and int(value) >= int(expected)):
            continue
        tool = asked.tool("kafka-configs.sh")
        mend = f"{tool} --alter --entity-type topics --entity-name {spec.name} --add-config {name}={expected}"
        yield Complaint(spec.name, name, value, expected, mend)
