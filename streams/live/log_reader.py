"""Which records of a région's log count, and when: the same for a reader that folds them and for one that copies them.

    an offset already read        → nothing   the broker delivers at least once
    an id among the recent ones   → nothing   a producer sent it again after a failure
    a value that cannot be read   → nothing   the worker sets it aside; no reader counts it
    a tick                        → time passes, once something is journaled
    a draft                       → it becomes the next entry

The instant of a record is the broker's append time, or the latest before it when that is later: brokers' clocks
differ, time in a région never goes back.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from streams.entry import Draft, Entry
from streams.live.record import LogRecord, UnreadableRecord, decode_draft

RECENT_IDS: Final = 10_000
"""Ids remembered: two days of the busiest région. A producer sends again within seconds of its failure."""


@dataclass(frozen=True, slots=True)
class Read:
    """A record that counts: its instant, and the entry it became, None for a tick."""

    at: datetime
    entry: Entry | None


@dataclass(slots=True)
class LogReader:
    """Where a reader stands: ``seq`` of the last entry, ``now`` of the last record that counted."""

    region: str
    now: datetime | None = None
    seq: int = 0
    next_offset: int = 0
    recent: OrderedDict[str, None] = field(default_factory=OrderedDict)
    """Not a dict: one that loses its first key again and again looks for it ever longer."""

    def read(self, record: LogRecord) -> Read | None:
        """Return what the next record is, None when it is nothing; UnreadableRecord: every reader passes it over."""
        if record.offset < self.next_offset or (record.id is not None and record.id in self.recent):
            self.next_offset = max(self.next_offset, record.offset + 1)
            return None
        self.next_offset = record.offset + 1
        draft = decode_draft(record.value)
        if draft is not None and draft.region != self.region:
            raise UnreadableRecord(f"a draft of région {draft.region} in the log of région {self.region}")
        self._remember(record.id)
        # Before the first entry no time passes: there is nothing to fire.
        if draft is None and not self.seq:
            return None
        self.now = at = record.appended_at if self.now is None else max(record.appended_at, self.now)
        return Read(at, None if draft is None else self._next(draft, at))

    def entries(self, records: Iterable[LogRecord]) -> Iterator[Entry]:
        """Yield the entries that records become; those that cannot be read are passed over."""
        for record in records:
            try:
                read = self.read(record)
            except UnreadableRecord:
                continue
            if read is not None and read.entry is not None:
                yield read.entry

    def _next(self, draft: Draft, at: datetime) -> Entry:
        self.seq += 1
        return Entry(self.seq, at, draft.occurred_at, draft.status, self.region, draft.kind, draft.payload)

    def _remember(self, id_: str | None) -> None:
        if id_ is None:
            return
        self.recent[id_] = None
        if len(self.recent) > RECENT_IDS:
            self.recent.popitem(last=False)
