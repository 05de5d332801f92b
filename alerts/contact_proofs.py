"""What is known of a contact: when a code sent to it came back, when it was last tried.

A proof holds for an address, known by a keyed digest: an address that changes is to be verified again, and nobody
reads it from the journal.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class ContactProof:
    """The latest verification and the latest successful try of a contact, for the address of ``digest``."""

    digest: str
    verified_at: datetime | None = None
    tested_at: datetime | None = None


def address_digest(key: bytes, contact: str, address: str) -> str:
    """Return the keyed digest (HMAC-SHA-256, hexadecimal) of a contact's address."""
    return hmac.new(key, f"{contact}\n{address}".encode(), sha256).hexdigest()


def after_verification(proof: ContactProof | None, digest: str, at: datetime) -> ContactProof:
    """Return the proof after a code came back from the address of ``digest``."""
    same = proof if proof is not None and proof.digest == digest else ContactProof(digest)
    return ContactProof(digest, at, same.tested_at)


def after_trial(proof: ContactProof | None, digest: str, at: datetime) -> ContactProof:
    """Return the proof after a message was handed over to the address of ``digest``."""
    same = proof if proof is not None and proof.digest == digest else ContactProof(digest)
    return ContactProof(digest, same.verified_at, at)
