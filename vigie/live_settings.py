"""Settings of the live processes: environment variables ``VIGIE_*``, over those of the TOML file VIGIE_SETTINGS names.

One tree for all of them; each reads what it needs. What is secret is never shown.
"""

import os
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

from pydantic import AnyHttpUrl, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from alerts.adapters.link_keys import load_link_keys
from alerts.links import LinkKeys
from dashboards.adapters.serving import DEFAULT_HOST, DEFAULT_PORT
from orsan_plans.geography import REGIONS
from streams.adapters.kafka_clients import PATIENCE, KafkaAccess, SaslMechanism, SecurityProtocol
from streams.collecting.quarantine import PURGE_AFTER
from streams.live.health import STUCK_AFTER
from vigie.shared_settings import SharedSettings

FILE_VARIABLE: Final = "VIGIE_SETTINGS"
_PREFIX: Final = "VIGIE_"


class UnusableSettings(ValueError):
    """A setting is missing or wrong; the message names it, without its value."""


class LiveSettings(SharedSettings):
    """What the live processes need. A name of the file is that of the variable without VIGIE_, in lower case."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, extra="forbid", hide_input_in_errors=True, frozen=True)

    kafka_bootstrap: Annotated[tuple[str, ...], NoDecode] = ("127.0.0.1:9092",)
    """host:port of some brokers, separated by commas."""
    kafka_replication: int = Field(3, ge=1, le=9)
    """How many brokers keep each topic; 1 may lose the journal with its only broker."""
    kafka_security_protocol: SecurityProtocol = "PLAINTEXT"
    kafka_sasl_mechanism: SaslMechanism = "PLAIN"
    kafka_sasl_username: str | None = None
    kafka_sasl_password: SecretStr | None = None
    kafka_ssl_cafile: Path | None = None
    """PEM file of the authority of the brokers' certificates; that of the system without it."""
    kafka_ssl_certfile: Path | None = None
    """PEM file of Vigie's own certificate, where the brokers ask for one."""
    kafka_ssl_keyfile: Path | None = None
    kafka_patience_seconds: float = Field(PATIENCE.total_seconds(), ge=1, le=600)
    """How long an answer is waited for before Kafka is said to be unavailable."""
    session_seconds: float = Field(20.0, ge=6, le=300)
    """How long a worker or a notifier may be silent before another takes its place; the brokers refuse less than 6."""
    pseudonym_keys: Path | None = None
    """File of the pseudonyms' secrets, the same for every worker; made by `vigie keys pseudonyms`."""
    ror_directory: Path | None = None
    """What the régions know of the places and codes of the bed feeds (docs/flux-capacite.md)."""
    quarantine_key: SecretStr | None = None
    """What locks the records that could not be read; without it their bytes are not kept."""
    region: str = "52"
    """INSEE code of the région that files are taken for."""
    drop: Path | None = None
    """Directory watched for files by `vigie api`; none without it."""
    keep_days: int = Field(PURGE_AFTER.days, ge=0, le=3650)
    """How long dropped files and quarantined bytes, which may name people, are kept."""
    api_keys: Path = Path("var/vigie.db.acces")
    """File of the API keys that `vigie keys` writes."""
    host: str = DEFAULT_HOST
    port: int = Field(DEFAULT_PORT, ge=0, le=65535)
    """Where `vigie api` serves files' way in, pages, metrics and health; 0 takes a free port."""
    health_port: int | None = Field(None, ge=0, le=65535)
    """Port of this machine alone on which a worker or a notifier says how it is; none without it."""
    stuck_seconds: float = Field(STUCK_AFTER.total_seconds(), ge=10, le=86_400)
    """How long work may wait without progress before a process says that it is to be started again."""
    roster: Path | None = None
    """The roster file of the region: its addresses stay in the notifier's memory."""
    link_base: AnyHttpUrl = AnyHttpUrl("http://127.0.0.1:8044")
    """Public address of the pages, as people on call reach them."""
    database_url: SecretStr | None = None
    """postgresql+psycopg://…: where what was received and what is to be sent is kept."""

    @property
    def database(self) -> str:
        """The URL of the database; UnusableSettings when none is set."""
        url = "" if self.database_url is None else self.database_url.get_secret_value()
        if not url:
            raise UnusableSettings(
                "VIGIE_DATABASE_URL is not set: postgresql+psycopg://account:password@host:port/database"
                " (docs/base-de-donnees.md)"
            )
        return url

    @property
    def secrets(self) -> Path:
        """The file of the pseudonyms' secrets; UnusableSettings when none is named or it is not there."""
        if self.pseudonym_keys is None or not self.pseudonym_keys.is_file():
            named = "is not set" if self.pseudonym_keys is None else f"names {self.pseudonym_keys}, which is not a file"
            raise UnusableSettings(
                f"VIGIE_PSEUDONYM_KEYS {named}: make the file once with `vigie keys pseudonyms FILE`, give the same one"
                " to every worker: with another, a visit sent again would count twice"
            )
        return self.pseudonym_keys

    @property
    def links(self) -> LinkKeys | None:
        """The keys of signed links, None when no file is named; UnusableSettings when it is not there."""
        if self.link_keys is None:
            return None
        if not self.link_keys.is_file():
            raise UnusableSettings(
                f"VIGIE_LINK_KEYS names {self.link_keys}, which is not a file: make it once with"
                " `vigie keys links FILE`, give the same one to the api and to every notifier"
            )
        return load_link_keys(self.link_keys)

    @property
    def kept(self) -> timedelta:
        """`keep_days` as a duration."""
        return timedelta(self.keep_days)

    @field_validator("kafka_bootstrap", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value

    @field_validator("kafka_bootstrap")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or not all(_is_address(each) for each in value):
            raise ValueError("write host:port, several separated by commas")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return where settings come from, the strongest first."""
        del dotenv_settings, file_secret_settings
        file = os.environ.get(FILE_VARIABLE)
        files = [TomlConfigSettingsSource(settings_cls, file)] if file else []
        return init_settings, env_settings, *files

    @field_validator("region")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in REGIONS:
            raise ValueError(f"not the INSEE code of a région: expected one of {', '.join(REGIONS)}")
        return value

    @property
    def stuck_after(self) -> timedelta:
        """`stuck_seconds` as a duration."""
        return timedelta(seconds=self.stuck_seconds)

    @property
    def kafka(self) -> KafkaAccess:
        """How Kafka is reached."""
        password = self.kafka_sasl_password
        return KafkaAccess(
            self.kafka_bootstrap,
            self.kafka_security_protocol,
            self.kafka_sasl_mechanism,
            self.kafka_sasl_username,
            None if password is None else password.get_secret_value(),
            self.kafka_ssl_cafile,
            self.kafka_ssl_certfile,
            self.kafka_ssl_keyfile,
            timedelta(seconds=self.kafka_patience_seconds),
        )


def _is_address(text: str) -> bool:
    host, _, port = text.rpartition(":")
    return bool(host) and "/" not in host and port.isascii() and port.isdecimal() and 0 < int(port) < 65536  # noqa: PLR2004 - ports


def live_settings() -> LiveSettings:
    """Return the settings of the environment and the file; UnusableSettings names what is wrong."""
    file = os.environ.get(FILE_VARIABLE)
    if file and not Path(file).is_file():
        raise UnusableSettings(f"{FILE_VARIABLE} names {file}, which is not a file")
    try:
        return LiveSettings()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnusableSettings(f"{file} is not TOML: {error}") from None
    except ValidationError as error:
        listed = [f"{_name(each['loc'])}: {each['msg']}" for each in error.errors(include_url=False)]
        raise UnusableSettings("settings: " + "; ".join(listed)) from None


def _name(location: tuple[int | str, ...]) -> str:
    name = str(location[0]) if location else "?"
    known = name in LiveSettings.model_fields
    return f"{_PREFIX}{name.upper()}" if known else f"{name} (in {os.environ.get(FILE_VARIABLE)})"
