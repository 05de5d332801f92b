"""The outbox in a database: in the journal's own file, or in the one that the live processes share.

A claim is a compare-and-set on the row's seal: whoever read an older row changes nothing, so that two
senders, even in two processes, never hold the same item. On PostgreSQL a sender also passes over the rows that
another is claiming. `enqueue`, `claim_ready`, `recall_all` and `finish_all` run inside the caller's transaction.

A damaged row is nobody's any more: who claims puts it aside, as it is, and goes on with the others.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, Final

import structlog
from sqlalchemy import Connection, Index, Row, Select, bindparam, func, select, update
from sqlmodel import SQLModel

from alerts import erasure, outbox
from alerts.adapters import dialects
from alerts.adapters.database import Database, from_micros, seal, sealed, table_of, to_micros
from alerts.effect_codec import decode, encode
from alerts.effects import Effect, Notify, Recalled
from alerts.outbox import (
    DEFAULT_POLICY,
    Claim,
    Delivery,
    Finished,
    Item,
    OutboxState,
    RetryPolicy,
    StorageUnreadable,
)


class OutboxRow(SQLModel, table=True):
    """An `alerts.outbox.Item`; instants in microseconds UTC, ``ready_at`` None once finished."""

    __tablename__ = "outbox"
    __table_args__ = (Index("outbox_ready", "ready_at"), dialects.WITHOUT_ROWID)
    region: str = dialects.key()
    notification_id: str = dialects.key()
    notification: bytes
    state: str = dialects.text()
    attempts: int
    due_at: int = dialects.big()
    worker: str = dialects.text()
    lease_until: int | None = dialects.big()
    ready_at: int | None = dialects.big()
    error: str = dialects.text()
    title: str = dialects.text()
    body: str = dialects.text()
    finished_at: int | None = dialects.big()
    seal: bytes


OUTBOX: Final = table_of(OutboxRow)
_CHUNK: Final = 500

_log = structlog.get_logger()

# Made once: SQLAlchemy takes longer to make a statement than SQLite to run it, and a storm runs thousands.
_OF_KEY: Final = (OUTBOX.c.region == bindparam("of_region"), OUTBOX.c.notification_id == bindparam("of_id"))
_FIND: Final = select(OUTBOX).where(*_OF_KEY)
# A sender that claims the row meanwhile must not make the report come to nothing.
_FIND_FOR_UPDATE: Final = _FIND.with_for_update()
_NEXT_READY_AT: Final = select(func.min(OUTBOX.c.ready_at))
_READY: Final = (
    select(OUTBOX)
    .where(OUTBOX.c.ready_at <= bindparam("now"))
    .order_by(OUTBOX.c.ready_at, OUTBOX.c.region, OUTBOX.c.notification_id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_REPLACE: Final = update(OUTBOX).where(*_OF_KEY, OUTBOX.c.seal == bindparam("seen_seal"))
# The rest of the row, seal included, stays for who looks into it: only its turn is taken away.
_PUT_ASIDE: Final = update(OUTBOX).where(*_OF_KEY).values(ready_at=None)
_UNFINISHED: Final = (OutboxState.PENDING.value, OutboxState.CLAIMED.value)
_ASIDE: Final = select(func.count()).where(OUTBOX.c.ready_at.is_(None), OUTBOX.c.state.in_(_UNFINISHED))


class StoredOutbox:
    """An `alerts.outbox.Outbox` in a database. Safe to share between threads."""

    def __init__(self, database: Database, policy: RetryPolicy = DEFAULT_POLICY) -> None:
        self._database = database
        self._policy = policy

    def claim(self, now: datetime, worker: str, lease: timedelta, limit: int) -> list[Delivery]:
        """Claim at most ``limit`` items ready at ``now``, longest-waiting first; nobody else gets them."""
        with self._database.writing() as connection:
            return claim_ready(connection, Claim(now, worker, lease, limit))

    def retry(self, delivery: Delivery, now: datetime, error: str) -> bool:
        """Put a failed delivery back for later, or note that a recalled one failed; False: its lease was lost."""
        with self._database.writing() as connection:
            # Waits for a recall that is being written: what failed meanwhile did not leave, and that is worth knowing.
            row = _find(connection, delivery.region, delivery.notification_id, _FIND_FOR_UPDATE)
            kept = _sound(row)
            item = kept and outbox.retry(kept, delivery, now, error, self._policy)
            return bool(row and item and _replace(connection, row.seal, item))

    def release(self, worker: str, now: datetime) -> int:
        """Take back at once what a worker that is gone had claimed; return how many items."""
        claimed = select(OUTBOX).where(OUTBOX.c.state == OutboxState.CLAIMED.value, OUTBOX.c.worker == worker)
        # In the order in which recalls take them, so that neither waits for the other.
        claimed = claimed.order_by(OUTBOX.c.region, OUTBOX.c.notification_id)
        with self._database.writing() as connection:
            rows = connection.execute(claimed).all()
            kept = [(row.seal, _sound(row)) for row in rows]
            items = [(seen, outbox.release(item, worker, now)) for seen, item in kept if item]
            return sum(_replace(connection, seen, item) for seen, item in items if item)

    def next_ready_at(self) -> datetime | None:
        """Return the first instant at which `claim` has something to give, None when all is finished."""
        with self._database.asking() as connection:
            micros = connection.execute(_NEXT_READY_AT).scalar()
        return _instant(micros)

    def count_aside(self) -> int:
        """Return how many messages are not sent because their row is damaged."""
        with self._database.asking() as connection:
            return int(connection.execute(_ASIDE).scalar_one())

    def find(self, region: str, notification_id: str) -> Item | None:
        """Return an item with what was sent, for audit."""
        with self._database.asking() as connection:
            row = _find(connection, region, notification_id)
        return _to_item(row) if row else None

    def items(self, region: str) -> Iterator[Item]:
        """Stream a région's items by notification, in constant memory."""
        of_region = select(OUTBOX).where(OUTBOX.c.region == region).order_by(OUTBOX.c.notification_id).limit(_CHUNK)
        after = ""
        while True:
            with self._database.reading() as connection:
                rows = connection.execute(of_region.where(OUTBOX.c.notification_id > after)).all()
            if not rows:
                return
            yield from map(_to_item, rows)
            after = rows[-1].notification_id

    def regions(self) -> list[str]:
        """Return the régions that have messages, in order."""
        with self._database.asking() as connection:
            return list(connection.execute(select(OUTBOX.c.region).distinct().order_by(OUTBOX.c.region)).scalars())

    def erasable(self, region: str, before: datetime) -> list[Item]:
        """Return what `erase` would replace, by notification; what was erased already is not read again."""
        with self._database.reading() as connection:
            return [item for _, item in _erasable(connection, region, before)]

    def erase(self, region: str, before: datetime) -> int:
        """Replace the texts of what was finished before an instant by their digests, at once; return how many."""
        with self._database.writing() as connection:
            dialects.overwrite_erased(connection)
            texts = [(row, erasure.erased(item)) for row, item in _erasable(connection, region, before)]
            return sum(_replace(connection, row.seal, item) for row, item in texts)

    def counts(self) -> dict[OutboxState, int]:
        """Return how many items are in each state; every state is present."""
        query = select(OUTBOX.c.state, func.count()).group_by(OUTBOX.c.state)
        with self._database.asking() as connection:
            found = {str(state): int(count) for state, count in connection.execute(query)}
        return {state: found.get(state, 0) for state in OutboxState}


def _erasable(connection: Connection, region: str, before: datetime) -> list[tuple[Row[Any], Item]]:
    is_erased = (OUTBOX.c.title == "") & OUTBOX.c.body.startswith(erasure.LEFT_START, autoescape=True)
    finished = (
        select(OUTBOX)
        .where(OUTBOX.c.region == region, OUTBOX.c.finished_at < to_micros(before), ~is_erased)
        .order_by(OUTBOX.c.notification_id)
    )
    items = [(row, _to_item(row)) for row in connection.execute(finished).all()]
    return [(row, item) for row, item in items if erasure.is_erasable(item, before)]


def enqueue(connection: Connection, region: str, notifications: Iterable[Notify]) -> None:
    """Add notifications within the caller's transaction; one that is already there keeps its state."""
    rows = [_to_row(outbox.queue(region, notification)) for notification in notifications]
    dialects.insert_new(connection, OUTBOX, rows)


def claim_ready(connection: Connection, asked: Claim) -> list[Delivery]:
    """Claim what is ready within the caller's transaction; what is damaged is put aside, and said."""
    deliveries = []
    for row in connection.execute(_READY, {"now": to_micros(asked.now), "limit": asked.limit}).all():
        kept = _sound(row)
        if kept is None:
            _put_aside(connection, row)
            continue
        item = outbox.claim(kept, asked.now, asked.worker, asked.lease)
        if item and _replace(connection, row.seal, item):
            deliveries.append(outbox.delivery_of(item))
    return deliveries


def recall_all(connection: Connection, region: str, effects: Iterable[Effect]) -> None:
    """Recall the items that effects name, within the caller's transaction; one that is not there stays unknown."""
    # In the order of ids: two that recall the same wait for each other instead of crossing.
    for notification in sorted(each.notification for each in effects if isinstance(each, Recalled)):
        row = _find(connection, region, notification, _FIND_FOR_UPDATE)
        kept = _sound(row)
        item = kept and outbox.recall(kept)
        if row and item:
            _replace(connection, row.seal, item)


def finish_all(connection: Connection, region: str, reports: Iterable[Finished]) -> str | None:
    """Close items within the caller's transaction; return the first id that does not exist, or None.

    A damaged one is left as it is: the journal holds its report.
    """
    # In one order for all: two notifiers that report the same messages wait for each other instead of crossing.
    for report in sorted(reports, key=attrgetter("notification_id")):
        row = _find(connection, region, report.notification_id, _FIND_FOR_UPDATE)
        if row is None:
            return report.notification_id
        kept = _sound(row)
        if kept is not None:
            _replace(connection, row.seal, outbox.finish(kept, report))
    return None


def _find(connection: Connection, region: str, notification_id: str, query: Select[Any] = _FIND) -> Row[Any] | None:
    return connection.execute(query, {"of_region": region, "of_id": notification_id}).one_or_none()


def _replace(connection: Connection, seen_seal: bytes, item: Item) -> bool:
    row = {"of_region": item.region, "of_id": item.notification.id, "seen_seal": seen_seal, **_to_row(item)}
    return connection.execute(_REPLACE, row).rowcount == 1


def _put_aside(connection: Connection, row: Row[Any]) -> None:
    connection.execute(_PUT_ASIDE, {"of_region": row.region, "of_id": row.notification_id})
    _log.error(
        "message altered in the database: put aside, not sent; `vigie audit verify` names it",
        region=row.region,
        notification=row.notification_id,
    )


def _to_row(item: Item) -> dict[str, object]:
    return sealed(
        {
            "region": item.region,
            "notification_id": item.notification.id,
            "notification": encode(item.notification),
            "state": item.state.value,
            "attempts": item.attempts,
            "due_at": to_micros(item.due_at),
            "worker": item.worker,
            "lease_until": _micros(item.lease_until),
            "ready_at": _micros(item.ready_at),
            "error": dialects.storable(item.error),
            "title": dialects.storable(item.title),
            "body": dialects.storable(item.body),
            "finished_at": _micros(item.finished_at),
        }
    )


def _sound(row: Row[Any] | None) -> Item | None:
    """Return the item of a row, None when there is none or it is damaged: it must not hold up the others."""
    try:
        return row and _to_item(row)
    except StorageUnreadable:
        return None


def _to_item(row: Row[Any]) -> Item:
    if row.seal != seal(*row[:-1]):
        raise StorageUnreadable(
            f"outbox, notification {row.notification_id}: altered on the disk; run `vigie journal verify`"
        )
    notification = decode(row.notification)
    if not isinstance(notification, Notify):
        raise StorageUnreadable(f"outbox, notification {row.notification_id}: not a notification")
    return Item(
        region=row.region,
        notification=notification,
        state=OutboxState(row.state),
        attempts=row.attempts,
        due_at=from_micros(row.due_at),
        worker=row.worker,
        lease_until=_instant(row.lease_until),
        error=row.error,
        title=row.title,
        body=row.body,
        finished_at=_instant(row.finished_at),
    )


def _micros(instant: datetime | None) -> int | None:
    return None if instant is None else to_micros(instant)


def _instant(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)
