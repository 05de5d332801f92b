"""The topics on the brokers: made, described, held against what they must be. Every process asks before it works."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from streams.adapters.kafka_clients import (
    ConfigResource,
    KafkaAccess,
    KafkaAdminClient,
    TopicAlreadyExistsError,
    opened,
    reaching,
)
from streams.live.problems import KafkaUnavailable, TopicsUnusable
from streams.live.topic_checks import Asked, Complaint, FoundTopic, complaints
from streams.live.topics import TOPICS, TopicSpec, required_config

_SHOWN: Final = 12
"""Complaints of one error message; the command shows all."""


class TopicAdmin:
    """The topics of one cluster, each kept by ``replication`` brokers. Every method may raise a `KafkaProblem`."""

    def __init__(self, access: KafkaAccess, replication: int = 3, specs: Mapping[str, TopicSpec] = TOPICS) -> None:
        self._access = access
        self._replication = replication
        self._specs = specs

    def create(self) -> list[str]:
        """Make the topics that are missing and return their names; those that exist are left as they are."""
        with self._admin("making the topics") as admin:
            brokers = _brokers(admin)
            if len(brokers) < self._replication:
                raise KafkaUnavailable(
                    f"{len(brokers)} broker(s) of {self._replication} run at {self._access}, and each topic is to be "
                    f"kept by {self._replication}: start them, or, where losing a broker may lose the journal, set "
                    f"VIGIE_KAFKA_REPLICATION={len(brokers)}"
                )
            present = set(admin.list_topics())
            made = [spec.name for spec in self._specs.values() if spec.name not in present and self._make(admin, spec)]
            admin.wait_for_topics(list(self._specs), timeout_ms=self._access.patience_ms)
        return made

    def _make(self, admin: Any, spec: TopicSpec) -> bool:  # noqa: ANN401 - kafka-python is not typed
        asked = {
            "num_partitions": spec.partitions,
            "replication_factor": self._replication,
            "configs": required_config(spec, self._replication),
        }
        try:
            admin.create_topics({spec.name: asked}, timeout_ms=self._access.patience_ms)
        except TopicAlreadyExistsError:
            # Another process made it meanwhile.
            return False
        return True

    def describe(self) -> dict[str, FoundTopic]:
        """Return the topics that exist, by name."""
        with self._admin("describing the topics") as admin:
            return self._found(admin)

    def check(self) -> list[Complaint]:
        """Return what is wrong with the topics; nothing when Vigie can work."""
        with self._admin("checking the topics") as admin:
            brokers, found = _brokers(admin), self._found(admin)
        is_secured = self._access.security_protocol != "PLAINTEXT"
        asked = Asked(self._access.bootstrap, self._replication, brokers, is_secured)
        return complaints(self._specs.values(), found, asked)

    def ensure_usable(self) -> None:
        """Return when the topics are as they must be; TopicsUnusable with what to do when they are not."""
        found = self.check()
        if found:
            raise TopicsUnusable(explain(found))

    def _found(self, admin: Any) -> dict[str, FoundTopic]:  # noqa: ANN401 - kafka-python is not typed
        present = [name for name in admin.list_topics() if name in self._specs]
        if not present:
            return {}
        described = {topic["name"]: topic for topic in admin.describe_topics(present)}
        settings = admin.describe_configs([ConfigResource("topic", name) for name in present], config_filter="all")
        return {name: _found_topic(described[name], settings["topic"][name]) for name in present}

    @contextmanager
    def _admin(self, doing: str) -> Iterator[Any]:
        with reaching(self._access, doing):
            admin = opened(KafkaAdminClient, self._access)
            try:
                yield admin
            finally:
                admin.close()


def _brokers(admin: Any) -> tuple[int, ...]:  # noqa: ANN401 - kafka-python is not typed
    return tuple(sorted(broker["broker_id"] for broker in admin.describe_cluster()["brokers"]))


def _found_topic(described: Mapping[str, Any], settings: Mapping[str, Mapping[str, Any]]) -> FoundTopic:
    partitions = sorted(described["partitions"], key=lambda each: int(each["partition_index"]))
    return FoundTopic(
        described["name"],
        tuple(tuple(each["replica_nodes"]) for each in partitions),
        {name: str(setting["value"]) for name, setting in settings.items()},
    )


def explain(found: Iterable[Complaint]) -> str:
    """Return what is wrong and what to run, a few lines for each."""
    listed = list(found)
    missing = [each.topic for each in listed if not each.setting]
    wrong = [each for each in listed if each.setting]
    lines = [f"the topics are not as they must be ({len(listed)}):"]
    if missing:
        lines.append(f"missing: {', '.join(missing)}\n    {listed[0].mend}")
    lines += map(str, wrong[:_SHOWN])
    if len(wrong) > _SHOWN:
        lines.append(f"and {len(wrong) - _SHOWN} more; to see all: vigie topics check")
    return "\n".join(lines)
