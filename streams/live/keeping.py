"""The régions a worker keeps in memory: found again from a snapshot and the log, saved now and then, ticked when due.

Theory of operation. A record is handed over with its offset. The région's log in memory stands somewhere:

    nowhere                → the newest snapshot is taken, or the beginning of the log
    before this offset     → what lies between is read from the log itself, and folded without telling anybody:
                             whoever handed those records over before had their effects acknowledged
    at this offset         → the record is folded, its effects are to be told
    after this offset      → a repeat: nothing

So it does not matter who kept the région before, nor where it stopped: a worker that takes over needs no hand-over.

A record on which the fold fails is a defect of Vigie. The région is found again without it, at once or by whoever takes
over, since the fold fails on it everywhere: one record is set aside, the others go on being judged.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from streams.live.problems import KafkaProblem
from streams.live.record import LogRecord, UnreadableRecord
from streams.live.region_log import Applied, RegionLog, UnreadableState
from streams.region.fold import Observer

SAVE_RECORDS: Final = 5_000
SAVE_EVERY: Final = timedelta(minutes=5)
SAVE_APART: Final = timedelta(seconds=2)
"""A snapshot is due after this many records, or this much time with anything new in it. Time as it passes here: that of
the log runs when a worker catches up, and a snapshot costs what thousands of records do. Those of régions that came
together are kept one by one: a signal that comes meanwhile waits for one of them, not for all."""
TICK_EVERY: Final = timedelta(seconds=30)
"""How long a région may stay without a record: its readers then know that nothing happened. Vigie's own choice."""
TICK_AGAIN: Final = timedelta(seconds=1)
"""How long a tick is waited for before another is sent."""


class SpoiltRecord(UnreadableRecord):
    """The fold failed on this record: a defect of Vigie."""


_NOT_OF_THE_RECORD: Final = (UnreadableRecord, KafkaProblem, OSError, MemoryError)
"""What goes wrong around a record, or is said of it already."""


class ReadsLog(Protocol):
    """What is read of a région's log."""

    def read(self, region: str, from_offset: int = 0, to_offset: int | None = None) -> Iterator[LogRecord]:
        """Yield the records from an offset to before another."""
        ...


class KeepsStates(Protocol):
    """Where the snapshots are."""

    def latest(self, region: str) -> bytes | None:
        """Return the newest snapshot, None when there is none."""
        ...

    def put(self, region: str, state: bytes) -> object:
        """Keep a snapshot in the place of the one before it."""
        ...


@dataclass(slots=True)
class _Kept:
    log: RegionLog
    saved_offset: int
    saved_at: timedelta | None = None


@dataclass(slots=True)
class Keeper:
    """The régions of one worker. One caller at a time for a région."""

    journal: ReadsLog
    states: KeepsStates
    warn: Callable[[str], object]
    logs: type[RegionLog] = RegionLog
    _kept: dict[str, _Kept] = field(default_factory=dict)
    _saved_at: timedelta | None = None
    _failing: set[tuple[str, int]] = field(default_factory=set)

    def take(self, region: str, record: LogRecord, observer: Observer | None = None) -> Applied:
        """Fold the record that was handed over. UnreadableRecord: it is to be set aside, no reader counts it.

        A `KafkaProblem` of the log or the snapshots leaves the région to be found again at the next record.
        """
        try:
            return self.reach(region, record.offset).apply(record, observer)
        except _NOT_OF_THE_RECORD:
            raise
        except Exception as error:
            # What is in memory was left half-way.
            self.drop(region)
            self._failing.add((region, record.offset))
            raise SpoiltRecord(f"Vigie fails on it, a defect to be reported: {type(error).__name__}") from error

    def log(self, region: str) -> RegionLog | None:
        """Return a région in memory."""
        kept = self._kept.get(region)
        return None if kept is None else kept.log

    def regions(self) -> list[str]:
        """Return the régions in memory, by code."""
        return sorted(self._kept)

    def drop(self, region: str) -> None:
        """Forget a région: another worker keeps it, or what is in memory is not sure."""
        self._kept.pop(region, None)

    def keep_only(self, regions: Collection[str]) -> None:
        """Forget all other régions: a record that was in hand when they went may have brought one back."""
        for region in self._kept.keys() - set(regions):
            self.drop(region)

    def save_due(self, region: str, elapsed: timedelta) -> bytes | None:
        """Return the snapshot to keep now; None when the last is recent enough. `saved` is told once it is kept.

        ``elapsed`` is a monotonic clock of this process.
        """
        kept = self._kept.get(region)
        if kept is None or kept.log.next_offset == kept.saved_offset:
            return None
        if kept.saved_at is None:
            kept.saved_at = elapsed
        is_apart = self._saved_at is None or elapsed - self._saved_at >= SAVE_APART
        is_old = elapsed - kept.saved_at >= SAVE_EVERY and is_apart
        return kept.log.snapshot() if is_old or kept.log.next_offset - kept.saved_offset >= SAVE_RECORDS else None

    def saved(self, region: str, elapsed: timedelta) -> None:
        """Note that the snapshot of where the région stands is kept; nothing when it was dropped meanwhile."""
        self._saved_at = elapsed
        kept = self._kept.get(region)
        if kept is None:
            return
        kept.saved_offset, kept.saved_at = kept.log.next_offset, elapsed

    def reach(self, region: str, offset: int) -> RegionLog:
        """Return a région that has read at least what comes before ``offset``, and tell nobody of it."""
        kept = self._kept.get(region)
        if kept is None:
            kept = self._found(region)
        if kept.log.next_offset < offset:
            # Until the gap is closed the log in memory is nobody's: a failure half-way starts from the snapshot again.
            self._kept.pop(region, None)
            while not self._has_closed(region, kept, offset):
                kept = self._found(region)
        self._kept[region] = kept
        return kept.log

    def _has_closed(self, region: str, kept: _Kept, offset: int) -> bool:
        """Read what comes before ``offset``; False when the fold failed on a record that is now known."""
        for record in self.journal.read(region, kept.log.next_offset, offset):
            if (region, record.offset) in self._failing:
                kept.log.pass_over(record)
                continue
            try:
                kept.log.apply(record)
            except UnreadableRecord:
                continue
            except MemoryError:
                raise
            except Exception as error:  # noqa: BLE001 - as in `take`: whichever it is, the next reading goes without it
                self._failing.add((region, record.offset))
                self.warn(f"région {region}, offset {record.offset}: passed over, Vigie fails on it ({error!r:.100})")
                return False
        return True

    def _found(self, region: str) -> _Kept:
        state = self.states.latest(region)
        if state is not None:
            try:
                log = self.logs.restore(state)
                return _Kept(log, log.next_offset)
            except UnreadableState as error:
                self.warn(f"région {region}: {error}; its whole log is read again")
        return _Kept(self.logs.start(region), 0)


@dataclass(slots=True)
class BrokerClock:
    """The brokers' time, as the log shows it: no worker's own clock decides when a deadline is due.

    ``elapsed`` is a monotonic clock of this process. The record that came with the least delay tells the time best.
    """

    ahead: timedelta | None = None

    def saw(self, appended_at: datetime, elapsed: timedelta, epoch: datetime) -> None:
        """Note a record read ``elapsed`` after this process began to count; ``epoch`` is any fixed instant."""
        ahead = appended_at - epoch - elapsed
        self.ahead = ahead if self.ahead is None else max(self.ahead, ahead)

    def now(self, elapsed: timedelta, epoch: datetime) -> datetime | None:
        """Return the brokers' time, None before any record."""
        return None if self.ahead is None else epoch + elapsed + self.ahead


def is_tick_due(log: RegionLog, now: datetime, last_tick: datetime | None) -> bool:
    """Tell whether time has to pass in a région: a deadline came, or nothing was heard for long."""
    if log.head.advanced_to is None or (last_tick is not None and now - last_tick < TICK_AGAIN):
        return False
    deadline = log.next_deadline
    return (deadline is not None and deadline <= now) or now - log.head.advanced_to >= TICK_EVERY
