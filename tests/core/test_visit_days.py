"""Visits by local day: passages of the day, presence at 15:00, stays of the hospitalised, usual volume."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orsan_plans.reading import Reading, Unknown
from streams import engine
from streams.entry import Status
from streams.messages import Message
from streams.messages.visits import PassageCorrected, PassageRemoved, PassageRPU
from streams.region.state import Due
from streams.region.visit_days import VisitDay, VisitDays, quantile
from tests.core.builders import ANGERS, HOUR, MINUTE, NANTES, REGION, T0, journal, passage, setting

PARIS = ZoneInfo("Europe/Paris")
CAYENNE = ZoneInfo("America/Cayenne")
DAY = T0.date()
CLOSED = datetime(2026, 1, 15, 5, tzinfo=UTC)
"""06:00 in Nantes, the day after T0."""

FIRST = date(2026, 3, 20)
instants = st.integers(0, 60 * 24 * 16).map(lambda minutes: datetime.combine(FIRST, time(), UTC) + minutes * MINUTE)
"""The fortnight in which France moves to summer time."""


@st.composite
def visits(draw: st.DrawFn) -> PassageRPU:
    entered_at = draw(instants)
    stay = draw(st.none() | st.integers(0, 60 * 24 * 6))
    return passage(
        draw(st.sampled_from([NANTES, ANGERS])),
        entered_at,
        mode_sortie=draw(st.sampled_from([None, "6", "7", "8"])),
        exited_at=None if stay is None else entered_at + stay * MINUTE,
    )


def is_present(visit: PassageRPU, at: datetime, zone: ZoneInfo) -> bool:
    """Tell it instant against instant, without counting anything."""
    if visit.entered_at > at:
        return False
    if visit.exited_at is None:
        return visit.entered_at.astimezone(zone).date() == at.astimezone(zone).date()
    return at < visit.exited_at


@pytest.mark.parametrize("zone", [PARIS, CAYENNE])
@given(found=st.lists(visits(), max_size=12), kept=st.integers(0, 12))
def test_counts_are_those_of_the_visits_that_remain(zone: ZoneInfo, found: list[PassageRPU], kept: int) -> None:
    book = VisitDays(closed=FIRST.toordinal() - 1)
    for visit in found:
        book.count(visit, zone, 1)
    for visit in found[kept:]:
        book.count(visit, zone, -1)
    left = found[:kept]
    for number in range(FIRST.toordinal() - 2, FIRST.toordinal() + 25):
        day = date.fromordinal(number)
        at = datetime.combine(day, time(15), zone)
        days = [site.days[number] for site in book.sites.values() if number in site.days]
        entered = [visit for visit in left if visit.entered_at.astimezone(zone).date() == day]
        assert sum(each.entered for each in days) == len(entered)
        assert sum(each.present_15h for each in days) == sum(is_present(visit, at, zone) for visit in left)
        stays = [v.exited_at - v.entered_at for v in entered if v.exited_at and v.mode_sortie in ("6", "7")]
        assert sum(sum(each.stays.values()) for each in days) == len(stays)


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=200), st.sampled_from([0.5, 0.9]))
def test_a_quantile_is_the_nearest_rank(minutes: list[int], share: float) -> None:
    found = quantile([VisitDay(stays={each: minutes.count(each) for each in minutes})], share)
    assert found is not None
    assert found[0] in minutes
    assert found[1] == len(minutes)
    assert sum(each <= found[0] for each in minutes) >= share * len(minutes) > sum(each < found[0] for each in minutes)


def read(*timed: tuple[datetime, Message], until: datetime = CLOSED) -> dict[tuple[str, str], Reading]:
    """Return the last reading of each indicator and territory that was shown."""
    shown: dict[tuple[str, str], Reading] = {}

    def observe(_at: datetime, _status: Status, reading: Reading) -> None:
        shown[reading.indicator, reading.territory] = reading

    fold = engine.start(REGION)
    for each in journal(*setting(), *timed):
        engine.step(fold, each, observe)
    engine.advance(fold, until, observe)
    return shown


def hospitalised(minutes: int, finess: str = NANTES, entered_at: datetime = T0) -> PassageRPU:
    exited_at = entered_at + minutes * MINUTE
    return passage(finess, entered_at, finess[:2], mode_sortie="6", exited_at=exited_at)


def test_the_day_before_is_read_when_it_closes() -> None:
    evening = T0 + 12 * HOUR
    stays = [(evening, hospitalised(minutes)) for minutes in (30, 60, 120, 500, 600)]
    shown = read(*stays, (evening, passage(ANGERS, T0, "49")))
    for territory, passages in ((f"ETAB-{NANTES}", 5), ("DEP-44", 5), ("DEP-49", 1), ("REG-52", 6)):
        reading = shown["rpu.passages_veille", territory]
        assert (reading.value, reading.occurred_on) == (passages, DAY)
    median, ninth = (shown[f"rpu.duree_{name}_hospitalises_veille", "REG-52"] for name in ("mediane", "p90"))
    assert (median.value, median.unit, median.denominator, ninth.value) == (120, "minutes", 5, 600)
    # Those who left at 16:20 and 18:00 were there at 15:00, and the one from Angers whose exit is not known.
    assert shown["rpu.presents_15h_veille", "REG-52"].value == 3


def test_a_day_without_a_stay_has_no_median() -> None:
    reading = read((T0 + HOUR, passage(NANTES, T0)))["rpu.duree_mediane_hospitalises_veille", "DEP-44"]
    assert (reading.value, reading.unknown) == (None, Unknown.TOO_FEW)


def test_a_late_file_revises_the_day_before() -> None:
    late = CLOSED + HOUR
    before = hospitalised(60)
    timed: list[tuple[datetime, Message]] = [(T0 + 12 * HOUR, before), (late, hospitalised(100))]
    assert read(*timed, until=late)["rpu.passages_veille", "DEP-44"].value == 1
    assert read(*timed, until=late + 5 * MINUTE)["rpu.passages_veille", "DEP-44"].value == 2
    corrected = (late + MINUTE, PassageCorrected(before, hospitalised(300)))
    shown = read(*timed, corrected, until=late + 10 * MINUTE)
    assert shown["rpu.duree_p90_hospitalises_veille", "DEP-44"].value == 300
    removed = (late + MINUTE, PassageRemoved(before))
    assert read(*timed, removed, until=late + 10 * MINUTE)["rpu.passages_veille", "DEP-44"].value == 1


def test_an_establishment_that_gave_nothing_makes_a_lower_bound() -> None:
    reading = read((T0 + HOUR, passage(NANTES, T0)))["rpu.passages_veille", "REG-52"]
    assert (reading.value, reading.is_lower_bound, reading.reporting, reading.expected) == (1, True, 1, 2)


def test_a_reading_says_what_share_of_the_usual_volume_reported() -> None:
    first: list[tuple[datetime, Message]] = [(T0 + HOUR, passage(NANTES, T0 + n * MINUTE)) for n in range(3)]
    first.append((T0 + HOUR, passage(ANGERS, T0, "49")))
    assert read(*first, until=T0 + 2 * HOUR)["rpu.passages_24h", "REG-52"].volume_share is None
    assert read(*first, until=CLOSED + 5 * MINUTE)["rpu.passages_24h", "REG-52"].volume_share == 100
    # Angers is silent after 26 hours; Nantes, three quarters of the volume, goes on.
    again = (T0 + 26 * HOUR, passage(NANTES, T0 + 26 * HOUR))
    assert read(*first, again, until=T0 + 28 * HOUR)["rpu.passages_24h", "REG-52"].volume_share == 75


def test_an_exercise_moves_no_day_of_real_life() -> None:
    fold = engine.start(REGION)
    for each in journal(*setting(), (T0 + HOUR, Status.EXERCISE, passage(NANTES, T0))):
        engine.step(fold, each)
    assert fold.state.worlds[Status.ACTUAL].visit_days.sites == {}
    assert fold.state.worlds[Status.EXERCISE].visit_days.sites[NANTES].days[DAY.toordinal()].entered == 1


def test_days_are_forgotten_and_a_quiet_region_stops_closing_them() -> None:
    fold = engine.start(REGION)
    for each in journal(*setting(), (T0 + HOUR, passage(NANTES, T0))):
        engine.step(fold, each)
    engine.advance(fold, T0 + timedelta(days=30))
    book = fold.state.worlds[Status.ACTUAL].visit_days
    assert (book.sites, book.closed) == ({}, None)
    assert [due for _, due, _, _ in fold.state.deadlines if due == Due.VISIT_DAY] == []
