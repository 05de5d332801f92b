"""The keys of a file too large to be remembered in memory: in a private temporary database that SQLite deletes."""

import sqlite3
from collections.abc import Sequence
from typing import Final

from streams.collecting.ledger import Key, MemoryKeys

MEMORY_KEYS: Final = 50_000
"""Keys remembered in memory before they go to the disk: about 10 MB, far more than a week of any establishment."""


class SpillingKeys:
    """`streams.collecting.ledger.SeenKeys` that moves to the disk when it grows."""

    def __init__(self, in_memory: int = MEMORY_KEYS) -> None:
        self._room = in_memory
        self._memory = MemoryKeys()
        self._disk: sqlite3.Connection | None = None

    def add_new(self, keys: Sequence[Key]) -> list[bool]:
        """Add keys in order; tell for each whether it is given for the first time."""
        if self._room <= 0:
            return [self._is_new_to_memory(key) and self._insert(key) for key in keys]
        self._room -= len(keys)
        return self._memory.add_new(keys)

    def missing(self, keys: Sequence[Key]) -> list[Key]:
        """Return those that were never given, in order."""
        found = self._memory.missing(keys)
        return found if self._disk is None else [key for key in found if not self._is_on_disk(key)]

    def _is_new_to_memory(self, key: Key) -> bool:
        return bool(self._memory.missing([key]))

    def _insert(self, key: Key) -> bool:
        if self._disk is None:
            self._disk = sqlite3.connect("", isolation_level=None)
            self._disk.execute("PRAGMA journal_mode=OFF")
            self._disk.execute("CREATE TABLE seen (key TEXT, status TEXT, PRIMARY KEY (key, status)) WITHOUT ROWID")
        status, text = key
        return self._disk.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (text, status.value)).rowcount == 1

    def _is_on_disk(self, key: Key) -> bool:
        status, text = key
        query = "SELECT 1 FROM seen WHERE key = ? AND status = ?"
        return self._disk is not None and self._disk.execute(query, (text, status.value)).fetchone() is not None

    def close(self) -> None:
        """Let SQLite delete what went to the disk."""
        if self._disk is not None:
            self._disk.close()
