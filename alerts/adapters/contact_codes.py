"""Codes sent to contacts and not returned yet, with the key of address digests: a file only its owner reads.

Neither a code nor an address is in it: codes are hashed slowly (scrypt), addresses are keyed digests. A code is good
for `VALID`, for one address, and for `TRIES` attempts; the next one sent replaces it. How many codes a contact was
sent, and how many wrong ones were given back for it, is counted here too (`alerts.contact_limits`): it decides nothing,
and every process that sends codes opens this file.
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

from alerts.contact_limits import CODES_SENT, WRONG_CODES
from alerts.contact_proofs import address_digest
from alerts.french import duration_text

VALID: Final = timedelta(minutes=15)
TRIES: Final = 5
DIGITS: Final = 6
# VALID, TRIES and DIGITS are Vigie's own choice: one chance in 200,000 to guess a code.
_KEY_BYTES: Final = 32


class CodeRefused(ValueError):
    """A code that proves nothing, or one too many; the message, in French, says what to do, never what the code was."""


@dataclass(slots=True)
class _Pending:
    digest: str
    salt: bytes
    code: bytes
    expires_at: datetime
    wrong: int = 0


@dataclass(slots=True)
class _Counted:
    """When codes were sent to a contact, and when wrong ones were given back: of late only."""

    sent: list[datetime] = field(default_factory=list)
    wrong: list[datetime] = field(default_factory=list)


@dataclass(slots=True)
class _Kept:
    key: str
    pending: dict[str, _Pending] = field(default_factory=dict)
    counted: dict[str, _Counted] = field(default_factory=dict)

    def of(self, contact: str, now: datetime) -> _Counted:
        """Return what counts for a contact, once what no longer counts for any is forgotten."""
        for name, each in list(self.counted.items()):
            each.sent, each.wrong = CODES_SENT.counted(each.sent, now), WRONG_CODES.counted(each.wrong, now)
            if not each.sent and not each.wrong:
                del self.counted[name]
        return self.counted.setdefault(contact, _Counted())


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
        """Return a new code to send to a contact; the one before is void. CodeRefused (too many), OSError."""
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        salt = secrets.token_bytes(16)
        with self._alone() as kept:
            counted = kept.of(contact, now)
            _refuse_after(WRONG_CODES.wait(counted.wrong, now), contact, _TOO_MANY_WRONG)
            _refuse_after(CODES_SENT.wait(counted.sent, now), contact, _TOO_MANY_SENT)
            counted.sent.append(now)
            digest = address_digest(self._key(kept), contact, address)
            kept.pending = {name: each for name, each in kept.pending.items() if each.expires_at > now}
            kept.pending[contact] = _Pending(digest, salt, _hashed(code, salt), now + VALID)
            self._write(kept)
        return code

    def finish(self, contact: str, address: str, code: str, now: datetime) -> str:
        """Use up a right code and return the digest of the address it came back from; CodeRefused, OSError."""
        with self._alone() as kept:
            counted = kept.of(contact, now)
            _refuse_after(WRONG_CODES.wait(counted.wrong, now), contact, _TOO_MANY_WRONG)
            digest = address_digest(self._key(kept), contact, address)
            pending = _awaited(kept, contact, digest, now)
            is_right = hmac.compare_digest(pending.code, _hashed(code, pending.salt))
            if is_right:
                del kept.pending[contact]
            else:
                pending.wrong += 1
                counted.wrong.append(now)
            self._write(kept)
        if not is_right:
            raise CodeRefused(f"{contact} : ce n'est pas le code envoyé ; essais restants : {TRIES - pending.wrong}")
        return digest

    @staticmethod
    def _key(kept: _Kept) -> bytes:
        return base64.b64decode(kept.key)

    def _load(self) -> _Kept:
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=_Kept)
        except msgspec.MsgspecError as error:
            raise CodeRefused(f"{self.path} : ce n'est pas un fichier de codes de contacts : {error}") from None

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


def _hours(window: timedelta) -> str:
    return f"{window // timedelta(hours=1)}\u00a0h"


_TOO_MANY_SENT: Final = (
    f"déjà {CODES_SENT.most} codes envoyés en {_hours(CODES_SENT.window)} ; le dernier reste valable "
    f"{duration_text(VALID)} après son envoi, donnez-le avec --code"
)
_TOO_MANY_WRONG: Final = (
    f"déjà {WRONG_CODES.most} codes faux en {_hours(WRONG_CODES.window)}, aucun n'est plus accepté ; vérifiez avec "
    "la personne qu'elle reçoit bien les messages de ce contact"
)


def _refuse_after(wait: timedelta, contact: str, why: str) -> None:
    if wait > timedelta(0):
        minutes = timedelta(minutes=-(-wait // timedelta(minutes=1)))
        raise CodeRefused(f"{contact} : {why}, ou réessayez dans {duration_text(minutes)}")


def _awaited(kept: _Kept, contact: str, digest: str, now: datetime) -> _Pending:
    pending = kept.pending.get(contact)
    if pending is None or pending.expires_at <= now or pending.digest != digest:
        raise CodeRefused(
            f"{contact} : aucun code de moins de {duration_text(VALID)} n'est attendu ; envoyez-en un avec --send"
        )
    if pending.wrong >= TRIES:
        raise CodeRefused(f"{contact} : {TRIES} essais faux, ce code ne vaut plus ; envoyez-en un autre avec --send")
    return pending


def _hashed(code: str, salt: bytes) -> bytes:
    return scrypt(code.encode(), salt=salt, n=2**14, r=8, p=1)
