"""The last journaled version of each record that may be corrected, found by number.

On Kafka a draft has no number before the broker takes it, and its text cannot be looked up afterwards: what the ledger
calls ``seq`` is then a number reserved here, under which the draft is kept until another replaces it.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from threading import Lock
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, select

from alerts.adapters import dialects
from alerts.adapters.database import Database, from_micros, seal, sealed, to_micros
from alerts.outbox import StorageUnreadable
from streams.adapters import ledger_store
from streams.adapters.ledger_store import LEDGER
from streams.adapters.live_tables import RESERVED, VERSIONS
from streams.collecting.ledger import Collected, Scope
from streams.entry import Draft, Status

_CHUNK: Final = 500
_AT_ONCE: Final = 500
"""Numbers reserved at once for all files of a process: those that are not used are lost, there are enough."""


class ReservedNumbers:
    """Numbers of versions that this process may give; ``reserve`` is `StoredVersions.reserve`. Safe between threads."""

    def __init__(self, reserve: Callable[[str, int], range]) -> None:
        self._reserve = reserve
        self._left: dict[str, Iterator[int]] = {}
        self._lock = Lock()

    def take(self, region: str) -> int:
        """Return a number that nobody else is given; StorageError."""
        with self._lock:
            number = next(self._left.get(region, iter(())), None)
            if number is None:
                self._left[region] = iter(self._reserve(region, _AT_ONCE))
                number = next(self._left[region])
        return number


class StoredVersions:
    """The versions of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def at(self, region: str, numbers: Collection[int]) -> dict[int, Draft]:
        """Return the drafts of these numbers; those that are not kept are left out."""
        wanted, found = sorted(numbers), dict[int, Draft]()
        query = select(VERSIONS).where(VERSIONS.c.region == region)
        with self._database.reading() as connection:
            for start in range(0, len(wanted), _CHUNK):
                some = wanted[start : start + _CHUNK]
                rows = connection.execute(query.where(VERSIONS.c.number.in_(some)))
                found.update((row.number, _to_draft(row)) for row in rows)
        return found

    def reserve(self, region: str, count: int) -> range:
        """Return ``count`` numbers in a row, from 1, that nobody else is given; those left unused are lost."""
        with self._database.writing() as connection:
            last = dialects.add(connection, RESERVED, {"region": region}, RESERVED.c.last, count)
        return range(last - count + 1, last + 1)


def put(connection: Connection, collected: Collected, versions: Mapping[int, Draft]) -> None:
    """Keep versions by number, and forget those that the ledger is about to replace or forget: call it first."""
    if collected.scope is not None:
        _forget(connection, collected.scope, collected)
    forgotten = _forgotten_at_once(collected)
    rows = [_columns(number, draft) for number, draft in versions.items() if number not in forgotten]
    dialects.insert_new(connection, VERSIONS, rows)


def _forgotten_at_once(collected: Collected) -> frozenset[int]:
    """Return the numbers of rows so old that the ledger forgets them as soon as they are written."""
    before = collected.forget_before
    return frozenset() if before is None else frozenset(row.seq for row in collected.rows if row.day < before)


def _forget(connection: Connection, scope: Scope, collected: Collected) -> None:
    # What names a visit is kept no longer than the ledger needs it to tell what a correction corrects.
    put_again = {(row.status, row.key): row.seq for row in collected.rows}
    touched = [*put_again, *collected.gone]
    known = ledger_store.known(connection, scope, {key for _, key in touched})
    replaced = [known[key].seq for key in touched if key in known and put_again.get(key) != known[key].seq]
    of_region = delete(VERSIONS).where(VERSIONS.c.region == scope.region)
    for start in range(0, len(replaced), _CHUNK):
        connection.execute(of_region.where(VERSIONS.c.number.in_(replaced[start : start + _CHUNK])))
    if collected.forget_before is not None:
        old = LEDGER.c.day < collected.forget_before.toordinal()
        forgotten = select(LEDGER.c.seq).where(ledger_store.of_scope(scope), old)
        connection.execute(of_region.where(VERSIONS.c.number.in_(forgotten)))


def _columns(number: int, draft: Draft) -> dict[str, object]:
    return sealed(
        {
            "region": draft.region,
            "number": number,
            "occurred_at": to_micros(draft.occurred_at),
            "status": draft.status.value,
            "kind": draft.kind,
            "payload": draft.payload,
        }
    )


def _to_draft(row: Row[Any]) -> Draft:
    if row.seal != seal(*row[:-1]):
        raise StorageUnreadable(f"région {row.region}, version {row.number}: altered in the database; restore a backup")
    return Draft(from_micros(row.occurred_at), Status(row.status), row.region, row.kind, row.payload)
