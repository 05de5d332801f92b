"""The journal's tables and how their rows become domain values.

Tables are clustered on (région, number): a row is stored once, in the order it is read. Instants are
microseconds UTC. Entries are guarded by their chain digest; every other row carries a seal over its columns.
"""

from typing import Any, Final

from sqlalchemy import Row, Table
from sqlmodel import Field, SQLModel

from alerts.adapters.database import from_micros, seal, sealed, to_micros
from alerts.adapters.database import table_of as _table_of
from alerts.adapters.dialects import WITHOUT_ROWID
from alerts.adapters.outbox_store import OUTBOX
from streams.adapters.ledger_store import LEDGER
from streams.adapters.quarantine_store import QUARANTINE
from streams.adapters.receipt_store import RECEIPTS
from streams.entry import Entry, Head, Status
from streams.integrity import EffectRecord

_CLUSTERED: Final = WITHOUT_ROWID


class HeadRow(SQLModel, table=True):
    """Where a région stands: a `streams.entry.Head`."""

    __tablename__ = "heads"
    __table_args__ = _CLUSTERED
    region: str = Field(primary_key=True)
    seq: int
    entries_digest: bytes
    effects: int
    effects_digest: bytes
    advanced_to: int | None
    seal: bytes


class EntryRow(SQLModel, table=True):
    """A `streams.entry.Entry` and its chain digest."""

    __tablename__ = "entries"
    __table_args__ = _CLUSTERED
    region: str = Field(primary_key=True, foreign_key="heads.region")
    seq: int = Field(primary_key=True)
    recorded_at: int
    occurred_at: int
    status: str
    kind: str
    payload: bytes
    digest: bytes


class EffectRow(SQLModel, table=True):
    """An effect's canonical JSON, the entry after which it came, and its chain digest."""

    __tablename__ = "effects"
    __table_args__ = _CLUSTERED
    region: str = Field(primary_key=True, foreign_key="heads.region")
    number: int = Field(primary_key=True)
    after_seq: int
    effect: bytes
    digest: bytes
    seal: bytes


class SnapshotRow(SQLModel, table=True):
    """The last state of a région's fold, with the head it belongs to."""

    __tablename__ = "snapshots"
    region: str = Field(primary_key=True, foreign_key="heads.region")
    seq: int
    entries_digest: bytes
    effects: int
    effects_digest: bytes
    advanced_to: int | None
    state: bytes
    seal: bytes


HEADS: Final = _table_of(HeadRow)
ENTRIES: Final = _table_of(EntryRow)
EFFECTS: Final = _table_of(EffectRow)
SNAPSHOTS: Final = _table_of(SnapshotRow)
TABLES: Final[tuple[Table, ...]] = (HEADS, ENTRIES, EFFECTS, SNAPSHOTS, QUARANTINE, LEDGER, RECEIPTS, OUTBOX)

_STATUS: Final = {status.value: status for status in Status}


def head_columns(head: Head) -> dict[str, object]:
    """Return a head's columns, without seal."""
    return {
        "region": head.region,
        "seq": head.seq,
        "entries_digest": head.entries_digest,
        "effects": head.effects,
        "effects_digest": head.effects_digest,
        "advanced_to": None if head.advanced_to is None else to_micros(head.advanced_to),
    }


def to_head(row: Row[Any]) -> Head:
    """Read a head from a row of heads or snapshots."""
    return Head(
        region=row.region,
        seq=row.seq,
        entries_digest=row.entries_digest,
        effects=row.effects,
        effects_digest=row.effects_digest,
        advanced_to=None if row.advanced_to is None else from_micros(row.advanced_to),
    )


def entry_row(entry: Entry, digest: bytes) -> dict[str, object]:
    """Return the row of an entry."""
    return {
        "region": entry.region,
        "seq": entry.seq,
        "recorded_at": to_micros(entry.recorded_at),
        "occurred_at": to_micros(entry.occurred_at),
        "status": entry.status.value,
        "kind": entry.kind,
        "payload": entry.payload,
        "digest": digest,
    }


def to_entry(row: Row[Any]) -> Entry:
    """Read an entry; KeyError, TypeError or OverflowError on a row that was altered."""
    region, seq, recorded_at, occurred_at, status, kind, payload, _ = tuple(row)
    return Entry(seq, from_micros(recorded_at), from_micros(occurred_at), _STATUS[status], region, kind, payload)


def effect_row(region: str, record: EffectRecord) -> dict[str, object]:
    """Return the sealed row of an effect."""
    return sealed(
        {
            "region": region,
            "number": record.number,
            "after_seq": record.after_seq,
            "effect": record.text,
            "digest": record.digest,
        }
    )


def to_effect_record(row: Row[Any]) -> EffectRecord:
    """Read an effect; ValueError when the row does not match its seal."""
    if row.seal != seal(*row[:-1]):
        raise ValueError("its row does not match its seal")
    return EffectRecord(row.number, row.after_seq, row.effect, row.digest)
