"""Settings of the monitor: environment variables ``VIGIE_*``, overridden by the command line."""

from datetime import timedelta
from pathlib import Path

from pydantic import AnyHttpUrl, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from dashboards.adapters.serving import DEFAULT_HOST, DEFAULT_PORT
from streams.collecting.quarantine import PURGE_AFTER


class Settings(BaseSettings):
    """What `vigie run` needs. Addresses and passwords are not here: the roster file names their variables."""

    model_config = SettingsConfigDict(env_prefix="VIGIE_", extra="ignore")

    region: str = "52"
    journal: Path = Path("var/vigie.db")
    drop: Path = Path("var/depot")
    roster: Path | None = None
    plans: Path | None = None
    pseudonym_keys: Path | None = None
    """File of the pseudonyms' secrets; one is made beside the journal without it."""
    keep_days: int = Field(PURGE_AFTER.days, ge=0, le=3650)
    """How long dropped files and quarantined bytes, which may name people, are kept."""
    host: str = DEFAULT_HOST
    port: int = Field(DEFAULT_PORT, ge=0, le=65535)
    link_base: AnyHttpUrl | None = None
    """Public address of the pages, as people on call reach them; the local address without it."""

    @property
    def kept(self) -> timedelta:
        """`keep_days` as a duration."""
        return timedelta(self.keep_days)
