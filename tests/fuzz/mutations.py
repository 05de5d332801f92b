"""Damage to a file: bytes changed, or whole pieces of XML, JSON and CSV replaced, repeated, exchanged and lost."""

import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Final

_PIECE: Final = re.compile(rb'<[^<>]*>|"(?:[^"\\]|\\.)*"|[A-Za-z0-9_.:+/-]+|[\s\S]')
_MOST: Final = 5

FRAGMENTS: Final = (
    *(b"", b"0", b"-1", b"1.5", b"1e400", b"NaN", b"Infinity", b"null", b"true", b"[]", b"{}", b'""', b'"', b"'"),
    *(b"99999999999999999999", b"999999999", b"1000000000", b"0" * 40, b"9" * 400, b"-0", b"0x10", b"1_000"),
    *(b"30/02/2025 08:12", b"01/01/0001 00:00", b"31/12/9999 23:59:59", b"26/10/2025 02:30", b"30/03/2025 02:30"),
    *(b"0001-01-01T00:00:00+14:00", b"9999-12-31T23:59:59-12:00", b"2025-02-30", b"2025-10-26T02:30", b"24:00"),
    *(b"1899-12-31T23:59:59Z", b"2199-12-31T23:59:59-14:00", b"2000-02-29", b"02/03/1941", b"01/01/1890"),
    *(b"44000027", b"440000271", b"2A0000001", b"2B0000001", b"970100228", b"99", b"2A", b"971", b"DEP-44"),
    *(b"REG-52", b"ETAB-440000271", b"FRA", b"Exercise", b"exercice", b"Draft", b"Cancel", b"Update", b"cim"),
    *(b"J10.1", b"j101"),
    *(b"\x00", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\xc3", b"\xe9", b"\xf0\x9f\x9a\x91", b"\xc2\x85", b"\r"),
    *(b"\n", b"\xe2\x80\xa8", b"\t", b"\x0b", b"\x1c", b"\x1f", b"\x7f", b"\\ud800", b"\\u0000", b"\\", b"\\u00e9"),
    *(b"<!-- -->", b"<![CDATA[<PATIENT>]]>", b"]]>", b"<?x y?>", b"<!DOCTYPE a>", b"<!ENTITY a 'b'>", b"&amp;", b"&a;"),
    *(b"&#55296;", b"&#0;", b"&#x41;", b"<PATIENT>", b"</PATIENT>", b"<PATIENT/>", b"</PASSAGES>", b"<PASSAGES>"),
    *(b"<DA>I10</DA>", b"=", b"<a b='c'>", b"</a>", b"xmlns=''", b"<", b">", b"&", b";", b",", b":", b"[" * 60),
    *(b"{" * 60, b'{"a":' * 40, b"MARTIN DUPONT JEANNE 02/03/1941", b"\xd9\xa1\xd9\xa2", b"\xef\xbc\x91", b"\xcc\x81"),
    *(b'encoding="UTF-16"', b'encoding="ISO-8859-1"', b'encoding="US-ASCII"', b"UTF-7", b"utf-8", b'version="1.1"'),
)  # fmt: skip
"""What decoders meet at the edges of what they accept, and what opens or closes something in these formats."""

Damage = Callable[[bytes, Random, Sequence[bytes]], bytes]


def mutate(data: bytes, random: Random, others: Sequence[bytes], largest: int = 16_384) -> bytes:
    """Return the file damaged once or a few times, cut at ``largest`` bytes; ``others`` lend pieces."""
    for _ in range(random.randint(1, _MOST)):
        data = random.choice(_DAMAGES)(data, random, others)[:largest]
    return data


def _flip(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    if not data:
        return data
    at = random.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << random.randrange(8))]) + data[at + 1 :]


def _insert(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    at = random.randint(0, len(data))
    return data[:at] + _some(random) + data[at:]


def _overwrite(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    at, length = random.randint(0, len(data)), random.randint(0, 40)
    return data[:at] + _some(random) + data[at + length :]


def _cut(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    return data[: random.randint(0, len(data))]


def _piece(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    """Put an edge case in the place of one piece: a value, a key or a tag."""
    pieces = _PIECE.findall(data)
    if not pieces:
        return random.choice(FRAGMENTS)
    at = random.randrange(len(pieces))
    quoted = pieces[at][:1] == b'"' and random.random() < 0.7
    fragment = _some(random)
    pieces[at] = b'"' + fragment.replace(b'"', b"") + b'"' if quoted else fragment
    return b"".join(pieces)


def _run(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Lose, repeat or replace a run of pieces; the replacement comes from this file or another."""
    pieces, donor = _PIECE.findall(data), _PIECE.findall(random.choice([data, *others]))
    start, length = random.randint(0, len(pieces)), random.randint(0, 30)
    taken, much = random.randint(0, len(donor)), random.randint(0, 30)
    again = [b""] if random.random() < 0.3 else donor[taken : taken + much]
    return b"".join([*pieces[:start], *again * random.choice((1, 1, 1, 2, 20)), *pieces[start + length :]])


def _exchange(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    pieces = _PIECE.findall(data)
    if pieces:
        one, other = random.randrange(len(pieces)), random.randrange(len(pieces))
        pieces[one], pieces[other] = pieces[other], pieces[one]
    return b"".join(pieces)


def _encode(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    """Write the file again in another encoding than the one it announces."""
    encoding = random.choice(("utf-16", "utf-16-be", "utf-8-sig", "cp1252", "latin-1", "utf-7", "utf-8"))
    return data.decode("utf-8", "replace").encode(encoding, "replace")


def _some(random: Random) -> bytes:
    return random.choice(FRAGMENTS) if random.random() < 0.7 else random.randbytes(random.randint(1, 12))


_DAMAGES: Final[tuple[Damage, ...]] = (
    *(_piece,) * 6,
    *(_run,) * 4,
    *(_exchange,) * 2,
    *(_insert, _overwrite, _flip) * 2,
    _cut,
    _encode,
)
"""Damage that leaves the file mostly well-formed comes most often: it goes furthest into the decoders."""
