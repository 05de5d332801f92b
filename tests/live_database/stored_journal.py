"""A journal in memory whose stores are those of the live processes: what their tests ask of a journal."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Self

from alerts.adapters.outbox_store import enqueue, recall_all
from streams.adapters.live_store import LiveStore
from streams.collecting.ledger import Collected
from streams.collecting.quarantine import Quarantined
from streams.entry import Draft, Entry, Head
from streams.integrity import Problem
from streams.journal import Batch, JournalPurpose, Snapshot, StoredEffect
from streams.testing import MemoryJournal


class StoredJournal:
    """A `streams.journal.Journal`: chains in memory, the rest in a `LiveStore`. For one thread."""

    def __init__(self, store: LiveStore) -> None:
        self.store = store
        self.outbox = store.outbox
        self.ledger = store.ledger
        self.receipts = store.receipts
        self.aside = store.aside
        self._memory = MemoryJournal()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.store.close()

    @property
    def purpose(self) -> JournalPurpose:
        return self._memory.purpose

    def regions(self) -> list[str]:
        return self._memory.regions()

    def head(self, region: str) -> Head:
        return self._memory.head(region)

    def heads(self) -> list[Head]:
        return self._memory.heads()

    def commit(self, batch: Batch) -> Head:
        region, collected = batch.head.region, batch.collected or Collected()
        entries = {entry.seq: entry for entry in batch.entries}
        kept = {row.seq: _draft(entries[row.seq]) for row in collected.rows if row.seq in entries}
        # The store first: what it refuses must leave the chains as they were.
        self.store.commit_collected(region, collected, kept, batch.quarantine)
        with self.store.database.writing() as connection:
            enqueue(connection, region, batch.outbox)
            recall_all(connection, region, (effect for effect, _ in batch.effects))
        self.store.finish(region, batch.finished)
        return self._memory.commit(batch)

    def commit_all(self, batches: Iterable[Batch]) -> None:
        for batch in batches:
            self.commit(batch)

    def entries(self, region: str, after_seq: int = 0, until: datetime | None = None) -> Iterator[Entry]:
        return self._memory.entries(region, after_seq, until)

    def entries_at(self, region: str, seqs: Collection[int]) -> dict[int, Entry]:
        entries = self._memory.entries_at(region, seqs)
        drafts = self.store.versions(region, seqs)
        assert {seq: _draft(entry) for seq, entry in entries.items()} == drafts
        return entries

    def effects(self, region: str, after: int = 0) -> Iterator[StoredEffect]:
        return self._memory.effects(region, after)

    def latest_snapshot(self, region: str) -> Snapshot | None:
        return self._memory.latest_snapshot(region)

    def quarantined(self, region: str | None = None) -> Iterator[Quarantined]:
        return (held.quarantined for held in self.aside.all(region))

    def verify(self) -> list[Problem]:
        return self._memory.verify()


def _draft(entry: Entry) -> Draft:
    return Draft(entry.occurred_at, entry.status, entry.region, entry.kind, entry.payload)
