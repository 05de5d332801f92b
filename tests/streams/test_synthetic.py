from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orsan_plans.territory import region_of
from streams.collecting.decoding import Accepted, Refused, UnreadableFeed
from streams.entry import Status
from streams.messages import decode, parse
from streams.messages.capacity import BedCapacity
from streams.messages.reference import EtablissementList, ReferenceBeds
from streams.messages.signals import SignalSanitaire
from streams.messages.visits import PassageRPU
from streams.synthetic.evening import winter_evening
from streams.synthetic.exercise import EXERCISE, exercise_2016
from streams.synthetic.oscour_files import TimedFile
from streams.synthetic.profiles import RHYTHM, WEEK
from streams.synthetic.scene import Scene
from streams.synthetic.sites import (
    ANGERS,
    CRITICAL_CARE_BEDS,
    CYBER,
    LA_ROCHE,
    LE_MANS,
    NANTES_2,
    SARTHE_2,
    SILENT,
    SITES,
    VENDEE_3,
    Site,
)
from streams.synthetic.traffic import steady_passages
from tests.feeds.synthetic_collecting import decoded

START = datetime(2026, 1, 14, 13, tzinfo=UTC)
EVENING = winter_evening(2026, START)
MORNING = exercise_2016(2026, datetime(2026, 2, 25, 9, tzinfo=UTC))


def at(clock: str) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 1, 14 if hour >= 14 else 15, hour, minute, tzinfo=UTC) - timedelta(hours=1)


def of(site: Site) -> list[TimedFile]:
    return [each for each in EVENING.files if each.name.startswith(f"O{site.finess}")]


def items(file: TimedFile) -> list[Accepted]:
    # A CAP alert may end one that was given before; only that is told from the ledger here.
    return [each for each in decoded(file, is_given=file.name.startswith("cap_")) if isinstance(each, Accepted)]


def visits(site: Site) -> dict[str, PassageRPU]:
    """The last version of each visit a site sends in the evening, its unreadable files left out."""
    found = {}
    for file in of(site):
        try:
            read = items(file)
        except UnreadableFeed:
            continue
        found.update({each.key: each.message for each in read if isinstance(each.message, PassageRPU)})
    return found


def occupancy(departement: str) -> dict[datetime, float]:
    declared: dict[str, BedCapacity] = {}
    rates = {}
    for file in EVENING.files:
        if file.name.startswith(("ror_", "lits_4", "lits_5")):
            for each in items(file):
                beds = each.message
                if isinstance(beds, BedCapacity) and beds.departement == departement:
                    declared[beds.finess] = beds
                    installed = sum(one.beds_installed or 0 for one in declared.values())
                    rates[beds.updated_at] = 100 * sum(one.beds_occupied or 0 for one in declared.values()) / installed
    return rates


def test_the_same_seed_gives_the_same_scenes_and_another_seed_others() -> None:
    assert winter_evening(2026, START) == EVENING
    assert winter_evening(2027, START) != EVENING
    assert exercise_2016(2026, datetime(2026, 2, 25, 9, tzinfo=UTC)) == MORNING


@pytest.mark.parametrize("played", [EVENING, MORNING], ids=["evening", "exercise"])
def test_a_scene_is_in_order_and_told_within_it(played: Scene) -> None:
    assert all(a.at <= b.at for a, b in pairwise(played.files))
    told = [instant for instant, _ in played.told]
    assert told == sorted(told)
    assert told[0] == played.files[0].at
    assert told[-1] < played.ends_at


def test_the_evening_opens_at_two_local_time_whatever_the_hour_given() -> None:
    assert EVENING.files[0].at == at("14:00")
    assert winter_evening(2026, datetime(2026, 1, 13, 23, 30, tzinfo=UTC)) == EVENING
    with pytest.raises(ValueError, match="start needs its time zone"):
        winter_evening(1, datetime(2026, 1, 14))  # noqa: DTZ001 (the error is the point)


def test_reference_comes_first_and_names_every_site_a_demonstration() -> None:
    first, second = EVENING.files[:2]
    kind, _, rest = first.content.decode().partition('"payload":')
    listed = parse("reference.etablissements", rest.strip().removesuffix("}").encode())
    assert "reference.etablissements" in kind
    assert isinstance(listed, EtablissementList)
    assert {each.finess for each in listed.etablissements} == {site.finess for site in SITES}
    assert all(each.name.endswith("(démo)") for each in listed.etablissements)
    beds = [each.message for each in items(second)]
    assert {each.territory: each.beds["rea"] for each in beds if isinstance(each, ReferenceBeds)} == {
        f"DEP-{code}": count for code, count in CRITICAL_CARE_BEDS.items()
    }


def test_only_what_is_told_as_damaged_is_refused() -> None:
    refused, aside = [], []
    for file in EVENING.files[1:]:
        try:
            found = [each for each in decoded(file) if isinstance(each, Refused)]
        except UnreadableFeed:
            refused.append(file)
            continue
        if found:
            aside.append((file, len(found)))
    assert [each.name[1:10] for each in refused] == [VENDEE_3.finess]
    assert [(each.name[1:10], count) for each, count in aside] == [(NANTES_2.finess, 1)]
    assert at("16:03") < refused[0].at < at("16:05")
    assert at("18:37") < aside[0][0].at < at("18:39")
    again = next(each for each in of(VENDEE_3) if each.name == refused[0].name and each.at > refused[0].at)
    assert again.content.startswith(refused[0].content)


def test_a_file_comes_twice_and_another_after_the_one_that_followed_it() -> None:
    names = [each.name for each in of(ANGERS)]
    (twice,) = {name for name in names if names.count(name) > 1}
    same = [each for each in of(ANGERS) if each.name == twice]
    assert same[0].content == same[1].content
    assert same[1].at == at("15:22")
    overtaken = [(a, b) for a, b in pairwise(of(LA_ROCHE)) if a.name > b.name]
    assert [(b.at, b.name[-10:-4]) for _, b in overtaken] == [(at("19:40"), "185300")]


def test_every_hospital_sends_and_the_sarthe_more_often_after_the_accident() -> None:
    assert all(len(of(site)) > 12 for site in SITES)
    for site in (LE_MANS, SARTHE_2):
        sent = [each.at for each in of(site)]
        assert len([each for each in sent if at("20:30") <= each < at("22:30")]) == 12
        assert len([each for each in sent if at("16:30") <= each < at("18:30")]) == 4


def test_critical_care_of_loire_atlantique_passes_80_then_90_percent() -> None:
    rates = occupancy("44")
    assert min(instant for instant, rate in rates.items() if rate > 80) == at("19:30")
    assert min(instant for instant, rate in rates.items() if rate > 90) == at("21:00")
    assert rates[at("02:00")] < 90
    for departement in ("49", "53", "72", "85"):
        assert max(occupancy(departement).values()) < 80


def test_one_hospital_is_silent_from_six_to_half_past_eleven_then_sends_its_backlog() -> None:
    sent = [each.at for each in of(SILENT)]
    assert not [each for each in sent if at("18:00") <= each < at("23:30")]
    back = next(each for each in of(SILENT) if each.at >= at("23:30"))
    assert back.at < at("23:33")
    entries = [each.message.entered_at for each in items(back) if isinstance(each.message, PassageRPU)]
    assert len([each for each in entries if at("17:30") < each < at("23:30")]) > 10


def test_the_attacked_hospital_codes_nothing_more() -> None:
    late = [visit for visit in visits(CYBER).values() if visit.entered_at > at("17:10")]
    assert len(late) > 10
    assert not [visit for visit in late if visit.diagnosis_cim10]
    assert [visit for visit in visits(ANGERS).values() if visit.entered_at > at("17:10") and visit.diagnosis_cim10]


def test_signals_open_and_close_when_the_story_says() -> None:
    signals = [(file.at, items(file)[0].message) for file in EVENING.files if file.name.startswith("signal_")]
    read = [(instant, said) for instant, said in signals if isinstance(said, SignalSanitaire)]
    assert [(instant, said.nature, said.territory, said.is_open) for instant, said in read] == [
        (at("17:10"), "cyberattaque_etablissement", f"ETAB-{CYBER.finess}", True),
        (at("20:17"), "afflux_massif_de_victimes", "DEP-72", True),
        (at("00:40"), "afflux_massif_de_victimes", "DEP-72", False),
    ]
    assert read[1][1].signal_id == read[2][1].signal_id


def test_the_casualties_are_severe_and_go_to_the_sarthe() -> None:
    found = [*visits(LE_MANS).values(), *visits(SARTHE_2).values()]

    def severe(since: str, until: str) -> int:
        return sum(visit.ccmu in ("4", "5") and at(since) <= visit.entered_at < at(until) for visit in found)

    assert severe("20:40", "23:10") >= 8
    assert severe("18:00", "20:30") <= 3


def test_in_the_exercise_what_is_played_says_so_and_what_is_real_does_not() -> None:
    played = {"cap_": 2, "signal_": 2, f"lits_{EXERCISE}": 6, f"regulation_{EXERCISE}": 3, f"rpis_{EXERCISE}": 1}
    for file in MORNING.files[1:]:
        name = next((each for each in played if file.name.startswith(each)), None)
        statuses = {each.status for each in items(file)}
        assert statuses == {Status.EXERCISE if name else Status.ACTUAL}, file.name
    for name, count in played.items():
        assert len([each for each in MORNING.files if each.name.startswith(name)]) >= count


def test_the_exercise_is_played_at_the_hours_of_2016() -> None:
    def local(file: TimedFile) -> str:
        return f"{file.at + timedelta(hours=1):%H:%M}"

    call = next(each for each in MORNING.files if each.name.startswith("signal_"))
    (said,) = items(call)
    assert local(call) == "08:31"
    assert isinstance(said.message, SignalSanitaire)
    assert said.message.criteria == {"victimes": "70", "enfants": "20"}
    beds = [each for each in MORNING.files if each.name.startswith(f"lits_{EXERCISE}")]
    assert local(beds[-1]) == "11:31"
    assert any(instant == call.at - timedelta(minutes=14) and "Fusillade" in text for instant, text in MORNING.told)


@pytest.mark.parametrize("region", ["76", "04"])
def test_steady_passages_are_ordered_and_at_the_stated_rate(region: str) -> None:
    steady = list(steady_passages(region, 2000, seed=7, sites=20))
    assert len(steady) == 2000
    assert all(a.at <= b.at for a, b in pairwise(steady))
    received = [decode(each.draft.kind, each.draft.payload) for each in steady]
    read = [each for each in received if isinstance(each, PassageRPU)]
    assert len({visit.finess for visit in read}) == 20
    assert {region_of(visit.departement) for visit in read} == {region}
    lasted = max(visit.entered_at for visit in read) - min(visit.entered_at for visit in read)
    assert 2000 * timedelta(days=1) / lasted == pytest.approx(5100, rel=0.1)
    assert steady == list(steady_passages(region, 2000, seed=7, sites=20))


def test_rhythms_are_relative_to_their_mean() -> None:
    assert sum(RHYTHM) == pytest.approx(24)
    assert sum(WEEK) == pytest.approx(7)


@settings(max_examples=2)
@given(st.integers(0, 10**6))
def test_any_seed_keeps_the_order_and_the_names_apart(seed: int) -> None:
    evening = winter_evening(seed, START)
    assert all(a.at <= b.at for a, b in pairwise(evening.files))
    at_once = [(each.at, each.name) for each in evening.files]
    assert len(set(at_once)) == len(at_once)
