"""Signed links: what a message carries so that its reader may answer, without an account.

A token is 32 bytes in URL-safe base64 without padding, 43 characters of the GSM 7-bit alphabet: 16 bytes that say
what the link is about, then the first 16 bytes of an HMAC-SHA-256 over the scope and these bytes (NIST SP 800-107:
a truncated HMAC of 128 bits is beyond guessing). Everything else (alert, person, contact, age) is looked up where
the link is opened, never read from the link.

=========  ================================================================  =====================================
scope      what the 16 bytes are                                             what it opens
=========  ================================================================  =====================================
``r``      the id of a notification (a UUID)                                 the answers of its person to its alerts
``p``      the same                                                          the open alerts, to read
``a``      minutes since 1970 (4 bytes), then SHA-256 of région and person   the open alerts and the relève of a
           (12 bytes)                                                        person, to answer too
=========  ================================================================  =====================================
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from alerts.effects import Notify

SHORTEST_SECRET: Final = 32
TOKEN_LENGTH: Final = 43
DEFAULT_LIFETIME: Final = timedelta(hours=24)
"""How long a link opens anything after its notification was decided. Vigie's own choice: one night and one day."""
_HALF: Final = 16
_MINUTES: Final = 4
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Scope(StrEnum):
    """What a link opens; the value is the first part of its path."""

    ANSWER = "r"
    READ = "p"
    PERSON = "a"


class Refusal(StrEnum):
    """Why a link did nothing; the values are journaled."""

    MALFORMED = "malformed"
    FORGED = "forged"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    CLOSED = "closed"
    FOREIGN = "foreign"


class LinkRefusal(Exception):
    """A link does nothing; ``notification_id`` is known once the signature is right."""

    def __init__(self, reason: Refusal, notification_id: str = "") -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.notification_id = notification_id


@dataclass(frozen=True, slots=True)
class LinkKey:
    """A secret that signs links from ``first_day`` (UTC) on; ValueError when it is too short."""

    id: str
    secret: bytes
    first_day: date

    def __post_init__(self) -> None:
        if len(self.secret) < SHORTEST_SECRET:
            raise ValueError(f"the secret of {self.id!r} is shorter than {SHORTEST_SECRET} bytes")

    def __repr__(self) -> str:
        return f"LinkKey({self.id!r}, from {self.first_day})"


class LinkKeys:
    """A ring: the latest key that has begun signs, any of them opens. ValueError without keys, or with one id twice."""

    def __init__(self, *keys: LinkKey) -> None:
        if not keys:
            raise ValueError("no key of links")
        if len({key.id for key in keys}) != len(keys):
            raise ValueError("two keys of links have the same id")
        self._keys = tuple(sorted(keys, key=lambda key: (key.first_day, key.id)))

    def __repr__(self) -> str:
        return f"LinkKeys{self._keys!r}"

    def token(self, scope: Scope, subject: bytes, at: datetime) -> str:
        """Return the token of a subject of 16 bytes, signed by the key in force at ``at`` (aware)."""
        begun = [key for key in self._keys if key.first_day <= at.astimezone(UTC).date()]
        signed = subject + _mac((begun or self._keys)[-1 if begun else 0], scope, subject)
        return base64.urlsafe_b64encode(signed).decode().rstrip("=")

    def subject(self, scope: Scope, token: str) -> bytes:
        """Return the subject of a token; LinkRefusal when it is malformed, or signed by no key for this scope."""
        signed = _decoded(token)
        subject, given = signed[:_HALF], signed[_HALF:]
        # Every key is tried, so that how long it takes says nothing.
        fitting = [key for key in self._keys if hmac.compare_digest(_mac(key, scope, subject), given)]
        if not fitting:
            raise LinkRefusal(Refusal.FORGED)
        return subject

    def digest(self, *words: str) -> str:
        """Return 16 hexadecimal digits that tell values apart without telling them, such as a remote address."""
        return hmac.digest(self._keys[0].secret, "|".join(("digest", *words)).encode(), "sha256").hex()[:_HALF]

    def seal(self, *words: str) -> str:
        """Return what shows that Vigie wrote these words, in 32 hexadecimal digits."""
        return _seal(self._keys[-1], words)

    def is_sealed(self, given: str, *words: str) -> bool:
        """Tell whether a seal is that of these words, by any key: a form may be open while keys change."""
        fitting = [key for key in self._keys if given.isascii() and hmac.compare_digest(_seal(key, words), given)]
        return bool(fitting)


def answer_token(keys: LinkKeys, notify: Notify) -> str | None:
    """Return the token with which the person of a notification answers; None for an id that is no UUID."""
    subject = _uuid_bytes(notify.id)
    return None if subject is None else keys.token(Scope.ANSWER, subject, notify.at)


def reading_token(keys: LinkKeys, notify: Notify) -> str | None:
    """Return the token with which the person of a notification reads what is open; None as above."""
    subject = _uuid_bytes(notify.id)
    return None if subject is None else keys.token(Scope.READ, subject, notify.at)


def notification_of(subject: bytes) -> str:
    """Return the id of the notification that a subject names."""
    return str(UUID(bytes=subject))


def person_token(keys: LinkKeys, region: str, person: str, at: datetime) -> str:
    """Return the token of a person of a région's roster, given at ``at`` (aware)."""
    minutes = int((at - _EPOCH).total_seconds()) // 60
    return keys.token(Scope.PERSON, minutes.to_bytes(_MINUTES) + _person_digest(region, person), at)


@dataclass(frozen=True, slots=True)
class PersonSubject:
    """What a person's link says: when it was given, and who may be meant."""

    given_at: datetime
    digest: bytes

    def person(self, region: str, people: Iterable[str]) -> str | None:
        """Return the person meant among the ids of a région, or None."""
        return next((each for each in people if _person_digest(region, each) == self.digest), None)


def person_subject(subject: bytes) -> PersonSubject:
    """Read the subject of a person's link."""
    minutes = int.from_bytes(subject[:_MINUTES])
    return PersonSubject(_EPOCH + timedelta(minutes=minutes), subject[_MINUTES:])


def check_age(given_at: datetime, now: datetime, lifetime: timedelta, notification_id: str = "") -> None:
    """Raise LinkRefusal when a link given at ``given_at`` is too old at ``now``."""
    if now - given_at > lifetime:
        raise LinkRefusal(Refusal.EXPIRED, notification_id)


def _mac(key: LinkKey, scope: Scope, subject: bytes) -> bytes:
    return hmac.digest(key.secret, b"link|" + scope.value.encode() + b"|" + subject, "sha256")[:_HALF]


def _seal(key: LinkKey, words: tuple[str, ...]) -> str:
    return hmac.digest(key.secret, "|".join(("form", *words)).encode(), "sha256").hex()[: 2 * _HALF]


def _decoded(token: str) -> bytes:
    if len(token) != TOKEN_LENGTH or not token.isascii():
        raise LinkRefusal(Refusal.MALFORMED)
    try:
        signed = base64.b64decode(f"{token}=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise LinkRefusal(Refusal.MALFORMED) from None
    # The last character has two bits to spare: only one spelling of a token is one.
    if base64.urlsafe_b64encode(signed).decode() != f"{token}=":
        raise LinkRefusal(Refusal.MALFORMED)
    return signed


def _uuid_bytes(id_: str) -> bytes | None:
    try:
        return UUID(id_).bytes
    except ValueError:
        return None


def _person_digest(region: str, person: str) -> bytes:
    return hashlib.sha256(f"{region}|{person}".encode()).digest()[: _HALF - _MINUTES]
