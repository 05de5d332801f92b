"""Where and when a visit took place: FINESS, département, local times, the days a file replaces."""

from datetime import UTC, date, datetime
from io import BytesIO

import pytest

from streams.collecting.decoding import Accepted, Context, UnreadableFeed, Window
from streams.collecting.pseudonyms import Pseudonyms
from streams.messages.visits import PassageRPU
from streams.rpu.oscour import decode, departement_of_finess
from tests.feeds.oscour_files import RECEIVED_AT, RING, document, encoded, patient, read, read_visits

SPRING = {"EXTRACT": "31/03/2025 04:00:00", "DATEDEBUT": "30/03/2025", "DATEFIN": "30/03/2025"}
AUTUMN = {"EXTRACT": "27/10/2025 04:00:00", "DATEDEBUT": "26/10/2025", "DATEFIN": "26/10/2025"}


def test_a_finess_of_8_characters_gets_its_leading_zero_back() -> None:
    (item,) = read_visits({}, header={"FINESS": "10000024"}, region="84")
    assert isinstance(item.message, PassageRPU)
    assert (item.message.finess, item.message.departement) == ("010000024", "01")
    assert item.flags == ("finess_complete",)
    assert item.message.flags == ()


@pytest.mark.parametrize("finess", ["", "1234567", "4400002710", "ABCDEFGHI", "44000027é", "2C0000014"])
def test_a_file_without_a_usable_finess_is_refused(finess: str) -> None:
    with pytest.raises(UnreadableFeed, match=r"^envoi\.xml:\d+: FINESS is not"):
        read(encoded(document("", {"FINESS": finess})))


@pytest.mark.parametrize(
    ("finess", "region", "departement"),
    [("440000271", "52", "44"), ("2A0000014", "94", "2A"), ("970400024", "04", "974"), ("970100228", "01", "971")],
)
def test_the_departement_a_finess_suggests(finess: str, region: str, departement: str) -> None:
    assert departement_of_finess(finess, region) == departement


def test_the_list_of_establishments_knows_better() -> None:
    for known, expected in ({"440000271": "49"}, "49"), ({}, "44"):
        stream = BytesIO(encoded(document(patient())))
        (item,) = decode(stream, "f", Context("52", RECEIVED_AT), Pseudonyms(RING), known.get).items
        assert isinstance(item, Accepted)
        assert isinstance(item.message, PassageRPU)
        assert item.message.departement == expected


def test_an_empty_end_is_the_day_of_the_extraction() -> None:
    manifest, _ = read(encoded(document("", {"DATEFIN": ""})))
    assert manifest.window == Window(date(2025, 1, 8), date(2025, 1, 15))


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"EXTRACT": ""}, "EXTRACT is not"),
        ({"EXTRACT": "30/02/2025 04:00:00"}, "EXTRACT is not"),
        ({"EXTRACT": "17/01/2025 04:00:00"}, "EXTRACT is later than the reception"),
        ({"DATEDEBUT": ""}, "DATEDEBUT or DATEFIN is not"),
        ({"DATEFIN": "30/02/2025"}, "DATEDEBUT or DATEFIN is not"),
        ({"DATEDEBUT": "15/01/2025"}, "comes before DATEDEBUT"),
        ({"DATEDEBUT": "16/01/2025", "DATEFIN": ""}, "comes before DATEDEBUT"),
    ],
)
def test_a_file_that_does_not_say_what_it_replaces_is_refused(header: dict[str, str], reason: str) -> None:
    with pytest.raises(UnreadableFeed, match=reason):
        read(encoded(document(patient(), header)))


def test_local_times_follow_the_clocks_of_the_region() -> None:
    summer = {"ENTREE": "01/07/2024 08:12", "SORTIE": ""}
    assert read_visits(summer)[0].occurred_at == datetime(2024, 7, 1, 6, 12, tzinfo=UTC)
    assert read_visits(summer, region="04")[0].occurred_at == datetime(2024, 7, 1, 4, 12, tzinfo=UTC)
    assert read_visits(summer, region="02")[0].occurred_at == datetime(2024, 7, 1, 12, 12, tzinfo=UTC)


def test_the_day_is_the_local_one() -> None:
    (item,) = read_visits({"ENTREE": "01/01/2025 00:30", "SORTIE": ""})
    assert (item.day, item.occurred_at.date()) == (date(2025, 1, 1), date(2024, 12, 31))


@pytest.mark.parametrize(
    ("local", "at", "flags"),
    [
        ("30/03/2025 01:59", "2025-03-30T00:59", ()),
        ("30/03/2025 02:00", "2025-03-30T01:00", ("heure_inexistante:ENTREE",)),
        ("30/03/2025 02:30", "2025-03-30T01:30", ("heure_inexistante:ENTREE",)),
        ("30/03/2025 03:00", "2025-03-30T01:00", ()),
    ],
)
def test_an_hour_skipped_in_spring_is_shifted_forward(local: str, at: str, flags: tuple[str, ...]) -> None:
    (item,) = read_visits({"ENTREE": local, "SORTIE": ""}, header=SPRING)
    assert (item.occurred_at, item.flags) == (datetime.fromisoformat(f"{at}+00:00"), flags)


@pytest.mark.parametrize(
    ("local", "at", "flags"),
    [
        ("26/10/2025 01:59", "2025-10-25T23:59", ()),
        ("26/10/2025 02:00", "2025-10-26T00:00", ("heure_ambigue:ENTREE",)),
        ("26/10/2025 02:59", "2025-10-26T00:59", ("heure_ambigue:ENTREE",)),
        ("26/10/2025 03:00", "2025-10-26T02:00", ()),
    ],
)
def test_an_hour_counted_twice_in_autumn_is_the_first(local: str, at: str, flags: tuple[str, ...]) -> None:
    (item,) = read_visits({"ENTREE": local, "SORTIE": ""}, header=AUTUMN)
    assert (item.occurred_at, item.flags) == (datetime.fromisoformat(f"{at}+00:00"), flags)


def test_an_ambiguous_exit_never_precedes_its_entry() -> None:
    (item,) = read_visits({"ENTREE": "26/10/2025 02:50", "SORTIE": "26/10/2025 02:10"}, header=AUTUMN)
    assert isinstance(item.message, PassageRPU)
    assert item.message.exited_at == datetime(2025, 10, 26, 1, 10, tzinfo=UTC)
    assert item.flags == ("heure_ambigue:ENTREE", "heure_ambigue:SORTIE")


@pytest.mark.parametrize("header", [SPRING, AUTUMN])
def test_overseas_clocks_never_change(header: dict[str, str]) -> None:
    (item,) = read_visits({"ENTREE": f"{header['DATEDEBUT']} 02:30", "SORTIE": ""}, header=header, region="04")
    assert item.flags == ()
    assert item.occurred_at.hour == 22
