"""What the live processes keep in one database, and the transactions that change it.

The journal is on Kafka. Drafts are produced first, then `commit_collected` or `record_effects` is called: a process
killed between the two does it again, and what is there already stays as it is.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Final, Self

from alerts.adapters.database import Database
from alerts.adapters.outbox_store import StoredOutbox, claim_ready, finish_all
from alerts.adapters.postgres import PostgresDatabase, is_postgres
from alerts.adapters.sqlite_database import SqliteDatabase
from alerts.effects import Effect
from alerts.outbox import DEFAULT_POLICY, Claim, Delivery, Finished, RetryPolicy, StorageError, StorageUnreadable
from streams.adapters import (
    etablissement_store,
    ledger_store,
    migrating,
    projection,
    quarantine_store,
    receipt_store,
    version_store,
)
from streams.adapters.delivery_store import StoredDeliveries
from streams.adapters.etablissement_store import NOTHING_DECLARED, DeclaredList
from streams.adapters.forgetting import Forgetting
from streams.adapters.ledger_store import StoredLedger
from streams.adapters.live_tables import LIVE_TABLES
from streams.adapters.quarantine_store import StoredQuarantine
from streams.adapters.receipt_store import StoredReceipts
from streams.adapters.version_store import ReservedNumbers, StoredVersions
from streams.collecting.ledger import Collected
from streams.collecting.quarantine import Quarantined
from streams.entry import Draft
from streams.journal import JournalConflict
from streams.messages.reference import Etablissement

_SQLITE: Final = "sqlite:///"
_PURPOSE: Final = "live-store"


class LiveStore:
    """The database of the live processes. Safe to share between threads."""

    def __init__(self, database: Database, policy: RetryPolicy = DEFAULT_POLICY) -> None:
        self.database = database
        self.outbox = StoredOutbox(database, policy)
        self.ledger = StoredLedger(database)
        self.receipts = StoredReceipts(database)
        self.deliveries = StoredDeliveries(database)
        self.aside = StoredQuarantine(database)
        self._versions = StoredVersions(database)
        self.numbers = ReservedNumbers(self._versions.reserve)
        self._forgetting = Forgetting()
        self._declared: dict[str, DeclaredList] = {}

    @classmethod
    def open(cls, url: str, policy: RetryPolicy = DEFAULT_POLICY) -> Self:
        """Open the database of a URL; StorageError when it cannot be reached or is not of this version.

        ``postgresql+psycopg://…`` must have been migrated; ``sqlite:///<file>`` is made at its first use.
        """
        return cls(_open(url), policy)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self.database.close()

    def check(self) -> None:
        """Return when the database answers; StorageError when it does not."""
        with self.database.reading() as connection:
            connection.exec_driver_sql("SELECT 1")

    def record_effects(self, region: str, effects: Iterable[Effect]) -> None:
        """Store effects and queue the notifications among them; what is there already keeps its state."""
        with self.database.writing() as connection:
            projection.record_effects(connection, region, effects)

    def record_told(self, told: Iterable[tuple[str, Iterable[Effect]]], asked: Claim | None = None) -> list[Delivery]:
        """Do as `record_effects` for several régions, and claim what is then ready, in one transaction."""
        with self.database.writing() as connection:
            # In one order for all: two notifiers that are told the same wait for each other instead of crossing.
            for region, effects in sorted(told, key=itemgetter(0)):
                projection.record_effects(connection, region, effects)
            return claim_ready(connection, asked) if asked else []

    def effects(self, region: str) -> Iterator[Effect]:
        """Stream a région's effects by instant, then id."""
        return projection.stored_effects(self.database, region)

    def finish(self, region: str, reports: Iterable[Finished]) -> None:
        """Close items of the outbox; JournalConflict: one was never in it, and nothing is closed."""
        with self.database.writing() as connection:
            unknown = finish_all(connection, region, reports)
            if unknown is not None:
                raise JournalConflict(f"région {region}: notification {unknown} was never in the outbox")

    def reserve_numbers(self, region: str, count: int) -> range:
        """Return ``count`` numbers in a row for versions; nobody else is given them."""
        return self._versions.reserve(region, count)

    def versions(self, region: str, numbers: Iterable[int]) -> dict[int, Draft]:
        """Return the drafts kept under these numbers; those that are not kept any more are left out."""
        return self._versions.at(region, set(numbers))

    def commit_collected(
        self,
        region: str,
        collected: Collected,
        versions: Mapping[int, Draft],
        aside: Sequence[Quarantined] = (),
        of: str | None = None,
    ) -> None:
        """Write what collecting a file, or a part of it, leaves. JournalConflict, StorageError: nothing is written.

        ``versions`` are the drafts of ``collected.rows`` that a later file may correct, by ``seq``. A receipt that is
        there already stays: it counted what was new, a file read again only counts repeats. ``of`` is the id of the
        file's receipt: once that is kept, somebody else finished the file, and nothing more of it is written.
        """
        collected = self._forgetting.left_of(collected)
        with self.database.writing() as connection:
            if of is not None and receipt_store.is_kept(connection, of):
                return
            version_store.put(connection, collected, versions)
            ledger_store.put(connection, collected)
            quarantine_store.put(connection, region, aside)
            not_held = quarantine_store.release(connection, collected.releases)
            if not_held is not None:
                raise JournalConflict(f"record {not_held} is not in quarantine, or not any more")
            if collected.purge_before is not None:
                quarantine_store.purge(connection, collected.purge_before)
            if collected.receipt is not None:
                receipt_store.put_new(connection, collected.receipt)
        self._forgetting.note(collected)

    def declare(self, region: str, etablissements: Iterable[Etablissement], seq: int) -> bool:
        """Replace a région's establishments by those of journal entry ``seq``; False: not older than what is there."""
        with self.database.writing() as connection:
            return etablissement_store.declare(connection, region, etablissements, seq)

    def declared(self, region: str) -> Mapping[str, Etablissement]:
        """Return a région's establishments by FINESS number; they are only read again when the list changed."""
        known = etablissement_store.declared(self.database, region, self._declared.get(region, NOTHING_DECLARED))
        self._declared[region] = known
        return known.etablissements


def _open(url: str) -> Database:
    if url.startswith(_SQLITE):
        return _open_file(Path(url.removeprefix(_SQLITE)))
    if not is_postgres(url):
        raise StorageError(
            "the database URL is neither PostgreSQL's (postgresql+psycopg://account:password@host:port/database) nor"
            f" a file's ({_SQLITE}path)"
        )
    database = PostgresDatabase.open(url)
    try:
        migrating.require_current(database)
    except BaseException:
        database.close()
        raise
    return database


def _open_file(path: Path) -> SqliteDatabase:
    if not path.exists():
        return SqliteDatabase.create(path, LIVE_TABLES, {"purpose": _PURPOSE})
    database = SqliteDatabase.open(path)
    if database.meta("purpose") != _PURPOSE:
        database.close()
        raise StorageUnreadable(f"{path}: a journal of the embedded monitor, not a database of live processes")
    return database
