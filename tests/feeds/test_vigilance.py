import copy
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.collecting.decoding import Accepted, Context, Refused, UnreadableFeed
from streams.entry import Status
from streams.signals.vigilance import decode
from tests.feeds.signal_builders import PDL, damaged, one, read, refusal, signal


def item(phenomenon: str = "6", colour: int = 3, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any member
    return {"phenomenon_id": phenomenon, "phenomenon_max_color_id": colour, **more}


def domain(code: str, *items: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any member
    return {"domain_id": code, "phenomenon_items": list(items), **more}


def period(*domains: dict[str, Any], echeance: str = "J", day: str = "2025-06-30") -> dict[str, Any]:
    return {
        "echeance": echeance,
        "begin_validity_time": f"{day}T14:00:00Z",
        "end_validity_time": f"{day}T22:00:00Z",
        "timelaps": {"domain_ids": list(domains)},
    }


def bulletin(*periods: dict[str, Any]) -> dict[str, Any]:
    return {"product": {"update_time": "2025-06-30T14:00:00Z", "periods": list(periods)}}


def test_the_sample_gives_an_orange_heat_wave_in_loire_atlantique(shared_data: Path) -> None:
    accepted = one(read(decode, (shared_data / "meteo" / "vigilance_synthetique.json").read_bytes()))
    found = signal(accepted)
    assert (found.nature, found.territory, found.is_open) == ("vigilance_meteo", "DEP-44", True)
    assert found.title == "Vigilance orange canicule le 30/06/2025, Loire-Atlantique (44)"
    assert found.criteria == {"phenomene": "canicule", "couleur": "orange", "echeance": "j", "zone": "departement"}
    assert found.ends_at == datetime(2025, 6, 30, 22, tzinfo=UTC)
    assert accepted.occurred_at == datetime(2025, 6, 30, 14, tzinfo=UTC)
    assert accepted.status is Status.ACTUAL


@pytest.mark.parametrize(
    ("phenomenon", "slug"),
    list(
        zip(
            "123456789",
            [
                "vent",
                "pluie_inondation",
                "orages",
                "crues",
                "neige_verglas",
                "canicule",
                "grand_froid",
                "avalanches",
                "vagues_submersion",
            ],
            strict=True,
        )
    ),
)
def test_phenomena_have_the_names_that_plans_use(phenomenon: str, slug: str) -> None:
    found = signal(one(read(decode, bulletin(period(domain("44", item(phenomenon)))))))
    assert found.criteria["phenomene"] == slug


@pytest.mark.parametrize(
    ("colour", "name", "is_open"), [(1, "vert", False), (2, "jaune", True), (3, "orange", True), (4, "rouge", True)]
)
def test_every_colour_but_green_is_open(colour: int, name: str, is_open: bool) -> None:
    found = signal(one(read(decode, bulletin(period(domain("44", item(colour=colour)))))))
    assert (found.criteria["couleur"], found.is_open) == (name, is_open)
    assert (found.ends_at is not None) is is_open


def test_the_next_bulletin_updates_the_same_signal_and_green_closes_it() -> None:
    bulletins = [bulletin(period(domain("44", item(colour=colour)))) for colour in (3, 4, 1)]
    items = [one(read(decode, each)) for each in bulletins]
    assert len({signal(each).signal_id for each in items}) == 1
    assert len({each.key for each in items}) == 1
    assert [signal(each).is_open for each in items] == [True, True, False]


def test_green_says_nothing_where_no_signal_is_known() -> None:
    green = bulletin(period(domain("44", item(colour=1))))
    assert read(decode, green, is_known=lambda _: False) == []
    assert len(read(decode, green, is_known=lambda _: True)) == 1


def test_two_green_bulletins_are_the_same_record() -> None:
    one_day, next_day = (
        bulletin(period(domain("44", item(colour=1)), day=day)) for day in ("2025-06-29", "2025-06-30")
    )
    assert read(decode, one_day)[0].message == read(decode, next_day)[0].message


def test_a_green_departement_without_details_is_green_for_all_phenomena() -> None:
    items = read(decode, bulletin(period({"domain_id": "44", "max_color_id": 1})))
    assert len(items) == 9
    assert not any(signal(each).is_open for each in items)


def test_tomorrow_is_a_signal_of_its_own() -> None:
    items = read(
        decode,
        bulletin(
            period(domain("44", item(colour=3))),
            period(domain("44", item(colour=4)), echeance="J1", day="2025-07-01"),
        ),
    )
    assert [(signal(each).criteria["echeance"], signal(each).criteria["couleur"]) for each in items] == [
        ("j", "orange"),
        ("j1", "rouge"),
    ]
    assert len({signal(each).signal_id for each in items}) == 2


def test_a_colour_ends_with_its_last_stretch() -> None:
    slots = [
        {"begin_time": "2025-06-30T14:00:00Z", "end_time": "2025-06-30T18:00:00Z", "color_id": 3},
        {"begin_time": "2025-06-30T18:00:00Z", "end_time": "2025-06-30T22:00:00Z", "color_id": 2},
    ]
    found = signal(one(read(decode, bulletin(period(domain("44", item(timelaps_items=slots)))))))
    assert found.ends_at == datetime(2025, 6, 30, 18, tzinfo=UTC)


def test_other_regions_are_counted_and_left_out() -> None:
    written = bulletin(period(domain("31", item()), domain("FRA", item()), domain("44", item()), domain("99", item())))
    decoding = decode(io.BytesIO(json.dumps(written).encode()), "essai", PDL)
    assert decoding.manifest.elsewhere == 3
    assert len(list(decoding.items)) == 1


def test_the_coast_is_a_place_of_its_own() -> None:
    items = read(decode, bulletin(period(domain("44", item("9")), domain("4410", item("9")))))
    assert [signal(each).criteria["zone"] for each in items] == ["departement", "littoral"]
    assert [signal(each).territory for each in items] == ["DEP-44", "DEP-44"]
    assert len({signal(each).signal_id for each in items}) == 2


def test_corsica_is_written_with_a_letter() -> None:
    found = signal(one(read(decode, bulletin(period(domain("2A", item("1")))), Context("94", PDL.received_at))))
    assert found.territory == "DEP-2A"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"phenomenon_id": "12"}, "phenomenon_id: not one of the nine phenomena of the vigilance"),
        ({"phenomenon_max_color_id": 5}, "phenomenon_max_color_id: less than equal"),
        ({"phenomenon_max_color_id": "rouge"}, "phenomenon_max_color_id: int type"),
    ],
)
def test_what_is_not_understood_is_refused_alone(change: dict[str, Any], reason: str) -> None:
    items = read(decode, bulletin(period(domain("44", {**item(), **change}, item("1")))))
    assert [type(each) for each in items] == [Refused, Accepted]
    assert items[0].position == 1
    assert refusal(items[:1]) == reason


def test_an_unknown_domain_is_refused_not_forgotten() -> None:
    assert refusal(read(decode, bulletin(period(domain("VIGI974", item()))))) == (
        "domain_id: not a domain of the vigilance map"
    )


@pytest.mark.parametrize("data", [b"{}", b"[]", b'{"product": {"periods": []}}', b'{"product": {"update_time": 3}}'])
def test_another_json_is_unreadable(data: bytes) -> None:
    with pytest.raises(UnreadableFeed, match=r"^essai: .*product"):
        decode(io.BytesIO(data), "essai", PDL)


FILE = json.dumps(bulletin(period(domain("44", item(timelaps_items=[])), domain("31", item())))).encode()


@given(damaged(FILE))
def test_damage_gives_records_refusals_or_an_unreadable_file(data: bytes) -> None:
    try:
        items = read(decode, data)
    except UnreadableFeed:
        return
    assert [each.position for each in items if isinstance(each, Refused)] == sorted(
        each.position for each in items if isinstance(each, Refused)
    )


PLACES = [
    ("product", "periods", 0),
    ("product", "periods", 0, "timelaps"),
    ("product", "periods", 0, "timelaps", "domain_ids", 0),
    ("product", "periods", 0, "timelaps", "domain_ids", 0, "phenomenon_items"),
    ("product", "periods", 0, "timelaps", "domain_ids", 0, "phenomenon_items", 0),
]
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(PLACES), ANY_JSON)
def test_any_shape_is_answered(place: tuple[Any, ...], value: Any) -> None:  # noqa: ANN401 - any JSON
    written = copy.deepcopy(json.loads(FILE))
    inside = written
    for step in place[:-1]:
        inside = inside[step]
    inside[place[-1]] = value
    assert all(isinstance(each, Accepted | Refused) for each in read(decode, written))
