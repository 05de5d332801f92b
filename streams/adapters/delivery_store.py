"""Deliveries that were promised a receipt before anybody collected them, in a database.

A row is written before the file is sent to the raw topics, so that two bodies never go under one receipt, and marked
once the brokers hold the file. Only a marked one was accepted: a sender who was told nothing sends it again.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, bindparam, select, update
from sqlmodel import SQLModel

from alerts.adapters import dialects
from alerts.adapters.database import Database, from_micros, table_of, to_micros
from streams.collecting.receipts import Receipt


class DeliveryRow(SQLModel, table=True):
    """What is said of a delivery until it is collected; ``sent_at`` None until the brokers hold it."""

    __tablename__ = "deliveries"
    __table_args__ = dialects.WITHOUT_ROWID
    id: str = dialects.key()
    region: str = dialects.text()
    received_at: int = dialects.big()
    name: str = dialects.text()
    sha256: str = dialects.text()
    format: str = dialects.text()
    feed: str = dialects.text()
    source: str = dialects.text()
    sent_at: int | None = dialects.big()


DELIVERIES: Final = table_of(DeliveryRow)
_OF_ID: Final = select(DELIVERIES).where(DELIVERIES.c.id == bindparam("id"))
_AS_IN_RECEIPT: Final = ("id", "region", "name", "sha256", "format", "feed", "source")


class StoredDeliveries:
    """The promises of a database, each a receipt that counts nothing. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, promise: Receipt) -> tuple[Receipt, bool]:
        """Keep a promise; return the first one of its id, and whether the brokers hold what it promises."""
        row = {name: getattr(promise, name) for name in _AS_IN_RECEIPT}
        row |= {"received_at": to_micros(promise.received_at), "sent_at": None}
        with self._database.writing() as connection:
            dialects.insert_new(connection, DELIVERIES, [row])
            kept = connection.execute(_OF_ID, {"id": promise.id}).one()
        return _to_promise(kept), kept.sent_at is not None

    def sent(self, id_: str, at: datetime) -> None:
        """Note that the brokers hold what was promised."""
        mark = update(DELIVERIES).where(DELIVERIES.c.id == id_, DELIVERIES.c.sent_at.is_(None))
        with self._database.writing() as connection:
            connection.execute(mark.values(sent_at=to_micros(at)))

    def find(self, id_: str) -> Receipt | None:
        """Return the promise of a delivery that the brokers hold."""
        with self._database.asking() as connection:
            row = connection.execute(_OF_ID, {"id": id_}).one_or_none()
        return None if row is None or row.sent_at is None else _to_promise(row)


def _to_promise(row: Row[Any]) -> Receipt:
    known = {name: getattr(row, name) for name in _AS_IN_RECEIPT}
    return Receipt(received_at=from_micros(row.received_at), **known)
