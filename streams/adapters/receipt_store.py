"""Receipts, in a database. `put` runs inside the caller's transaction."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Index, Row, bindparam, func, insert, select
from sqlmodel import SQLModel

from alerts.adapters import dialects
from alerts.adapters.database import Database, from_micros, seal, sealed, table_of, to_micros
from alerts.outbox import StorageUnreadable
from streams.collecting.decoding import Manifest
from streams.collecting.receipts import Receipt

_CHUNK: Final = 500
_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(Receipt).decode


class ReceiptRow(SQLModel, table=True):
    """A `streams.collecting.receipts.Receipt` as JSON, with its look-ups; ``number`` is the order of arrival."""

    __tablename__ = "receipts"
    __table_args__ = (Index("receipts_source", "region", "feed", "source", "extracted_at"),)
    number: int | None = dialects.numbered()
    id: str = dialects.text(unique=True)
    region: str = dialects.text()
    feed: str = dialects.text()
    source: str = dialects.text()
    extracted_at: int | None = dialects.big()
    first_day: int | None
    last_day: int | None
    is_older: int
    content: bytes
    seal: bytes


RECEIPTS: Final = table_of(ReceiptRow)


# Made once: building a query costs as much as running it.
_NEWEST: Final = select(func.max(RECEIPTS.c.extracted_at)).where(
    RECEIPTS.c.region == bindparam("region"),
    RECEIPTS.c.feed == bindparam("feed"),
    RECEIPTS.c.source == bindparam("source"),
    RECEIPTS.c.is_older == 0,
)
_FIND: Final = select(RECEIPTS).where(RECEIPTS.c.id == bindparam("of_id"))
_NUMBER: Final = select(RECEIPTS.c.number).where(RECEIPTS.c.id == bindparam("of_id"))
_OF_EXTRACTION: Final = (
    select(RECEIPTS)
    .where(
        RECEIPTS.c.region == bindparam("region"),
        RECEIPTS.c.feed == bindparam("feed"),
        RECEIPTS.c.source == bindparam("source"),
        RECEIPTS.c.extracted_at == bindparam("extracted_at"),
    )
    .order_by(RECEIPTS.c.number)
)
_NEWEST_WITHIN: Final = _NEWEST.where(
    RECEIPTS.c.first_day <= bindparam("last"), RECEIPTS.c.last_day >= bindparam("first")
)


class StoredReceipts:
    """The `streams.collecting.receipts.Receipts` of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, region: str | None = None) -> Iterator[Receipt]:
        """Stream the receipts, oldest first."""
        return (receipt for _, receipt in self.numbered(region))

    def numbered(self, region: str | None = None, after: int = 0) -> Iterator[tuple[int, Receipt]]:
        """Stream the receipts, each with its number, from the one that follows ``after``."""
        query = select(RECEIPTS).order_by(RECEIPTS.c.number).limit(_CHUNK)
        if region is not None:
            query = query.where(RECEIPTS.c.region == region)
        while True:
            with self._database.asking() as connection:
                rows = connection.execute(query.where(RECEIPTS.c.number > after)).all()
            if not rows:
                return
            yield from ((row.number, _to_receipt(row)) for row in rows)
            after = rows[-1].number

    def find(self, id_: str) -> Receipt | None:
        """Return one receipt."""
        with self._database.asking() as connection:
            row = connection.execute(_FIND, {"of_id": id_}).one_or_none()
        return None if row is None else _to_receipt(row)

    def of_extraction(self, region: str, manifest: Manifest) -> list[Receipt]:
        """Return the receipts of the manifest's source and extraction, oldest first."""
        asked = {"region": region, "feed": manifest.feed, "source": manifest.source}
        with self._database.asking() as connection:
            rows = connection.execute(_OF_EXTRACTION, asked | {"extracted_at": to_micros(manifest.extracted_at)}).all()
        return list(map(_to_receipt, rows))

    def newest(self, region: str, manifest: Manifest) -> datetime | None:
        """Return the latest extraction of the manifest's source that covered a day of its window."""
        asked: dict[str, object] = {"region": region, "feed": manifest.feed, "source": manifest.source}
        query = _NEWEST
        if manifest.window is not None:
            query = _NEWEST_WITHIN
            asked |= {"first": manifest.window.first.toordinal(), "last": manifest.window.last.toordinal()}
        with self._database.asking() as connection:
            micros = connection.execute(query, asked).scalar_one()
        return None if micros is None else from_micros(micros)


def put(connection: Connection, receipt: Receipt) -> None:
    """Keep a receipt."""
    connection.execute(insert(RECEIPTS), [_columns(receipt)])


def is_kept(connection: Connection, id_: str) -> bool:
    """Tell whether there is a receipt of this id."""
    return bool(connection.execute(_NUMBER, {"of_id": id_}).all())


def put_new(connection: Connection, receipt: Receipt) -> None:
    """Keep a receipt unless there is one of its id."""
    dialects.insert_new(connection, RECEIPTS, [_columns(receipt)])


def _columns(receipt: Receipt) -> dict[str, object]:
    window, extracted_at = receipt.window, receipt.extracted_at
    return sealed(
        {
            "id": receipt.id,
            "region": receipt.region,
            "feed": receipt.feed,
            "source": receipt.source,
            "extracted_at": None if extracted_at is None else to_micros(extracted_at),
            "first_day": None if window is None else window.first.toordinal(),
            "last_day": None if window is None else window.last.toordinal(),
            "is_older": int(receipt.is_older),
            "content": _encode(receipt),
        }
    )


def _to_receipt(row: Row[Any]) -> Receipt:
    if row.seal != seal(*row[1:-1]):
        raise StorageUnreadable(f"receipt {row.number} was altered on the disk; run `vigie journal verify`")
    return _decode(row.content)
