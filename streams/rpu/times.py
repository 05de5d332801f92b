"""Local times of OSCOUR files, which carry no zone: the région's time zone gives the instant.

An ambiguous hour (clocks go back) is read as the first of the two, except an exit that would then precede its entry:
it is read as the second. An hour that does not exist (clocks go forward) is shifted forward by the change. Both are
reported. In a région whose clocks never change, neither happens.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

AMBIGUOUS: Final = "heure_ambigue"
NON_EXISTENT: Final = "heure_inexistante"

_CLOCK: Final = re.compile(r" ([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?", re.ASCII).fullmatch
_DAY_LENGTH: Final = len("dd/mm/yyyy")
_LONGEST: Final = len("dd/mm/yyyy hh:mm:ss")


Moment = tuple[datetime, date, str | None]
"""An instant (UTC), its local day, and what was odd about its local time."""


def read_day(text: str) -> date | None:
    """Read ``dd/mm/yyyy``; None when it is written otherwise or names no day, such as 30 February."""
    if text[2:6:3] != "//" or len(text) != _DAY_LENGTH:
        return None
    try:
        # Checks digits and calendar in half the time that doing so here would take, at each birth date.
        return date.fromisoformat(f"{text[6:]}-{text[3:5]}-{text[:2]}")
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def _read_clock(text: str) -> timedelta | None:
    if not (parts := _CLOCK(text)):
        return None
    hour, minute, second = map(int, parts.groups("0"))
    return timedelta(hours=hour, minutes=minute, seconds=second)


class LocalClock:
    """Reads the local times of one file; ``years`` are those it accepts."""

    def __init__(self, zone: ZoneInfo, years: range = range(2, 9999)) -> None:
        self._zone = zone
        self._years = years  # the first and last of the calendar have days that an offset leads out of it
        self._day = lru_cache(maxsize=1024)(self._read_day)

    def moment(self, text: str, not_before: datetime | None = None) -> Moment | None:
        """Read ``dd/mm/yyyy hh:mm`` or ``dd/mm/yyyy hh:mm:ss``; None when it is not one of these years.

        ``not_before`` chooses between the two instants of an ambiguous hour.
        """
        if len(text) > _LONGEST:  # what follows remembers its texts, which must stay small
            return None
        found = self._day(text[:_DAY_LENGTH])
        clock = _read_clock(text[_DAY_LENGTH:])
        if found is None or clock is None:
            return None
        day, midnight = found
        if midnight is not None:
            return midnight + clock, day, None
        return self._on_a_change(datetime.combine(day, time(0)) + clock, not_before)

    def _read_day(self, text: str) -> tuple[date, datetime | None] | None:
        """Return a day and when it starts (UTC), None when its clocks change."""
        day = read_day(text)
        if day is None or day.year not in self._years:
            return None
        midnight = datetime.combine(day, time(0), tzinfo=self._zone)
        next_midnight = (midnight + timedelta(days=1)).replace(fold=1)
        is_steady = midnight.utcoffset() == next_midnight.utcoffset()
        return day, midnight.astimezone(UTC) if is_steady else None

    def _on_a_change(self, local: datetime, not_before: datetime | None) -> Moment:
        first = local.replace(tzinfo=self._zone)
        second = first.replace(fold=1)
        at = first.astimezone(UTC)
        if first.utcoffset() == second.utcoffset():
            return at, local.date(), None
        later = second.astimezone(UTC)
        if later < at:  # in a gap, the second reading uses the offset after the change, hence the earlier instant
            return at, local.date(), NON_EXISTENT
        is_late = not_before is not None and at < not_before
        return later if is_late else at, local.date(), AMBIGUOUS
