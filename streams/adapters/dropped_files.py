"""Reading a dropped file of messages, as JSON lines (``.jsonl``): a file is read whole or refused whole.

One object a line, ``{"kind": …, "occurred_at": …, "status": …, "payload": {…}}``; ``status`` is ``actual`` when it is
left out.
"""

import hashlib
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from pydantic import ValidationError

from streams import messages
from streams.adapters.drop_directory import printable
from streams.entry import Draft, Status
from streams.messages import TYPE_OF_KIND
from streams.messages.reference import Etablissement, PlanDocument

MESSAGES: Final = "messages"
"""The format's name on its receipts."""
SUFFIXES: Final = (".jsonl", ".json")


class UnreadableDrop(ValueError):
    """The file is refused; the message says where and why, as ``file:line: reason``."""


@dataclass(frozen=True, slots=True)
class _Line:
    kind: str
    occurred_at: datetime
    payload: msgspec.Raw
    status: str = Status.ACTUAL.value


_STATUSES: Final = {status.value: status for status in Status}
_FIELDS: Final = frozenset(
    each.name for type_ in (*TYPE_OF_KIND.values(), PlanDocument, Etablissement) for each in fields(type_)
)
_line = msgspec.json.Decoder(_Line).decode


def digest_of_file(path: Path) -> str:
    """Return the SHA-256 (hex) of a file; OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_dropped(path: Path, region: str) -> tuple[Draft, ...]:
    """Read the messages of a file for a région, in its order; UnreadableDrop when any cannot be used, OSError."""
    name = printable(path)
    lines = enumerate(path.read_bytes().splitlines(), start=1)
    return tuple(_draft(f"{name}:{number}", line, region) for number, line in lines if line.strip())


def _draft(where: str, line: bytes, region: str) -> Draft:
    try:
        read = _line(line)
        message = messages.parse(read.kind, bytes(read.payload))
        kind, payload = messages.encode(message)
        occurred_at, status = _in_utc(read.occurred_at), _status(read.status)
    except KeyError:
        raise UnreadableDrop(f"{where}: kind: expected one of {', '.join(TYPE_OF_KIND)}") from None
    except ValidationError as error:
        raise UnreadableDrop(f"{where}: {_reasons(error)}") from None
    except (ValueError, OverflowError, RecursionError) as error:
        raise UnreadableDrop(f"{where}: not a message: {error}") from None
    return Draft(occurred_at, status, region, kind, payload)


def _status(written: str) -> Status:
    if written not in _STATUSES:
        raise ValueError(f"status: expected one of {', '.join(_STATUSES)}")
    return _STATUSES[written]


def _in_utc(occurred_at: datetime) -> datetime:
    if occurred_at.tzinfo is None:
        raise ValueError("occurred_at needs its time zone, such as 2026-01-14T08:12:00+01:00")
    return occurred_at.astimezone(UTC)


def _reasons(error: ValidationError) -> str:
    # Never the input itself, nor a key of it: a refused record may hold what must not be logged.
    details: list[Any] = error.errors(include_url=False, include_input=False)
    return "; ".join(": ".join(filter(None, (_place(each["loc"]), each["msg"]))) for each in details)


def _place(loc: tuple[int | str, ...]) -> str:
    return ".".join(str(each) for each in loc if isinstance(each, int) or each in _FIELDS)
