"""A région's log folded: from the records of one partition to entries, effects and digests, the same for every reader.

`LogReader` says which records count and when; a tick fires the deadlines at or before its instant, an entry is folded.
Nothing else is looked at, so whoever reads the same records has the same entries, the same effects with the same ids,
and the same digests.
"""

import base64
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

import msgspec

from alerts.effect_codec import encode
from alerts.effects import Effect
from streams import engine
from streams.entry import Entry, Head, canonical, chain
from streams.journal import fresh_head
from streams.live.log_reader import LogReader
from streams.live.record import LogRecord
from streams.region.fold import Fold, Observer

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
    """Where a reader of a région's log stands, and what it has decided."""

    fold: Fold
    head: Head
    reader: LogReader

    @classmethod
    def start(cls, region: str) -> Self:
        """Return a reader at the beginning of a région's log; ValueError for an unknown code."""
        return cls(engine.start(region), fresh_head(region), LogReader(region))

    @property
    def region(self) -> str:
        """The INSEE code of the région."""
        return self.reader.region

    @property
    def next_offset(self) -> int:
        """The first offset not read yet."""
        return self.reader.next_offset

    @property
    def next_deadline(self) -> datetime | None:
        """The next instant at which a tick would fire something."""
        return engine.next_deadline(self.fold)

    def apply(self, record: LogRecord, observer: Observer | None = None) -> Applied:
        """Read the next record. UnreadableRecord: it is passed over, as every other reader does."""
        read = self.reader.read(record)
        if read is None:
            return NOTHING
        if read.entry is None:
            effects = engine.advance(self.fold, read.at, observer)
        else:
            effects = engine.step(self.fold, read.entry, observer)
        self._link(read.entry, effects)
        return Applied(read.entry, tuple(effects))

    def pass_over(self, record: LogRecord) -> None:
        """Count the next record for nothing."""
        self.reader.next_offset = max(self.next_offset, record.offset + 1)

    def _link(self, entry: Entry | None, effects: Iterable[Effect]) -> None:
        head = self.head
        seq, entries_digest, number, effects_digest = head.seq, head.entries_digest, head.effects, head.effects_digest
        if entry is not None:
            seq, entries_digest = entry.seq, chain(entries_digest, canonical(entry))
        for effect in effects:
            number, effects_digest = number + 1, chain(effects_digest, encode(effect))
        now = self.fold.state.now if seq else None
        self.head = Head(self.region, seq, entries_digest, number, effects_digest, now)

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
                "recent": list(self.reader.recent),
                "fold": base64.b64encode(engine.snapshot(self.fold)).decode(),
            }
        )

    @classmethod
    def restore(cls, state: bytes) -> Self:
        """Return a reader that goes on from a snapshot; UnreadableState when it cannot."""
        try:
            content = _decode(state)
            _check_version(content["version"])
            fold = engine.restore(base64.b64decode(content["fold"], validate=True))
            digests = [bytes.fromhex(content[name]) for name in ("entries_digest", "effects_digest")]
            seq, now = content["seq"], fold.state.now if content["seq"] else None
            head = Head(content["region"], seq, digests[0], content["effects"], digests[1], now)
            recent = OrderedDict.fromkeys(content["recent"])
            return cls(fold, head, LogReader(content["region"], now, seq, content["next_offset"], recent))
        except UnreadableState:
            raise
        except (msgspec.DecodeError, engine.UnreadableSnapshot, KeyError, TypeError, ValueError) as error:
            raise UnreadableState(f"not a state of this version: {type(error).__name__}: {error}") from None


def _check_version(version: object) -> None:
    if version != VERSION:
        raise UnreadableState(f"state version {version}, this version reads {VERSION}")


_encode = msgspec.json.Encoder(order="deterministic").encode
_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode
