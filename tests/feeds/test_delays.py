"""Delays counted in bands: they add up, and their quantiles are right within a band."""

from bisect import bisect_left
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.collecting.delays import BOUNDS, quantile, spread, together

delays = st.lists(st.integers(-3600, 3_000_000), min_size=1, max_size=60)


def band(seconds: float) -> int:
    return bisect_left(BOUNDS, seconds)


@given(st.lists(delays, max_size=5))
def test_files_together_are_one_file(files: list[list[int]]) -> None:
    assert together(spread(Counter(file)) for file in files) == spread(Counter(each for file in files for each in file))


@given(delays, st.sampled_from([0.5, 0.9]))
def test_a_quantile_is_in_the_band_of_the_exact_one(seconds: list[int], share: float) -> None:
    ordered = sorted(seconds)
    exact = next(each for n, each in enumerate(ordered, start=1) if n >= share * len(ordered))
    found = quantile(spread(Counter(seconds)), share, max(seconds))
    assert found is not None
    # A quantile at the very edge of its band may round onto it.
    assert band(found) == band(exact)
    assert found <= max(*ordered, BOUNDS[band(exact)] if band(exact) < len(BOUNDS) else 0)


@given(delays)
def test_the_median_is_never_beyond_the_ninth_decile(seconds: list[int]) -> None:
    median, decile = (quantile(spread(Counter(seconds)), share, max(seconds)) or 0 for share in (0.5, 0.9))
    assert median <= decile


@pytest.mark.parametrize("longest", [None, 10**7])
def test_what_is_later_than_every_bound_is_said_so(longest: int | None) -> None:
    found = quantile(spread({10**7: 3}), 0.9, longest)
    assert found is not None
    assert BOUNDS[-1] <= found <= (longest or BOUNDS[-1])


def test_nothing_has_no_quantile() -> None:
    assert spread({}) == together([]) == together([(), ()]) == ()
    assert quantile((), 0.5) is None
