"""The records of a file that could not be read, on their way into quarantine."""

import hashlib
from collections.abc import Sequence

from streams.collecting.decoding import Context, Refused
from streams.collecting.destination import Destination
from streams.collecting.quarantine import Quarantined, Vault
from streams.collecting.receipts import Receipt


class Aside:
    """Locks the unreadable records of one file, each once."""

    def __init__(self, destination: Destination, context: Context, receipt: Receipt, vault: Vault) -> None:
        self._destination = destination
        self._context = context
        self._receipt = receipt
        self._vault = vault
        self._held_here: set[str] = set()

    def new(self, refused: Sequence[Refused]) -> list[Quarantined]:
        """Return what is to be kept of these records: those that nothing holds yet."""
        digests = [hashlib.sha256(item.raw).hexdigest() if item.raw else "" for item in refused]
        held = self._destination.aside.already_held(self._context.region, {each for each in digests if each})
        kept = []
        for item, digest in zip(refused, digests, strict=True):
            # A file sent every day for a week brings the same unreadable record seven times: it is kept once.
            if digest and (digest in held or digest in self._held_here):
                continue
            self._held_here.add(digest)
            kept.append(self._quarantined(item, digest))
        return kept

    def _quarantined(self, item: Refused, digest: str) -> Quarantined:
        return Quarantined(
            source=self._receipt.name,
            line=item.position,
            record=self._vault.lock(item.raw) if item.raw else b"",
            reason=item.reason,
            received_at=self._context.received_at,
            format=self._receipt.format,
            sha256=digest,
            receipt=self._receipt.id,
            is_locked=self._vault.is_open,
        )
