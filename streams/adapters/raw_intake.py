"""The end of the HTTP way in that is Kafka: a delivery is taken once the raw topics hold it, and collected later.

    promised in the database → sent, every broker that must hold it holds it → marked in the database → answered 202

Whoever was not answered sends it again. Killed before the mark, the file may be on the topic twice under one receipt,
and is collected once. Killed before it is sent, only the promise is left, which nobody was told of.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from threading import BoundedSemaphore
from typing import Final, Protocol

import structlog

from alerts.outbox import StorageError
from streams.adapters.live_store import LiveStore
from streams.adapters.raw_topics import RawFile
from streams.collecting.delivering import Delivery, NotTaken, Taken, refuse_another
from streams.collecting.receipts import Receipt
from streams.live.problems import KafkaProblem

MOST_AT_ONCE: Final = 8
"""Deliveries being sent at once, each at most one body in memory, also while Kafka does not answer. Vigie's choice."""

_log = structlog.get_logger()


class SendsFiles(Protocol):
    """Where files are left, such as `streams.adapters.raw_topics.RawTopics`."""

    def send(self, feed: str, file: RawFile) -> object:
        """Send a file of a feed and return when it is held; a `KafkaProblem` otherwise."""
        ...


class RawDeliveries:
    """Takes deliveries for one région. Safe to share between threads; close it before what it sends with."""

    def __init__(
        self,
        topics: SendsFiles,
        store: LiveStore,
        region: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        most: int = MOST_AT_ONCE,
    ) -> None:
        self._topics = topics
        self._store = store
        self._region = region
        self._clock = clock
        self._room = BoundedSemaphore(most)
        self._threads = ThreadPoolExecutor(most, "vigie-raw")

    async def take(self, delivery: Delivery) -> Taken:
        """Send a delivery unless it was sent before. NotTaken, IdempotencyConflict."""
        return await asyncio.wrap_future(self._submit(delivery))

    def find(self, receipt_id: str) -> Taken | None:
        """Return the receipt of a delivery, or what is known of it until it is collected. NotTaken."""
        try:
            collected = self._store.receipts.find(receipt_id)
            if collected is not None:
                return Taken(collected)
            promised = self._store.deliveries.find(receipt_id)
        except StorageError as error:
            raise _away("the database", error) from None
        return None if promised is None else Taken(promised, is_pending=True)

    def close(self) -> None:
        """Take nothing any more, and return once what is being sent is sent, or given up."""
        self._threads.shutdown()

    def _submit(self, delivery: Delivery) -> "Future[Taken]":
        if not self._room.acquire(blocking=False):
            raise NotTaken("too many deliveries are waiting")
        try:
            future = self._threads.submit(self._take, delivery)
        except RuntimeError:
            self._room.release()
            raise NotTaken("Vigie is stopping") from None
        future.add_done_callback(lambda _: self._room.release())
        return future

    def _take(self, delivery: Delivery) -> Taken:
        try:
            return self._taken(delivery)
        except StorageError as error:
            raise _away("the database", error) from None
        except KafkaProblem as error:
            raise _away("Kafka", error) from None

    def _taken(self, delivery: Delivery) -> Taken:
        collected = self._store.receipts.find(delivery.receipt_id)
        if collected is not None:
            refuse_another(collected, delivery)
            return Taken(collected)
        promise, is_sent = self._store.deliveries.begin(self._promise(delivery))
        refuse_another(promise, delivery)
        if not is_sent:
            self._topics.send(delivery.feed, self._file(delivery))
            self._store.deliveries.sent(promise.id, self._clock())
            _log.info("delivery kept", source=delivery.key.source, feed=delivery.feed, receipt=promise.id)
        return Taken(promise, is_pending=True)

    def _promise(self, delivery: Delivery) -> Receipt:
        return Receipt(
            id=delivery.receipt_id,
            region=self._region,
            received_at=self._clock(),
            name=delivery.name,
            sha256=delivery.sha256,
            format=delivery.format,
            feed=delivery.feed,
            source=delivery.key.source,
        )

    def _file(self, delivery: Delivery) -> RawFile:
        return RawFile(
            delivery.key.source, delivery.name, self._region, delivery.format, delivery.body, delivery.receipt_id
        )


def _away(what: str, error: Exception) -> NotTaken:
    # The sender is not told where the servers are.
    _log.warning("a delivery could not be taken", why=str(error))
    return NotTaken(f"{what} does not answer, nothing was accepted")
