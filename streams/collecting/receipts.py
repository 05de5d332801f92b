"""Receipts: what became of each file, counted so that nothing is lost from sight.

received = accepted + duplicates + quarantined, always. ``journaled`` counts the entries appended: one for each
accepted record, one for each visit that the file no longer holds, one for a newer file of visits that brings nothing
new (its source lives).
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Final, Protocol

from streams.collecting.decoding import Accepted, Manifest, Window
from streams.collecting.delay_counts import DelayCounts
from streams.collecting.delays import Spread
from streams.messages import Message
from streams.messages.visits import PassageRPU

FILLED_FIELDS: Final = {"DP": "diagnosis_cim10", "GRAVITE": "ccmu", "SORTIE": "exited_at"}
"""The fields of a visit whose completeness is followed, by their name in the file."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one file.

    ``extracted_at`` and ``window`` are what it says of itself, ``elsewhere`` the records of other régions it holds,
    left out and not counted as received. ``is_older``: a newer file of the source had already covered its days, and it
    changed nothing. ``flags`` counts the quality rules broken by its readable records, ``filled`` how many of its
    ``visits`` give each field of `FILLED_FIELDS`. Delays, in seconds, run from the instant of each added record to its
    reception; ``delays`` counts them by `streams.collecting.delays.BOUNDS`. ``reader`` tells apart what may read the
    same bytes otherwise. ``refused`` says why nothing at all could
    be read of it.
    """

    id: str
    region: str
    received_at: datetime
    name: str
    sha256: str
    format: str = ""
    feed: str = ""
    source: str = ""
    extracted_at: datetime | None = None
    window: Window | None = None
    received: int = 0
    accepted: int = 0
    duplicates: int = 0
    quarantined: int = 0
    journaled: int = 0
    corrected: int = 0
    removed: int = 0
    elsewhere: int = 0
    is_older: bool = False
    flags: dict[str, int] = field(default_factory=dict)
    visits: int = 0
    filled: dict[str, int] = field(default_factory=dict)
    delay_median_s: int | None = None
    delay_max_s: int | None = None
    delays: Spread = ()
    reader: str = ""
    refused: str = ""

    def __post_init__(self) -> None:
        if self.received != self.accepted + self.duplicates + self.quarantined:
            raise ValueError(f"{self.name}: {line(self)} does not add up")

    @property
    def manifest(self) -> Manifest:
        """What the file said of itself."""
        return Manifest(self.feed, self.source, self.extracted_at or self.received_at, self.window)


def line(receipt: Receipt) -> str:
    """Return the one line printed for a file."""
    return (
        f"{receipt.name} received={receipt.received} accepted={receipt.accepted} duplicates={receipt.duplicates} "
        f"quarantined={receipt.quarantined} journaled={receipt.journaled}"
    )


class Receipts(Protocol):
    """What is read of the receipts kept; they are written with the journal's batches and never change."""

    def all(self, region: str | None = None) -> Iterator[Receipt]:
        """Stream the receipts, oldest first."""
        ...

    def find(self, id_: str) -> Receipt | None:
        """Return one receipt."""
        ...

    def of_extraction(self, region: str, manifest: Manifest) -> list[Receipt]:
        """Return the receipts of the manifest's source and extraction, oldest first."""
        ...

    def newest(self, region: str, manifest: Manifest) -> datetime | None:
        """Return the latest extraction of the manifest's source that covered a day of its window."""
        ...


_filled_of: Final = attrgetter(*FILLED_FIELDS.values())


@dataclass(slots=True)
class Tally:
    """Counts the records of a file while it is read."""

    received: int = 0
    accepted: int = 0
    corrected: int = 0
    duplicates: int = 0
    quarantined: int = 0
    removed: int = 0
    lived: int = 0
    visits: int = 0
    flags: Counter[str] = field(default_factory=Counter)
    filled: Counter[str] = field(default_factory=Counter)
    delays: DelayCounts = field(default_factory=DelayCounts)

    def readable(self, item: Accepted, extra_flags: Sequence[str] = ()) -> None:
        """Count what a readable record says, whatever the ledger makes of it."""
        self.received += 1
        # Most records break no rule, and counting nothing has its cost.
        if item.flags:
            self.flags.update(item.flags)
        if extra_flags:
            self.flags.update(extra_flags)
        self._fill(item.message)

    def _fill(self, message: Message) -> None:
        if isinstance(message, PassageRPU):
            self.visits += 1
            for name, value in zip(FILLED_FIELDS, _filled_of(message), strict=True):
                if value is not None:
                    self.filled[name] += 1

    def added(self, occurred_at: datetime, received_at: datetime) -> None:
        """Count a new record and how late it comes."""
        self.accepted += 1
        self.delays.add(int((received_at - occurred_at).total_seconds()))

    def counts(self) -> dict[str, object]:
        """Return the fields of a `Receipt`."""
        return {
            "received": self.received,
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "quarantined": self.quarantined,
            "journaled": self.accepted + self.removed + self.lived,
            "corrected": self.corrected,
            "removed": self.removed,
            "flags": dict(sorted(self.flags.items())),
            "visits": self.visits,
            "filled": {name: self.filled[name] for name in FILLED_FIELDS} if self.visits else {},
            "delay_median_s": self.delays.median(),
            "delay_max_s": self.delays.longest(),
            "delays": self.delays.spread(),
        }
