from datetime import UTC, date, datetime, timedelta

import pytest

from alerts.french import (
    day_text,
    duration_text,
    exact_text,
    instant_text,
    number_text,
    quantity_text,
    sentence,
)


def test_days_and_instants_are_written_in_french_in_the_local_zone() -> None:
    assert day_text(date(2020, 3, 1)) == "dimanche 1er\u00a0mars 2020"
    midnight = datetime(2026, 7, 31, 22, 5, tzinfo=UTC)
    assert instant_text(midnight, "Europe/Paris") == "samedi 1er\u00a0août 2026 à 0\u00a0h\u00a005"
    assert instant_text(midnight, "Indian/Reunion") == "samedi 1er\u00a0août 2026 à 2\u00a0h\u00a005"
    assert instant_text(midnight, "America/Cayenne") == "vendredi 31\u00a0juillet 2026 à 19\u00a0h\u00a005"


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(seconds=59), "0 min"),
        (timedelta(minutes=25), "25 min"),
        (timedelta(hours=4), "4 h"),
        (timedelta(hours=4, minutes=5), "4 h 05"),
        (timedelta(days=1, hours=2, minutes=59), "1 j 2 h"),
        (timedelta(days=3), "3 j"),
    ],
)
def test_durations(length: timedelta, text: str) -> None:
    assert duration_text(length).replace("\u00a0", " ") == text


def test_numbers_have_a_comma_and_narrow_spaces() -> None:
    assert number_text(1850000) == "1\u202f850\u202f000"
    assert number_text(1234.56, 1) == "1\u202f234,6"
    assert exact_text(10.0) == "10"
    assert exact_text(6.5) == "6,5"
    assert exact_text(100) == "100"


def test_a_quantity_below_two_is_singular() -> None:
    assert quantity_text("1", 1, "passages") == "1\u00a0passage"
    assert quantity_text("2", 2, "passages") == "2\u00a0passages"
    assert quantity_text("10,4", 10.4, "%") == "10,4\u202f%"
    assert quantity_text("3", 3, "") == "3"


def test_a_sentence_ends_once() -> None:
    assert [sentence(text) for text in ("Fin", "Fin.", "Fin ?")] == ["Fin.", "Fin.", "Fin ?"]
