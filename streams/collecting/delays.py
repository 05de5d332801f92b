"""How late records arrive: counted in bands, so that the files of a month add up to one distribution.

Vigie's own bands, fine around the hours that matter to a daily file (arrêté of 24 July 2013): a quantile read from them
is right within its band.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

_HOUR: Final = 3600
_HOURS: Final = (1, 2, 3, 4, 6, 8, 12, 18, 24, 30, 36, 48, 72, 96, 120, 144, 168, 240, 480)
BOUNDS: Final = (900, 1800, *(hours * _HOUR for hours in _HOURS))
"""Upper bounds of the bands, in seconds; one more band holds what is later."""

Spread = tuple[int, ...]
"""How many records in each band, the last for those beyond every bound; empty when there was none."""


def spread(delays: Mapping[int, int]) -> Spread:
    """Count delays (seconds → records); what is dated after its reception goes into the first band."""
    counts = [0] * (len(BOUNDS) + 1)
    for delay, records in delays.items():
        counts[bisect_left(BOUNDS, delay)] += records
    return tuple(counts) if any(counts) else ()


def together(spreads: Iterable[Spread]) -> Spread:
    """Add distributions up."""
    known = [each for each in spreads if each]
    return tuple(map(sum, zip(*known, strict=True))) if known else ()


def quantile(counts: Spread, share: float, longest: int | None = None) -> int | None:
    """Return a quantile (``share`` from 0 to 1) in seconds, read within its band; None without any record.

    ``longest`` closes the last band; without it, what is beyond every bound reads as the last of them.
    """
    rank, below = share * sum(counts), 0
    edges: Sequence[int] = (0, *BOUNDS, max(longest or 0, BOUNDS[-1]))
    for band, count in enumerate(counts):
        if count and below + count >= rank:
            low, high = edges[band], edges[band + 1]
            return round(low + (high - low) * (rank - below) / count)
        below += count
    return None
