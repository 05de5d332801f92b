"""How fast a sender may ask: a bucket of tokens that refills with time."""

import math
from dataclasses import dataclass, field
from typing import Final

BURST: Final = 60
PER_SECOND: Final = 1.0
"""Requests at once, then per second, of one API key. Vigie's own choice: a région's relay sends its thirty or so
establishments in one go; the clinical records of an agitated evening come every few seconds."""

_ROUNDING: Final = 1e-9
"""Refilling adds fractions: who waits as long as told must not be refused for the last of them."""


@dataclass(slots=True)
class TokenBucket:
    """A bucket, full at first. Instants are seconds of a monotonic clock."""

    capacity: int
    per_second: float
    _left: float = field(init=False)
    _at: float | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._left = self.capacity

    def take(self, now: float) -> int:
        """Take one token and return 0, or return after how many whole seconds there will be one."""
        elapsed = 0.0 if self._at is None else max(now - self._at, 0.0)
        self._left = min(self.capacity, self._left + elapsed * self.per_second)
        self._at = now
        if self._left >= 1 - _ROUNDING:
            self._left = max(self._left - 1, 0.0)
            return 0
        return math.ceil((1 - self._left) / self.per_second)


class RateLimit:
    """One bucket per API key."""

    def __init__(self, capacity: int = BURST, per_second: float = PER_SECOND) -> None:
        self._capacity = capacity
        self._per_second = per_second
        self._buckets: dict[str, TokenBucket] = {}

    def take(self, key: str, now: float) -> int:
        """Return 0 when a request may pass, else after how many seconds to ask again."""
        return self._buckets.setdefault(key, TokenBucket(self._capacity, self._per_second)).take(now)
