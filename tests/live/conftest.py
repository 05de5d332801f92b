"""The broker that the tests of this folder share, in one xdist process; failure tests wait a lot and have their own."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from streams.adapters.kafka_clients import KafkaAccess
from streams.adapters.topic_admin import TopicAdmin
from tests.live.broker import Kafka, NoKafka, clear_topics, cluster_of, running, server_jars, with_closed_listener

GIVEN = "VIGIE_TEST_KAFKA"
DOCKER = "docker"
BROKERS = ("kafka", "kafka_of_three")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep what uses a broker together, and out of the run on the wheel."""
    for item in items:
        if not set(BROKERS).isdisjoint(getattr(item, "fixturenames", ())):
            group = "failures" if item.path.parent.name == "campaign" else "servers"
            item.add_marker(pytest.mark.xdist_group(group))
            item.add_marker(pytest.mark.slow)


def jars_or_skip(repository: Path) -> Path:
    try:
        return server_jars(repository)
    except NoKafka as why:
        if os.environ.get("CI", "").lower() in {"true", "1"}:
            pytest.fail(f"continuous integration must test against a real Kafka: {why}", pytrace=False)
        pytest.skip(f"no Kafka to test against: {why}; or give a running one: {GIVEN}=host:port")


@pytest.fixture(scope="session")
def kafka(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """One broker, without topics: the one VIGIE_TEST_KAFKA names, one in a container, or its own."""
    given = os.environ.get(GIVEN)
    if given == DOCKER:
        containers = pytest.importorskip("testcontainers.community.kafka", reason="the extra `docker` is not installed")
        with containers.KafkaContainer().with_kraft() as container:
            yield Kafka((container.get_bootstrap_server(),))
        return
    if given:
        yield Kafka(tuple(given.split(",")))
        return
    folder = tmp_path_factory.mktemp("kafka")
    with running(with_closed_listener(cluster_of(1, jars_or_skip(repository), folder), folder)) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def kafka_of_three(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """Three brokers, without topics: always its own, since the tests stop some of them."""
    with running(cluster_of(3, jars_or_skip(repository), tmp_path_factory.mktemp("kafka-of-three"))) as cluster:
        yield cluster


@pytest.fixture
def access(kafka: Kafka) -> KafkaAccess:
    """The access to one broker that has all topics, with nothing in them: a process reads what any test left."""
    clear_topics(kafka.access)
    TopicAdmin(kafka.access, kafka.replication).create()
    return kafka.access


@pytest.fixture
def nowhere() -> KafkaAccess:
    """An address where no broker is."""
    return KafkaAccess(("127.0.0.1:1",), patience=timedelta(seconds=1))
