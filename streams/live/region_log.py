"""A région's log folded: from the records of one partition to entries, effects and digests, the same for every reader.

Theory of operation. A reader goes through the offsets once, in order:

    an offset already read        → nothing   the broker delivers at least once
    an id among the recent ones   → nothing   a producer sent it again after a failure
    a value that cannot be read   → nothing   the worker sets it aside; no reader counts it
    a tick                        → deadlines at or before its instant fire
    a draft                       → it becomes the next entry, and is folded

The instant of a record is the broker's append time, or the latest before it when that is later: brokers' clocks
differ, time in a région never goes back. Nothing else is looked at, so whoever reads the same records has the same
entries, the same effects with the same ids, and the same digests.
"""

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec

from alerts.effects import Effect, encode
from streams import engine
from streams.entry import Draft, Entry, Head, canonical, chain
from streams.journal import fresh_head
from streams.live.record import LogRecord, UnreadableRecord, decode_draft
from streams.region.fold import Fold, Observer

RECENT_IDS: Final = 10_000
"""Ids remembered: two days of the busiest région. A producer sends again within seconds of its failure."""
VERSION: Final = 1


class UnreadableState(ValueError):
    """The bytes are not a state this version can go on from."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What one record made: the entry it became (None for a tick or a repeat) and the effects, in order."""

    entry: Entry | None = None
    effects: tuple[Effect, ...] = ()


NOTHING: Final = Applied()


@dataclass(slots=True)
class RegionLog:
    """Where a reader of a région's log stands. ``next_offset`` is the first offset not read yet."""

    region: str
    fold: Fold
    head: Head
    next_offset: int = 0
    recent: dict[str, None] = field(default_factory=dict)

    @classmethod
    def start(cls, region: str) -> "RegionLog":
        """Return a reader at the beginning of a région's log; ValueError for an unknown code."""
        return cls(region, engine.start(region), fresh_head(region))

    @property
    def next_deadline(self) -> datetime | None:
        """The next instant at which a tick would fire something."""
        return engine.next_deadline(self.fold)

    def apply(self, record: LogRecord, observer: Observer | None = None) -> Applied:
        """Read the next record. UnreadableRecord: it is passed over, as every other reader does."""
        if record.offset < self.next_offset or self._is_repeat(record):
            self.next_offset = max(self.next_offset, record.offset + 1)
            return NOTHING
        self.next_offset = record.offset + 1
        draft = decode_draft(record.value)
        if draft is not None and draft.region != self.region:
            raise UnreadableRecord(f"a draft of région {draft.region} in the log of région {self.region}")
        at = max(record.appended_at, self.fold.state.now)
        self._remember(record.id)
        entry = None if draft is None else self._entry(draft, at)
        if entry is None:
            # The head of a région of which nothing was journaled has no instant: there is nothing to fire either.
            effects = engine.advance(self.fold, at, observer) if self.head.seq else []
        else:
            effects = engine.step(self.fold, entry, observer)
        self._link(entry, effects)
        return Applied(entry, tuple(effects))

    def _entry(self, draft: Draft, at: datetime) -> Entry:
        return Entry(self.head.seq + 1, at, draft.occurred_at, draft.status, self.region, draft.kind, draft.payload)

    def _link(self, entry: Entry | None, effects: Iterable[Effect]) -> None:
        head = self.head
        seq, entries_digest, number, effects_digest = head.seq, head.entries_digest, head.effects, head.effects_digest
        if entry is not None:
            seq, entries_digest = entry.seq, chain(entries_digest, canonical(entry))
        for effect in effects:
            number, effects_digest = number + 1, chain(effects_digest, encode(effect))
        now = self.fold.state.now if seq else None
        self.head = Head(self.region, seq, entries_digest, number, effects_digest, now)

    def _is_repeat(self, record: LogRecord) -> bool:
        return record.id is not None and record.id in self.recent

    def _remember(self, id_: str | None) -> None:
        if id_ is None:
            return
        self.recent[id_] = None
        if len(self.recent) > RECENT_IDS:
            del self.recent[next(iter(self.recent))]

    def snapshot(self) -> bytes:
        """Return where this reader stands, as JSON: same records, same bytes."""
        head = self.head
        return _encode(
            {
                "version": VERSION,
                "region": self.region,
                "next_offset": self.next_offset,
                "seq": head.seq,
                "effects": head.effects,
                "entries_digest": head.entries_digest.hex(),
                "effects_digest": head.effects_digest.hex(),
                "recent": list(self.recent),
                "fold": base64.b64encode(engine.snapshot(self.fold)).decode(),
            }
        )

    @classmethod
    def restore(cls, state: bytes) -> "RegionLog":
        """Return a reader that goes on from a snapshot; UnreadableState when it cannot."""
        try:
            content = _decode(state)
            _check_version(content["version"])
            fold = engine.restore(base64.b64decode(content["fold"], validate=True))
            digests = [bytes.fromhex(content[name]) for name in ("entries_digest", "effects_digest")]
            seq, now = content["seq"], fold.state.now if content["seq"] else None
            head = Head(content["region"], seq, digests[0], content["effects"], digests[1], now)
            return cls(content["region"], fold, head, content["next_offset"], dict.fromkeys(content["recent"]))
        except UnreadableState:
            raise
        except (msgspec.DecodeError, engine.UnreadableSnapshot, KeyError, TypeError, ValueError) as error:
            raise UnreadableState(f"not a state of this version: {type(error).__name__}: {error}") from None


def _check_version(version: object) -> None:
    if version != VERSION:
        raise UnreadableState(f"state version {version}, this version reads {VERSION}")


_encode = msgspec.json.Encoder(order="deterministic").encode
_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode
