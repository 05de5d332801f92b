"""DelayCounts: exact for any real file, bounded for any other."""

from collections import Counter
from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from streams.collecting.delay_counts import MOST_VALUES, DelayCounts
from streams.collecting.delays import spread


def of(seconds: list[int]) -> DelayCounts:
    delays = DelayCounts()
    for each in seconds:
        delays.add(each)
    return delays


def test_without_records_there_is_none() -> None:
    assert (DelayCounts().median(), DelayCounts().longest()) == (None, None)


@given(st.lists(st.integers(-(10**9), 10**10), min_size=1))
def test_few_delays_are_exact(seconds: list[int]) -> None:
    assert of(seconds).median() == int(median(seconds))
    assert of(seconds).longest() == max(seconds)
    assert of(seconds).spread() == spread(Counter(seconds))


def test_very_many_are_known_to_the_minute_or_the_hour_in_bounded_memory() -> None:
    by_minute = of(list(range(2 * MOST_VALUES)))
    assert by_minute.median() == 2 * MOST_VALUES // 2 // 60 * 60
    by_hour = of(list(range(0, 70 * MOST_VALUES, 60)) + list(range(0, 4000 * MOST_VALUES, 3600)))
    for delays, unit in ((by_minute, 60), (by_hour, 3600)):
        assert len(delays._counts) <= MOST_VALUES
        assert delays.median() is not None
        assert (delays.median() or 0) % unit == 0
    assert by_minute.longest() == 2 * MOST_VALUES - 1
