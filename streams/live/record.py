"""A record of the journal topic: a draft that the broker will number and date, or a tick.

A tick carries nothing: the broker's append time is what it says. It is how time passes in a région where nothing
happens: deadlines fire when a tick is read, never because some worker's clock says so, so that every reader of the
log fires the same deadlines at the same place.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from streams.entry import Draft, Status

TICK: Final = b'{"kind":"tick"}'
ID_HEADER: Final = "vigie-id"


class UnreadableRecord(ValueError):
    """The record is neither a draft nor a tick; the message says why, without its content."""


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One record as the broker keeps it: its offset, the broker's append time (aware, UTC), its id and its value.

    Two records of the same ``id`` are one fact that was sent twice: the first counts. None: no fact has this id.
    """

    offset: int
    appended_at: datetime
    value: bytes
    id: str | None = None


@dataclass(frozen=True, slots=True)
class _Written:
    kind: str
    occurred_at: datetime
    region: str
    status: Status
    payload: msgspec.Raw


_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(_Written).decode


def encode_draft(draft: Draft) -> bytes:
    """Return a draft as the journal topic carries it."""
    return _encode(
        {
            "kind": draft.kind,
            "occurred_at": draft.occurred_at,
            "payload": msgspec.Raw(draft.payload),
            "region": draft.region,
            "status": draft.status,
        }
    )


def decode_draft(value: bytes) -> Draft | None:
    """Return the draft of a record, None for a tick; UnreadableRecord for anything else.

    A kind this version does not know is a draft all the same: the engine rejects the entry, whatever the version.
    """
    if value == TICK:
        return None
    try:
        read = _decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableRecord(f"not a draft: {type(error).__name__}") from None
    if read.occurred_at.tzinfo is None:
        raise UnreadableRecord("occurred_at has no time zone")
    if b"\n" in bytes(read.payload):
        raise UnreadableRecord("the payload is not canonical JSON")
    return Draft(read.occurred_at, read.status, read.region, read.kind, bytes(read.payload))


def fact_id(cause: str, draft: Draft) -> str:
    """Return the id of a draft sent because of ``cause`` (a file, a command): the same when it is sent again.

    128 bits of BLAKE2b over the cause and the draft.
    """
    return hashlib.blake2b(cause.encode() + b"\n" + encode_draft(draft), digest_size=16).hexdigest()
