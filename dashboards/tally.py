"""Counts and distributions that a reader may copy while a writer adds to them."""

from bisect import bisect_left
from dataclasses import dataclass


class Tally:
    """Counts by label values."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, ...], int] = {}

    def add(self, *labels: str) -> None:
        """Count one more."""
        self._counts[labels] = self._counts.get(labels, 0) + 1

    def __getitem__(self, labels: tuple[str, ...]) -> int:
        """Return a count; zero for what was never counted."""
        return self._counts.get(labels, 0)

    def items(self) -> list[tuple[tuple[str, ...], int]]:
        """Return every count, ordered by labels."""
        return sorted(self._counts.copy().items())


@dataclass(frozen=True, slots=True)
class Histogram:
    """A distribution: ``counts`` per bucket of ``bounds`` (upper, included), the last one without bound."""

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    total: float

    @classmethod
    def empty(cls, bounds: tuple[float, ...]) -> "Histogram":
        """Return a distribution of nothing."""
        return cls(bounds, (0,) * (len(bounds) + 1), 0.0)

    def observing(self, value: float) -> "Histogram":
        """Return the distribution with one more value."""
        index = bisect_left(self.bounds, value)
        counts = (*self.counts[:index], self.counts[index] + 1, *self.counts[index + 1 :])
        return Histogram(self.bounds, counts, self.total + value)

    def cumulative(self) -> list[tuple[str, int]]:
        """Return (upper bound as Prometheus writes it, how many values are at or under it)."""
        names = [*(f"{bound:g}.0" if bound.is_integer() else f"{bound:g}" for bound in self.bounds), "+Inf"]
        sums = [sum(self.counts[: index + 1]) for index in range(len(self.counts))]
        return list(zip(names, sums, strict=True))
