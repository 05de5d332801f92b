"""From the web server's threads to the one thread that writes the journal, and back with a receipt."""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Lock
from typing import Final

from streams.collecting.api_keys import NotItsSource
from streams.collecting.delivering import Delivery, IdempotencyConflict, NotTaken, Taken
from streams.collecting.receipts import Receipt

MOST_WAITING: Final = 8
"""Deliveries waiting for the writer, each at most one body in memory. Vigie's own choice."""


class HandoffClosed(NotTaken):
    """The writer takes nothing any more, or nothing now."""


class HandoffFailed(Exception):
    """Vigie failed on a delivery; the next ones may pass."""


_ANSWERS: Final = (NotItsSource, IdempotencyConflict, HandoffFailed)


class Handoff:
    """Deliveries waiting for the writer; ``wake`` tells it that there is one."""

    def __init__(self, wake: Callable[[], None], most: int = MOST_WAITING) -> None:
        self._wake = wake
        self._most = most
        self._lock = Lock()
        self._waiting: deque[tuple[Delivery, Future[Receipt]]] = deque()
        self._is_closed = False

    def submit(self, delivery: Delivery) -> "Future[Receipt]":
        """Hand a delivery over; HandoffClosed. Cancelling the future gives it up, unless it was begun."""
        future: Future[Receipt] = Future()
        with self._lock:
            if self._is_closed:
                raise HandoffClosed("the monitor is stopping")
            if len(self._waiting) >= self._most:
                raise HandoffClosed("too many deliveries are waiting")
            self._waiting.append((delivery, future))
        self._wake()
        return future

    def take(self, deliver: Callable[[Delivery], Receipt]) -> None:
        """Have each waiting delivery collected, from the writer's thread; whoever sent it gets what comes of it.

        A refusal or a failure on one delivery goes to whoever sent it. Anything else, such as a failing journal, goes
        to the caller as well.
        """
        while (waiting := self._next()) is not None:
            delivery, future = waiting
            if not future.set_running_or_notify_cancel():
                continue
            try:
                receipt = deliver(delivery)
            except _ANSWERS as refusal:
                future.set_exception(refusal)
            except BaseException:
                future.set_exception(HandoffClosed("the journal cannot be written"))
                raise
            else:
                future.set_result(receipt)

    def close(self) -> None:
        """Take nothing any more; those still waiting are told so."""
        with self._lock:
            self._is_closed = True
        while (waiting := self._next()) is not None:
            if waiting[1].set_running_or_notify_cancel():
                waiting[1].set_exception(HandoffClosed("the monitor is stopping"))

    def _next(self) -> "tuple[Delivery, Future[Receipt]] | None":
        with self._lock:
            return self._waiting.popleft() if self._waiting else None


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The end of the HTTP way in that is a journal's writer: its receipts are final when they are given."""

    handoff: Handoff
    find_receipt: Callable[[str], Receipt | None]

    async def take(self, delivery: Delivery) -> Taken:
        """Hand a delivery over and wait for its receipt."""
        return Taken(await asyncio.wrap_future(self.handoff.submit(delivery)))

    def find(self, receipt_id: str) -> Taken | None:
        """Return what became of a delivery."""
        found = self.find_receipt(receipt_id)
        return None if found is None else Taken(found)
