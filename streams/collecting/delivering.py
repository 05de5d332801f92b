"""A delivery: a file sent over HTTP with an API key, collected as any other file.

Its receipt's id comes from the sender's idempotency key when there is one: the answer to a repeated delivery is found
again in the journal, after a restart too, without a table of its own.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from typing import Final

from alerts.effects import effect_id
from streams.collecting.api_keys import FEEDS, ApiKey, held_to
from streams.collecting.collector import Collector, Incoming
from streams.collecting.decoding import Context, Decoding
from streams.collecting.receipts import Receipt

_OVER_HTTP: Final = "http:"
_FEED_OF: Final = {format_: feed for feed, formats in FEEDS.items() for format_ in formats}


class IdempotencyConflict(Exception):
    """Two different bodies were sent under one idempotency key; the second changes nothing."""


class NotTaken(Exception):
    """Nothing is taken any more, or now; the message says why. Asked again later, nothing counts twice."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What is known of a delivery: its receipt. While it waits to be collected, a receipt that counts nothing."""

    receipt: Receipt
    is_pending: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """What was sent: ``tag`` is the sender's idempotency key, or a random one; ``body`` may name people."""

    key: ApiKey
    feed: str
    format: str
    tag: str
    body: bytes = field(repr=False)

    @property
    def receipt_id(self) -> str:
        """The id of its receipt: the same for the same key, feed and tag."""
        return effect_id("delivery", self.key.id, self.feed, self.tag)

    @property
    def name(self) -> str:
        """What stands for the name of a file."""
        return f"{_name(self.key)}{self.feed}"

    @property
    def sha256(self) -> str:
        """The SHA-256 (hex) of the body."""
        return hashlib.sha256(self.body).hexdigest()


def format_of(feed: str, head: bytes, recognise: Callable[[bytes], str | None]) -> str | None:
    """Return the format of a body sent to a feed, None when it is none of the feed's."""
    formats = FEEDS[feed]
    name = recognise(head)
    if name in formats:
        return name
    # A feed of one format needs no guess: its decoder says what is wrong, and where.
    return formats[0] if len(formats) == 1 else None


def feed_of(format_: str) -> str:
    """Return the feed in which files of a format come; KeyError for an unknown format."""
    return _FEED_OF[format_]


def deliver(collector: Collector, delivery: Delivery, context: Context) -> Receipt:
    """Collect a delivery; return its receipt, that of the first time when it was delivered before.

    IdempotencyConflict; NotItsSource: nothing was written. Errors as `Collector.collect`.
    """
    before = collector.destination.receipts.find(delivery.receipt_id)
    if before is None:
        return collector.collect(_incoming(delivery), context)
    refuse_another(before, delivery)
    return before


def refuse_another(before: Receipt, delivery: Delivery) -> None:
    """IdempotencyConflict unless the delivery is, byte for byte, the one that a receipt was given for."""
    if before.sha256 != delivery.sha256:
        raise IdempotencyConflict("another body was sent under this idempotency key")


def guard_of(name: str, source: str) -> Callable[[Decoding], Decoding] | None:
    """Return what holds a file to its source, by the name it came under: None unless it was sent over HTTP."""
    return partial(held_to, source) if name.startswith(_OVER_HTTP) else None


def is_of(receipt: Receipt, key: ApiKey) -> bool:
    """Tell whether a receipt is that of a delivery made with a key."""
    return receipt.name.startswith(_name(key))


def _incoming(delivery: Delivery) -> Incoming:
    return Incoming(
        name=delivery.name,
        opener=partial(BytesIO, delivery.body),
        format=delivery.format,
        receipt_id=delivery.receipt_id,
        guard=partial(held_to, delivery.key.source),
    )


def _name(key: ApiKey) -> str:
    return f"{_OVER_HTTP}{key.source}:{key.id}:"
