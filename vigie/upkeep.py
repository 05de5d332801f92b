"""What a running monitor erases as time passes: dropped files and quarantined bytes, which may name people."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from streams.adapters.drop_directory import DropDirectory

EVERY: Final = timedelta(hours=1)
"""How often it is looked at: Vigie's own choice, far less than what is kept lasts."""

_log = structlog.get_logger()


class Upkeep:
    """Erases what was kept for as long as stated (``kept``), at the first turn and then every hour.

    ``purge`` is told the instant, to erase quarantined bytes.
    """

    def __init__(self, kept: timedelta, purge: Callable[[datetime], object], drop: DropDirectory | None) -> None:
        self._kept = kept
        self._purge = purge
        self._drop = drop
        self._due: datetime | None = None

    def turn(self, now: datetime) -> None:
        """Erase what is due; errors of ``purge``."""
        if self._due is not None and now < self._due:
            return
        self._due = now + EVERY
        self._purge(now)
        try:
            count = 0 if self._drop is None else self._drop.purge(now - self._kept)
        except OSError as error:
            # Not a reason to stop watching: it is said again every hour.
            _log.warning("files kept too long cannot be deleted", reason=str(error))
            return
        if count:
            _log.info("files kept as long as stated are deleted", count=count)
