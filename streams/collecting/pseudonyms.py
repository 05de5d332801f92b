"""What of a person leaves the collector: an age class and a key that names nobody.

A visit's key is HMAC-SHA-256 over its establishment, entry minute, birth date, sex and postal code, and over which
of several identical visits of a file it is. The secret in force is that of the *entry day*: a visit keeps its key
however often it is sent again, and a rotation takes effect on the visits of a day to come. Without the secret
nothing can be tried against a key; whoever holds it can try birth dates, hence rotation and a secret kept aside.
"""

import hmac
import re
from array import array
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from streams.messages.visits import AgeClass

SHORTEST_SECRET: Final = 32
"""Bytes: a secret shorter than the SHA-256 digest weakens the HMAC (RFC 2104, section 3)."""
OLDEST_YEARS: Final = 120
"""Beyond, the birth date is wrong (hkara2/gpmsi, rpu_analyser.groovy: age > 120)."""

_KEY_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,20}")
_SEPARATOR: Final = "\x1f"  # XML 1.0 forbids this character: no value can hold it
_AGE_CLASSES: Final[tuple[AgeClass, ...]] = (
    "moins_1_an",
    "1_14_ans",
    "15_44_ans",
    "45_64_ans",
    "65_74_ans",
    "75_ans_et_plus",
)
_FIRST_YEARS: Final = (1, 15, 45, 65, 75)


def years_between(birth: date, day: date) -> int:
    """Return the age in whole years on ``day``; negative when the birth comes later."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def age_class(years: int) -> AgeClass:
    """Return the class of an age in whole years; ``inconnu`` below 0 and above 120."""
    if not 0 <= years <= OLDEST_YEARS:
        return "inconnu"
    return _AGE_CLASSES[bisect_right(_FIRST_YEARS, years)]


@dataclass(frozen=True, slots=True)
class SecretKey:
    """One secret: its public name, its bytes (never shown) and the first entry day it applies to."""

    id: str
    secret: bytes = field(repr=False)
    valid_from: date

    def __post_init__(self) -> None:
        if not _KEY_ID.fullmatch(self.id):
            raise ValueError("the id of a pseudonym key is 1 to 20 letters, digits, '-' or '_'")
        if len(self.secret) < SHORTEST_SECRET:
            raise ValueError(
                f"pseudonym key {self.id!r}: its secret holds {len(self.secret)} bytes, at least {SHORTEST_SECRET} "
                "are needed"
            )


class KeyRing:
    """The secrets, each in force from its first entry day until the next one's.

    The oldest also serves the days before it. ValueError for no key, or for two with one id or one first day.
    """

    __slots__ = ("_first_days", "_keys")

    def __init__(self, *keys: SecretKey) -> None:
        self._keys = tuple(sorted(keys, key=lambda key: key.valid_from))
        self._first_days = [key.valid_from for key in self._keys]
        if not keys:
            raise ValueError("a pseudonym key ring needs at least one key")
        if len({key.id for key in keys}) < len(keys) or len(set(self._first_days)) < len(keys):
            raise ValueError("two pseudonym keys have the same id or the same first day")

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(key.id for key in self._keys)})"

    def key_for(self, day: date) -> SecretKey:
        """Return the key in force for the visits that entered on ``day``."""
        return self._keys[max(0, bisect_right(self._first_days, day) - 1)]


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Turns what identifies a visit into its key."""

    ring: KeyRing

    def of_file(self, finess: str) -> "FilePseudonyms":
        """Return the keys of one file of an establishment; it counts the file's identical visits."""
        return FilePseudonyms(self.ring, finess)


class FilePseudonyms:
    """The keys of one file. Memory: 11 to 22 bytes a visit, so that identical visits are told apart exactly."""

    __slots__ = ("_day", "_finess", "_key", "_repeats", "_ring", "_seen")

    def __init__(self, ring: KeyRing, finess: str) -> None:
        self._ring = ring
        self._finess = finess
        self._day = date.min
        self._key = ring.key_for(date.min)
        self._seen = _Fingerprints()
        self._repeats: dict[bytes, int] = {}

    def key(self, day: date, minute: str, *identity: str) -> tuple[str, int]:
        """Return ``<key id>.<32 hex>`` and how many identical visits came before it in the file.

        ``minute`` is the local entry time to the minute, ``identity`` the birth date, sex and postal code as written.
        """
        if day != self._day:  # files are mostly in order: a day's key serves all its visits
            self._day, self._key = day, self._ring.key_for(day)
        key = self._key
        text = _SEPARATOR.join((self._finess, minute, *identity)).encode()
        digest = hmac.digest(key.secret, text + b"\x1f0", "sha256")
        before = 0
        if not self._seen.add(int.from_bytes(digest[:8])):
            before = self._repeats[digest] = self._repeats.get(digest, 0) + 1
            digest = hmac.digest(key.secret, text + b"\x1f%d" % before, "sha256")
        return f"{key.id}.{digest[:16].hex()}", before


class _Fingerprints:
    """A set of 64-bit numbers in an open-addressed table: a tenth of the memory of Python's own."""

    __slots__ = ("_count", "_mask", "_table")

    def __init__(self, size: int = 1 << 12) -> None:
        self._table = array("Q", bytes(8 * size))
        self._mask = size - 1
        self._count = 0

    def add(self, number: int) -> bool:
        """Add a number; return False when it was there."""
        number = number or 1  # 0 marks an empty slot
        table, mask = self._table, self._mask
        slot = number & mask
        while held := table[slot]:
            if held == number:
                return False
            slot = (slot + 1) & mask
        table[slot] = number
        self._count += 1
        if 4 * self._count > 3 * mask:
            self._grow()
        return True

    def _grow(self) -> None:
        larger = _Fingerprints(2 * len(self._table))
        for number in self._table:
            if number:
                larger.add(number)
        self._table, self._mask = larger._table, larger._mask
