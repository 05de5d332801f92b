"""The lines of a journal archive and the two gzip members that hold them.

Header ``{"format","regions","version"}`` (``regions`` maps each code to its number of entries), then one
``{"digest","entry"}`` per entry, then the trailer ``{"entries","heads"}``. The second gzip member, `seal`,
holds the SHA-256 of the first one's compressed bytes, because gzip's own checks leave some bits of a file
unguarded.
"""

import hashlib
import struct
import zlib
from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from streams.entry import GENESIS, Head, Status

FORMAT: Final = "vigie-journal"
VERSION: Final = 1
TRAILER_START: Final = b'{"entries":'
GZIP_HEADER: Final = b"\x1f\x8b\x08\x00" + bytes(4) + b"\x00\xff"  # no flag, no date, unknown system


class HeaderLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first line."""

    format: str
    regions: dict[str, int]
    version: int


class EntryLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry's canonical JSON and its chain digest (hex)."""

    digest: str
    entry: msgspec.Raw


class EntryFields(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an entry's canonical JSON holds."""

    kind: str
    occurred_at: datetime
    payload: msgspec.Raw
    recorded_at: datetime
    region: str
    seq: int
    status: Status


class HeadFields(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A `streams.entry.Head`, digests in hex."""

    region: str
    seq: int
    entries_digest: str
    effects: int
    effects_digest: str
    advanced_to: datetime | None


class TrailerLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last line."""

    entries: int
    heads: tuple[HeadFields, ...]


encode = msgspec.json.Encoder(order="deterministic").encode
decode_header = msgspec.json.Decoder(HeaderLine).decode
decode_line = msgspec.json.Decoder(EntryLine).decode
decode_fields = msgspec.json.Decoder(EntryFields).decode
decode_trailer = msgspec.json.Decoder(TrailerLine).decode


def head_fields(head: Head) -> HeadFields:
    """Return a head as the trailer writes it."""
    digests = head.entries_digest.hex(), head.effects_digest.hex()
    return HeadFields(head.region, head.seq, digests[0], head.effects, digests[1], head.advanced_to)


def to_head(fields: HeadFields) -> Head:
    """Read a head from the trailer; ValueError when its digests are not hexadecimal."""
    return Head(
        region=fields.region,
        seq=fields.seq,
        entries_digest=bytes.fromhex(fields.entries_digest),
        effects=fields.effects,
        effects_digest=bytes.fromhex(fields.effects_digest),
        advanced_to=fields.advanced_to,
    )


def compressed(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Give the file's bytes for its text lines: both gzip members, without date or name."""
    deflate = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    digest, crc, size = hashlib.sha256(GZIP_HEADER), 0, 0
    yield GZIP_HEADER
    for line in lines:
        text = line + b"\n"
        crc, size = zlib.crc32(text, crc), size + len(text)
        block = deflate.compress(text)
        digest.update(block)
        yield block
    last = deflate.flush() + struct.pack("<II", crc, size & 0xFFFFFFFF)
    digest.update(last)
    yield last
    yield seal(digest.digest())


def seal(digest: bytes) -> bytes:
    """Return the second gzip member: the digest as a JSON line, uncompressed so that its bytes are fixed."""
    text = encode({"sha256": digest.hex()}) + b"\n"
    stored = b"\x01" + struct.pack("<HH", len(text), len(text) ^ 0xFFFF) + text
    return GZIP_HEADER + stored + struct.pack("<II", zlib.crc32(text), len(text))


SEAL_SIZE: Final = len(seal(GENESIS))
