"""Reading a région's log to look at it: what a worker decided, decided again, told to nobody."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from alerts.effects import Effect
from orsan_plans.reading import Reading
from streams.entry import Entry, Status
from streams.live.record import LogRecord, UnreadableRecord
from streams.live.region_log import RegionLog
from streams.monitor import Committed


def follow(log: RegionLog, records: Iterable[LogRecord]) -> Committed:
    """Read the next records of a région's log and return what they made true; those that cannot be read are nothing."""
    entries, effects = list[Entry](), list[Effect]()
    readings = list[tuple[datetime, Status, Reading]]()
    for record in records:
        try:
            applied = log.apply(record, lambda *reading: readings.append(reading))
        except UnreadableRecord:
            continue
        entries += () if applied.entry is None else (applied.entry,)
        effects += applied.effects
    return Committed(log.region, tuple(entries), tuple(effects), tuple(readings))


def told_before(log: RegionLog, told: Iterable[Effect]) -> list[Effect]:
    """Return the effects that led to where a log found again from its snapshot stands, of all those told of its région.

    They were told before the snapshot was kept, in order, some twice: as many as the log counts, each once.
    """
    return list(islice(_once(told), log.head.effects))


def _once(told: Iterable[Effect]) -> Iterator[Effect]:
    known = set[str]()
    for effect in told:
        if effect.id not in known:
            known.add(effect.id)
            yield effect
