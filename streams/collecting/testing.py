"""Ledger, receipts and quarantine in memory, under the same contracts as those of a file."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from streams.collecting.decoding import Manifest, Window
from streams.collecting.ledger import Collected, Key, LedgerRow, Scope
from streams.collecting.quarantine import Held, HeldState, Quarantined, Release
from streams.collecting.receipts import Receipt
from streams.entry import Status


class MemoryLedger:
    """A `streams.collecting.ledger.Ledger` in dictionaries."""

    def __init__(self) -> None:
        self.rows: dict[Scope, dict[Key, LedgerRow]] = {}

    def known(self, scope: Scope, keys: Collection[str]) -> dict[Key, LedgerRow]:
        """Return the rows of these keys, whatever their status."""
        wanted = frozenset(keys)
        return {key: row for key, row in self.rows.get(scope, {}).items() if row.key in wanted}

    def keys_within(self, scope: Scope, status: Status, window: Window) -> Iterator[str]:
        """Stream the keys of the rows of the days of a window, by day and key."""
        found = [
            (row.day, row.key)
            for row in self.rows.get(scope, {}).values()
            if row.status is status and window.first <= row.day <= window.last
        ]
        return iter([key for _, key in sorted(found)])

    def put(self, collected: Collected) -> None:
        """Write what collecting adds, and forget what is out of its days."""
        if collected.scope is None:
            return
        rows = self.rows.setdefault(collected.scope, {})
        rows.update({(row.status, row.key): row for row in collected.rows})
        for key in collected.gone:
            rows.pop(key, None)
        limit = collected.forget_before
        for key in [key for key, row in rows.items() if limit is not None and row.day < limit]:
            del rows[key]


class MemoryReceipts:
    """A `streams.collecting.receipts.Receipts` in a list."""

    def __init__(self) -> None:
        self._receipts: list[Receipt] = []

    def all(self, region: str | None = None) -> Iterator[Receipt]:
        """Stream the receipts, oldest first."""
        return iter([each for each in self._receipts if region in (None, each.region)])

    def find(self, id_: str) -> Receipt | None:
        """Return one receipt."""
        return next((each for each in self._receipts if each.id == id_), None)

    def of_extraction(self, region: str, manifest: Manifest) -> list[Receipt]:
        """Return the receipts of the manifest's source and extraction, oldest first."""
        asked = (manifest.feed, manifest.source, manifest.extracted_at)
        return [each for each in self.all(region) if (each.feed, each.source, each.extracted_at) == asked]

    def newest(self, region: str, manifest: Manifest) -> datetime | None:
        """Return the latest extraction of the manifest's source that covered a day of its window."""
        extractions = [
            each.extracted_at
            for each in self.all(region)
            if (each.feed, each.source) == (manifest.feed, manifest.source)
            and not each.is_older
            and _overlaps(each.window, manifest.window)
            and each.extracted_at is not None
        ]
        return max(extractions, default=None)

    def put(self, receipt: Receipt) -> None:
        """Keep a receipt."""
        self._receipts.append(receipt)


class MemoryQuarantine:
    """A `streams.collecting.quarantine.Quarantine` in a list."""

    def __init__(self) -> None:
        self._held: list[Held] = []

    def all(self, region: str | None = None) -> Iterator[Held]:
        """Stream every record ever set aside, oldest first."""
        return iter([held for held in self._held if region in (None, held.region)])

    def find(self, id_: int) -> Held | None:
        """Return one record."""
        return self._held[id_ - 1] if 1 <= id_ <= len(self._held) else None

    def already_held(self, region: str, digests: Collection[str]) -> frozenset[str]:
        """Return which SHA-256 are those of records already set aside and not accepted since."""
        held = {each.quarantined.sha256 for each in self.all(region) if each.state is not HeldState.REQUEUED}
        return frozenset(digests) & held

    def put(self, region: str, records: Sequence[Quarantined]) -> None:
        """Keep records set aside."""
        for record in records:
            self._held.append(Held(len(self._held) + 1, region, HeldState.HELD, record))

    def release(self, releases: Iterable[Release]) -> None:
        """Erase the bytes of records that leave the quarantine."""
        for each in releases:
            self._erase(each.id, each.state)

    def purge(self, before: datetime) -> None:
        """Erase the bytes of the records received before an instant."""
        for held in self._held:
            record = held.quarantined
            if held.state is HeldState.HELD and record.is_locked and record.received_at < before:
                self._erase(held.id, HeldState.PURGED)

    def _erase(self, id_: int, state: HeldState) -> None:
        held = self._held[id_ - 1]
        self._held[id_ - 1] = replace(held, state=state, quarantined=replace(held.quarantined, record=b""))


def _overlaps(one: Window | None, other: Window | None) -> bool:
    if other is None:
        return True
    return one is not None and one.first <= other.last and one.last >= other.first
