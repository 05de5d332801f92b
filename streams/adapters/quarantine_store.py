"""Records set aside, in a database. `put`, `release` and `purge` run inside the caller's transaction."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Index, Row, insert, select, update
from sqlmodel import SQLModel

from alerts.adapters import dialects
from alerts.adapters.database import Database, from_micros, sealed, table_of, to_micros
from streams.collecting.quarantine import Held, HeldState, Quarantined, Release

_CHUNK: Final = 500


class QuarantineRow(SQLModel, table=True):
    """A `streams.collecting.quarantine.Held`; rows are never deleted, so that a file's ``id`` has no gap."""

    __tablename__ = "quarantine"
    __table_args__ = (Index("quarantine_sha256", "region", "sha256"),)
    id: int | None = dialects.numbered()
    region: str = dialects.text()
    source: str = dialects.text()
    line: int
    record: bytes
    reason: str = dialects.text()
    received_at: int = dialects.big()
    format: str = dialects.text()
    sha256: str = dialects.text()
    receipt: str = dialects.text()
    is_locked: int
    state: str = dialects.text()
    seal: bytes


QUARANTINE: Final = table_of(QuarantineRow)


class StoredQuarantine:
    """A `streams.collecting.quarantine.Quarantine` in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, region: str | None = None) -> Iterator[Held]:
        """Stream every record ever set aside, oldest first."""
        query = select(QUARANTINE).order_by(QUARANTINE.c.id).limit(_CHUNK)
        if region is not None:
            query = query.where(QUARANTINE.c.region == region)
        after = 0
        while True:
            with self._database.reading() as connection:
                rows = connection.execute(query.where(QUARANTINE.c.id > after)).all()
            if not rows:
                return
            yield from map(_to_held, rows)
            after = rows[-1].id

    def find(self, id_: int) -> Held | None:
        """Return one record."""
        with self._database.reading() as connection:
            row = connection.execute(select(QUARANTINE).where(QUARANTINE.c.id == id_)).one_or_none()
        return None if row is None else _to_held(row)

    def already_held(self, region: str, digests: Collection[str]) -> frozenset[str]:
        """Return which SHA-256 are those of records already set aside and not accepted since."""
        wanted, found = sorted(digests), list[str]()
        query = select(QUARANTINE.c.sha256).where(
            QUARANTINE.c.region == region, QUARANTINE.c.state != HeldState.REQUEUED.value
        )
        with self._database.reading() as connection:
            for start in range(0, len(wanted), _CHUNK):
                found += connection.execute(
                    query.where(QUARANTINE.c.sha256.in_(wanted[start : start + _CHUNK]))
                ).scalars()
        return frozenset(found)


def put(connection: Connection, region: str, records: Sequence[Quarantined]) -> None:
    """Keep records set aside."""
    if records:
        connection.execute(insert(QUARANTINE), [_columns(Held(0, region, HeldState.HELD, each)) for each in records])


def release(connection: Connection, releases: Iterable[Release]) -> int | None:
    """Erase the bytes of records that leave the quarantine; return the id of one that was not held, if any."""
    for each in releases:
        # Whoever releases the same record at the same time waits, and is told that it is gone.
        query = select(QUARANTINE).where(QUARANTINE.c.id == each.id).with_for_update()
        row = connection.execute(query).one_or_none()
        if row is None or row.state != HeldState.HELD.value:
            return each.id
        _erase(connection, row, each.state)
    return None


def purge(connection: Connection, before: datetime) -> None:
    """Erase the bytes of the records received before an instant."""
    query = (
        select(QUARANTINE)
        .where(
            QUARANTINE.c.state == HeldState.HELD.value,
            QUARANTINE.c.is_locked == 1,
            QUARANTINE.c.received_at < to_micros(before),
        )
        .with_for_update()
    )
    for row in connection.execute(query).all():
        _erase(connection, row, HeldState.PURGED)


def _erase(connection: Connection, row: Row[Any], state: HeldState) -> None:
    names = [column.name for column in QUARANTINE.c if column.name not in ("id", "seal")]
    columns = {name: getattr(row, name) for name in names}
    erased = sealed({**columns, "record": b"", "state": state.value})
    connection.execute(update(QUARANTINE).where(QUARANTINE.c.id == row.id).values(erased))


def _columns(held: Held) -> dict[str, object]:
    # The seal leaves out the id, which the database chooses.
    record = held.quarantined
    return sealed(
        {
            "region": held.region,
            "source": dialects.storable(record.source),
            "line": record.line,
            "record": record.record,
            "reason": dialects.storable(record.reason),
            "received_at": to_micros(record.received_at),
            "format": record.format,
            "sha256": record.sha256,
            "receipt": record.receipt,
            "is_locked": int(record.is_locked),
            "state": held.state.value,
        }
    )


def _to_held(row: Row[Any]) -> Held:
    record = Quarantined(
        source=row.source,
        line=row.line,
        record=row.record,
        reason=row.reason,
        received_at=from_micros(row.received_at),
        format=row.format,
        sha256=row.sha256,
        receipt=row.receipt,
        is_locked=bool(row.is_locked),
    )
    return Held(row.id, row.region, HeldState(row.state), record)
