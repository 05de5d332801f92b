"""What a user's mistake looks like: one clear message on stderr and exit code 1, never a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import typer

from alerts.adapters.calendar_files import UnreadableCalendar
from alerts.adapters.contact_codes import CodeRefused
from alerts.adapters.key_files import UnusableKeys
from alerts.adapters.planning_files import NotWritten
from alerts.calendar_events import UnreadableEvent
from alerts.outbox import StorageError
from orsan_plans.adapters.located_yaml import DocumentError
from orsan_plans.schema import PlanError
from streams.adapters.api_key_store import UnreadableKeys
from streams.adapters.archive import ArchiveError
from streams.adapters.dropped_files import UnreadableDrop
from streams.adapters.vault import UnusableKey
from streams.capacity.directory_file import DirectoryError
from streams.collecting.api_keys import UnusableApiKey
from streams.collecting.collector import NotRequeued
from streams.collecting.quarantine import VaultClosed
from streams.engine import JournalBroken
from streams.journal import JournalError
from streams.live.problems import KafkaProblem
from streams.opendata.rows import OpenDataError
from vigie.live_settings import UnusableSettings

EXPECTED: Final = (
    ArchiveError,
    CodeRefused,
    DirectoryError,
    DocumentError,
    JournalBroken,
    JournalError,
    KafkaProblem,
    NotRequeued,
    NotWritten,
    OpenDataError,
    OSError,
    PlanError,
    StorageError,
    UnreadableCalendar,
    UnreadableDrop,
    UnreadableEvent,
    UnreadableKeys,
    UnusableApiKey,
    UnusableKey,
    UnusableKeys,
    UnusableSettings,
    VaultClosed,
)
"""Errors whose text says what, where and what to do."""


@contextmanager
def explained() -> Iterator[None]:
    """Turn an expected error into its message and exit code 1."""
    try:
        yield
    except EXPECTED as error:
        typer.echo(f"vigie: {error}", err=True)
        raise typer.Exit(1) from None
