"""The tableau as a calendar: written, read back, read from anyone; what it changes, and where that is written."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.adapters.calendar_files import (
    MAX_BYTES,
    MAX_EVENTS,
    UnreadableCalendar,
    parse_calendar,
    read_calendar,
    written,
)
from alerts.adapters.planning_files import NotWritten, write_changes
from alerts.adapters.roster_files import LoadedRoster, load_roster
from alerts.astreinte import Canal, Contact, EscalationPolicy, HandOver, Person, Role, Roster
from alerts.calendar_events import CalendarEvent, UnreadableEvent, changes, claimed, with_changes
from alerts.duties import duties

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SINCE, UNTIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
PARIS = "Europe/Paris"
FILE = """\
# Un commentaire à garder.
astreinte: Essai
region: "52"
personnes:
  - {id: ada, nom: Ada Lovelace, contacts: [{canal: sms, adresse: "json://a"}]}
  - {id: bob, nom: "Bob,  dit: le Grand", contacts: [{canal: sms, adresse: "json://b"}]}
  - {id: cleo, nom: Cléo, contacts: [{canal: sms, adresse: "json://c"}]}
  - {id: dan, nom: Homonyme, contacts: [{canal: sms, adresse: "json://d"}]}
  - {id: dany, nom: homonyme, contacts: [{canal: sms, adresse: "json://e"}]}
roles:
  cadre:
    titre: "Cadre : astreinte"
    releve: {jour: lundi, heure: "08:30"}
    debut: 2026-01-05
    rotation: [ada, bob, cleo, dan, dany]
  veille: {titre: Veille, fixe: [cleo, ada]}
escalade: {delai: 10 min, repetition: 15 min, repli: veille}   # et celui-ci
"""


def load(folder: Path, text: str = FILE) -> LoadedRoster:
    path = folder / "tableau.yaml"
    if not path.exists():
        path.write_text(text, encoding="utf-8")
    return load_roster(path, {})


@pytest.fixture
def roster(tmp_path: Path) -> Roster:
    return load(tmp_path).roster


def export(roster: Roster, since: datetime = SINCE, until: datetime = UNTIL) -> bytes:
    return written(roster, [each for role in roster.roles for each in duties(roster, role.id, since, until)], NOW)


def calendar(*events: str) -> bytes:
    body = "".join(f"BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\n" for event in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{body}END:VCALENDAR\r\n".encode()


def event(title: str, since: str = "20260302T080000Z", until: str = "20260303T080000Z") -> str:
    return f"SUMMARY:{title}\r\nDTSTART:{since}\r\nDTEND:{until}"


def said(roster: Roster, data: bytes) -> tuple[tuple[str, ...], ...]:
    return tuple(duty.people for duty in claimed(roster, parse_calendar(data, PARIS)))


def test_what_is_written_is_read_back_and_changes_nothing(roster: Roster) -> None:
    read = claimed(roster, parse_calendar(export(roster), PARIS))
    expected = [each for role in roster.roles for each in duties(roster, role.id, SINCE, UNTIL)]
    assert list(read) == expected
    assert changes(roster, read) == ()


def test_the_same_duty_has_the_same_id_in_every_export(roster: Roster) -> None:
    ids = [
        {line for line in export(roster, SINCE, until).splitlines() if line.startswith(b"UID")}
        for until in (UNTIL, UNTIL + timedelta(7))
    ]
    assert len(ids[0] - ids[1]) <= 1
    assert len(ids[0]) == 11


def test_titles_are_read_as_people_type_them(roster: Roster) -> None:
    data = calendar(
        event("veille:ADA  lovelace"),
        event("cadre:  cléo , bob"),
        event("cadre : dany"),
        event("VEILLE : dan"),
    )
    assert said(roster, data) == (("cleo", "bob"), ("dany",), ("ada",), ("dan",))


@pytest.mark.parametrize(
    ("title", "why"),
    [
        ("Réunion", "aucun rôle reconnu"),
        ("Veille", "aucun rôle reconnu"),
        ("Veille :", "aucune personne nommée"),
        ("Veille : Zoé", "« zoé » n'est pas une personne"),
        ("Veille : homonyme", "« homonyme » n'est pas une personne"),
    ],
)
def test_a_title_that_says_nothing_of_the_tableau_is_refused(roster: Roster, title: str, why: str) -> None:
    with pytest.raises(UnreadableEvent, match=why):
        said(roster, calendar(event(title)))


def test_a_title_is_quoted_without_what_a_terminal_would_obey() -> None:
    title = "Veille\x1b[2J\x9b31m" + "x" * 200
    with pytest.raises(UnreadableCalendar) as refused:
        parse_calendar(calendar(event(title) + "\r\nRRULE:FREQ=DAILY"), PARIS)
    assert str(refused.value).startswith("« Veille [2J 31mxxx")
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 150


def test_each_faulty_title_is_told_once(roster: Roster) -> None:
    with pytest.raises(UnreadableEvent) as refused:
        said(roster, calendar(event("a"), event("b"), event("a")))
    assert len(str(refused.value).splitlines()) == 2


def test_the_difference_says_who_when_before_and_after(roster: Roster) -> None:
    data = calendar(event("veille : bob", "20260302T080000Z", "20260304T080000Z"), event("veille : dan"))
    found = changes(roster, claimed(roster, parse_calendar(data, PARIS)))
    shown = [(each.role, each.starts_at.day, each.ends_at.day, each.before, each.after) for each in found]
    assert shown == [
        ("veille", 2, 3, ("cleo", "ada"), ("dan", "bob")),
        ("veille", 3, 4, ("cleo", "ada"), ("bob",)),
    ]


def test_the_order_of_people_on_call_together_is_no_difference(roster: Roster) -> None:
    assert changes(roster, claimed(roster, parse_calendar(calendar(event("veille : ada, cleo")), PARIS))) == ()


def test_bare_times_and_days_are_those_of_the_region() -> None:
    data = calendar(
        event("a", "20260302T083000", "20260303T083000"),
        "SUMMARY:b\r\nDTSTART;VALUE=DATE:20260329\r\nDTEND;VALUE=DATE:20260330",
        "SUMMARY:c\r\nDTSTART;TZID=Romance Standard Time:20260710T090000\r\nDURATION:PT2H",
        "SUMMARY:d\r\nDTSTART;TZID=/example.org/Europe/Paris:20260710T090000\r\nDURATION:PT2H",
    )
    starts = [each.starts_at.isoformat() for each in parse_calendar(data, PARIS)]
    assert starts == ["2026-03-02T07:30:00+00:00", "2026-03-28T23:00:00+00:00", *["2026-07-10T07:00:00+00:00"] * 2]
    [day] = [each for each in parse_calendar(data, PARIS) if each.title == "b"]
    assert day.ends_at - day.starts_at == timedelta(hours=23)


def test_cancelled_events_say_nothing() -> None:
    data = calendar(event("a") + "\r\nSTATUS:CANCELLED", event("b"))
    assert [each.title for each in parse_calendar(data, PARIS)] == ["b"]


ZONE_BOMB = (
    "BEGIN:VTIMEZONE\r\nTZID:Bombe\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nRRULE:FREQ=SECONDLY\r\n"
    "TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "aucun événement|pas un calendrier"),
        (b"/etc/passwd", "pas un calendrier"),
        (b"\xff\xfe", "UTF-8"),
        (calendar(), "aucun événement"),
        (b"BEGIN:VCALENDAR\r\n" * 2000, "mal fermés"),
        (b"END:VCALENDAR\r\n", "mal fermés"),
        (b"x" * (MAX_BYTES + 1), "octets"),
        (calendar(*["SUMMARY:a"] * (MAX_EVENTS + 1)), "événements"),
        (calendar(event("a") + "\r\nRRULE:FREQ=SECONDLY;COUNT=999999999"), "se répète"),
        (calendar(event("a") + "\r\nRDATE:20260401T080000Z"), "se répète"),
        (calendar(event("a", "20260302T080000Z", "20290302T080000Z")), "dure d'un instant"),
        (calendar(event("a", "20260302T080000Z", "20260302T080000Z")), "dure d'un instant"),
        (calendar(event("a", "00010101T000000", "00010102T000000")), "ne se lit pas|dure d'un instant"),
        (calendar(event("a", "99991231T235959", "99991231T235959")), "ne se lit pas|dure d'un instant"),
        (calendar("SUMMARY:a\r\nDTSTART:20260302T080000Z"), "fin manque"),
        (calendar("SUMMARY:a\r\nDTSTART:hier\r\nDTEND:demain"), "ne se lit pas|pas un calendrier"),
        (
            calendar("SUMMARY:a\r\nDTSTART:20260302T080000Z\r\nDTSTART:20260302T080000Z\r\nDURATION:P1D"),
            "ne se lit pas",
        ),
        (calendar("SUMMARY:a\r\nDTSTART;TZID=Lune/Tycho:20260302T080000\r\nDURATION:P1D"), "fuseau|ne se lit pas"),
        (
            calendar("SUMMARY:a\r\nDTSTART;TZID=../../etc/passwd:20260302T080000\r\nDURATION:P1D"),
            "fuseau|ne se lit pas",
        ),
        (
            calendar("SUMMARY:a\r\nDTSTART;TZID=Bombe:20260302T080000\r\nDURATION:P1D").replace(
                b"BEGIN:VEVENT", ZONE_BOMB.encode() + b"BEGIN:VEVENT"
            ),
            "fuseau|ne se lit pas",
        ),
    ],
)
def test_a_hostile_or_broken_calendar_is_refused_in_a_sentence(data: bytes, why: str) -> None:
    with pytest.raises(UnreadableCalendar, match=why):
        parse_calendar(data, PARIS)


LINES = st.sampled_from([
    "BEGIN:VEVENT", "END:VEVENT", "BEGIN:VALARM", "END:VALARM", "BEGIN:VTIMEZONE", "END:VTIMEZONE", "SUMMARY:b : ada",
    "DTSTART:20260302T080000Z", "DTSTART;VALUE=DATE:20260302", "DTSTART;TZID=Europe/Paris:20260329T023000", "DTSTART:",
    "DTEND:20260303T080000Z", "DTEND;VALUE=PERIOD:20260303T080000Z/P1D", "DURATION:P1D", "DURATION:-P9999999D",
    "RRULE:FREQ=SECONDLY", "RDATE:20260401T080000Z", "STATUS:CANCELLED", "ATTACH;ENCODING=BASE64;VALUE=BINARY:AAAA",
    " suite", 'X-A;B="c":d', "TZID:Europe/Paris", "TZOFFSETFROM:+9999", "END:VCALENDAR", "BEGIN:VCALENDAR",
])  # fmt: skip


def read_or_refused(data: bytes) -> tuple[CalendarEvent, ...]:
    """Read a calendar; one that is refused has no event, and no other error passes."""
    try:
        return parse_calendar(data, PARIS)
    except UnreadableCalendar:
        return ()


@given(st.lists(LINES, max_size=25), st.text(max_size=40), st.binary(max_size=20))
def test_whatever_is_read_gives_events_within_bounds_or_one_kind_of_error(
    lines: list[str], text: str, junk: bytes
) -> None:
    for data in ("\r\n".join(["BEGIN:VCALENDAR", *lines, text, "END:VCALENDAR"]).encode(), junk, text.encode()):
        assert all(timedelta(0) < each.ends_at - each.starts_at <= timedelta(366) for each in read_or_refused(data))


@given(st.data(), st.integers(0, 400))
def test_any_byte_changed_in_a_calendar_is_read_or_refused(data: st.DataObject, place: int) -> None:
    good = bytearray(calendar(event("Veille : ada"), event("cadre : bob")))
    good[place % len(good)] = data.draw(st.integers(0, 255))
    assert len(read_or_refused(bytes(good))) <= 2


# Imports: the tableau with its changes says what the calendar says, and nothing else.
CONTACT = (Contact("x/sms", Canal.SMS),)
TWO_ROLES = Roster(
    "Essai",
    "52",
    tuple(Person(id_, id_, CONTACT) for id_ in ("ada", "bob", "cleo", "dan")),
    (
        Role("cadre", "Cadre", ("ada", "bob", "cleo"), HandOver(0, time(8, 30), date(2026, 1, 5))),
        Role("veille", "Veille", ("cleo", "ada")),
    ),
    EscalationPolicy(timedelta(1), timedelta(1), "veille"),
)
HOURS = st.integers(0, 24 * 60).map(lambda hour: SINCE + timedelta(hours=hour))
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["cadre", "veille"]), HOURS, st.integers(1, 200),
        st.lists(st.sampled_from(["ada", "bob", "cleo", "dan"]), min_size=1, max_size=2, unique=True),
    ),
    min_size=1, max_size=6,
)  # fmt: skip


def as_events(drawn: Iterable[tuple[str, datetime, int, list[str]]]) -> list[CalendarEvent]:
    return [
        CalendarEvent(f"{role} : {', '.join(people)}", since, since + timedelta(hours=length))
        for role, since, length, people in drawn
    ]


@given(EVENTS, st.lists(HOURS, max_size=10))
def test_after_an_import_the_tableau_says_what_the_calendar_says_and_is_unchanged_elsewhere(
    drawn: list[tuple[str, datetime, int, list[str]]], instants: list[datetime]
) -> None:
    roster = TWO_ROLES
    read = claimed(roster, as_events(drawn))
    after = with_changes(roster, changes(roster, read), "Ada", "essai")
    assert changes(after, read) == ()
    for at in (*instants, *(duty.starts_at for duty in read)):
        for role in ("cadre", "veille"):
            wanted = {
                id_ for duty in read if duty.role == role and duty.starts_at <= at < duty.ends_at for id_ in duty.people
            }
            assert {*after.holders(role, at)} == (wanted or {*roster.holders(role, at)})


def imported(folder: Path, *titles: str, author: str = "Ada") -> tuple[Path, ...]:
    loaded = load(folder)
    read = claimed(loaded.roster, parse_calendar(calendar(*titles), PARIS))
    return write_changes(loaded, changes(loaded.roster, read), author, 'dit "oui"')


def test_an_import_is_written_beside_the_file_which_keeps_every_byte(tmp_path: Path) -> None:
    written_files = imported(tmp_path, event("veille : bob"))
    assert [path.name for path in written_files] == ["tableau-calendrier.yaml", "tableau.yaml"]
    text = (tmp_path / "tableau.yaml").read_text(encoding="utf-8")
    assert text == FILE + '\nfichiers_plannings: ["tableau-calendrier.yaml"]\n'
    loaded = load(tmp_path)
    [schedule] = loaded.roster.schedules
    assert (schedule.people, schedule.author, schedule.reason) == (("bob",), "Ada", 'dit "oui"')
    assert loaded.roster.holders("veille", schedule.starts_at) == ("bob",)
    assert not list(tmp_path.glob(".*"))


def test_a_second_import_adds_to_the_first_and_takes_away_what_it_covers(tmp_path: Path) -> None:
    imported(tmp_path, event("veille : bob"), event("cadre : ada"))
    [again] = imported(tmp_path, event("veille : dan", "20260301T080000Z", "20260304T080000Z"))
    assert again.name == "tableau-calendrier.yaml"
    assert sorted(schedule.people for schedule in load(tmp_path).roster.schedules) == [("ada",), ("dan",)]


def test_a_file_completed_by_hand_is_not_written_over(tmp_path: Path) -> None:
    imported(tmp_path, event("veille : bob"))
    target = tmp_path / "tableau-calendrier.yaml"
    with target.open("a") as file:
        file.write(
            'remplacements:\n  - {role: veille, du: "2027-01-01 00:00", au: "2027-01-02 00:00", absent: ada, '
            "remplacant: dan, auteur: A, motif: B}\n"
        )
    before = target.read_bytes()
    with pytest.raises(NotWritten, match="complété à la main"):
        imported(tmp_path, event("veille : dan"))
    assert target.read_bytes() == before


def test_a_file_that_has_such_files_already_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "ete.yaml").write_text("plannings: []\n")
    load(tmp_path, FILE + "fichiers_plannings: [ete.yaml]\n")
    with pytest.raises(NotWritten, match="ajoutez « tableau-calendrier"):
        imported(tmp_path, event("veille : bob"))
    assert {path.name for path in tmp_path.iterdir()} == {"tableau.yaml", "ete.yaml"}


def test_a_file_written_in_one_line_is_not_touched(tmp_path: Path) -> None:
    inline = (
        '{astreinte: E, region: "52", personnes: [{id: ada, nom: A, contacts: [{canal: sms, adresse: "json://a"}]}, '
        '{id: bob, nom: B, contacts: [{canal: sms, adresse: "json://a"}]}], roles: {veille: {titre: V, fixe: [ada]}}, '
        "escalade: {delai: 1 min, repetition: 1 min, repli: veille}}\n"
    )
    load(tmp_path, inline)
    with pytest.raises(NotWritten, match="ajoutez vous-même"):
        imported(tmp_path, event("veille : bob"))
    assert (tmp_path / "tableau.yaml").read_text() == inline


def test_an_instant_that_local_time_cannot_say_is_refused(tmp_path: Path) -> None:
    for since in ("20261025T013000Z", "20260302T080001Z"):  # 02:30 the second time, and a second
        with pytest.raises(NotWritten, match="sans ambiguïté"):
            imported(tmp_path, event("veille : bob", since, "20261026T080000Z"))
    assert load(tmp_path).documents.form.fichiers_plannings == ()


def test_a_calendar_is_read_from_its_file(tmp_path: Path, roster: Roster) -> None:
    path = tmp_path / "a.ics"
    path.write_bytes(export(roster))
    assert len(read_calendar(path, roster.time_zone)) == 11
    path.write_bytes(b"x" * (MAX_BYTES + 1))
    with pytest.raises(UnreadableCalendar):
        read_calendar(path, roster.time_zone)


def test_a_gap_is_no_event(roster: Roster) -> None:
    # Before the first hand-over nobody is cadre; veille is always held.
    since = datetime(2025, 1, 1, tzinfo=UTC)
    assert export(roster, since, since + timedelta(1)).count(b"BEGIN:VEVENT") == 1
