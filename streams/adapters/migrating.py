"""The layout of the PostgreSQL database, changed by Alembic: each version a script of `streams.adapters.migrations`.

A change is one transaction, under a lock that a second one waits for. Processes never change the layout: they refuse
to start on another than theirs, since the account they use need not be allowed to. A SQLite file is laid out when it
is made and has its version in its header.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from alerts.adapters.postgres import PostgresDatabase
from alerts.outbox import StorageError, StorageUnreadable
from streams.adapters.live_tables import live_metadata

NEWEST: Final = "head"
NOTHING: Final = "base"
_LOCK: Final = 0x5649474945
"""Names the lock of a change: ``VIGIE`` in ASCII."""
_SCRIPTS: Final = Path(__file__).with_name("migrations")


def upgrade(database: PostgresDatabase, version: str = NEWEST) -> None:
    """Bring the database to a version, the newest by default; nothing when it is there already."""
    _change(database, lambda config: command.upgrade(config, version))


def downgrade(database: PostgresDatabase, version: str) -> None:
    """Bring the database back to an older version, `NOTHING` for none: what only newer ones keep is erased."""
    _change(database, lambda config: command.downgrade(config, version))


def current_version(database: PostgresDatabase) -> str | None:
    """Return the version of the database, None before the first one."""
    with database.reading() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest_version() -> str:
    """Return the version this Vigie needs."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def require_current(database: PostgresDatabase) -> None:
    """StorageUnreadable, with the command to run, unless the database is of the version this Vigie needs."""
    found, needed = current_version(database), newest_version()
    if found == needed:
        return
    if found is not None and not _is_known(found):
        raise StorageUnreadable(
            f"{database.name}: of version {found}, which this Vigie (version {needed}) does not know: run the newer"
            " Vigie that made it"
        )
    has = "not laid out yet" if found is None else f"of version {found}"
    raise StorageUnreadable(
        f"{database.name}: {has}, this Vigie needs version {needed}: run"
        " `vigie database upgrade` with an account that owns the tables"
    )


def differences(database: PostgresDatabase) -> list[str]:
    """Return what the database has otherwise than a migrated one; other tables beside Vigie's count too."""
    with database.reading() as connection:
        found = compare_metadata(_context(connection), live_metadata())
    return [_worded(each) for each in found]


def _worded(difference: object) -> str:
    # Alembic gives (what, table or column …) for a table, a list of them for a column's changes.
    each = difference[0] if isinstance(difference, list) else difference
    what, *on = each if isinstance(each, tuple) else (each,)
    names = [str(getattr(one, "name", one)) for one in on if isinstance(one, str) or hasattr(one, "name")]
    return f"{str(what).replace('_', ' ')}: {'.'.join(names)}"


def _context(connection: Connection) -> MigrationContext:
    return MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})


def _is_known(version: str) -> bool:
    return version in {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def _change(database: PostgresDatabase, change: Callable[[Config], None]) -> None:
    config = _config()
    try:
        with database.writing() as connection:
            # Moving rows may take minutes; nobody works on a database that is being changed.
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
            config.attributes["connection"] = connection
            change(config)
    except CommandError as error:
        raise StorageError(f"{database.name}: {error}; nothing was changed") from None


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    return config
