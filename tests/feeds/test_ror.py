"""The ROR: status by status and gender by gender made distinct counts; whose they are is found, or they are refused."""

import json
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.capacity.codes import FIELD_OF_STATUS, FLAGS
from streams.capacity.declaration import Directory
from streams.capacity.ror import decode
from streams.collecting.decoding import Accepted, Refused, UnreadableFeed
from tests.feeds.capacity_examples import (
    MENDE,
    NANTES,
    PAYS_DE_LA_LOIRE,
    RECEIVED,
    Item,
    beds,
    bundle,
    capacity,
    concept,
    counts,
    damaged,
    finess_identifier,
    hold_whatever_the_bytes,
    location,
    managed,
    organization,
    reason,
    service,
    stream,
)

UNIT = managed(
    capacity("01", 15),
    capacity("02", 0, genderCapacityAvailable="01"),
    capacity("02", 1, genderCapacityAvailable="02"),
    capacity("02", 3, genderCapacityAvailable="03"),
    capacity("05", 2),
    capacity("06", 4, crisisType="02", additionalBedType="03"),
    capacity("03", 5, temporaryAssignement="02"),
    type=[concept("001", "TRE_R343-FonctionLieu")],
)


def read(document: object, directory: Directory | None = None) -> list[Item]:
    return list(decode(stream(document), "ror.json", PAYS_DE_LA_LOIRE, directory or Directory()).items)


def whole(document: object, directory: Directory | None = None) -> Accepted:
    """The last record: the unit's whole, in everyday conditions."""
    item = read(document, directory)[-1]
    assert isinstance(item, Accepted), item
    assert (beds(item).gender, beds(item).is_crisis, beds(item).is_temporary) == (None, False, False)
    return item


@pytest.mark.parametrize(("status", "field"), FIELD_OF_STATUS.items())
def test_each_status_has_its_own_count(status: str, field: str) -> None:
    assert counts(whole(managed(capacity(status, 7)))) == {field.removeprefix("beds_"): 7}


def test_a_unit_is_pivoted_by_gender_crisis_and_assignment() -> None:
    items = read(UNIT)
    assert [(beds(each).gender, beds(each).is_crisis, beds(each).is_temporary, counts(each)) for each in items] == [
        (None, True, False, {"additional": 4}),
        (None, False, True, {"occupied": 5}),
        ("F", False, False, {"available": 0}),
        ("H", False, False, {"available": 1}),
        ("I", False, False, {"available": 3}),
        (None, False, False, {"installed": 15, "available": 4, "closed": 2}),
    ]
    keys = [each.key for each in items if isinstance(each, Accepted)]
    assert len(set(keys)) == len(items)
    assert all(key.startswith(f"{NANTES}/R343-001/5253/") for key in keys)
    assert (beds(items[0]).unit, beds(items[0]).departement) == ("5253", "44")


def test_a_status_without_gender_is_the_whole_its_genders_are_details() -> None:
    item = whole(managed(capacity("02", 5), capacity("02", 3, genderCapacityAvailable="01")))
    assert counts(item) == {"available": 5}


def test_what_adds_up_is_added_and_a_total_is_not_added_to_its_details() -> None:
    closed = [capacity("05", 2, capacityClosingType="01"), capacity("05", 1, capacityClosingType="02")]
    assert counts(whole(managed(*closed))) == {"closed": 3}
    assert counts(whole(managed(*closed, capacity("05", 4)))) == {"closed": 4}
    extra = [capacity("06", number, additionalBedType=f"0{number}") for number in (1, 2, 3)]
    assert counts(whole(managed(*extra))) == {"additional": 6}


def test_installed_as_observed_stands_in_and_is_compared() -> None:
    assert counts(whole(managed(capacity("08", 9)))) == {"installed": 9}
    both = whole(managed(capacity("08", 9), capacity("01", 10)))
    assert (counts(both), both.flags) == ({"installed": 10}, ("nature_inconnue", "installes_differents"))


def test_the_date_is_the_oldest_of_what_changes_daily() -> None:
    item = whole(managed(capacity("01", 9, "2020-01-01T00:00:00Z"), capacity("02", 1), capacity("03", 2, "2026-01-13")))
    assert item.occurred_at == beds(item).updated_at == datetime(2026, 1, 12, 23, tzinfo=UTC)
    assert item.flags == ("nature_inconnue", "heure_absente")
    assert whole(managed(capacity("01", 9, "2020-01-01T00:00:00Z"))).occurred_at.year == 2020


def test_the_latest_of_two_numbers_counts_and_a_tie_is_unknown() -> None:
    later = "2026-01-14T08:30:00+01:00"
    assert counts(whole(managed(capacity("02", 5), capacity("02", 1, later)))) == {"available": 1}
    assert whole(managed(capacity("02", 5), capacity("02", 5))).flags == ("nature_inconnue",)
    tie = whole(managed(capacity("02", 5), capacity("02", 1), capacity("01", 8)))
    assert (counts(tie), tie.flags) == ({"installed": 8}, ("nature_inconnue", "valeurs_contradictoires"))


def test_a_missing_date_is_that_of_the_place() -> None:
    item = whole(managed(capacity("01", 9, None), meta={"lastUpdated": "2026-01-02T03:04:05Z"}))
    assert item.occurred_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert item.flags == ("nature_inconnue", "date_absente")
    (refused,) = read(managed(capacity("01", 9, None)))
    assert "date" in reason(refused)


def test_only_present_beds_are_read() -> None:
    assert read(managed(capacity("01", 9, capacityType="02"))) == []
    assert read(managed(capacity("01", 9, temporalityCapacity="02"))) == []
    assert read(managed()) == []


def test_unknown_codes_are_left_out_and_said() -> None:
    item = whole(managed(capacity("01", 9), capacity("07", 8), capacity("02", 1, genderCapacityAvailable="09")))
    assert (counts(item), item.flags) == ({"installed": 9}, ("nature_inconnue", "statut_ignore", "genre_ignore"))
    (refused,) = read(managed(capacity("77", 9)))
    assert "no capacity with a known status" in reason(refused)


def test_contradictions_are_flagged_never_refused() -> None:
    item = whole(managed(capacity("01", 3), capacity("02", 4), capacity("03", 5)))
    assert set(item.flags) - {"nature_inconnue"} == {
        "disponibles_sup_installes",
        "occupes_sup_installes",
        "occupes_disponibles_sup_installes",
    }


@pytest.mark.parametrize("number", [-1, 1.5, True, "", None, [], 10**9, 10**17, 10**30, "15 lits"])
def test_a_number_that_is_no_count_refuses_the_place_only(number: object) -> None:
    refused, kept = read(bundle(managed(capacity("01", number)), managed(capacity("01", 3))))
    assert "nbCapacity" in reason(refused)
    assert isinstance(refused, Refused)
    assert (refused.position, json.loads(refused.raw)["id"]) == (1, "5253")
    assert counts(kept) == {"installed": 3}


def test_numbers_that_add_up_beyond_any_count_refuse_the_place() -> None:
    huge = [capacity("05", 999_999_999, capacityClosingType=each) for each in ("01", "02")]
    (refused,) = read(managed(*huge))
    assert "more beds than can be counted" in reason(refused)


def test_a_place_with_too_many_capacities_is_refused() -> None:
    (refused,) = read(managed(*(capacity("05", 1, crisisType=str(each)) for each in range(501))))
    assert "more than 500 capacities" in reason(refused)


def test_a_capacity_without_nature_or_status_refuses_the_place() -> None:
    for missing in ("capacityType", "capacityStatus"):
        (refused,) = read(managed(capacity("01", 9, **{missing: ""})))
        assert "without its nature or its status" in reason(refused)


@pytest.mark.parametrize(
    "resources",
    [
        [location(capacity("01", 9), identifier=[finess_identifier()])],
        [location(capacity("01", 9), managingOrganization={"reference": "Organization/1"}), organization()],
        [location(capacity("01", 9), managingOrganization={"reference": "https://r/Organization/1"}), organization()],
        [location(capacity("01", 9), partOf={"identifier": finess_identifier()})],
        [location(capacity("01", 9), partOf={"reference": "Location/7"}), managed(id="7")],
        [location(capacity("01", 9)), service("183"), organization()],
        [location(capacity("01", 9)), service("183"), organization(finess=None, partOf={"reference": "Organization/2"}),
         organization("2", partOf={"reference": "Organization/3"}), organization("3", finess=MENDE)],
    ],
)  # fmt: skip
def test_the_finess_is_found_wherever_the_document_holds_it(resources: list[Any]) -> None:
    assert beds(read(bundle(*resources))[0]).finess == NANTES


def test_a_finess_may_be_named_by_its_type() -> None:
    typed = {"type": concept("1", "TRE_G07-TypeIdentifiantStructure"), "value": NANTES}
    assert beds(whole(location(capacity("01", 9), identifier=[typed]))).finess == NANTES


@pytest.mark.parametrize("reference", ["Location/5253", "Organization/1"])
def test_the_region_may_declare_what_the_answer_does_not_hold(reference: str) -> None:
    answer = bundle(location(capacity("01", 9)), service("183"))
    (refused,) = read(answer)
    assert "unknown establishment" in reason(refused)
    assert beds(whole(answer, Directory(finess={reference: MENDE}))).departement == "48"


def test_a_place_used_by_two_establishments_is_refused() -> None:
    answer = bundle(
        location(capacity("01", 9)),
        service("183"),
        service("183", by="Organization/2"),
        organization(),
        organization("2", finess=MENDE),
    )
    assert "different establishments" in reason(read(answer)[0])


def test_places_that_contain_each_other_end() -> None:
    loop = bundle(
        location(capacity("01", 9), partOf={"reference": "Location/7"}),
        location(id="7", partOf={"reference": "Location/5253"}),
    )
    assert "unknown establishment" in reason(read(loop)[0])


def test_a_finess_that_lost_its_zero_is_padded_and_flagged() -> None:
    item = whole(location(capacity("01", 9), identifier=[finess_identifier(10000024)]))
    assert (beds(item).finess, item.flags) == ("010000024", ("finess_complete", "nature_inconnue"))
    (refused,) = read(location(capacity("01", 9), identifier=[finess_identifier("4400")]))
    assert "not a FINESS" in reason(refused)


def test_the_kind_of_beds_is_what_the_region_declares_of_the_services() -> None:
    answer = bundle(managed(capacity("01", 9)), service("183"))
    assert beds(whole(answer)).bed_kind == "R211-183"
    declared = whole(answer, Directory(bed_kinds={"R211-183": "rea"}))
    assert (beds(declared).bed_kind, declared.flags) == ("rea", ())
    several = whole(bundle(managed(capacity("01", 9)), service("183"), service("184")),
                    Directory(bed_kinds={"R211-183": "rea", "R211-184": "usc"}))  # fmt: skip
    assert (beds(several).bed_kind, several.flags) == ("rea+usc", ("plusieurs_natures",))


def test_short_stay_beds_are_known_by_their_care_mode() -> None:
    short_stay = service("157") | {"characteristic": [concept("13", "TRE_R213-ModePriseEnCharge")]}
    assert beds(whole(bundle(managed(capacity("01", 9)), short_stay))).bed_kind == "uhcd"


def test_a_kind_that_nothing_tells_is_said_unknown() -> None:
    item = whole(managed(capacity("01", 9)))
    assert (beds(item).bed_kind, item.flags) == ("inconnue", ("nature_inconnue",))


def test_two_units_of_one_kind_are_two_records() -> None:
    first, second = read(bundle(managed(capacity("01", 9)), managed(capacity("01", 4), id="a/b")))
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert (first.key, second.key) == (f"{NANTES}/inconnue/5253/-/-/-", f"{NANTES}/inconnue/a%2Fb/-/-/-")


def test_an_inactive_place_is_flagged() -> None:
    assert "lieu_inactif" in whole(managed(capacity("01", 9), status="inactive")).flags


def test_entries_that_are_no_resource_are_refused_with_their_place() -> None:
    document = bundle(managed(capacity("01", 9)), None, 5, {"id": "x"}, organization())
    document["entry"].append("text")
    items = read(document)
    assert [each.position for each in items if isinstance(each, Refused)] == [2, 3, 4, 6]
    assert len(items) == 5


@pytest.mark.parametrize("document", [[], {}, 5, None, organization(), {"resourceType": "Bundle", "entry": 5}, [UNIT]])
def test_another_document_is_refused_whole(document: object) -> None:
    with pytest.raises(UnreadableFeed, match=r"ror\.json:1: neither a FHIR Location nor a Bundle"):
        read(document)


def test_the_answer_says_when_it_was_made_never_in_the_future() -> None:
    def made(**members: object) -> datetime:
        return decode(stream(bundle(**members)), "f", PAYS_DE_LA_LOIRE).manifest.extracted_at

    assert made(timestamp="2026-01-14T08:30:00+01:00") == datetime(2026, 1, 14, 7, 30, tzinfo=UTC)
    assert made(meta={"lastUpdated": "2026-01-14T08:30:00Z"}) == datetime(2026, 1, 14, 8, 30, tzinfo=UTC)
    for unusable in ("2030-01-01T00:00:00Z", "2026-01-14T08:30:00", "0001-01-01T00:00:00+14:00", "MARTIN", 5):
        assert made(timestamp=unusable) == RECEIVED
    assert read(bundle()) == []


def test_the_sample_has_no_establishment_until_the_region_declares_it(shared_data: Path) -> None:
    sample = (shared_data / "ror" / "ror_location_capacite_synthetique.json").read_bytes()
    (refused,) = read(sample)
    assert "unknown establishment" in reason(refused)
    items = read(sample, Directory(finess={"Location/ror-location-synthetique-1": NANTES}))
    assert [(beds(each).gender, beds(each).is_crisis, counts(each)) for each in items] == [
        (None, True, {"additional": 4}),
        ("I", False, {"available": 3}),
        (None, False, {"installed": 15, "available": 3, "closed": 2}),
    ]
    assert beds(items[0]).updated_at == datetime(2025, 1, 14, 9, 5, tzinfo=UTC)


def test_the_guide_tells_every_status_and_every_flag(repository: Path) -> None:
    guide = (repository / "docs" / "flux-capacite.md").read_text("utf-8")
    assert all(f"| {status} " in guide for status in [*FIELD_OF_STATUS, "08"])
    assert all(f"| `{flag}` | {meaning} |" in guide for flag, meaning in FLAGS.items())


ANSWER = bundle(UNIT, location(capacity("01", 9), id="7", name="MARTIN"), service("183", "Location/7"), organization())


@given(damaged(json.dumps(ANSWER).encode()))
def test_damage_never_breaks_an_answer(content: bytes) -> None:
    hold_whatever_the_bytes(decode, content)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**12) | st.floats(-9, 9) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["coding", "code", "url"]), inner),
    max_leaves=6,
)


@given(st.data())
def test_any_value_in_any_place_is_accepted_or_refused(data: st.DataObject) -> None:
    document = json.loads(json.dumps(ANSWER))
    holder, key = data.draw(st.sampled_from(list(_places(document))))
    holder[key] = data.draw(json_values)
    hold_whatever_the_bytes(decode, json.dumps(document).encode())


@given(st.permutations([capacity(status, 3) for status in FIELD_OF_STATUS]), st.permutations(ANSWER["entry"]))
def test_the_order_of_what_is_sent_changes_nothing(capacities: list[Any], entries: list[Any]) -> None:
    assert read(managed(*capacities)) == read(managed(*(capacity(status, 3) for status in FIELD_OF_STATUS)))
    shuffled = read({"resourceType": "Bundle", "entry": entries})
    assert _by_key(shuffled) == _by_key(read(ANSWER))


@given(
    st.lists(st.sampled_from([managed(capacity("01", 9)), managed(capacity("01", -1)), location(capacity("01", 1))]))
)
def test_every_place_is_accepted_or_refused(places: list[Any]) -> None:
    items = list(decode(BytesIO(json.dumps(bundle(*places)).encode()), "f", PAYS_DE_LA_LOIRE).items)
    assert len(items) == len(places)
    assert sum(isinstance(each, Accepted) for each in items) == places.count(managed(capacity("01", 9)))


def _by_key(items: list[Item]) -> dict[str, Item]:
    return {each.key: each for each in items if isinstance(each, Accepted)}


def _places(value: Any) -> Any:  # noqa: ANN401 (any JSON)
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield value, key
        yield from _places(inner)
