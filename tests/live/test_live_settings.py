"""Settings of the live processes: environment over file; secrets stay hidden; a mistake is named."""

from pathlib import Path

import pytest

from streams.adapters.faust_access import faust_broker
from streams.adapters.kafka_clients import KafkaAccess
from streams.live.problems import UnusableAccess
from tests.vigie.monitored import vigie
from vigie.live_settings import UnusableSettings, live_settings

WORD = "sesame-ouvre-toi"


@pytest.fixture
def settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "vigie.toml"
    monkeypatch.setenv("VIGIE_SETTINGS", str(file))
    return file


def test_without_anything_a_broker_of_this_machine() -> None:
    settings = live_settings()
    assert settings.kafka == KafkaAccess(("127.0.0.1:9092",))
    assert settings.kafka_replication == 3


def test_the_environment_is_stronger_than_the_file(settings_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings_file.write_text('kafka_bootstrap = ["k1:9092", "k2:9092"]\nkafka_replication = 1\n', encoding="utf-8")
    assert live_settings().kafka.bootstrap == ("k1:9092", "k2:9092")
    monkeypatch.setenv("VIGIE_KAFKA_BOOTSTRAP", "k3:9092, k4:9092")
    assert live_settings().kafka.bootstrap == ("k3:9092", "k4:9092")
    assert live_settings().kafka_replication == 1


def test_secrets_are_never_shown(settings_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings_file.write_text(f'database_url = "postgresql+psycopg://v:{WORD}@db/v"\n', encoding="utf-8")
    monkeypatch.setenv("VIGIE_KAFKA_SASL_PASSWORD", WORD)
    settings = live_settings()
    assert settings.kafka.sasl_password == WORD
    assert WORD not in f"{settings!r} {settings} {settings.model_dump_json()} {settings.kafka!r} {settings.kafka}"
    assert WORD not in vigie("topics", "check", "--help").output
    monkeypatch.setenv("VIGIE_KAFKA_BOOTSTRAP", WORD)
    with pytest.raises(UnusableSettings) as refused:
        live_settings()
    assert WORD not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kafka_boostrap = 'k:1'", r"kafka_boostrap \(in .*vigie\.toml\): Extra inputs"),
        ("kafka_replication = 0", "VIGIE_KAFKA_REPLICATION: Input should be greater"),
        ("kafka_bootstrap = 'k1'", "VIGIE_KAFKA_BOOTSTRAP: .*host:port"),
        ("kafka_bootstrap = 'kafka://k1:9092'", "VIGIE_KAFKA_BOOTSTRAP: .*host:port"),
        ("kafka_bootstrap = ''", "VIGIE_KAFKA_BOOTSTRAP: .*host:port"),
        ("region = '99'", "VIGIE_REGION: .*INSEE"),
        ("port = 65536", "VIGIE_PORT: Input should be less"),
        ("kafka_security_protocol = 'TLS'", "VIGIE_KAFKA_SECURITY_PROTOCOL"),
        ("= what", r"vigie\.toml is not TOML"),
    ],
)
def test_a_mistake_is_named(settings_file: Path, text: str, message: str) -> None:
    settings_file.write_text(text, encoding="utf-8")
    with pytest.raises(UnusableSettings, match=message):
        live_settings()
    result = vigie("topics", "check")
    assert result.exit_code == 1
    assert result.output.startswith("vigie: ")


def test_a_file_that_is_not_there_is_said(settings_file: Path) -> None:
    with pytest.raises(UnusableSettings, match=settings_file.name):
        live_settings()


def test_an_account_without_its_password_is_said() -> None:
    access = KafkaAccess(("k:9093",), "SASL_SSL", sasl_username="vigie")
    for ask in (access.for_clients, lambda: faust_broker(access)):
        with pytest.raises(UnusableAccess, match="VIGIE_KAFKA_SASL_PASSWORD"):
            ask()


def test_certificates_that_cannot_be_read_are_said(tmp_path: Path) -> None:
    missing, wrong = tmp_path / "missing.pem", tmp_path / "wrong.pem"
    wrong.write_text("no certificate", encoding="utf-8")
    for access in (
        KafkaAccess(("k:9093",), "SSL", ssl_cafile=missing),
        KafkaAccess(("k:9093",), "SSL", ssl_cafile=wrong),
        KafkaAccess(("k:9093",), "SSL", ssl_certfile=wrong),
    ):
        with pytest.raises(UnusableAccess, match=r"\.pem: .*VIGIE_KAFKA_SSL_CAFILE"):
            access.for_clients()


def test_faust_is_given_the_same_brokers() -> None:
    asked = faust_broker(KafkaAccess(("k1:9092", "k2:9092")))
    assert [str(each) for each in asked["broker"]] == ["kafka://k1:9092", "kafka://k2:9092"]
    assert "broker_credentials" not in asked
