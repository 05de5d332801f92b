"""Who can wait gives way to who cannot: a file of visits does not begin while a signal is on its way to the journal."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

LONGEST_SECONDS: Final = 1.0
"""How long a file gives way: signals that come without end must not keep it from the journal. Vigie's own choice."""


class GivingWay:
    """What is urgent and under way, for the tasks of one event loop."""

    def __init__(self) -> None:
        self._urgent = 0
        self._is_free = asyncio.Event()
        self._is_free.set()

    @contextmanager
    def urgent(self) -> Iterator[None]:
        """Be given way for the length of the block."""
        self._urgent += 1
        self._is_free.clear()
        try:
            yield
        finally:
            self._urgent -= 1
            if not self._urgent:
                self._is_free.set()

    async def give_way(self) -> None:
        """Return once nothing urgent is under way, or it has lasted too long."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._is_free.wait(), LONGEST_SECONDS)
