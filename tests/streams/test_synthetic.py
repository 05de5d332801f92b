from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orsan_plans.territory import region_of
from streams.entry import Status
from streams.messages import BedCapacity, EtablissementList, Message, PassageRPU, SignalSanitaire, decode
from streams.synthetic.profiles import LATENESS, RHYTHM
from streams.synthetic.script import CRITICAL_CARE_BEDS, CYBER, SILENT, SITES
from streams.synthetic.traffic import Timed, narrative, steady_passages, winter_evening

START = datetime(2026, 1, 14, 13, tzinfo=UTC)
EVENING = winter_evening(2026, START)


def at(clock: str) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 1, 14 if hour >= 14 else 15, hour, minute, tzinfo=UTC) - timedelta(hours=1)


def message(each: Timed) -> Message:
    return decode(each.draft.kind, each.draft.payload)


def visits(evening: list[Timed]) -> list[tuple[datetime, PassageRPU]]:
    return [(each.at, visit) for each in evening if isinstance(visit := message(each), PassageRPU)]


def occupancy(departement: str) -> dict[datetime, float]:
    declared: dict[str, BedCapacity] = {}
    rates = {}
    for each in EVENING:
        beds = message(each)
        if isinstance(beds, BedCapacity) and beds.departement == departement:
            declared[beds.finess] = beds
            installed = sum(one.beds_installed or 0 for one in declared.values())
            rates[each.at] = 100 * sum(one.beds_occupied or 0 for one in declared.values()) / installed
    return rates


def test_the_same_seed_gives_the_same_evening_and_another_seed_another_one() -> None:
    assert winter_evening(2026, START) == EVENING
    assert winter_evening(2027, START) != EVENING


def test_the_evening_is_ordered_and_lasts_from_two_to_two() -> None:
    assert EVENING[0].at == at("14:00")
    assert all(a.at <= b.at for a, b in pairwise(EVENING))
    assert at("01:45") < EVENING[-1].at < at("02:00") + LATENESS
    assert {each.draft.region for each in EVENING} == {"52"}
    assert all(each.draft.occurred_at <= each.at for each in EVENING)


def test_it_is_the_evening_of_the_local_day_whatever_the_hour_given() -> None:
    assert winter_evening(2026, datetime(2026, 1, 13, 23, 30, tzinfo=UTC)) == EVENING
    with pytest.raises(ValueError, match="start needs its time zone"):
        winter_evening(1, datetime(2026, 1, 14))  # noqa: DTZ001 (the error is the point)


def test_the_status_travels_on_every_record() -> None:
    assert {each.draft.status for each in EVENING} == {Status.ACTUAL}
    assert {each.draft.status for each in winter_evening(1, START, Status.EXERCISE)} == {Status.EXERCISE}


def test_reference_comes_first_and_names_every_site_a_demonstration() -> None:
    listed = message(EVENING[0])
    assert isinstance(listed, EtablissementList)
    assert {each.finess for each in listed.etablissements} == {site.finess for site in SITES}
    assert all(each.name.endswith("(démo)") for each in listed.etablissements)
    assert {each.departement for each in listed.etablissements} == set(CRITICAL_CARE_BEDS)
    assert [each.draft.kind for each in EVENING[1:6]] == ["reference.beds"] * 5


def test_every_hospital_sends_visits_late_and_out_of_order() -> None:
    received = visits(EVENING)
    assert {visit.finess for _, visit in received} == {site.finess for site in SITES}
    assert len({visit.key for _, visit in received}) == len(received)
    late = [arrival - visit.entered_at for arrival, visit in received if visit.finess != SILENT.finess]
    assert timedelta() <= min(late)
    assert max(late) <= LATENESS + timedelta(minutes=1)
    entries = [visit.entered_at for _, visit in received]
    assert entries != sorted(entries)


def test_visits_follow_the_daily_rhythm() -> None:
    assert sum(RHYTHM) == pytest.approx(24)
    ordinary = [visit for _, visit in visits(EVENING) if visit.departement != "72"]
    by_hour = Counter((visit.entered_at + timedelta(hours=1)).hour for visit in ordinary)
    expected = (
        sum(site.visits_per_day for site in SITES if site.departement != "72") * sum(RHYTHM[14:] + RHYTHM[:2]) / 24
    )
    assert len(ordinary) == pytest.approx(expected, rel=0.15)
    assert by_hour[18] > 2 * by_hour[0]


def test_critical_care_of_loire_atlantique_passes_80_then_90_percent() -> None:
    rates = occupancy("44")
    assert min(instant for instant, rate in rates.items() if rate > 80) == at("19:30")
    assert min(instant for instant, rate in rates.items() if rate > 90) == at("21:00")
    assert rates[at("02:00")] < 90
    for departement in ("49", "53", "72", "85"):
        assert max(occupancy(departement).values()) < 80


def test_critical_care_beds_are_those_of_the_survey() -> None:
    installed = {
        (beds.departement, beds.finess): beds.beds_installed
        for each in EVENING
        if isinstance(beds := message(each), BedCapacity)
    }
    totals: Counter[str] = Counter()
    for (departement, _), count in installed.items():
        totals[departement] += count or 0
    assert totals == CRITICAL_CARE_BEDS


def test_one_hospital_is_silent_from_six_to_half_past_eleven_then_sends_its_backlog() -> None:
    arrivals = [arrival for arrival, visit in visits(EVENING) if visit.finess == SILENT.finess]
    assert not [arrival for arrival in arrivals if at("18:00") <= arrival < at("23:30")]
    assert [arrival for arrival in arrivals if arrival < at("18:00")]
    backlog = [
        visit
        for arrival, visit in visits(EVENING)
        if visit.finess == SILENT.finess and at("23:30") <= arrival < at("23:35")
    ]
    assert min(visit.entered_at for visit in backlog) < at("18:30")
    assert len(backlog) > 10


def test_signals_open_and_close_when_the_story_says() -> None:
    signals = [(each.at, found) for each in EVENING if isinstance(found := message(each), SignalSanitaire)]
    assert [(arrival, found.nature, found.territory, found.is_open) for arrival, found in signals] == [
        (at("17:10"), "cyberattaque_etablissement", f"ETAB-{CYBER.finess}", True),
        (at("20:17"), "afflux_massif_de_victimes", "DEP-72", True),
        (at("00:40"), "afflux_massif_de_victimes", "DEP-72", False),
    ]
    assert signals[1][1].signal_id == signals[2][1].signal_id


def test_the_casualties_are_severe_and_go_to_the_sarthe() -> None:
    def severe(departement: str, since: str, until: str) -> int:
        return sum(
            visit.departement == departement and visit.ccmu in ("4", "5") and at(since) <= visit.entered_at < at(until)
            for _, visit in visits(EVENING)
        )

    assert severe("72", "20:40", "23:10") >= 8
    assert severe("72", "18:00", "20:30") <= 3


def test_the_story_is_told_in_order_and_within_the_evening() -> None:
    told = narrative(START)
    assert [instant for instant, _ in told] == sorted(instant for instant, _ in told)
    assert told[0][0] == at("14:00")
    assert told[-1][0] <= EVENING[-1].at
    assert any("cyberattaque" in sentence for _, sentence in told)


@pytest.mark.parametrize("region", ["76", "04"])
def test_steady_passages_are_ordered_and_at_the_stated_rate(region: str) -> None:
    steady = list(steady_passages(region, 2000, seed=7, sites=20))
    assert len(steady) == 2000
    assert all(a.at <= b.at for a, b in pairwise(steady))
    received = visits(steady)
    assert len({visit.finess for _, visit in received}) == 20
    assert {region_of(visit.departement) for _, visit in received} == {region}
    lasted = max(visit.entered_at for _, visit in received) - min(visit.entered_at for _, visit in received)
    assert 2000 * timedelta(days=1) / lasted == pytest.approx(5100, rel=0.1)
    assert steady == list(steady_passages(region, 2000, seed=7, sites=20))


@settings(max_examples=5)
@given(st.integers(0, 10**6))
def test_any_seed_keeps_the_order(seed: int) -> None:
    evening = winter_evening(seed, START)
    assert all(a.at <= b.at for a, b in pairwise(evening))
    assert len({visit.key for _, visit in visits(evening)}) == len(visits(evening))
