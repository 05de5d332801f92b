"""Draws from a `random.Random`, by ``random()`` alone: the one method whose sequence Python promises to keep."""

from collections.abc import Mapping
from datetime import timedelta
from math import log1p
from random import Random
from typing import TypeVar

T = TypeVar("T")


def drawn(random: Random, weights: Mapping[T, float]) -> T:
    """Return one of the keys, each as likely as its weight."""
    left = random.random() * sum(weights.values())
    for value, weight in weights.items():
        left -= weight
        if left < 0:
            return value
    return next(iter(weights))  # only by a rounding error


def whole(random: Random, first: int, last: int) -> int:
    """Return a whole number from ``first`` to ``last``, both included."""
    return first + int(random.random() * (last - first + 1))


def one_of(random: Random, values: tuple[T, ...]) -> T:
    """Return one of the values, all as likely."""
    return values[whole(random, 0, len(values) - 1)]


def gap(random: Random, mean: timedelta) -> timedelta:
    """Return a duration drawn from the exponential law of a mean: the wait between two visits of a Poisson process."""
    return mean * -log1p(-random.random())
