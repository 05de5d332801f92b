"""The raw topics read by Faust: each file handed to the normaliser in a thread, acknowledged once it is dealt with.

A file waits as long as the database or the brokers are away; nothing behind it in its partition is taken before it. A
few signals of several partitions are dealt with at once: one does not wait until another is flushed to a disk. Visits
and beds give way to them: none begins while a signal is dealt with.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from alerts.outbox import StorageError
from streams.adapters.faust_app import Event, headers_of
from streams.adapters.giving_way import GivingWay
from streams.adapters.normaliser import Normaliser
from streams.adapters.raw_topics import RawRecord
from streams.adapters.topic_sender import instant
from streams.defects import defect
from streams.live.problems import KafkaProblem
from streams.live.topics import RAW_CAPACITY, RAW_RPU, RAW_SIGNALS

AT_ONCE: Final = {RAW_RPU: 1, RAW_CAPACITY: 1, RAW_SIGNALS: 4}
"""Files of each topic. Vigie's own choice: a signal may call somebody at once and waits for no other, visits and beds
are counted over hours. A file needs two connections to the database, one of them for its source's lock."""
URGENT: Final = frozenset({RAW_SIGNALS})
AWAY_SECONDS: Final = 1.0
"""Between two tries. Vigie's own choice."""

_log = structlog.get_logger()


@dataclass(slots=True)
class NormalisingAgent:
    """What one worker does with the partitions of the raw topics it is given."""

    normaliser: Normaliser
    away_seconds: float = AWAY_SECONDS
    handled: int = 0
    _followed: set[tuple[str, int]] = field(default_factory=set)
    _rooms: dict[str, asyncio.Semaphore] = field(default_factory=dict)
    _way: GivingWay = field(default_factory=GivingWay)
    _latest: dict[tuple[str, int], "asyncio.Task[None]"] = field(default_factory=dict)

    async def handle(self, event: Event) -> None:
        """Begin to deal with one file once there is room; this agent acknowledges it when it is dealt with."""
        record = raw_record(event)
        place = record.topic, record.partition
        room = self._rooms.setdefault(record.topic, asyncio.Semaphore(AT_ONCE[record.topic]))
        await room.acquire()
        dealing = asyncio.create_task(self._deal(record, event.ack, self._latest.get(place)))
        dealing.add_done_callback(lambda _: room.release())
        self._latest[place] = dealing

    async def settled(self) -> None:
        """Return once every file that was begun is dealt with."""
        if going_on := [each for each in self._latest.values() if not each.done()]:
            await asyncio.wait(going_on)

    async def _deal(self, record: RawRecord, ack: Callable[[], object], before: "asyncio.Task[None] | None") -> None:
        if before is not None and not before.done():
            await asyncio.wait([before])
        if record.topic in URGENT:
            with self._way.urgent():
                await self._take(record)
        else:
            await self._way.give_way()
            await self._take(record)
        self.handled += 1
        ack()

    async def _take(self, record: RawRecord) -> None:
        place = record.topic, record.partition
        # The first file of a partition may be the one in which a worker died.
        may_be_begun = place not in self._followed
        while not await self._is_taken(record, may_be_begun=may_be_begun):
            may_be_begun = True
            await asyncio.sleep(self.away_seconds)
        self._followed.add(place)

    async def _is_taken(self, record: RawRecord, *, may_be_begun: bool) -> bool:
        try:
            await asyncio.to_thread(self.normaliser.take, record, may_be_begun=may_be_begun)
        except (StorageError, KafkaProblem) as why:
            _log.warning("a file waits", place=record.place, why=str(why))
            return False
        except Exception as error:  # noqa: BLE001 - an exception that leaves an agent loses its file
            _log.error("a file waits: a defect of Vigie, to be reported", place=record.place, error=defect(error))
            return False
        return True

    def moved(self) -> None:
        """Note that partitions come or go: who had them may have died in the middle of a file."""
        self._followed.clear()


def raw_record(event: Event) -> RawRecord:
    """Return the message of an event."""
    message = event.message
    return RawRecord(
        message.topic,
        message.partition,
        message.offset,
        instant(round(message.timestamp * 1000)),
        message.key,
        message.value,
        headers_of(event),
    )
