"""API keys: who may send what over HTTP. A key belongs to one source and opens some feeds.

A key reads ``vigie_<id>_<secret>``; the secret is 256 random bits, so that its SHA-256 cannot be searched and is all
that is kept. A source named after an establishment (``ETAB-440000271``) only speaks of that establishment: a file, or
a single record, of another one refuses the whole delivery. Any other name is a relay, such as a regional observatory,
and speaks for the région.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from streams.collecting.decoding import Accepted, Decoding, Refused

FEEDS: Final[dict[str, tuple[str, ...]]] = {
    "rpu": ("oscour",),
    "lits": ("ror", "saner", "lits-form-json", "lits-form-csv"),
    "signaux": ("signal",),
    "mdo": ("mdo",),
    "regulation": ("regulation",),
    "vigilance": ("vigilance",),
    "cap": ("cap",),
    "hub-sante": ("hub-sante",),
    "accuses": ("accuse",),
    "sursaud": ("sursaud-quotidien",),
    "sivic.stocks": ("sivic-stocks",),
    "sivic.incidents": ("sivic-incidents",),
    "lits.reference": ("lits-sae",),
}
"""The feeds taken over HTTP, and the formats in which each may come."""

SECRET_BYTES: Final = 32
_TOKEN: Final = re.compile(r"vigie_([0-9a-f]{8})_[A-Za-z0-9_-]{43}", re.ASCII)
_SOURCE: Final = re.compile(r"ETAB-[0-9A-Z]{9}|(?!ETAB-)[A-Za-z0-9][A-Za-z0-9._-]{1,63}", re.ASCII)


class UnusableApiKey(ValueError):
    """A key cannot be made or found; the message says why, and never shows a secret."""


class NotItsSource(Exception):
    """A delivery speaks of another establishment than that of its key; nothing of it is kept."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is kept: ``sha256`` (hex) is that of the whole token, instants are aware, UTC."""

    id: str
    source: str
    feeds: tuple[str, ...]
    sha256: str
    created_at: datetime
    revoked_at: datetime | None = None


def new_key(secret: str, id_: str, source: str, feeds: Iterable[str], at: datetime) -> tuple[str, ApiKey]:
    """Return the token to hand over and the key to keep; UnusableApiKey for a source or a feed that cannot be.

    ``secret`` is `SECRET_BYTES` random bytes in URL-safe base64 without padding, ``id_`` 8 hexadecimal digits.
    """
    chosen = tuple(sorted(set(feeds)))
    unknown = [feed for feed in chosen if feed not in FEEDS]
    if unknown or not chosen:
        raise UnusableApiKey(f"unknown feed {', '.join(unknown) or '(none)'}: expected among {', '.join(FEEDS)}")
    if not _SOURCE.fullmatch(source):
        raise UnusableApiKey(
            f"unusable source {source!r}: expected ETAB- and the nine characters of a FINESS, or a name of letters, "
            "digits, dots and dashes"
        )
    token = f"vigie_{id_}_{secret}"
    if not _TOKEN.fullmatch(token):
        raise UnusableApiKey("the secret or the id is not of the expected length")
    return token, ApiKey(id_, source, chosen, _digest(token), at)


def authenticate(keys: Iterable[ApiKey], token: str) -> ApiKey | None:
    """Return the key of a token, None when there is none or it was revoked.

    Digests are compared in constant time; how long it takes only tells whether the id, which is no secret, is known.
    """
    match = _TOKEN.fullmatch(token)
    if match is None:
        return None
    digest = _digest(token)
    found = [key for key in keys if key.id == match[1] and hmac.compare_digest(key.sha256, digest)]
    return next((key for key in found if key.revoked_at is None), None)


def revoke(keys: Iterable[ApiKey], id_: str, at: datetime) -> list[ApiKey]:
    """Return the keys with one revoked; UnusableApiKey when there is no such key, or not any more."""
    everything = list(keys)
    if not any(key.id == id_ and key.revoked_at is None for key in everything):
        raise UnusableApiKey(f"there is no key {id_} in force: `vigie keys list` shows them")
    return [replace(key, revoked_at=at) if key.id == id_ and key.revoked_at is None else key for key in everything]


def held_to(source: str, decoding: Decoding) -> Decoding:
    """Return a decoding that raises NotItsSource as soon as it speaks of another establishment than ``source``."""
    if not source.startswith("ETAB-"):
        return decoding
    if decoding.manifest.source.startswith("ETAB-") and decoding.manifest.source != source:
        raise NotItsSource(f"this key only speaks of {source}")
    return Decoding(decoding.manifest, _held(source, decoding.items))


def _held(source: str, items: Iterator[Accepted | Refused]) -> Iterator[Accepted | Refused]:
    for item in items:
        if isinstance(item, Accepted) and _place(item) != source:
            raise NotItsSource(f"this key only speaks of {source}")
        yield item


def _place(item: Accepted) -> str | None:
    finess = getattr(item.message, "finess", None)
    return f"ETAB-{finess}" if finess else getattr(item.message, "territory", None)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
