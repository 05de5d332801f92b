from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerts.wording import describe_reading
from dashboards.measure import measure, value_text
from dashboards.testing import CROSSED, SHARE, UNKNOWN_SHARE
from orsan_plans.plan import Comparison

VALUES = st.floats(min_value=0, max_value=1e6, allow_nan=False)


@given(VALUES, VALUES, st.sampled_from(Comparison), st.sampled_from(["%", "passages"]), st.booleans())
def test_the_page_and_the_message_say_the_same_number(
    value: float, limit: float, comparison: Comparison, unit: str, is_lower_bound: bool
) -> None:
    reading = replace(SHARE, value=value, unit=unit, is_lower_bound=is_lower_bound)
    crossed = replace(CROSSED, value=limit, comparison=comparison)
    sentence = describe_reading(reading, crossed)
    shown = measure(reading, crossed, date(2026, 1, 14))
    assert shown.value in sentence
    assert shown.threshold.partition(" : ")[2] in sentence


def test_a_value_never_reads_like_the_threshold_it_does_not_equal() -> None:
    assert value_text(replace(SHARE, value=10.02), CROSSED) == "10,02\u202f%"
    assert value_text(replace(SHARE, value=10.0), CROSSED) == "10,0\u202f%"
    assert value_text(replace(SHARE, value=62.31)) == "62,3\u202f%"
    assert value_text(replace(SHARE, value=12, unit="passages", is_lower_bound=True)) == "au moins 12\u00a0passages"


def test_lateness_and_completeness_are_said() -> None:
    def sureness(days: int) -> str:
        return " ".join(measure(SHARE, None, SHARE.occurred_on + timedelta(days=days)).sureness)

    assert "connue" not in sureness(0)
    assert "connue le lendemain" in sureness(1)
    assert "connue 3 jours après" in sureness(3)
    assert "Données incomplètes : 5 sources sur 7." in measure(UNKNOWN_SHARE, None, date(2026, 1, 14)).sureness
    lower = measure(replace(SHARE, is_lower_bound=True), CROSSED, date(2026, 1, 14))
    assert any("peut être plus élevé" in line for line in lower.sureness)
