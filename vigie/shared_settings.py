"""The settings that `vigie run` and the live processes have in common."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings

from vigie.link_settings import LINK_HOURS, LONGEST_LINK_HOURS, checked_header, proxies_of


class SharedSettings(BaseSettings):
    """The proof of life, signed links, the proxy in front, and how long texts are kept."""

    heartbeat: SecretStr | None = None
    """Where the proof that the monitor lives goes: an apprise address, or a web address; no proof without it. Of the
    live processes, the notifiers read it, which tell it, and the api, which leaves the test records where it looks."""
    heartbeat_minutes: int = Field(15, ge=1, le=1440)
    """How often a test record travels the whole chain to it."""
    link_keys: Path | None = None
    """File of the secrets that sign links. `vigie run` makes one beside the journal without it; live processes share
    one, and without it nobody answers by a page."""
    link_hours: int = Field(LINK_HOURS, ge=1, le=LONGEST_LINK_HOURS)
    """How long a link may be answered with."""
    proxies: str | None = None
    """Addresses or networks of the proxies whose headers are believed, separated by commas; none without it."""
    identity_header: str | None = None
    """The header in which these proxies say who reads; without it nobody is identified, and any such header ignored."""

    keep_texts_days: int | None = Field(None, ge=0, le=36_500)
    """How long the texts of messages sent to people on call are kept; until an explicit purge without it.
    Of the live processes, the api reads it."""

    @field_validator("proxies")
    @classmethod
    def _networks(cls, value: str | None) -> str | None:
        proxies_of(value)
        return value

    @field_validator("identity_header")
    @classmethod
    def _believed(cls, value: str | None, others: ValidationInfo) -> str | None:
        return checked_header(value, others.data.get("proxies"))

    @property
    def heartbeat_address(self) -> str | None:
        """`heartbeat` as it is written."""
        return None if self.heartbeat is None else self.heartbeat.get_secret_value() or None

    @property
    def heartbeat_every(self) -> timedelta:
        """`heartbeat_minutes` as a duration."""
        return timedelta(minutes=self.heartbeat_minutes)

    @property
    def texts_kept(self) -> timedelta | None:
        """`keep_texts_days` as a duration."""
        return None if self.keep_texts_days is None else timedelta(self.keep_texts_days)
