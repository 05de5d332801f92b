"""Beds by kind, calls to the SAMU, interventions of the SMUR; a source that lives though it has nothing new."""

from dataclasses import replace
from datetime import datetime

import pytest

from orsan_plans.reading import Reading, Unknown
from streams.entry import Status
from streams.messages import Message
from streams.messages.capacity import BedCapacity, RegulationActivity, SmurIntervention
from streams.messages.feeds import FeedReceived
from streams.region.beds import BED_INDICATORS
from tests.core.builders import ANGERS, HOUR, MINUTE, NANTES, NAZAIRE, T0, journal, passage, rule, run, setting, silence

BEDS = BedCapacity(NANTES, "44", "usc", T0, beds_installed=12, beds_staffed=10, beds_occupied=9, beds_available=1)
TOLD = {"vigilance": {"roles": ["cadre"]}}


def latest(*timed: tuple[datetime, Message], until: datetime | None = None) -> dict[str, Reading]:
    return run(journal(*setting(), *timed), until).fold.state.worlds[Status.ACTUAL].readings


def values(readings: dict[str, Reading], place: str) -> dict[str, float | None]:
    return {key.partition("@")[0]: each.value for key, each in readings.items() if key.endswith(f"@{place}")}


def test_each_number_of_beds_said_is_a_reading_and_no_other() -> None:
    assert values(latest((T0, BEDS)), "DEP-44") == {
        "lits.installes_usc": 12,
        "lits.armes_usc": 10,
        "lits.occupes_usc": 9,
        "lits.disponibles_usc": 1,
        "lits.taux_occupation_usc": 75,
        "lits.taux_occupation_armes_usc": 90,
    }


def test_units_and_establishments_add_up() -> None:
    readings = latest(
        (T0, replace(BEDS, unit="a")),
        (T0, replace(BEDS, unit="b")),
        (T0, replace(BEDS, finess=ANGERS, departement="49")),
    )
    assert readings["lits.installes_usc@DEP-44"].value == 24
    assert readings["lits.installes_usc@REG-52"].value == 36


def test_an_establishment_nobody_declared_counts_where_it_says_it_is() -> None:
    assert latest((T0, replace(BEDS, finess=NAZAIRE)))["lits.installes_usc@DEP-44"].value == 12


@pytest.mark.parametrize("detail", [{"gender": "F"}, {"is_crisis": True}, {"is_temporary": True}])
def test_a_detail_is_not_added_to_its_total(detail: dict[str, object]) -> None:
    readings = latest((T0, BEDS), (T0, replace(BEDS, beds_installed=5, **detail)))  # type: ignore[arg-type]
    assert readings["lits.installes_usc@DEP-44"].value == 12


def test_a_number_no_longer_said_becomes_unknown() -> None:
    later = replace(BEDS, updated_at=T0 + HOUR, beds_available=None)
    reading = latest((T0, BEDS), (T0 + HOUR, later))["lits.disponibles_usc@DEP-44"]
    assert reading.unknown is Unknown.STALE


def test_the_beds_of_a_silent_establishment_are_unknown() -> None:
    silent = rule("muet", ["etablissement"], silence("lits", "3 h"), prevenir=TOLD)
    played = run(journal(*setting(silent), (T0, BEDS)), T0 + 4 * HOUR)
    readings = played.fold.state.worlds[Status.ACTUAL].readings
    assert {readings[f"{name}@REG-52"].value for name in BED_INDICATORS if f"{name}@REG-52" in readings} == {None}


def calls(count: int | None, departement: str = "44", start: datetime = T0 - HOUR) -> RegulationActivity:
    return RegulationActivity(f"DEP-{departement}", start, start + HOUR, "SAMU", calls=count, dossiers=2)


def test_calls_add_up_in_the_region_and_leave_after_24_hours() -> None:
    timed = [(T0, calls(30)), (T0, calls(12, "49")), (T0 + HOUR, calls(8, start=T0))]
    assert latest(*timed)["samu.appels_24h@DEP-44"].value == 38
    assert latest(*timed)["samu.appels_24h@REG-52"].value == 50
    readings = latest(*timed, until=T0 + 24 * HOUR)
    assert readings["samu.appels_24h@DEP-44"].value == 8
    assert readings["samu.appels_24h@DEP-49"].unknown is Unknown.ABSENT


def test_a_period_that_was_not_counted_makes_a_lower_bound() -> None:
    reading = latest((T0, calls(30)), (T0 + HOUR, calls(None, start=T0)))["samu.appels_24h@DEP-44"]
    assert (reading.value, reading.is_lower_bound) == (30, True)


def test_a_samu_that_falls_silent_is_unknown() -> None:
    silent = rule("muet", ["departement"], silence("regulation", "3 h"), prevenir=TOLD)
    played = run(journal(*setting(silent), (T0, calls(30))), T0 + 4 * HOUR)
    reading = played.fold.state.worlds[Status.ACTUAL].readings["samu.appels_24h@DEP-44"]
    assert reading.unknown is Unknown.STALE


def test_interventions_are_counted_for_24_hours() -> None:
    timed = [(T0 + n * HOUR, SmurIntervention(f"k{n}", "44", T0 + n * HOUR)) for n in range(3)]
    again = (T0 + 3 * HOUR, SmurIntervention("k2", "44", T0 + 2 * HOUR))
    assert latest(*timed, again)["smur.interventions_24h@DEP-44"].value == 3
    assert latest(*timed, again, until=T0 + 25 * HOUR)["smur.interventions_24h@REG-52"].value == 1


def test_a_file_that_brings_nothing_new_keeps_its_source_alive() -> None:
    silent = rule("muet", ["etablissement"], silence("rpu", "2 h"), prevenir=TOLD)
    lives = FeedReceived("rpu", f"ETAB-{NANTES}", T0 + HOUR)
    quiet = run(journal(*setting(silent), (T0, passage(NANTES, T0))), T0 + 2 * HOUR + 30 * MINUTE)
    alive = run(journal(*setting(silent), (T0, passage(NANTES, T0)), (T0 + HOUR, lives)), T0 + 2 * HOUR + 30 * MINUTE)
    places = [[move[2] for move in each.moves if move[4] == "VIGILANCE"] for each in (quiet, alive)]
    assert places == [[f"ETAB-{NANTES}", f"ETAB-{ANGERS}"], [f"ETAB-{ANGERS}"]]


def test_a_file_of_another_region_is_refused() -> None:
    played = run(journal(*setting(), (T0, FeedReceived("rpu", "DEP-75", T0))))
    assert "not in region 52" in played.of("entry_rejected")[0].reason
