"""API keys in a JSON file beside the journal, readable by its owner only: digests, never a key.

`vigie keys` writes it, the running monitor reads it again as soon as it changes.
"""

import fcntl
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec

from streams.collecting.api_keys import SECRET_BYTES, ApiKey, new_key, revoke

_decode = msgspec.json.Decoder(list[ApiKey]).decode


class UnreadableKeys(Exception):
    """The file cannot be read as a list of keys."""


class ApiKeyStore:
    """The keys of one file. Reading is safe from several threads, and while another process writes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: tuple[tuple[int, int, int], list[ApiKey]] | None = None

    @classmethod
    def beside(cls, journal: Path) -> "ApiKeyStore":
        """Return the store of a journal: ``vigie.db`` has ``vigie.db.acces``."""
        return cls(journal.with_name(f"{journal.name}.acces"))

    def all(self) -> list[ApiKey]:
        """Return the keys, oldest first, revoked ones included; UnreadableKeys, OSError."""
        try:
            stat = self.path.stat()
        except FileNotFoundError:
            return []
        version = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        read = self._read
        if read is None or read[0] != version:
            read = self._read = (version, self._load())
        return read[1]

    def add(self, source: str, feeds: Iterable[str], at: datetime) -> tuple[str, ApiKey]:
        """Make a key; return its token, which is nowhere kept. UnusableApiKey."""
        with self._alone() as keys:
            ids = {key.id for key in keys}
            id_ = next(each for each in iter(lambda: secrets.token_hex(4), "") if each not in ids)
            token, key = new_key(secrets.token_urlsafe(SECRET_BYTES), id_, source, feeds, at)
            self._write([*keys, key])
            return token, key

    def revoke(self, id_: str, at: datetime) -> None:
        """Close a key for ever; UnusableApiKey when there is no such key in force."""
        with self._alone() as keys:
            self._write(revoke(keys, id_, at))

    def _load(self) -> list[ApiKey]:
        try:
            return _decode(self.path.read_bytes())
        except msgspec.MsgspecError as error:
            raise UnreadableKeys(f"{self.path}: not a file of API keys: {error}") from None

    @contextmanager
    def _alone(self) -> Iterator[list[ApiKey]]:
        # Two administrators at once must not undo each other; the file itself is replaced, hence a lock of its own.
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.with_name(f"{self.path.name}.verrou").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield self._load() if self.path.exists() else []

    def _write(self, keys: list[ApiKey]) -> None:
        unfinished = self.path.with_name(f".{self.path.name}.part")
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(keys), indent=2) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self.path)
