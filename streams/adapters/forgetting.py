"""What a process knows to be forgotten already: it is not looked for again with each file."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

from streams.collecting.ledger import Collected, Scope

PURGE_EVERY: Final = timedelta(hours=1)
"""How much longer quarantined bytes may stay. Vigie's own choice: they are kept for days."""


class Forgetting:
    """Remembers what `Collected.forget_before` and `Collected.purge_before` have done. Safe to share between threads.

    What one thread does not know yet of another is only done twice.
    """

    def __init__(self) -> None:
        self._first_days: dict[Scope, date] = {}
        self._purged_before: datetime | None = None

    def left_of(self, collected: Collected) -> Collected:
        """Return the same without what is forgotten already."""
        forget, purge = collected.forget_before, collected.purge_before
        if forget is not None and forget <= self._first_day(collected) and not _writes_before(forget, collected):
            forget = None
        if purge is not None and self._purged_before is not None and purge - self._purged_before < PURGE_EVERY:
            purge = None
        return replace(collected, forget_before=forget, purge_before=purge)

    def note(self, collected: Collected) -> None:
        """Note what was written; rows of days that were forgotten are to be forgotten again."""
        if collected.scope is not None and collected.forget_before is not None:
            self._first_days[collected.scope] = collected.forget_before
        elif collected.scope is not None and _writes_before(self._first_day(collected), collected):
            self._first_days.pop(collected.scope, None)
        if collected.purge_before is not None:
            self._purged_before = collected.purge_before

    def _first_day(self, collected: Collected) -> date:
        return date.min if collected.scope is None else self._first_days.get(collected.scope, date.min)


def _writes_before(day: date, collected: Collected) -> bool:
    return any(row.day < day for row in collected.rows)
