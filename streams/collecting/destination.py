"""Where a collector writes, and what it asks before it does: the journal of one process, or the one on Kafka."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from streams.collecting.ledger import Collected, Ledger
from streams.collecting.quarantine import Quarantine, Quarantined
from streams.collecting.receipts import Receipts
from streams.entry import Draft, Entry
from streams.messages.reference import Etablissement

Version = Draft | Entry
"""What was journaled of a record."""


class Destination(Protocol):
    """What a collector needs of the journal it fills. One caller at a time."""

    @property
    def ledger(self) -> Ledger:
        """What each source has already given."""
        ...

    @property
    def receipts(self) -> Receipts:
        """What became of each file."""
        ...

    @property
    def aside(self) -> Quarantine:
        """The records that could not be read."""
        ...

    def declared(self, region: str) -> Mapping[str, Etablissement]:
        """Return the establishments a région declared, by FINESS number."""
        ...

    def number(self, region: str, ahead: int) -> int:
        """Return what draft ``ahead`` (from 0) of the next `collect` is known by in the rows of the ledger."""
        ...

    def versions(self, region: str, numbers: Collection[int]) -> Mapping[int, Version]:
        """Return what was journaled under these numbers; what is not kept any more is left out."""
        ...

    def collect(
        self,
        region: str,
        drafts: Sequence[Draft],
        at: datetime,
        collected: Collected,
        quarantine: Sequence[Quarantined] = (),
    ) -> object:
        """Journal what a file adds to a région, received ``at``, which may be nothing, with what is kept of it.

        StorageError, JournalError, `streams.live.problems.KafkaProblem`: it is to be done again, from the same file.
        """
        ...
