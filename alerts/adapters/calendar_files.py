"""Calendars in iCalendar (RFC 5545), written for people and read from anyone: the only place that imports `icalendar`.

What is read is hostile until shown otherwise: at most 1 MB and 5,000 events, of a year at most each, between 2000 and
2100. A repeated event is refused, since one line of it can mean millions; so is a time zone that has no IANA or
Windows name, and the definitions of zones that a file brings are thrown away unread.
"""

import re
import warnings
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from alerts.astreinte import Roster
from alerts.calendar_events import CalendarEvent, Titles, shown_title
from alerts.duties import Duty
from alerts.effects import effect_id

MAX_BYTES: Final = 1_000_000
MAX_EVENTS: Final = 5_000
MAX_LENGTH: Final = timedelta(days=366)
FIRST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LAST: Final = datetime(2100, 1, 1, tzinfo=UTC)

_FOLDED: Final = re.compile(r"\r?\n[ \t]")
_ZONES: Final = re.compile(r"^BEGIN:VTIMEZONE\s*$.*?^END:VTIMEZONE\s*$", re.MULTILINE | re.DOTALL | re.IGNORECASE)
_REPEATED: Final = ("RRULE", "RDATE", "EXRULE", "EXDATE", "RECURRENCE-ID")
_DEEPEST: Final = 5


class UnreadableCalendar(ValueError):
    """A calendar that cannot be used; the message, in French, says why and what to do."""


def written(roster: Roster, held: Iterable[Duty], now: datetime) -> bytes:
    """Return duties as a calendar, one event each; those of nobody are left out."""
    calendar = Calendar()
    calendar.add("prodid", "-//Vigie//Tableau d'astreinte//FR")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", roster.title)
    titles = Titles(roster)
    for duty in held:
        if duty.people:
            calendar.add_component(_event(roster.region, duty, titles.written(duty), now))
    return bytes(calendar.to_ical())


def _event(region: str, duty: Duty, title: str, now: datetime) -> Event:
    event = Event()
    # The same duty keeps its id from one export to the next: a calendar that reads both shows it once.
    event.add("uid", f"{effect_id('duty', region, duty.role, duty.starts_at.isoformat())}@vigie")
    event.add("dtstamp", now)
    event.add("dtstart", duty.starts_at)
    event.add("dtend", duty.ends_at)
    event.add("summary", title)
    event.add("transp", "TRANSPARENT")
    return event


def read_calendar(path: Path, time_zone: str) -> tuple[CalendarEvent, ...]:
    """Read the events of a file, in its order; UnreadableCalendar, OSError. ``time_zone`` is that of bare times."""
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    return parse_calendar(data, time_zone)


def parse_calendar(data: bytes, time_zone: str) -> tuple[CalendarEvent, ...]:
    """Read the events of a calendar's bytes, cancelled ones left out; UnreadableCalendar."""
    if len(data) > MAX_BYTES:
        raise UnreadableCalendar(f"plus de {MAX_BYTES:,} octets : exportez une période plus courte".replace(",", " "))
    events = _parsed(_without_zones(_decoded(data)))
    if not events:
        raise UnreadableCalendar("aucun événement dans ce calendrier")
    zone = ZoneInfo(time_zone)
    return tuple(_read(events, zone))


def _parsed(text: str) -> list[Any]:
    try:
        with warnings.catch_warnings():
            # The library guesses which zone a longer name stands for, and says so: read as guessed.
            warnings.simplefilter("ignore")
            # In bytes: it takes a text of one line for the path of a file.
            calendars = Calendar.from_ical(text.encode(), multiple=True)
    except Exception as error:  # noqa: BLE001 - whatever the library stumbles on, the file is not a calendar
        raise UnreadableCalendar(f"ce n'est pas un calendrier iCalendar lisible ({type(error).__name__})") from None
    return [event for calendar in calendars for event in calendar.walk("VEVENT")]


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableCalendar("ce n'est pas un texte UTF-8 : exportez le calendrier au format iCalendar") from None


def _without_zones(text: str) -> str:
    text = _ZONES.sub("", _FOLDED.sub("", text))
    lines = [line.strip().upper() for line in text.splitlines()]
    if sum(line == "BEGIN:VEVENT" for line in lines) > MAX_EVENTS:
        raise UnreadableCalendar(f"plus de {MAX_EVENTS} événements : exportez une période plus courte")
    depth = 0
    for line in lines:
        depth += line.startswith("BEGIN:") - line.startswith("END:")
        if not 0 <= depth <= _DEEPEST:
            raise UnreadableCalendar("ce n'est pas un calendrier iCalendar lisible (éléments mal fermés)")
    return text


def _read(events: Iterable[Any], zone: ZoneInfo) -> Iterator[CalendarEvent]:
    for event in events:
        title = str(event.get("SUMMARY", "")) or "(sans titre)"
        if str(event.get("STATUS", "")).strip().upper() == "CANCELLED":
            continue
        if any(name in event for name in _REPEATED):
            raise UnreadableCalendar(f"« {shown_title(title)} » se répète : exportez chaque événement séparément")
        try:
            yield _period(event, title, zone)
        except (AttributeError, LookupError, TypeError, ValueError, OverflowError) as error:
            why = error if isinstance(error, UnreadableCalendar) else "son début ou sa fin ne se lit pas"
            raise UnreadableCalendar(f"« {shown_title(title)} » : {why}") from None


def _period(event: Any, title: str, zone: ZoneInfo) -> CalendarEvent:  # noqa: ANN401 - a component of the library
    starts_at = _instant(event["DTSTART"], zone)
    if "DTEND" in event:
        ends_at = _instant(event["DTEND"], zone)
    elif "DURATION" in event:
        ends_at = starts_at + event["DURATION"].dt
    else:
        raise UnreadableCalendar("sa fin manque")
    if not FIRST <= starts_at < ends_at <= LAST or ends_at - starts_at > MAX_LENGTH:
        raise UnreadableCalendar(f"il dure d'un instant à {MAX_LENGTH.days} jours, entre 2000 et 2100")
    return CalendarEvent(title, starts_at, ends_at)


def _instant(value: Any, zone: ZoneInfo) -> datetime:  # noqa: ANN401 - a property of the library
    at = value.dt
    if not isinstance(at, datetime):
        if not isinstance(at, date):
            raise TypeError(at)
        at = datetime.combine(at, time(0))
    if at.tzinfo is None:
        if "TZID" in value.params:
            raise UnreadableCalendar("son fuseau horaire n'est pas connu")
        at = at.replace(tzinfo=zone)
    return at.astimezone(UTC)
