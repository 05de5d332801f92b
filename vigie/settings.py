"""Settings of the monitor: environment variables ``VIGIE_*``, overridden by the command line."""

from datetime import timedelta
from pathlib import Path

import typer
from pydantic import AnyHttpUrl, Field, ValidationError
from pydantic_settings import SettingsConfigDict

from dashboards.adapters.serving import DEFAULT_HOST, DEFAULT_PORT
from streams.collecting.quarantine import PURGE_AFTER
from vigie.shared_settings import SharedSettings


class Settings(SharedSettings):
    """What `vigie run` needs. Addresses and passwords are not here: the roster file names their variables."""

    model_config = SettingsConfigDict(env_prefix="VIGIE_", extra="ignore")

    region: str = "52"
    journal: Path = Path("var/vigie.db")
    drop: Path = Path("var/depot")
    roster: Path | None = None
    plans: Path | None = None
    pseudonym_keys: Path | None = None
    """File of the pseudonyms' secrets; one is made beside the journal without it."""
    ror_directory: Path | None = None
    """What the région knows of the places and codes of the bed feeds (docs/flux-capacite.md)."""
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


def chosen(**options: object) -> Settings:
    """Return the settings of the environment, overridden by the options that are not None; wrong ones are said."""
    try:
        given = {name: value for name, value in options.items() if value is not None}
        return Settings.model_validate({**Settings().model_dump(), **given})
    except ValidationError as error:
        details = error.errors(include_url=False)
        raise typer.BadParameter("; ".join(f"{each['loc'][0]}: {each['msg']}" for each in details)) from None
