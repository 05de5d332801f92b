"""Where the database of the live processes is: VIGIE_DATABASE_URL, whose password is never shown."""

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from alerts.outbox import StorageError


class DatabaseSettings(BaseSettings):
    """What `vigie database` needs."""

    model_config = SettingsConfigDict(env_prefix="VIGIE_", extra="ignore", hide_input_in_errors=True)

    database_url: SecretStr | None = None
    """postgresql+psycopg://account:password@host:port/database."""


def database_url() -> str:
    """Return the URL; StorageError when none is set."""
    url = DatabaseSettings().database_url
    if url is None or not url.get_secret_value():
        raise StorageError(
            "VIGIE_DATABASE_URL is not set: postgresql+psycopg://account:password@host:port/database"
            " (docs/base-de-donnees.md)"
        )
    return url.get_secret_value()
