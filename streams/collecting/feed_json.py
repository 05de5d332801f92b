"""Bounded reading of the JSON that feeds send: nothing in it can cost more memory than its limits say.

Refused as a whole, with `UnreadableFeed`: a file over its size, nested too deep, with too many values, not UTF-8, not
JSON, with the same key twice in an object, with NaN, an infinity, a number beyond any count, or half a surrogate pair.
The limits are Vigie's own choice. Error messages give the place, never the content.
"""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final, NoReturn

from streams.collecting.decoding import UnreadableFeed

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None
JsonObject = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Limits:
    """The most a file may hold: ``size`` in bytes, ``depth`` of nesting, ``tokens`` (texts, brackets, commas)."""

    size: int = 32 * 1024 * 1024
    depth: int = 32
    tokens: int = 3_000_000


LIMITS: Final = Limits()

_CHUNK: Final = 1024 * 1024
_LONGEST_WHOLE_NUMBER: Final = 18
# Possessive: a hostile string must not leave one backtracking state per character.
_TOKEN: Final = re.compile(rb'[][{},]|"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_NESTING: Final = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_SURROGATE_ESCAPE: Final = re.compile(rb"\\u[dD][89a-fA-F]")


class _Refusal(ValueError):
    """Why a value is refused, raised from inside the JSON parser."""


def read_bytes(stream: BinaryIO, source_name: str, limit: int = LIMITS.size) -> bytes:
    """Read a whole stream; UnreadableFeed as soon as it goes beyond ``limit`` bytes."""
    data = bytearray()
    while chunk := stream.read(min(_CHUNK, limit + 1 - len(data))):
        data += chunk
        if len(data) > limit:
            raise UnreadableFeed(f"{source_name}: larger than {limit} bytes: split the file")
    return bytes(data)


def read_json(stream: BinaryIO, source_name: str, limits: Limits = LIMITS) -> Json:
    """Read one JSON document (UTF-8, a byte order mark is allowed); UnreadableFeed names the source and the line."""
    data = read_bytes(stream, source_name, limits.size).removeprefix(b"\xef\xbb\xbf")
    _check_shape(data, source_name, limits)
    try:
        value: Json = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_int=_whole_number,
            parse_float=_decimal,
        )
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableFeed(f"{source_name}:{line}: not UTF-8: save the file again in that encoding") from None
    except json.JSONDecodeError as error:
        raise UnreadableFeed(f"{source_name}:{error.lineno}: not JSON, at column {error.colno}") from None
    except _Refusal as error:
        raise UnreadableFeed(f"{source_name}: {error}") from None
    _check_surrogates(data, value, source_name)
    return value


def records(value: Json) -> Iterator[tuple[int, Json]]:
    """Yield the position (from 1) and the value of each record: the members of a list, or the one document."""
    return enumerate(value if isinstance(value, list) else [value], start=1)


def raw_bytes(value: Json) -> bytes:
    """Return a record as bytes to set aside: its JSON, in ASCII."""
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def member(value: Json, key: str) -> Json:
    """Return a member of an object; None when it has none, or when ``value`` is no object."""
    return value.get(key) if isinstance(value, dict) else None


def objects(value: Json) -> list[JsonObject]:
    """Return the objects of a list, anything else left out; an empty list when ``value`` is no list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def text(value: Json, longest: int = 200) -> str | None:
    """Return a stripped text; None when it is no text, empty, or longer than ``longest`` characters."""
    if not isinstance(value, str) or len(value) > longest:
        return None
    return value.strip() or None


def _check_shape(data: bytes, source_name: str, limits: Limits) -> None:
    if not data.strip():
        raise UnreadableFeed(f"{source_name}: the file is empty")
    depth = 0
    for count, token in enumerate(_TOKEN.finditer(data), start=1):
        depth += _NESTING.get(data[token.start()], 0)
        if depth > limits.depth:
            raise UnreadableFeed(f"{source_name}: nested more than {limits.depth} levels deep")
        if count > limits.tokens:
            raise UnreadableFeed(f"{source_name}: more than {limits.tokens} values: split the file")


def _check_surrogates(data: bytes, value: Json, source_name: str) -> None:
    if _SURROGATE_ESCAPE.search(data):
        try:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError:
            raise UnreadableFeed(f"{source_name}: half a surrogate pair in a text: not readable as UTF-8") from None


def _object(pairs: list[tuple[str, Json]]) -> JsonObject:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _Refusal("the same key is given twice in one object: which value is right cannot be told")
    return made


def _constant(_name: str) -> NoReturn:
    raise _Refusal("NaN or an infinity instead of a number: leave an unknown value out, or write null")


def _whole_number(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_WHOLE_NUMBER else _decimal(digits)


def _decimal(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _Refusal("a number too large to be read")
    return number
