import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given

from streams.collecting.decoding import Accepted, Refused, UnreadableFeed
from streams.entry import Status
from streams.signals.mdo import decode, disease_of, slug_of
from streams.signals.mdo_list import MDO
from tests.feeds.signal_builders import PDL, damaged, one, read, refusal, signal

RECORD: dict[str, Any] = {
    "maladie": "Rougeole",
    "departement": "44",
    "date": "2026-01-13",
    "source": "Laboratoire du CHU",
}
CSV = """maladie;departement;date;source;numero
Rougeole;44;2026-01-13;Laboratoire;1
Légionellose;85;2026-01-12;Laboratoire;
"""


def test_the_list_is_the_one_of_the_decree(shared_data: Any) -> None:  # noqa: ANN401 - a path
    with (shared_data / "ref" / "mdo_2023.csv").open(encoding="utf-8") as file:
        names = [row["maladie"] for row in csv.DictReader(file, delimiter=";")]
    assert list(MDO.values()) == names
    assert len(MDO) == 37


@pytest.mark.parametrize(("slug", "name"), MDO.items())
def test_every_disease_is_known_by_name_and_by_slug(slug: str, name: str) -> None:
    assert disease_of(name) == disease_of(slug) == disease_of(name.upper()) == slug


def test_slugs_are_plain() -> None:
    assert slug_of("Infection à virus du Nil occidental") == "infection_a_virus_du_nil_occidental"


def test_a_notification_becomes_a_signal() -> None:
    accepted = one(read(decode, RECORD))
    found = signal(accepted)
    assert (found.nature, found.territory) == ("mdo.rougeole", "DEP-44")
    assert found.title == "Rougeole, Loire-Atlantique (44), signalement du 13/01/2026"
    assert found.criteria == {"maladie": "rougeole"}
    assert accepted.occurred_at.isoformat() == "2026-01-12T23:00:00+00:00"


def test_csv_gives_the_same_as_json() -> None:
    items = read(decode, CSV.encode())
    assert [signal(item).nature for item in items] == ["mdo.rougeole", "mdo.legionellose"]
    comma = CSV.replace(";", ",").encode("utf-8-sig")
    assert read(decode, comma) == items


def test_two_cases_of_a_day_are_two_signals_and_one_is_closed_by_its_number() -> None:
    first, second = (one(read(decode, {**RECORD, "numero": number})) for number in (1, 2))
    closed = one(read(decode, {**RECORD, "ouvert": "non"}))
    assert signal(first).signal_id != signal(second).signal_id
    assert signal(closed).signal_id == signal(first).signal_id
    assert closed.key != first.key
    assert not signal(closed).is_open


def test_an_exercise_stays_one() -> None:
    assert one(read(decode, {**RECORD, "statut": "exercice"})).status is Status.EXERCISE


def test_suggestions_come_from_the_list_only() -> None:
    reason = refusal(read(decode, {**RECORD, "maladie": "Rougeolle de Jean Dupont"}))
    assert reason.startswith("maladie: not one of the 37 notifiable diseases")
    assert "Dupont" not in reason
    assert refusal(read(decode, {**RECORD, "maladie": "légionelose"})).endswith("did you mean Légionellose?")
    assert refusal(read(decode, {**RECORD, "maladie": "grippe"})).startswith("maladie: not one of")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"departement": "31"}, "departement: not in région 52"),
        ({"departement": "99"}, "departement: expected the INSEE code of a département, such as 44"),
        ({"date": "13/01/2026"}, "date: expected a day such as 2026-01-14"),
        ({"date": "2026-02-30"}, "date: date from datetime parsing"),
        ({"numero": 0}, "numero: greater than equal"),
    ],
)
def test_a_refusal_names_the_field(change: dict[str, Any], reason: str) -> None:
    assert refusal(read(decode, {**RECORD, **change})) == reason


def test_patient_data_refuses_the_record_and_is_not_kept() -> None:
    record = {**RECORD, "nom": "Dupont", "né": {"le": "03/03/1992"}}
    (refused,) = read(decode, record)
    assert isinstance(refused, Refused)
    assert refused.reason == "a field that this form does not have"
    assert json.loads(refused.raw) == {**RECORD, "champs_retires": 2}
    again = read(decode, refused.raw)
    assert isinstance(again[0], Refused), "what was taken out may have changed the meaning of the rest"


def test_a_header_with_patient_data_refuses_the_file_without_repeating_it() -> None:
    with pytest.raises(UnreadableFeed, match="essai:1: header not recognised") as caught:
        read(decode, b"maladie;nom_de_dupont\nRougeole;Dupont\n")
    assert "dupont" not in str(caught.value)


def test_a_row_with_cells_too_many_is_refused_alone_and_not_kept() -> None:
    items = read(decode, (CSV + "Rougeole;44;2026-01-13;Laboratoire;2;Dupont\n").encode())
    assert [type(item) for item in items] == [Accepted, Accepted, Refused]
    assert items[2] == Refused(4, b"", "6 cells instead of the 5 of the header")


@pytest.mark.parametrize("data", [b"", b"  \n", b"\xff\xfe\x00", b"[", b'maladie;date\n"Roug'])
def test_what_is_neither_json_nor_csv_is_unreadable(data: bytes) -> None:
    with pytest.raises(UnreadableFeed, match=r"^essai"):
        decode(io.BytesIO(data), "essai", PDL)


@given(damaged(CSV.encode()) | damaged(json.dumps([RECORD]).encode()))
def test_damage_gives_records_refusals_or_an_unreadable_file(data: bytes) -> None:
    try:
        items = read(decode, data)
    except UnreadableFeed:
        return
    assert all(isinstance(item, Accepted | Refused) for item in items)
