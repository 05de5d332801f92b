"""Verification of a journal file, down to the row, whatever a damaged disk made of it.

SQLite's own check sees its structure, the chains see the content, the seals see the rest. A malformed page
makes a whole chunk unreadable: its rows are then read one by one, so that the first bad entry is still named.
"""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, Final

from sqlalchemy import Column, Connection, Row, Table, select

from alerts.adapters.database import seal, table_of
from alerts.adapters.outbox_store import OUTBOX
from alerts.adapters.sqlite_database import MetaRow, SqliteDatabase, schema_digest
from alerts.outbox import StorageError
from streams.adapters import tables
from streams.adapters.ledger_store import LEDGER
from streams.adapters.quarantine_store import QUARANTINE
from streams.adapters.receipt_store import RECEIPTS
from streams.adapters.tables import EFFECTS, ENTRIES, HEADS, SNAPSHOTS
from streams.entry import Head, canonical
from streams.integrity import (
    EffectRecord,
    EntryRecord,
    Problem,
    Unreadable,
    first_bad_effect,
    first_bad_entry,
)
from streams.journal import fresh_head

_CHUNK: Final = 1000
_MOST_COMPLAINTS: Final = 20
_META: Final = table_of(MetaRow)


def verify(database: SqliteDatabase) -> list[Problem]:
    """Return every fault found, the file's first; never raises for what the file contains."""
    checks: list[Callable[[Connection], Iterator[Problem]]] = [
        _structure,
        _schema,
        lambda c: _seals(c, _META, "meta"),
        lambda c: _seals(c, HEADS, "head"),
        _regions,
        lambda c: _seals(c, SNAPSHOTS, "snapshot"),
        lambda c: _seals(c, OUTBOX, "outbox"),
        lambda c: _seals(c, QUARANTINE, "quarantine", unsealed=1),
        lambda c: _no_gap(c, QUARANTINE.c.id, "quarantine"),
        lambda c: _seals(c, LEDGER, "ledger"),
        lambda c: _seals(c, RECEIPTS, "receipt", unsealed=1),
        lambda c: _no_gap(c, RECEIPTS.c.number, "receipt"),
    ]
    return [problem for check in checks for problem in _guarded(database, check)]


def _guarded(database: SqliteDatabase, check: Callable[[Connection], Iterator[Problem]]) -> list[Problem]:
    found: list[Problem] = []
    try:
        with database.reading() as connection:
            # Not a comprehension: what was found before the damage stopped the check must be kept.
            for problem in check(connection):
                found.append(problem)  # noqa: PERF402
    except StorageError as error:
        found.append(Problem("file", str(error)))
    except Exception as error:  # noqa: BLE001  damaged bytes surface as any type of error; each is a finding
        found.append(Problem("file", f"{database.path}: unreadable ({error})"))
    return found


def _structure(connection: Connection) -> Iterator[Problem]:
    for (complaint,) in connection.exec_driver_sql(f"PRAGMA integrity_check({_MOST_COMPLAINTS})"):
        if complaint != "ok":
            yield Problem("file", str(complaint))


def _schema(connection: Connection) -> Iterator[Problem]:
    written = connection.execute(select(_META.c.value).where(_META.c.key == "schema")).scalar_one_or_none()
    if written != schema_digest(connection):
        yield Problem("file", "the definition of the tables was altered")


def _seals(connection: Connection, table: Table, part: str, unsealed: int = 0) -> Iterator[Problem]:
    """Check each row's seal; the first ``unsealed`` columns and the seal itself are not under it."""
    rows = connection.execution_options(yield_per=_CHUNK).execute(select(table).order_by(*table.primary_key))
    for row in rows:
        if row.seal != seal(*row[unsealed:-1]):
            key = ", ".join(str(value) for value in row[: len(table.primary_key)])
            yield Problem(part, f"{key}: its row does not match its seal")


def _no_gap(connection: Connection, number: Column[Any], part: str) -> Iterator[Problem]:
    for expected, (found,) in enumerate(connection.execute(select(number).order_by(number)), 1):
        if found != expected:
            yield Problem(part, f"missing: record {found} is in its place", number=expected)
            return


def _regions(connection: Connection) -> Iterator[Problem]:
    heads = _heads(connection)
    for region in sorted({*heads, *_regions_in(connection, ENTRIES), *_regions_in(connection, EFFECTS)}):
        head = heads.get(region) or fresh_head(region)
        for problem in (
            first_bad_entry(head, _entry_rows(connection, region)),
            first_bad_effect(head, _effect_rows(connection, region)),
        ):
            if problem:
                yield problem


def _heads(connection: Connection) -> dict[str, Head]:
    try:
        return {row.region: tables.to_head(row) for row in connection.execute(select(HEADS))}
    except Exception:  # noqa: BLE001  the seals of the heads report the damage; entries are judged without them
        return {}


def _regions_in(connection: Connection, table: Table) -> Iterator[str]:
    """Jump from région to région through the clustered key instead of reading every row."""
    region = ""
    while True:
        query = select(table.c.region).where(table.c.region > region).order_by(table.c.region).limit(1)
        try:
            found = connection.execute(query).scalar_one_or_none()
        except Exception:  # noqa: BLE001  a damaged page: the structure check reports it, the heads name the régions
            return
        if not isinstance(found, str) or found <= region:
            return
        yield found
        region = found


def _entry_rows(connection: Connection, region: str) -> Iterator[EntryRecord | Unreadable]:
    for row in _rows(connection, region, ENTRIES.c.seq):
        yield row if isinstance(row, Unreadable) else _read_entry(row)


def _read_entry(row: Row[Any]) -> EntryRecord | Unreadable:
    try:
        record = EntryRecord(tables.to_entry(row), row.digest)
        canonical(record.entry)
    except Exception as error:  # noqa: BLE001  an altered column fails in as many ways as there are types
        return Unreadable(f"its row was altered ({error!r})")
    return record


def _effect_rows(connection: Connection, region: str) -> Iterator[EffectRecord | Unreadable]:
    for row in _rows(connection, region, EFFECTS.c.number):
        yield row if isinstance(row, Unreadable) else _read_effect(row)


def _read_effect(row: Row[Any]) -> EffectRecord | Unreadable:
    try:
        return tables.to_effect_record(row)
    except Exception as error:  # noqa: BLE001  as above
        return Unreadable(f"its row was altered ({error})")


def _rows(connection: Connection, region: str, number: Column[Any]) -> Iterator[Row[Any] | Unreadable]:
    """Stream a région's rows in order of ``number``, by chunks while they can be read, then one by one."""
    query = select(number.table).where(number.table.c.region == region).order_by(number)
    after = 0
    while True:
        try:
            rows = connection.execute(query.where(number > after).limit(_CHUNK)).all()
        except Exception:  # noqa: BLE001  some row of this chunk is damaged: the next loop finds which
            break
        if not rows:
            return
        yield from rows
        after = rows[-1]._mapping[number]  # noqa: SLF001  public in SQLAlchemy: the underscore keeps columns free
    for expected in count(after + 1):
        try:
            row = connection.execute(query.where(number == expected)).one_or_none()
        except Exception as error:  # noqa: BLE001  this is the one
            yield Unreadable(f"cannot be read ({getattr(error, 'orig', None) or error})")
            return
        if row is None:
            return
        yield row
