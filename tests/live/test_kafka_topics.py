"""Topics on a real broker: made once, held against what they must be, each mended by the command that is printed."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from typing import Final

import pytest

from streams.adapters.kafka_clients import ConfigResource, KafkaAccess, KafkaAdminClient
from streams.adapters.topic_admin import TopicAdmin
from streams.live.problems import KafkaUnavailable, TopicsUnusable
from streams.live.topics import DLQ, EFFECTS, JOURNAL, RAW_RPU, STATE, TOPICS, TopicSpec, required_config
from tests.live.broker import Kafka
from tests.vigie.monitored import eventually, vigie

WRONG: Final = {
    "cleanup.policy": "compact,delete",
    "max.message.bytes": "1000000",
    "message.timestamp.type": "CreateTime",
    "retention.bytes": "1000000000",
    "retention.ms": "3600000",
    "segment.bytes": "1000000000",
    "unclean.leader.election.enable": "true",
}
_NUMBERS = count()


def own_topics(*names: str) -> dict[str, TopicSpec]:
    """Return topics like Vigie's, under names of their own: a test may spoil them."""
    prefix = f"essai{time.time_ns()}-{next(_NUMBERS)}"
    specs = [replace(TOPICS[name], name=f"{prefix}.{name}") for name in names]
    return {spec.name: spec for spec in specs}


@pytest.fixture
def with_settings(kafka: Kafka, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_KAFKA_BOOTSTRAP", ",".join(kafka.bootstrap))
    monkeypatch.setenv("VIGIE_KAFKA_REPLICATION", str(kafka.replication))


@pytest.fixture
def alter(kafka: Kafka) -> Iterator[Callable[[str, dict[str, str]], None]]:
    admin = KafkaAdminClient(**kafka.access.for_clients())

    def altered(topic: str, config: dict[str, str]) -> None:
        done = admin.alter_configs([ConfigResource("topic", topic, config)])
        assert done == {"topic": {topic: "OK"}}

    yield altered
    admin.close()


def mend(kafka: Kafka, command: str) -> None:
    """Run a command that Vigie printed, as a shell would."""
    given, piped, rest = command.rpartition(" | ")
    done = kafka.tool(rest if piped else command, given.removeprefix("echo ").strip("'"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_topics_are_made_once_and_then_found_right(kafka: Kafka) -> None:
    specs = own_topics(*TOPICS)
    admin = TopicAdmin(kafka.access, kafka.replication, specs)
    assert {complaint.mend for complaint in admin.check()} == {"vigie topics create"}
    with pytest.raises(TopicsUnusable, match="vigie topics create"):
        admin.ensure_usable()
    assert admin.create() == list(specs)
    assert admin.check() == []
    admin.ensure_usable()
    assert admin.create() == []
    found = admin.describe()
    assert {name: topic.partitions for name, topic in found.items()} == {
        name: spec.partitions for name, spec in specs.items()
    }


def test_every_wrong_setting_is_found_and_its_command_mends_it(
    kafka: Kafka, alter: Callable[[str, dict[str, str]], None]
) -> None:
    specs = own_topics(JOURNAL, STATE, RAW_RPU, EFFECTS, DLQ)
    admin = TopicAdmin(kafka.access, kafka.replication, specs)
    admin.create()
    spoiled = {
        (name, setting) for name, spec in specs.items() for setting in required_config(spec, 1) if setting in WRONG
    }
    for name, setting in sorted(spoiled):
        alter(name, {setting: WRONG[setting]})
    complaints = admin.check()
    assert {(each.topic, each.setting) for each in complaints} == spoiled
    assert {each.setting for each in complaints} == WRONG.keys()
    assert all(each.found == WRONG[each.setting] for each in complaints)
    # One command of each kind: a Java machine for each takes its time.
    mended = {each.setting: each for each in complaints}
    for each in mended.values():
        mend(kafka, each.mend)
    assert {(each.topic, each.setting) for each in admin.check()} == spoiled - {
        (each.topic, each.setting) for each in mended.values()
    }


def test_partitions_are_found_wrong_and_mended(kafka: Kafka) -> None:
    specs = own_topics(JOURNAL, DLQ)
    journal, dlq = specs.values()
    few = {journal.name: replace(journal, partitions=3), dlq.name: replace(dlq, partitions=2)}
    TopicAdmin(kafka.access, kafka.replication, few).create()
    admin = TopicAdmin(kafka.access, kafka.replication, specs)
    fewer, more = admin.check()
    assert (fewer.topic, fewer.found, fewer.expected) == (journal.name, "3", "18")
    assert (more.topic, more.found, more.expected) == (dlq.name, "2", "1")
    mend(kafka, fewer.mend)
    assert [each.topic for each in admin.check()] == [dlq.name]
    delete, create = more.mend.split("    #")[0].split(" && ")
    assert create == "vigie topics create"
    mend(kafka, delete)
    eventually(lambda: dlq.name not in admin.describe(), "the topic is deleted")
    admin.create()
    assert admin.check() == []


def test_too_few_brokers_are_said(kafka: Kafka) -> None:
    admin = TopicAdmin(kafka.access, kafka.replication + 1, own_topics(DLQ))
    with pytest.raises(KafkaUnavailable, match=r"broker\(s\) of \d.*VIGIE_KAFKA_REPLICATION="):
        admin.create()


def test_copies_are_found_missing_and_mended(kafka_of_three: Kafka) -> None:
    specs = own_topics(STATE, DLQ)
    TopicAdmin(kafka_of_three.access, 1, specs).create()
    admin = TopicAdmin(kafka_of_three.access, 3, specs)
    complaints = admin.check()
    assert {each.setting for each in complaints} == {"replication", "min.insync.replicas"}
    for each in complaints:
        mend(kafka_of_three, each.mend)
    eventually(lambda: not admin.check(), "the copies are made")


@pytest.mark.usefixtures("with_settings")
def test_commands_make_check_and_describe(alter: Callable[[str, dict[str, str]], None]) -> None:
    made = vigie("topics", "create")
    assert made.exit_code == 0, made.output
    assert all(f"{name}: " in made.output for name in TOPICS)
    assert vigie("topics", "check").output == "7 topics, as they must be\n"
    described = vigie("topics", "describe")
    assert described.exit_code == 0
    assert "message.timestamp.type=LogAppendTime" in described.output
    alter(DLQ, {"retention.ms": "1000"})
    try:
        wrong = vigie("topics", "check")
        assert wrong.exit_code == 1
        assert "vigie.dlq: retention.ms is 1000, must be -1\n    kafka-configs.sh " in wrong.output
        assert vigie("topics", "create").exit_code == 1
    finally:
        alter(DLQ, {"retention.ms": "-1"})


@pytest.mark.parametrize("command", ["create", "check", "describe"])
def test_no_broker_is_a_message_and_not_a_traceback(
    command: str, nowhere: KafkaAccess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIGIE_KAFKA_BOOTSTRAP", ",".join(nowhere.bootstrap))
    monkeypatch.setenv("VIGIE_KAFKA_PATIENCE_SECONDS", "1")
    result = vigie("topics", command)
    assert result.exit_code == 1
    assert result.output.startswith("vigie: ")
    assert "127.0.0.1:1 does not answer" in result.output
    assert len(result.output.splitlines()) == 1
