import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given

from streams.collecting.decoding import Accepted, Refused, UnreadableFeed
from streams.entry import Status
from streams.messages.capacity import RegulationActivity
from streams.signals.regulation import decode
from tests.feeds.signal_builders import damaged, one, read, refusal

RECORD: dict[str, Any] = {
    "territoire": "DEP-44",
    "debut": "2026-01-14T08:00",
    "fin": "2026-01-14T09:00",
    "source": "SAMU 44",
    "appels": 41,
    "dossiers": 30,
}
CSV = b"""territoire;debut;fin;source;appels;dossiers;appels_sas;departs_smur
DEP-44;2026-01-14T08:00;2026-01-14T09:00;SAMU 44;41;30;;0
DEP-49;2026-01-14T08:00;2026-01-14T09:00;SAMU 49;;;;2
"""


def activity(accepted: Accepted) -> RegulationActivity:
    assert isinstance(accepted.message, RegulationActivity)
    return accepted.message


def test_counts_of_an_hour() -> None:
    accepted = one(read(decode, RECORD))
    found = activity(accepted)
    assert (found.calls, found.dossiers, found.sas_calls, found.smur_departures) == (41, 30, None, None)
    assert found.starts_at == datetime(2026, 1, 14, 7, tzinfo=UTC)
    assert accepted.occurred_at == found.ends_at == datetime(2026, 1, 14, 8, tzinfo=UTC)
    assert accepted.day == date(2026, 1, 14)


def test_in_csv_an_empty_cell_is_unknown_and_zero_is_zero() -> None:
    first, second = (activity(each) for each in read(decode, CSV))
    assert (first.calls, first.sas_calls, first.smur_departures) == (41, None, 0)
    assert (second.calls, second.smur_departures) == (None, 2)


def test_a_period_sent_again_is_the_same_record() -> None:
    assert one(read(decode, RECORD)).key == one(read(decode, {**RECORD, "appels": 50})).key


def test_an_exercise_stays_one_and_is_no_duplicate_of_real_life() -> None:
    exercise = one(read(decode, {**RECORD, "statut": "exercice"}))
    assert exercise.status is Status.EXERCISE
    assert exercise.key != one(read(decode, RECORD)).key


def test_more_cases_than_calls_is_flagged() -> None:
    assert one(read(decode, {**RECORD, "dossiers": 42})).flags == ("dossiers_superieurs_aux_appels",)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"appels": -1}, "appels: greater than equal"),
        ({"appels": "41,5"}, "appels: int type"),
        ({"appels": True}, "appels: int type"),
        ({"appels": 10**12}, "appels: less than equal"),
        ({"fin": "2026-01-14T08:00"}, "the record: debut and fin: expected a period of at most 31 days"),
        ({"fin": "2026-03-14T08:00"}, "the record: debut and fin: expected a period of at most 31 days"),
        (
            {"appels": None, "dossiers": None},
            "the record: no count is given: expected appels, dossiers, appels_sas or departs_smur",
        ),
        ({"territoire": "DEP-31"}, "territoire: not in région 52"),
    ],
)
def test_a_refusal_names_the_field(change: dict[str, Any], reason: str) -> None:
    assert refusal(read(decode, {**RECORD, **change})) == reason


def test_a_refused_row_can_be_read_again_alone() -> None:
    (refused,) = read(decode, CSV.replace(b";41;30;;0", b";41;30;;0").replace(b"DEP-49", b"DEP-31"))[1:]
    assert isinstance(refused, Refused)
    assert refused.position == 3
    assert refusal(read(decode, refused.raw)) == refused.reason


@given(damaged(CSV) | damaged(json.dumps([RECORD]).encode()))
def test_damage_gives_records_refusals_or_an_unreadable_file(data: bytes) -> None:
    try:
        items = read(decode, data)
    except UnreadableFeed:
        return
    assert all(isinstance(item, Accepted | Refused) for item in items)
