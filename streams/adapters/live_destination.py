"""Where the collector of a live process writes: facts to the journal on Kafka, then what is kept of them in a database.

Killed between the two, the file is collected again: its facts get the same ids, and whoever reads the journal counts a
fact once. Only ids read lately are remembered by readers, so a file that may have been begun before is told with
``begun_at``: what the journal already holds of it is then not sent again, however much was written meanwhile.

A worker that was suspended in the middle of a file goes on with it when it wakes. Meanwhile another may have finished
the file, and newer ones: once its ``receipt`` is kept, nothing more of a file is written.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Final, Protocol

from streams.adapters.ledger_store import StoredLedger
from streams.adapters.live_store import LiveStore
from streams.adapters.quarantine_store import StoredQuarantine
from streams.adapters.receipt_store import StoredReceipts
from streams.collecting.ledger import Collected
from streams.collecting.quarantine import Quarantined
from streams.collecting.visit_versions import QUOTED
from streams.entry import Draft
from streams.live.record import fact_id
from streams.messages.reference import Etablissement

_CLOCKS_DIFFER: Final = timedelta(minutes=15)
"""How far the clocks of two brokers may be apart. Vigie's own choice."""

Fact = tuple[str, Draft]
"""A draft with its id."""


class Facts(Protocol):
    """The journal, as far as a collector writes it: `streams.adapters.journal_topic.JournalTopic`."""

    def append(self, drafts: Iterable[Fact]) -> object:
        """Append drafts in order, each with its id; return when they are held."""
        ...

    def ids_since(self, region: str, instant: datetime) -> Iterator[str]:
        """Yield the ids of the records appended since an instant, the last ones at least."""
        ...


class LiveDestination:
    """A `streams.collecting.destination.Destination` for one file, or one order.

    ``cause`` names it: its facts have the same ids whenever it is collected again. ``begun_at``: since when it may have
    been collected in part, None when nobody can have begun. ``receipt`` is the id of the file's receipt.
    """

    def __init__(
        self, store: LiveStore, journal: Facts, cause: str, begun_at: datetime | None, receipt: str | None = None
    ) -> None:
        self._store = store
        self._journal = journal
        self._cause = cause
        self._begun_at = begun_at
        self._receipt = receipt
        self._numbers: list[int] = []
        self._declared: dict[str, Mapping[str, Etablissement]] = {}

    @property
    def ledger(self) -> StoredLedger:
        """What each source has already given."""
        return self._store.ledger

    @property
    def receipts(self) -> StoredReceipts:
        """What became of each file."""
        return self._store.receipts

    @property
    def aside(self) -> StoredQuarantine:
        """The records that could not be read."""
        return self._store.aside

    def declared(self, region: str) -> Mapping[str, Etablissement]:
        """Return the establishments a région declared, the same as long as this file is read."""
        if region not in self._declared:
            self._declared[region] = self._store.declared(region)
        return self._declared[region]

    def number(self, region: str, ahead: int) -> int:
        """Return what draft ``ahead`` (from 0) of the next `collect` is known by in the rows of the ledger."""
        while len(self._numbers) <= ahead:
            self._numbers.append(self._store.numbers.take(region))
        return self._numbers[ahead]

    def versions(self, region: str, numbers: Collection[int]) -> Mapping[int, Draft]:
        """Return what was journaled under these numbers; what is not kept any more is left out."""
        return self._store.versions(region, numbers)

    def collect(
        self,
        region: str,
        drafts: Sequence[Draft],
        at: datetime,  # noqa: ARG002 - on Kafka the brokers say when
        collected: Collected,
        quarantine: Sequence[Quarantined] = (),
    ) -> None:
        """Journal drafts, then keep what comes with them. A `KafkaProblem`, StorageError, JournalConflict."""
        if self._receipt is not None and self._store.receipts.find(self._receipt) is not None:
            return
        numbered = list(zip_longest(drafts, self._numbers[: len(drafts)]))
        keys = {row.seq: row.key for row in collected.rows}
        facts = [self._fact(draft, keys.get(number)) for draft, number in numbered]
        if facts:
            self._journal.append(self._missing(region, facts))
        quoted = {number: draft for draft, number in numbered if number in keys and draft.kind in QUOTED}
        self._store.commit_collected(region, collected, quoted, quarantine, self._receipt)
        del self._numbers[: len(drafts)]

    def _fact(self, draft: Draft, key: str | None) -> Fact:
        # Two records of a file may say the same thing of two things.
        return fact_id(self._cause if key is None else f"{self._cause} {key}", draft), draft

    def _missing(self, region: str, facts: list[Fact]) -> list[Fact]:
        if self._begun_at is None:
            return facts
        ours = {id_ for id_, _ in facts}
        there = ours.intersection(self._journal.ids_since(region, self._begun_at - _CLOCKS_DIFFER))
        return [fact for fact in facts if fact[0] not in there]
