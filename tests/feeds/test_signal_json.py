import io
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.collecting.decoding import Accepted, Context, Refused, UnreadableFeed
from streams.entry import Status
from streams.signals.signal_json import decode
from tests.feeds.signal_builders import PDL, damaged, one, read, refusal, signal

RECORD: dict[str, Any] = {
    "id": "2026-001",
    "nature": "arbovirose",
    "territoire": "DEP-44",
    "titre": "Cas groupés de dengue autochtone",
    "date": "2026-01-14T08:12:00+01:00",
    "source": "Cellule régionale de SpF",
    "criteres": {"agent": "dengue"},
}


def test_a_record_becomes_a_signal() -> None:
    accepted = one(read(decode, RECORD))
    found = signal(accepted)
    assert found.signal_id == "Cellule régionale de SpF:2026-001"
    assert (found.nature, found.territory, found.criteria) == ("arbovirose", "DEP-44", {"agent": "dengue"})
    assert found.is_open
    assert found.ends_at is None
    assert accepted.occurred_at == datetime(2026, 1, 14, 7, 12, tzinfo=UTC)
    assert accepted.status is Status.ACTUAL
    assert accepted.flags == ()


def test_a_list_keeps_its_order_and_each_record_its_own_fate() -> None:
    items = read(decode, [RECORD, {**RECORD, "territoire": "DEP-31"}, {**RECORD, "id": "2026-002"}, 7])
    assert [type(item) for item in items] == [Accepted, Refused, Accepted, Refused]
    assert [item.position for item in items if isinstance(item, Refused)] == [2, 4]


def test_a_kind_nobody_heard_of_needs_no_code() -> None:
    assert signal(one(read(decode, {**RECORD, "nature": "pluie_de_grenouilles"}))).nature == "pluie_de_grenouilles"


def test_a_later_statement_updates_the_signal_and_an_earlier_one_sent_again_is_the_same_record() -> None:
    opened, closed = (
        one(read(decode, RECORD)),
        one(read(decode, {**RECORD, "date": "2026-01-14T09:30:00+01:00", "ouvert": False})),
    )
    assert signal(opened).signal_id == signal(closed).signal_id
    assert opened.key != closed.key
    assert one(read(decode, RECORD)).key == opened.key
    assert not signal(closed).is_open


@pytest.mark.parametrize(
    ("word", "status"), [("reel", Status.ACTUAL), ("exercice", Status.EXERCISE), ("test", Status.TEST)]
)
def test_the_status_is_the_one_written(word: str, status: Status) -> None:
    assert one(read(decode, {**RECORD, "statut": word})).status is status


def test_a_rehearsed_signal_is_no_duplicate_of_the_real_one() -> None:
    assert one(read(decode, {**RECORD, "statut": "exercice"})).key != one(read(decode, RECORD)).key


@given(st.text().filter(lambda word: word.strip() not in {"reel", "test"}))
def test_no_other_word_makes_a_record_real(word: str) -> None:
    items = read(decode, {**RECORD, "statut": word})
    assert not any(isinstance(item, Accepted) and item.status is Status.ACTUAL for item in items)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"territoire": "DEP-31"}, "territoire: not in région 52"),
        ({"territoire": "REG-76"}, "territoire: not in région 52"),
        ({"territoire": "Nantes"}, "territoire: string pattern mismatch"),
        ({"date": "hier"}, "date: expected an instant such as 2026-01-14T08:12:00+01:00"),
        ({"date": "2026-02-30T08:00:00Z"}, "date: expected an instant of the calendar"),
        ({"date": 1768378320}, "date: expected an instant such as 2026-01-14T08:12:00+01:00"),
        ({"source": "a/b"}, "source: string pattern mismatch"),
        ({"criteres": {"nom": "Dupont"}}, "criteres: a signal describes no person"),
        ({"criteres": {"Jean Dupont": "x"}}, "criteres: string pattern mismatch"),
        ({"Jean Dupont": "né le 03/03/1992"}, "a field that this form does not have"),
        ({"statut": "Jean"}, "statut: Input should be 'reel', 'exercice' or 'test'"),
        ({"titre": ""}, "titre: string too short"),
    ],
)
def test_a_refusal_names_the_field_and_repeats_nothing(change: dict[str, Any], reason: str) -> None:
    assert refusal(read(decode, {**RECORD, **change})) == reason


def test_a_time_without_zone_is_the_region_s() -> None:
    reunion = Context("04", PDL.received_at)
    record = {**RECORD, "territoire": "DEP-974", "date": "2026-01-14T08:12"}
    assert one(read(decode, record, reunion)).occurred_at == datetime(2026, 1, 14, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("local", "hour", "minute"),
    [("2025-10-26T02:30:00", 0, 30), ("2025-03-30T02:30:00", 1, 30)],
    ids=["twice: the first", "never: moved forward"],
)
def test_hours_of_a_clock_change(local: str, hour: int, minute: int) -> None:
    at = one(read(decode, {**RECORD, "date": local})).occurred_at
    assert (at.hour, at.minute) == (hour, minute)


def test_a_date_to_come_is_flagged() -> None:
    assert one(read(decode, {**RECORD, "date": "2026-02-14T08:12:00+01:00"})).flags == ("date_future",)


def test_the_source_of_a_file_is_the_one_its_records_name() -> None:
    def source(*names: str) -> str:
        data = "[" + ",".join(f'{{"source": "{name}"}}' for name in names) + "]"
        return decode(io.BytesIO(data.encode()), "essai", PDL).manifest.source

    assert source("SAMU 44", "SAMU 44") == "SAMU 44"
    assert source("SAMU 44", "SAMU 49") == "plusieurs sources"
    assert source() == "plusieurs sources"


FILE = (
    b'[{"id":"1","nature":"accident","territoire":"DEP-49","titre":"Accident","date":"2026-01-14T08:12:00Z",'
    b'"source":"SAMU 49","criteres":{"victimes":"6"},"fin":"2026-01-15T08:12:00Z"}]'
)


@given(damaged(FILE))
def test_damage_gives_a_record_a_refusal_or_an_unreadable_file(data: bytes) -> None:
    try:
        items = read(decode, data)
    except UnreadableFeed:
        return
    assert all(isinstance(item, Accepted | Refused) for item in items)
