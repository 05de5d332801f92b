"""Damaged calendars of an astreinte: a file is refused with a sentence, or says duties that can be taken over."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from alerts.adapters.calendar_files import FIRST, LAST, MAX_LENGTH, UnreadableCalendar, parse_calendar, written
from alerts.astreinte import Canal, Contact, EscalationPolicy, HandOver, Person, Role, Roster
from alerts.calendar_events import UnreadableEvent, changes, claimed, with_changes
from alerts.duties import duties
from tests.fuzz.invariants import Finding

NAME: Final = "astreinte-ics"
LONGEST_LINE: Final = 400
"""Characters of one sentence of a refusal: a title is cut, the roles of the tableau are named."""
_WRITTEN_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
_NAMES: Final = {
    "ada": "Ada Lovelace",
    "bob": "Bob, dit : le Grand",
    "cleo": "Cléo",
    "dan": "Homonyme",
    "dany": "homonyme",
}
ROSTER: Final = Roster(
    "Essai",
    "52",
    tuple(Person(id_, name, (Contact(f"{id_}/sms", Canal.SMS),)) for id_, name in _NAMES.items()),
    (
        Role("cadre", "Cadre : astreinte", tuple(_NAMES), HandOver(0, time(8, 30), date(2026, 1, 5))),
        Role("veille", "Veille", ("cleo", "ada")),
    ),
    EscalationPolicy(timedelta(minutes=10), timedelta(minutes=15), "veille"),
)


def check_calendar(data: bytes) -> str:
    """Return ``refused``, ``unread`` (no such person or role) or ``read``; Finding when something else happens."""
    try:
        events = parse_calendar(data, ROSTER.time_zone)
    except UnreadableCalendar as error:
        check_sentence(str(error))
        return "refused"
    for event in events:
        if not FIRST <= event.starts_at < event.ends_at <= LAST or event.ends_at - event.starts_at > MAX_LENGTH:
            raise Finding("an event without end, too long, or of another century")
        if event.starts_at.tzinfo is not UTC or event.ends_at.tzinfo is not UTC:
            raise Finding("an event that is not in UTC")
    try:
        said = claimed(ROSTER, events)
        made = changes(ROSTER, said)
    except UnreadableEvent as error:
        check_sentence(str(error))
        return "unread"
    if changes(with_changes(ROSTER, made, "Lucie", "Essai"), said):
        raise Finding("what was taken over from the calendar still differs from it")
    return "read"


def check_sentence(text: str) -> None:
    """Finding when a refusal has an empty line, a very long one, or what a terminal would obey."""
    for line in text.split("\n"):
        if not line.isprintable() or not 0 < len(line) <= LONGEST_LINE:
            raise Finding(f"not a sentence to print: {line!r}")


def calendar_seeds() -> list[bytes]:
    """Return calendars that are read."""
    since = datetime(2026, 3, 1, tzinfo=UTC)
    held = [duty for role in ROSTER.roles for duty in duties(ROSTER, role.id, since, since + timedelta(days=40))]
    return [written(ROSTER, held, _WRITTEN_AT), *map(_calendar, _EVENTS)]


def _calendar(*events: str) -> bytes:
    zone = "BEGIN:VTIMEZONE\nTZID:Bureau\nBEGIN:STANDARD\nDTSTART:19701025T030000\nEND:STANDARD\nEND:VTIMEZONE"
    body = "".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" for event in events)
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Essai//FR\n{zone}\n{body}END:VCALENDAR\n"
    return text.replace("\n", "\r\n").encode()


_TITLE: Final = "SUMMARY:Veille : Cléo"
_EVENTS: Final = (
    f"{_TITLE}\nDTSTART;TZID=Europe/Paris:20260329T020000\nDTEND;TZID=Europe/Paris:20260329T040000",
    f"{_TITLE}\\, ada\nDTSTART;VALUE=DATE:20260514\nDTEND;VALUE=DATE:20260518\nSTATUS:CONFIRMED",
    "SUMMARY:cadre : bob\nDTSTART:20260401T060000Z\nDURATION:P1DT12H30M",
    "SUMMARY;LANGUAGE=fr:CADRE :\n  dany\nDTSTART:20260401T0600\n 00\nDTEND:20260402T060000",
    "SUMMARY:veille : ada\nDTSTART;TZID=Romance Standard Time:20261025T023000\nDTEND:20261025T033000Z\nUID:a@b",
)
REFUSED_PIECES: Final = tuple(
    _calendar(f"{_TITLE}\nDTSTART:20260401T060000Z\nDTEND:20260401T070000Z\n{line}")
    for line in (
        "RRULE:FREQ=SECONDLY;COUNT=100000000",
        "RDATE;VALUE=PERIOD:20260401T060000Z/PT1H",
        "EXDATE;TZID=Mars/Olympus:20260230T250000",
        "DURATION:-P99999999W",
        "DTSTART:99991231T235959Z",
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20260401T060000",
        "BEGIN:VALARM\nTRIGGER:-PT15M\nACTION:DISPLAY\nEND:VALARM",
        "STATUS:CANCELLED\nSUMMARY;ENCODING=QUOTED-PRINTABLE:=1B[31m\x1b[2J",
        'ATTACH;ENCODING=BASE64;VALUE=BINARY:////\nGEO:91;181\nX-VIGIE;X="a":b',
    )
)
"""Calendars that lend their pieces: most are refused for what their last line says."""
