"""The establishments that régions declare, told to the database: those who collect files do not fold the journal."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog

from alerts.outbox import StorageError
from streams.messages.reference import Etablissement

LISTS: Final = "reference.etablissements"
"""The kind of the entries that change the list."""
LOOK_SECONDS: Final = 0.5
"""How late the database is told, when it answers. Vigie's own choice."""

_log = structlog.get_logger()


class Declares(Protocol):
    """Where lists are kept: `streams.adapters.live_store.LiveStore`."""

    def declare(self, region: str, etablissements: Iterable[Etablissement], seq: int) -> bool:
        """Replace a région's establishments, unless those there are of a later entry."""
        ...


@dataclass(slots=True)
class Declaring:
    """Lists on their way to the database. The journal does not wait for them.

    A worker that dies before a list is stored loses nothing: who folds the région next notes it again.
    """

    store: Declares
    waiting: dict[str, tuple[tuple[Etablissement, ...], int]] = field(default_factory=dict)

    def note(self, region: str, etablissements: Iterable[Etablissement], seq: int) -> None:
        """Note the list in force after entry ``seq``."""
        found = tuple(etablissements)
        if found:
            self.waiting[region] = found, seq

    async def store_for_ever(self) -> None:
        """Store what is noted, as long as this process runs."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self.store_noted()

    async def store_noted(self) -> None:
        """Store what is noted; what the database cannot take now stays noted."""
        for region, noted in sorted(self.waiting.items()):
            try:
                await asyncio.to_thread(self.store.declare, region, *noted)
            except StorageError as error:
                _log.warning("establishments not stored yet", region=region, why=str(error))
                continue
            if self.waiting.get(region) is noted:
                del self.waiting[region]
