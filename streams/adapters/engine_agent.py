"""The engine on Kafka: each record of the journal folded, its effects told, a snapshot kept now and then.

An event is acknowledged once the brokers hold its effects. The fold does not wait for them, a snapshot does: who takes
over would not find again the effects of records that the snapshot holds. A worker that cannot tell effects stops:
another goes on from the first event that is not acknowledged, and effects told twice have the same ids.
"""

import asyncio
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import structlog

from alerts.effect_codec import encode
from alerts.effects import Effect
from streams.adapters.dead_letters import DeadLetters
from streams.adapters.declaring import LISTS, Declaring
from streams.adapters.faust_app import Event, headers_of
from streams.adapters.state_topic import StateTopic
from streams.adapters.telling import Telling
from streams.adapters.topic_sender import Message, TopicSender, instant
from streams.live.keeping import BrokerClock, Keeper, is_tick_due
from streams.live.record import ID_HEADER, TICK, LogRecord, UnreadableRecord
from streams.live.region_log import Applied, RegionLog
from streams.live.topics import EFFECTS, JOURNAL, partition_of, region_of

TICK_CHECK: Final = 0.25
"""Seconds between two looks at what is due: how late a deadline can be noticed."""
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)

_log = structlog.get_logger()


@dataclass(slots=True)
class EngineAgent:
    """What one worker does with the partitions of the journal it is given.

    ``declaring`` is given the establishments that a région declares. ``stop`` ends the process: what cannot be told
    must not be acknowledged.
    """

    keeper: Keeper
    states: StateTopic
    sender: TopicSender
    dead_letters: DeadLetters
    declaring: Declaring
    stop: Callable[[str], None]
    clock: BrokerClock = field(default_factory=BrokerClock)
    handled: int = 0
    _ticked: dict[str, datetime] = field(default_factory=dict)
    _telling: Telling = field(init=False)

    def __post_init__(self) -> None:
        self._telling = Telling(partial(self.sender.send, EFFECTS), self._lost)

    async def handle(self, event: Event) -> None:
        """Fold one event of the journal and have its effects told; it is acknowledged, perhaps later, by this agent."""
        region, record = region_of(event.message.partition), _record(event)
        try:
            await self._fold(region, record, event.ack)
        except Exception as error:  # noqa: BLE001 - an exception that leaves an agent loses its event
            self.keeper.drop(region)
            self.stop(f"région {region}, offset {record.offset}: {type(error).__name__}: {error}")
            await asyncio.Future()  # never acknowledged: the process is ending
        self.handled += 1

    async def _fold(self, region: str, record: LogRecord, ack: Callable[[], object]) -> None:
        self.clock.saw(record.appended_at, _elapsed(), _EPOCH)
        try:
            applied = await self._take(region, record)
        except UnreadableRecord as why:
            await asyncio.to_thread(self.dead_letters.put, JOURNAL, region, record.offset, record.value, str(why))
            await self._telling.put((), ack)
            return
        await self._telling.put(_messages(region, applied.effects), ack)
        state = self.keeper.save_due(region, _elapsed())
        if state is not None:
            await self._telling.settled()
            await asyncio.to_thread(self.states.put, region, state)
            self.keeper.saved(region, _elapsed())

    def _lost(self, why: Exception) -> None:
        self.stop(f"effects could not be told: {type(why).__name__}: {why}")

    async def _take(self, region: str, record: LogRecord) -> Applied:
        log = self.keeper.log(region)
        if log is not None and log.next_offset >= record.offset:
            applied = self.keeper.take(region, record)
            if applied.entry is not None and applied.entry.kind == LISTS:
                self._declare(log)
            return applied
        # The brokers are asked for what is missing: the other régions go on.
        applied = await asyncio.to_thread(self.keeper.take, region, record)
        log = self.keeper.log(region)
        if log is not None:
            self._declare(log)
        return applied

    def _declare(self, log: RegionLog) -> None:
        self.declaring.note(log.region, log.fold.state.etablissements.values(), log.head.seq)

    async def tick_for_ever(self, assigned: Callable[[], list[str]]) -> None:
        """Let time pass in the régions of this worker, as long as it runs; ``assigned`` lists them."""
        while True:
            await asyncio.sleep(TICK_CHECK)
            try:
                await self.tick(assigned())
            except Exception as error:  # noqa: BLE001 - the brokers may be away: the next look tries again
                _log.warning("time could not pass", error=f"{type(error).__name__}: {error}")

    async def tick(self, assigned: list[str]) -> None:
        """Send a tick to each région in which a deadline came, or of which nothing was heard for long."""
        now = self.clock.now(_elapsed(), _EPOCH)
        due = [region for region in assigned if self._is_due(region, now)]
        for region in due:
            if now is not None:
                self._ticked[region] = now
        if due:
            ticks = [Message(region, TICK, (), partition_of(region)) for region in due]
            await asyncio.to_thread(self.sender.send, JOURNAL, ticks)

    def _is_due(self, region: str, now: datetime | None) -> bool:
        log = self.keeper.log(region)
        return log is not None and now is not None and is_tick_due(log, now, self._ticked.get(region))

    async def wake(self, regions: list[str]) -> None:
        """Send a tick to régions just given to this worker: reading it finds them again."""
        await asyncio.to_thread(
            self.sender.send, JOURNAL, [Message(region, TICK, (), partition_of(region)) for region in regions]
        )

    async def save_all(self, assigned: Collection[str]) -> None:
        """Keep a snapshot of every région of this worker, so that who takes over reads nothing again."""
        await self._telling.settled()
        # Of a région that went, who has it now keeps a newer one.
        self.keeper.keep_only(assigned)
        await asyncio.to_thread(self._save)

    def _save(self) -> None:
        for region in self.keeper.regions():
            log = self.keeper.log(region)
            if log is not None:
                self.states.put(region, log.snapshot())
                self.keeper.saved(region, _elapsed())


def _messages(region: str, effects: tuple[Effect, ...]) -> list[Message]:
    return [Message(region, encode(each), ((ID_HEADER, each.id),), partition_of(region)) for each in effects]


def _record(event: Event) -> LogRecord:
    message = event.message
    id_ = headers_of(event).get(ID_HEADER)
    appended_at = instant(round(message.timestamp * 1000))
    return LogRecord(
        message.offset, appended_at, message.value or b"", None if id_ is None else id_.decode(errors="replace")
    )


def _elapsed() -> timedelta:
    return timedelta(seconds=time.monotonic())
