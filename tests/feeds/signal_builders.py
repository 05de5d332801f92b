"""What the tests of the signal feeds share: a context, and reading bytes to the end."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from streams.collecting.decoding import Accepted, Context, Decoding, Refused
from streams.messages import encode
from streams.messages.signals import SignalSanitaire

PDL = Context("52", datetime(2026, 1, 14, 9, tzinfo=UTC))

Decode = Callable[..., Decoding]


def read(decode: Decode, data: bytes | dict[str, Any] | list[Any], context: Context = PDL, **more: Any) -> list[Any]:  # noqa: ANN401 - options of any decoder
    """Return every item of a file; every accepted message is one the journal takes."""
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    items = list(decode(io.BytesIO(raw), "essai", context, **more).items)
    for item in items:
        if isinstance(item, Accepted):
            encode(item.message)
    return items


def one(items: list[Any]) -> Accepted:
    """Return the only item, which was accepted."""
    (item,) = items
    assert isinstance(item, Accepted), item
    return item


def refusal(items: list[Any]) -> str:
    """Return the reason of the only item, which was refused."""
    (item,) = items
    assert isinstance(item, Refused), item
    return item.reason


def signal(accepted: Accepted) -> SignalSanitaire:
    """Return the signal of an accepted record."""
    assert isinstance(accepted.message, SignalSanitaire)
    return accepted.message


def damaged(original: bytes) -> st.SearchStrategy[bytes]:
    """Draw a file with bytes replaced, inserted or cut out."""

    def spoil(spoiled: tuple[int, int, bytes]) -> bytes:
        at, length, inserted = spoiled
        return original[:at] + inserted + original[at + length :]

    places = st.integers(0, len(original))
    return st.tuples(places, st.integers(0, 40), st.binary(max_size=12)).map(spoil)
