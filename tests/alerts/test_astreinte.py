import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.astreinte import (
    Canal,
    Contact,
    EscalationPolicy,
    HandOver,
    Person,
    Role,
    Roster,
    hand_over_instant,
    last_hand_over,
)
from orsan_plans.posture import Posture

PARIS = ZoneInfo("Europe/Paris")
CLAIRE = Person(
    "claire.martin",
    "Claire Martin",
    (
        Contact("claire.martin/sms", Canal.SMS, (Posture.ALERTE,)),
        Contact("claire.martin/courriel", Canal.COURRIEL),
    ),
)
KARIM = Person("karim.benali", "Karim Benali", (Contact("karim.benali/sms", Canal.SMS),))
CELLULE = Person("cellule.veille", "Cellule de veille", (Contact("cellule.veille/sms", Canal.SMS),))
MONDAY = HandOver(0, time(8, 30), date(2026, 1, 5))
ROSTER = Roster(
    title="Pays de la Loire",
    region="52",
    people=(CLAIRE, KARIM, CELLULE),
    roles=(
        Role("cadre", "Cadre d'astreinte", ("claire.martin", "karim.benali"), MONDAY),
        Role("veille", "Veille", ("cellule.veille", "karim.benali")),
    ),
    escalation=EscalationPolicy(timedelta(minutes=10), timedelta(minutes=15), "veille"),
    exercise_participants=("claire.martin",),
)


def paris(wall_clock: str) -> datetime:
    return datetime.fromisoformat(wall_clock).replace(tzinfo=PARIS).astimezone(UTC)


def test_the_hand_over_happens_on_the_minute_written() -> None:
    assert ROSTER.on_call("cadre", paris("2026-01-05 08:29:59")) == ()
    assert ROSTER.on_call("cadre", paris("2026-01-05 08:30:00")) == (CLAIRE,)
    assert ROSTER.on_call("cadre", paris("2026-01-12 08:29:59")) == (CLAIRE,)
    assert ROSTER.on_call("cadre", paris("2026-01-12 08:30:00")) == (KARIM,)
    assert ROSTER.on_call("cadre", paris("2026-01-19 08:30:00")) == (CLAIRE,)


def test_the_wall_clock_rules_across_both_clock_changes() -> None:
    # Sundays 29 March and 25 October 2026: the hand-over moves in UTC, not on the wall.
    assert ROSTER.on_call("cadre", datetime(2026, 3, 30, 6, 29, tzinfo=UTC)) == (KARIM,)
    assert ROSTER.on_call("cadre", datetime(2026, 3, 30, 6, 30, tzinfo=UTC)) == (CLAIRE,)
    assert ROSTER.on_call("cadre", datetime(2026, 10, 26, 7, 29, tzinfo=UTC)) == (KARIM,)
    assert ROSTER.on_call("cadre", datetime(2026, 10, 26, 7, 30, tzinfo=UTC)) == (CLAIRE,)


def test_a_hand_over_in_a_skipped_or_repeated_hour_happens_once() -> None:
    sunday = HandOver(6, time(2, 30), date(2026, 1, 4))
    assert hand_over_instant(sunday, PARIS, date(2026, 3, 29)) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert hand_over_instant(sunday, PARIS, date(2026, 10, 25)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_clock_set_back_over_midnight_does_not_undo_a_hand_over() -> None:
    # St John's, 7 November 2010: one minute after midnight it was 23:01 on the eve again.
    zone = ZoneInfo("America/St_Johns")
    sunday = HandOver(6, time(0, 0), date(2010, 1, 3))
    at = datetime(2010, 11, 7, 2, 40, tzinfo=UTC)
    assert at.astimezone(zone).date() == date(2010, 11, 6)
    assert last_hand_over(sunday, zone, at) == date(2010, 11, 7)


def test_a_fixed_role_is_always_held_by_all_its_people() -> None:
    assert ROSTER.on_call("veille", paris("2020-01-01 00:00:00")) == (CELLULE, KARIM)


def test_an_unknown_role_is_held_by_nobody() -> None:
    assert ROSTER.on_call("zouave", paris("2026-02-01 00:00:00")) == ()


@pytest.mark.parametrize(
    ("posture", "names"),
    [
        (Posture.VIGILANCE, ["claire.martin/courriel"]),
        (Posture.ALERTE, ["claire.martin/sms", "claire.martin/courriel"]),
        (Posture.ACTIVATION, ["claire.martin/sms", "claire.martin/courriel"]),
        (Posture.VEILLE, ["claire.martin/courriel"]),
        (Posture.INCONNU, ["claire.martin/courriel"]),
    ],
)
def test_contacts_keep_their_order_and_their_postures(posture: Posture, names: list[str]) -> None:
    assert [contact.name for contact in ROSTER.contacts(CLAIRE, posture)] == names


def test_only_named_people_take_part_in_exercises() -> None:
    assert ROSTER.is_exercise_participant(CLAIRE)
    assert not ROSTER.is_exercise_participant(KARIM)
    assert not replace(ROSTER, exercise_participants=()).is_exercise_participant(CLAIRE)


def test_people_are_found_by_id() -> None:
    assert ROSTER.person("karim.benali") == KARIM
    assert ROSTER.person("karim") is None


def test_the_content_is_json_and_reads_back_identically() -> None:
    content = json.loads(json.dumps(ROSTER.content))
    assert content == ROSTER.content
    assert Roster.from_content(content) == ROSTER
    assert Roster.from_content(content).sha256 == ROSTER.sha256


def test_the_hash_tells_versions_apart() -> None:
    assert replace(ROSTER, title="Autre").sha256 != ROSTER.sha256


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("region", "99", "unknown région"),
        ("exercise_participants", ["nobody"], "nobody"),
        ("roles", [{"id": "cadre", "title": "Cadre", "people": []}], "nobody holds the role 'cadre'"),
        ("roles", [{"id": "cadre", "title": "Cadre", "people": ["x"]}], "not a person of the roster: 'x'"),
        ("escalation", {"delay": "PT0S", "repeat": "PT1M", "fallback": "veille"}, "time between its calls"),
        ("people", 3, "Expected `array`"),
    ],
)
def test_content_that_no_roster_gave_is_refused(key: str, value: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Roster.from_content({**ROSTER.content, key: value})


# Zones of régions, and two that change their clock at midnight or by half an hour.
zones = st.sampled_from(
    ["Europe/Paris", "America/Cayenne", "Indian/Reunion", "America/Havana", "Australia/Lord_Howe"]
).map(ZoneInfo)
days = st.dates(date(2000, 1, 1), date(2037, 12, 31))
hand_overs = st.builds(
    lambda start, at: HandOver(start.weekday(), at, start), days, st.times().map(lambda at: at.replace(second=0))
)
instants = st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001 - made aware


@given(zones, hand_overs, instants)
def test_the_last_hand_over_is_the_last(zone: ZoneInfo, hand_over: HandOver, at: datetime) -> None:
    day = last_hand_over(hand_over, zone, at)
    assert day.weekday() == hand_over.weekday
    assert hand_over_instant(hand_over, zone, day) <= at
    assert at < hand_over_instant(hand_over, zone, day + timedelta(days=7))


@given(zones, hand_overs, days)
def test_a_hand_over_is_at_its_wall_clock_time_unless_the_clock_skips_it(
    zone: ZoneInfo, hand_over: HandOver, day: date
) -> None:
    local = hand_over_instant(hand_over, zone, day).astimezone(zone)
    if local.replace(tzinfo=None) != datetime.combine(day, hand_over.at):
        assert local.utcoffset() != (local - timedelta(days=1)).utcoffset()
        assert timedelta(0) < local.replace(tzinfo=None) - datetime.combine(day, hand_over.at) <= timedelta(hours=1)


@given(
    st.integers(min_value=1, max_value=5),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    st.integers(min_value=0, max_value=300),
    st.timedeltas(timedelta(0), timedelta(days=7)),
)
def test_every_week_has_one_person_in_turn_and_never_a_gap(
    count: int, at: time, start: date, weeks: int, later: timedelta
) -> None:
    people = tuple(Person(f"p{n}", f"P{n}", (Contact(f"p{n}/sms", Canal.SMS),)) for n in range(count))
    hand_over = HandOver(start.weekday(), at, start)
    role = Role("cadre", "Cadre", tuple(person.id for person in people), hand_over)
    roster = replace(ROSTER, people=people, roles=(role,), exercise_participants=())
    day = start + weeks * timedelta(days=7)
    begins = hand_over_instant(hand_over, PARIS, day)
    ends = hand_over_instant(hand_over, PARIS, day + timedelta(days=7))
    expected = (people[weeks % count],)
    assert roster.on_call("cadre", begins) == expected
    assert roster.on_call("cadre", ends - timedelta(microseconds=1)) == expected
    assert roster.on_call("cadre", min(begins + later, ends - timedelta(microseconds=1))) == expected
    before = roster.on_call("cadre", begins - timedelta(microseconds=1))
    assert before == ((people[(weeks - 1) % count],) if weeks else ())
