"""Who holds a role: rotations, days of their own, temporary schedules and replacements, over every hour of the year."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.astreinte import Canal, Contact, EscalationPolicy, Person, Role, Roster, canal_of
from alerts.duties import LONGEST, Duty, duties, nights
from alerts.turns import HandOver, Override, OwnDays, Schedule, hand_over_instant

PARIS = ZoneInfo("Europe/Paris")
IDS = ("ada", "bob", "cleo", "dan")
PEOPLE = tuple(Person(id_, id_.title(), (Contact(f"{id_}/sms", Canal.SMS),)) for id_ in IDS)
MONDAY = HandOver(0, time(8, 30), date(2026, 1, 5))
CADRE = Role("cadre", "Cadre", ("ada", "bob"), MONDAY)


def roster(role: Role = CADRE, **more: Any) -> Roster:  # noqa: ANN401 - any part of a tableau
    fields: dict[str, Any] = {
        "people": PEOPLE,
        "roles": (role,),
        "escalation": EscalationPolicy(timedelta(1), timedelta(1), "cadre"),
    }
    return Roster(**{"title": "Essai", "region": "52", **fields, **more})


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS).astimezone(UTC)


def override(since: str, until: str, absent: str, substitute: str) -> Override:
    return Override("cadre", paris(since), paris(until), absent, substitute, "Lucie", "congé")


def schedule(since: str, until: str, *people: str, hand_over: HandOver | None = None) -> Schedule:
    return Schedule("cadre", paris(since), paris(until), people, "Lucie", "été", hand_over)


def test_a_replacement_holds_from_its_first_instant_to_before_its_last() -> None:
    tableau = roster(overrides=(override("2026-01-06 09:00", "2026-01-06 18:00", "ada", "dan"),))
    assert tableau.holders("cadre", paris("2026-01-06 08:59:59")) == ("ada",)
    assert tableau.holders("cadre", paris("2026-01-06 09:00")) == ("dan",)
    assert tableau.holders("cadre", paris("2026-01-06 17:59:59")) == ("dan",)
    assert tableau.holders("cadre", paris("2026-01-06 18:00")) == ("ada",)


def test_a_replacement_of_who_is_not_on_call_changes_nothing() -> None:
    tableau = roster(overrides=(override("2026-01-06 09:00", "2026-01-06 18:00", "bob", "dan"),))
    assert tableau.holders("cadre", paris("2026-01-06 10:00")) == ("ada",)


def test_replacements_follow_one_another_in_the_order_of_the_file() -> None:
    first = override("2026-01-06 09:00", "2026-01-06 18:00", "ada", "dan")
    then = override("2026-01-06 12:00", "2026-01-06 18:00", "dan", "cleo")
    assert roster(overrides=(first, then)).holders("cadre", paris("2026-01-06 13:00")) == ("cleo",)
    assert roster(overrides=(then, first)).holders("cadre", paris("2026-01-06 13:00")) == ("dan",)


def test_two_people_exchange_their_weeks() -> None:
    first, second = ("2026-01-05 08:30", "2026-01-12 08:30"), ("2026-01-12 08:30", "2026-01-19 08:30")
    exchanged = roster(overrides=(override(*first, "ada", "bob"), override(*second, "bob", "ada")))
    weeks = [paris(f"2026-01-{day:02d} 12:00") for day in (6, 13, 20, 27)]
    assert [exchanged.holders("cadre", at) for at in weeks] == [("bob",), ("ada",), ("ada",), ("bob",)]


def test_nobody_is_on_call_twice_for_a_role() -> None:
    both = Role("cadre", "Cadre", ("ada", "bob"))
    tableau = roster(both, overrides=(override("2026-01-06 09:00", "2026-01-06 18:00", "ada", "bob"),))
    assert tableau.holders("cadre", paris("2026-01-06 10:00")) == ("bob",)


def test_the_last_schedule_that_covers_an_instant_wins_and_replacements_apply_to_it() -> None:
    summer = schedule("2026-07-01 08:30", "2026-09-01 08:30", "cleo")
    august = schedule("2026-08-01 08:30", "2026-09-01 08:30", "dan")
    ill = override("2026-08-10 08:30", "2026-08-12 08:30", "dan", "ada")
    tableau = roster(schedules=(summer, august), overrides=(ill,))
    days = ["2026-06-30", "2026-07-10", "2026-08-02", "2026-08-11", "2026-09-02"]
    assert [tableau.holders("cadre", paris(f"{day} 12:00")) for day in days] == [
        ("bob",), ("cleo",), ("dan",), ("ada",), ("ada",)
    ]  # fmt: skip


def test_a_schedule_may_rotate_on_its_own() -> None:
    nightly = HandOver(2, time(20), date(2026, 7, 1), every=1)
    tableau = roster(schedules=(schedule("2026-07-01 20:00", "2026-07-04 20:00", "cleo", "dan", hand_over=nightly),))
    assert [each.people for each in duties(tableau, "cadre", paris("2026-07-01 20:00"), paris("2026-07-04 20:00"))] == [
        ("cleo",), ("dan",), ("cleo",)
    ]  # fmt: skip


def test_week_ends_and_holidays_have_their_own_people_from_an_hour_to_the_same_hour() -> None:
    days = (OwnDays((), True, time(8, 30), ("dan",)), OwnDays((5, 6), False, time(8, 30), ("cleo",)))
    tableau = roster(replace(CADRE, days=days), holidays=(date(2026, 1, 10), date(2026, 1, 13)))
    expected = {
        "2026-01-09 12:00": "ada",
        "2026-01-10 08:29": "ada",
        "2026-01-10 08:30": "dan",  # a Saturday, and a holiday: the first that covers it
        "2026-01-11 08:30": "cleo",
        "2026-01-12 08:29": "cleo",
        "2026-01-12 08:30": "bob",
        "2026-01-13 12:00": "dan",
        "2026-01-14 08:30": "bob",
    }
    assert {at: tableau.holders("cadre", paris(at)) for at in expected} == {at: (who,) for at, who in expected.items()}


def test_a_rotation_that_ends_leaves_nobody() -> None:
    tableau = roster(replace(CADRE, hand_over=replace(MONDAY, end=date(2026, 1, 19))))
    assert tableau.holders("cadre", paris("2026-01-19 08:29")) == ("bob",)
    assert tableau.holders("cadre", paris("2026-01-19 08:30")) == ()


def test_a_night_of_the_clock_change_is_held_once() -> None:
    nightly = Role("cadre", "Cadre", IDS, HandOver(3, time(2, 30), date(2026, 1, 1), every=1))
    for since, until, hours in (
        ("2026-03-28 02:30", "2026-03-30 02:30", 47),
        ("2026-10-24 02:30", "2026-10-26 02:30", 49),
    ):
        held = duties(roster(nightly), "cadre", paris(since), paris(until))
        assert len(held) == 2
        assert sum(((duty.ends_at - duty.starts_at) for duty in held), timedelta()) == timedelta(hours=hours)
        assert [day for duty in held for day in nights(duty, PARIS)] == [
            date.fromisoformat(since[:10]) + timedelta(days=number) for number in (0, 1)
        ]


def test_a_period_too_long_or_empty_is_refused() -> None:
    at = paris("2026-01-05 08:30")
    for until in (at, at - timedelta(1), at + LONGEST + timedelta(seconds=1)):
        with pytest.raises(ValueError, match="a period has"):
            duties(roster(), "cadre", at, until)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"overrides": (override("2026-01-06 09:00", "2026-01-06 18:00", "ada", "zoe"),)}, "not a person .*'zoe'"),
        ({"schedules": (schedule("2026-01-06 09:00", "2026-01-06 18:00", "zoe"),)}, "not a person .*'zoe'"),
        ({"schedules": (schedule("2026-01-06 09:00", "2026-01-06 18:00"),)}, "nobody holds"),
        ({"schedules": (schedule("2026-01-06 09:00", "2026-01-06 09:00", "ada"),)}, "ends after"),
        (
            {"overrides": (replace(override("2026-01-06 09:00", "2026-01-07 09:00", "ada", "bob"), role="x"),)},
            "role .*'x'",
        ),
        ({"holidays": (date(2026, 5, 1), date(2026, 1, 1))}, "not in order"),
    ],
)
def test_a_tableau_that_contradicts_itself_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        roster(CADRE, **change)


def test_a_canal_is_told_by_the_name_of_its_contact() -> None:
    names = ("claire.le-goff/sms", "a/sms-2", "a/courriel-secours")
    assert [canal_of(name) for name in names] == ["sms", "sms", "courriel"]


# One year and a bit, by the quarter of an hour: both changes of the clock are in it.
START = datetime(2026, 1, 1, tzinfo=UTC)
quarters = st.integers(0, 450 * 96).map(lambda count: START + count * timedelta(minutes=15))
ids = st.sampled_from(IDS)
groups = st.lists(ids, min_size=1, max_size=3, unique=True).map(tuple)
clock = st.sampled_from([time(0), time(2, 30), time(8, 30), time(18)])
starts = st.dates(date(2025, 11, 1), date(2026, 3, 1))
hand_overs = st.builds(
    lambda start, at, every, turns: HandOver(
        start.weekday(), at, start, every, None if turns is None else start + timedelta(days=every * turns)
    ),
    starts, clock, st.sampled_from([1, 7]), st.none() | st.integers(1, 60),
)  # fmt: skip
periods = st.tuples(quarters, quarters).filter(lambda pair: pair[0] != pair[1]).map(sorted)
own_days = st.builds(
    OwnDays, st.lists(st.integers(0, 6), unique=True, max_size=3).map(tuple), st.booleans(), clock, groups,
    st.none() | hand_overs,
)  # fmt: skip
roles = st.builds(
    lambda people, hand_over, days: Role("cadre", "Cadre", people, hand_over, days),
    groups, st.none() | hand_overs, st.lists(own_days, max_size=2).map(tuple),
)  # fmt: skip
schedules = st.builds(
    lambda period, people, hand_over: Schedule(
        "cadre", period[0], period[1], people, "x", "y", hand_over
    ),
    periods, groups, st.none() | hand_overs,
)  # fmt: skip
overrides = st.builds(lambda period, a, b: Override("cadre", period[0], period[1], a, b, "x", "y"), periods, ids, ids)
rosters = st.builds(
    lambda role, schedules, overrides, holidays: roster(
        role, schedules=tuple(schedules), overrides=tuple(overrides), holidays=tuple(sorted(holidays))
    ),
    roles, st.lists(schedules, max_size=2), st.lists(overrides, max_size=3),
    st.sets(st.dates(date(2026, 1, 1), date(2027, 3, 1)), max_size=5),
)  # fmt: skip


def expected(tableau: Roster, at: datetime) -> tuple[str, ...]:
    """Who holds the role, worked out again the slow way, hand-over by hand-over."""
    role = tableau.roles[0]
    held: Role | Schedule | OwnDays = role
    local = [date(2025, 12, 1) + timedelta(days=number) for number in range(520)]
    for days in reversed(role.days):
        since = max(day for day in local if datetime.combine(day, days.at, PARIS).astimezone(UTC) <= at)
        if since.weekday() in days.weekdays or (days.on_holidays and since in tableau.holidays):
            held = days
    for each in tableau.schedules:
        if each.starts_at <= at < each.ends_at:
            held = each
    people = turn(held, at)
    for change in tableau.overrides:
        if change.starts_at <= at < change.ends_at:
            people = tuple(dict.fromkeys(change.substitute if one == change.absent else one for one in people))
    return people


def turn(held: Role | Schedule | OwnDays, at: datetime) -> tuple[str, ...]:
    hand_over = held.hand_over
    if hand_over is None:
        return held.people
    made, day = 0, hand_over.start
    while datetime.combine(day, hand_over.at, PARIS).astimezone(UTC) <= at:
        if day == hand_over.end:
            return ()
        made, day = made + 1, day + timedelta(days=hand_over.every)
    return (held.people[(made - 1) % len(held.people)],) if made else ()


@given(rosters, st.lists(quarters, min_size=1, max_size=20))
def test_at_every_instant_exactly_the_expected_people_are_on_call(tableau: Roster, instants: list[datetime]) -> None:
    for at in instants:
        assert tableau.holders("cadre", at) == expected(tableau, at)


@given(rosters, periods, st.lists(quarters, max_size=10))
def test_duties_cover_a_period_without_a_hole_and_say_what_the_tableau_answers(
    tableau: Roster, period: list[datetime], instants: list[datetime]
) -> None:
    held = duties(tableau, "cadre", *period)
    assert (held[0].starts_at, held[-1].ends_at) == tuple(period)
    for before, after in pairwise(held):
        assert before.ends_at == after.starts_at
        assert before.people != after.people
    for at in (*instants, *(duty.starts_at for duty in held), *(duty.ends_at - timedelta(seconds=1) for duty in held)):
        if period[0] <= at < period[1]:
            [found] = [duty for duty in held if duty.starts_at <= at < duty.ends_at]
            assert found == Duty("cadre", found.starts_at, found.ends_at, tableau.holders("cadre", at))


@given(rosters)
def test_a_content_reads_back_the_same_and_keeps_its_hash(tableau: Roster) -> None:
    content = json.loads(json.dumps(tableau.content))
    assert Roster.from_content(content) == tableau
    assert Roster.from_content(content).sha256 == tableau.sha256


@given(st.permutations(IDS), hand_overs, quarters)
def test_a_rotation_has_one_person_from_its_start_to_its_end(
    people: list[str], hand_over: HandOver, at: datetime
) -> None:
    held = roster(Role("cadre", "Cadre", tuple(people), hand_over)).holders("cadre", at)
    begun = hand_over_instant(hand_over, PARIS, hand_over.start) <= at
    ended = hand_over.end is not None and hand_over_instant(hand_over, PARIS, hand_over.end) <= at
    assert len(held) == int(begun and not ended)


def test_a_tableau_without_the_newer_parts_is_journaled_as_before() -> None:
    content = roster().content
    assert content.keys() == {"title", "region", "people", "roles", "escalation", "exercise_participants"}
    assert content["roles"][0].keys() == {"id", "title", "people", "hand_over"}
    assert content["roles"][0]["hand_over"].keys() == {"weekday", "at", "start"}
    assert content["people"][0]["contacts"][0].keys() == {"name", "canal", "postures"}
