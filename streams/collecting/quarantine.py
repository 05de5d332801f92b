"""Records that could not be read: set aside with their reason, their bytes locked or not kept at all.

A row is never deleted, only its bytes: how many records were refused, when and why stays known. States:

    HELD → REQUEUED   read again and accepted: the bytes are erased
    HELD → DROPPED    given up by somebody, for a reason that is journaled: the bytes are erased
    HELD → PURGED     kept longer than the stated delay: the bytes are erased

Bytes of a record may name a person. They are kept only when a key locks them; without one, the SHA-256 of the record
remains, which tells the sender which one it was.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

PURGE_AFTER: Final = timedelta(days=30)
"""How long locked bytes and dropped files are kept unless told otherwise: Vigie's choice, four times what a file
replaces."""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A record that could not become an entry.

    ``record`` is what is kept of its bytes: as read (published data), locked (``is_locked``), or nothing. ``sha256``
    (hex) is that of the bytes as read. ``format`` and ``receipt`` say how to read it again.
    """

    source: str
    line: int
    record: bytes
    reason: str
    received_at: datetime
    format: str = ""
    sha256: str = ""
    receipt: str = ""
    is_locked: bool = False


class HeldState(StrEnum):
    """What became of a record set aside."""

    HELD = "held"
    REQUEUED = "requeued"
    DROPPED = "dropped"
    PURGED = "purged"


@dataclass(frozen=True, slots=True)
class Held:
    """A record set aside, as stored: ``id`` counts from 1 within the journal."""

    id: int
    region: str
    state: HeldState
    quarantined: Quarantined


@dataclass(frozen=True, slots=True)
class Release:
    """A record leaves the quarantine: its bytes are erased."""

    id: int
    state: HeldState


class Quarantine(Protocol):
    """What is read of the records set aside; they are written with the journal's batches."""

    def all(self, region: str | None = None) -> Iterator[Held]:
        """Stream every record ever set aside, oldest first."""
        ...

    def find(self, id_: int) -> Held | None:
        """Return one record."""
        ...

    def already_held(self, region: str, digests: Collection[str]) -> frozenset[str]:
        """Return which SHA-256 are those of records already set aside and not accepted since."""
        ...


class VaultClosed(Exception):
    """The bytes cannot be read; the message says what is missing."""


class Vault(Protocol):
    """What locks bytes at rest."""

    @property
    def is_open(self) -> bool:
        """Whether there is a key: without one no byte is kept."""
        ...

    def lock(self, raw: bytes) -> bytes:
        """Return the bytes, unreadable without the key."""
        ...

    def unlock(self, locked: bytes) -> bytes:
        """Return the bytes as they were read; VaultClosed without the key that locked them."""
        ...


class NoVault:
    """No key: nothing is kept, nothing can be read."""

    is_open: bool = False

    def lock(self, raw: bytes) -> bytes:  # noqa: ARG002 - nothing of it is kept
        """Keep nothing."""
        return b""

    def unlock(self, locked: bytes) -> bytes:  # noqa: ARG002 - there is no key
        """Refuse."""
        raise VaultClosed("the quarantine is locked: set VIGIE_QUARANTINE_KEY to the key that was in use")


def readable(held: Held, vault: Vault) -> bytes:
    """Return the bytes of a record set aside; VaultClosed when they were never kept, are erased or stay locked."""
    quarantined = held.quarantined
    if held.state is not HeldState.HELD:
        raise VaultClosed(f"record {held.id} was {held.state}: its bytes are erased")
    if not quarantined.record:
        raise VaultClosed(
            f"the bytes of record {held.id} were not kept: no VIGIE_QUARANTINE_KEY was set when it was refused"
        )
    return vault.unlock(quarantined.record) if quarantined.is_locked else quarantined.record
