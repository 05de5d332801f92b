"""Codes sent to contacts and not returned yet, with the key of address digests: a file only its owner reads.

Neither a code nor an address is in it: codes are hashed slowly (scrypt), addresses are keyed digests. A code is good
for `VALID`, for one address, and for `TRIES` attempts; the next one sent replaces it.
"""

import base64
import fcntl
import hmac
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import scrypt
from pathlib import Path
from typing import Final

import msgspec

from alerts.contact_proofs import address_digest

VALID: Final = timedelta(minutes=15)
TRIES: Final = 5
DIGITS: Final = 6
# VALID, TRIES and DIGITS are Vigie's own choice: one chance in 200,000 to guess a code.
_KEY_BYTES: Final = 32


class CodeRefused(ValueError):
    """A code that proves nothing; the message says what to do, never what the code was."""


@dataclass(slots=True)
class _Pending:
    digest: str
    salt: bytes
    code: bytes
    expires_at: datetime
    wrong: int = 0


@dataclass(slots=True)
class _Kept:
    key: str
    pending: dict[str, _Pending] = field(default_factory=dict)


class ContactCodes:
    """The codes of one file, made when it is first needed. Safe between processes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def beside(cls, journal: Path) -> "ContactCodes":
        """Return the codes of a journal: ``vigie.db`` has ``vigie.db.contacts``."""
        return cls(journal.with_name(f"{journal.name}.contacts"))

    def digest(self, contact: str, address: str) -> str | None:
        """Return the digest of an address, or None while no code was ever sent with this file; CodeRefused, OSError."""
        if not self.path.exists():
            return None
        return address_digest(self._key(self._load()), contact, address)

    def ensure(self) -> None:
        """Make the key when there is none yet; CodeRefused, OSError."""
        with self._alone() as kept:
            if not self.path.exists():
                self._write(kept)

    def begin(self, contact: str, address: str, now: datetime) -> str:
        """Return a new code to send to a contact; the one before is void. CodeRefused, OSError."""
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        salt = secrets.token_bytes(16)
        with self._alone() as kept:
            digest = address_digest(self._key(kept), contact, address)
            kept.pending = {name: each for name, each in kept.pending.items() if each.expires_at > now}
            kept.pending[contact] = _Pending(digest, salt, _hashed(code, salt), now + VALID)
            self._write(kept)
        return code

    def finish(self, contact: str, address: str, code: str, now: datetime) -> str:
        """Use up a right code and return the digest of the address it came back from; CodeRefused, OSError."""
        with self._alone() as kept:
            pending = kept.pending.get(contact)
            digest = address_digest(self._key(kept), contact, address)
            if pending is None or pending.expires_at <= now or pending.digest != digest:
                raise CodeRefused(
                    f"{contact}: no code of less than {VALID.seconds // 60} minutes is awaited; --send one"
                )
            if pending.wrong >= TRIES:
                raise CodeRefused(f"{contact}: wrong {TRIES} times, this code is void; --send another")
            is_right = hmac.compare_digest(pending.code, _hashed(code, pending.salt))
            if is_right:
                del kept.pending[contact]
            else:
                pending.wrong += 1
            self._write(kept)
        if not is_right:
            raise CodeRefused(f"{contact}: this is not the code that was sent; {TRIES - pending.wrong} tries left")
        return digest

    @staticmethod
    def _key(kept: _Kept) -> bytes:
        return base64.b64decode(kept.key)

    def _load(self) -> _Kept:
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=_Kept)
        except msgspec.MsgspecError as error:
            raise CodeRefused(f"{self.path}: not a file of contact codes: {error}") from None

    @contextmanager
    def _alone(self) -> Iterator[_Kept]:
        # The file itself is replaced, hence a lock of its own.
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.with_name(f"{self.path.name}.verrou").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            new = _Kept(base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode())
            yield self._load() if self.path.exists() else new

    def _write(self, kept: _Kept) -> None:
        unfinished = self.path.with_name(f".{self.path.name}.part")
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(kept))
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self.path)


def _hashed(code: str, salt: bytes) -> bytes:
    return scrypt(code.encode(), salt=salt, n=2**14, r=8, p=1)
