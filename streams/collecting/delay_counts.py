"""How late the records of a file came: a distribution in bounded memory, whatever their number.

Delays are counted by the second. A file that holds more than `MOST_VALUES` different ones (years of visits, millions)
has them counted by the minute, then the hour, then the day: its median is then known to that.
"""

from typing import Final

from streams.collecting.delays import Spread, spread

MOST_VALUES: Final = 50_000
"""Different delays remembered: five weeks of minutes. Vigie's own choice."""

_UNITS: Final = (1, 60, 3_600, 86_400)


class DelayCounts:
    """Seconds, which may be negative (a record dated in the future)."""

    __slots__ = ("_counts", "_latest", "_total", "_unit")

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self._unit = 0
        self._total = 0
        self._latest: int | None = None

    def add(self, seconds: int) -> None:
        """Count one more."""
        value = seconds // _UNITS[self._unit]
        self._counts[value] = self._counts.get(value, 0) + 1
        self._total += 1
        if self._latest is None or seconds > self._latest:
            self._latest = seconds
        if len(self._counts) > MOST_VALUES and self._unit < len(_UNITS) - 1:
            self._coarsen()

    def median(self) -> int | None:
        """Return the median, rounded to the second, down to the unit in use; None when there is none."""
        if not self._total:
            return None
        low, high = self._at((self._total - 1) // 2), self._at(self._total // 2)
        return int((low + high) / 2) * _UNITS[self._unit]

    def longest(self) -> int | None:
        """Return the longest, exact; None when there is none."""
        return self._latest

    def spread(self) -> Spread:
        """Return the distribution in bands."""
        unit = _UNITS[self._unit]
        return spread({value * unit: count for value, count in self._counts.items()})

    def _at(self, rank: int) -> int:
        passed = 0
        for value in sorted(self._counts):
            passed += self._counts[value]
            if passed > rank:
                return value
        raise IndexError(rank)

    def _coarsen(self) -> None:
        before, self._unit = self._counts, self._unit + 1
        step = _UNITS[self._unit] // _UNITS[self._unit - 1]
        self._counts = {}
        for value, count in before.items():
            self._counts[value // step] = self._counts.get(value // step, 0) + count
