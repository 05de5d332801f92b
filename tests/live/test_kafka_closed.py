"""A broker that asks for a certificate and a password, reached by kafka-python and as Faust reaches it."""

import asyncio
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth

from streams.adapters.faust_access import faust_broker
from streams.adapters.kafka_clients import KafkaAccess, KafkaSSLTransport
from streams.adapters.topic_admin import TopicAdmin
from streams.live.problems import KafkaRefused, KafkaUnavailable
from streams.live.topics import DLQ, TOPICS
from tests.live.broker import Kafka
from tests.live.closed_broker import closed_access


@dataclass(frozen=True, slots=True)
class Closed:
    access: KafkaAccess
    certificate: Path


@pytest.fixture
def closed(kafka: Kafka) -> Closed:
    if kafka.closed is None:
        pytest.skip("the broker that was given has no listener of ours")
    return Closed(closed_access(*kafka.closed), kafka.closed[1])


def test_kafka_python_gets_in(closed: Closed) -> None:
    admin = TopicAdmin(closed.access, 1, {"closed": replace(TOPICS[DLQ], name="closed")})
    admin.create()
    assert admin.check() == []


def test_commands_of_a_closed_cluster_name_a_settings_file(closed: Closed) -> None:
    missing = replace(TOPICS[DLQ], name="half", config={})
    TopicAdmin(closed.access, 1, {"half": missing}).create()
    complaints = TopicAdmin(closed.access, 1, {"half": replace(TOPICS[DLQ], name="half")}).check()
    assert complaints
    assert all("--command-config client.properties" in each.mend for each in complaints)


def test_faust_gets_in(closed: Closed) -> None:
    asked = faust_broker(closed.access)

    async def topics() -> list[str]:
        admin = AIOKafkaAdminClient(
            bootstrap_servers=[f"{url.host}:{url.port}" for url in asked["broker"]],
            **credentials_to_aiokafka_auth(asked["broker_credentials"]),
        )
        await admin.start()
        try:
            return list(await admin.list_topics())
        finally:
            await admin.close()

    TopicAdmin(closed.access, 1, {"closed": replace(TOPICS[DLQ], name="closed")}).create()
    assert "closed" in asyncio.run(topics())


def test_a_wrong_password_is_said_without_being_shown(closed: Closed) -> None:
    wrong = replace(closed.access, sasl_password="ouvre-toi-sesame")  # noqa: S106 - a wrong one, of a test
    with pytest.raises(KafkaRefused, match="does not let vigie in: check VIGIE_KAFKA_SASL_USERNAME") as refused:
        TopicAdmin(wrong, 1).check()
    assert "ouvre-toi" not in str(refused.value)


def test_a_late_client_hears_why_it_is_refused(closed: Closed, monkeypatch: pytest.MonkeyPatch) -> None:
    """The broker hangs up right after its answer: on a busy machine both are read at once."""
    receive = KafkaSSLTransport._sock_recv

    def late(transport: KafkaSSLTransport) -> object:
        time.sleep(0.3)
        return receive(transport)

    monkeypatch.setattr(KafkaSSLTransport, "_sock_recv", late)
    wrong = replace(closed.access, sasl_password="ouvre-toi-sesame")  # noqa: S106 - a wrong one, of a test
    with pytest.raises(KafkaRefused):
        TopicAdmin(wrong, 1).check()


@pytest.mark.parametrize("change", [{"security_protocol": "PLAINTEXT"}, {"ssl_cafile": None}, {"ssl_certfile": None}])
def test_a_wrong_protocol_or_certificate_is_said(closed: Closed, change: dict[str, str | None]) -> None:
    wrong = replace(closed.access, patience=timedelta(seconds=2), **change)  # type: ignore[arg-type]  # any field
    with pytest.raises(KafkaUnavailable, match="VIGIE_KAFKA_SECURITY_PROTOCOL"):
        TopicAdmin(wrong, 1).check()
