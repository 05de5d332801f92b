"""A région's log in memory, as the broker would keep it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from streams.entry import Draft
from streams.live.record import LogRecord, encode_draft

_BETWEEN_RECORDS = timedelta(milliseconds=1)


@dataclass(slots=True)
class MemoryLog:
    """The journal of some régions; ``now`` is the broker's clock, it moves with each record."""

    now: datetime
    records: dict[str, list[LogRecord]] = field(default_factory=dict)

    def append(self, drafts: Iterable[tuple[str, Draft]]) -> None:
        """Append drafts in order, each with the id of its fact."""
        for id_, draft in drafts:
            self.now += _BETWEEN_RECORDS
            of_region = self.records.setdefault(draft.region, [])
            of_region.append(LogRecord(len(of_region), self.now, encode_draft(draft), id_))

    def read(self, region: str, from_offset: int = 0, to_offset: int | None = None) -> Iterator[LogRecord]:
        """Yield the records of a région from one offset to before another."""
        yield from self.records.get(region, [])[from_offset:to_offset]

    def ids_since(self, region: str, instant: datetime) -> Iterator[str]:
        """Yield the ids of the records appended since an instant."""
        found = (each for each in self.read(region) if each.appended_at >= instant)
        return (each.id for each in found if each.id is not None)
