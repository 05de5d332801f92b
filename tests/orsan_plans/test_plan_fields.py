"""How durations are written and read."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orsan_plans.fields import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("30 s", timedelta(seconds=30)),
        ("10 min", timedelta(minutes=10)),
        ("10min", timedelta(minutes=10)),
        ("2 h", timedelta(hours=2)),
        ("3 j", timedelta(days=3)),
        ("1 h 30 min", timedelta(minutes=90)),
        ("1 j 2 h 3 min 4 s", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("0 min", timedelta(0)),
    ],
)
def test_durations_are_read(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize("text", ["", "10", 10, "10 minutes", "-1 h", "30 min 1 h", "1,5 h", "1 h h", None, "3651 j"])
def test_anything_else_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match=r"duration such as|longer than"):
        parse_duration(text)


@given(st.integers(0, 3650 * 86_400).map(lambda seconds: timedelta(seconds=seconds)))
def test_a_written_duration_reads_back(duration: timedelta) -> None:
    assert parse_duration(format_duration(duration)) == duration
