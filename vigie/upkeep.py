"""What a running monitor erases as time passes: dropped files and quarantined bytes, which may name people."""

from datetime import datetime, timedelta
from typing import Final

import structlog

from streams.adapters.drop_directory import DropDirectory
from streams.collecting.collector import Collector
from streams.collecting.decoding import Context

EVERY: Final = timedelta(hours=1)
"""How often it is looked at: Vigie's own choice, far less than what is kept lasts."""

_log = structlog.get_logger()


class Upkeep:
    """Erases what was kept for as long as stated (``kept``), at the first turn and then every hour."""

    def __init__(self, drop: DropDirectory, collector: Collector, region: str, kept: timedelta) -> None:
        self._drop = drop
        self._collector = collector
        self._region = region
        self._kept = kept
        self._due: datetime | None = None

    def turn(self, now: datetime) -> None:
        """Erase what is due; StorageError or JournalError when the journal fails."""
        if self._due is not None and now < self._due:
            return
        self._due = now + EVERY
        self._collector.purge(Context(self._region, now))
        try:
            count = self._drop.purge(now - self._kept)
        except OSError as error:
            # Not a reason to stop watching: it is said again every hour.
            _log.warning("files kept too long cannot be deleted", reason=str(error))
            return
        if count:
            _log.info("files kept as long as stated are deleted", count=count)
