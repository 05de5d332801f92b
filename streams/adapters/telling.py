"""Effects on their way to the brokers while the fold goes on: sent in order, together, told of once they are held."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from streams.adapters.topic_sender import Message

MOST_WAITING: Final = 500
"""Records whose effects wait: beyond, the fold waits too, so that what is done again after a kill stays short."""

Send = Callable[[list[Message]], object]
Told = Callable[[], object]


@dataclass(slots=True)
class Telling:
    """What one worker tells. ``send`` blocks until the brokers hold the messages; it runs in a thread.

    One sending at a time: what is put meanwhile leaves with the next one, so that no effect overtakes another. After a
    sending failed nothing is sent any more: ``lost`` is called with why, and whoever waits is told the same.
    """

    send: Send
    lost: Callable[[Exception], object]
    most_waiting: int = MOST_WAITING
    _waiting: list[tuple[Sequence[Message], Told]] = field(default_factory=list)
    _sending: asyncio.Task[None] | None = None
    _error: Exception | None = None

    async def put(self, messages: Sequence[Message], told: Told) -> None:
        """Send messages after those put before; ``told`` is called on the loop once the brokers hold them all.

        Nothing to send waits too: a record that comes again has no effects, and those of its first time may be on
        their way.
        """
        self._raise()
        is_idle = self._sending is None or self._sending.done()
        if is_idle and not messages:
            told()
            return
        self._waiting.append((messages, told))
        if is_idle:
            self._sending = asyncio.create_task(self._send_all())
        if len(self._waiting) >= self.most_waiting:
            await self.settled()

    async def settled(self) -> None:
        """Return once the brokers hold all that was put."""
        if self._sending is not None:
            await asyncio.shield(self._sending)
        self._raise()

    async def _send_all(self) -> None:
        while self._waiting:
            now, self._waiting = self._waiting, []
            messages = list(chain.from_iterable(each for each, _ in now))
            try:
                if messages:
                    await asyncio.to_thread(self.send, messages)
            except Exception as error:  # noqa: BLE001 - whatever it is, these messages are not known to be held
                self._error = error
                self.lost(error)
                return
            for _, told in now:
                told()

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error
