"""French dates, durations and numbers as people read them.

The names are a fixed table and not the host's locale or CLDR data, whose spaces change between versions: the
same fact must give the same text on every machine. Spaces inside a number or an hour do not break.
"""

from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

NARROW_SPACE: Final = "\u202f"
NO_BREAK_SPACE: Final = "\u00a0"

DAYS: Final = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS: Final = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)


def day_text(day: date) -> str:
    """Return ``mercredi 25 mars 2020``, ``dimanche 1er mars 2020``."""
    number = "1er" if day.day == 1 else str(day.day)
    return f"{DAYS[day.weekday()]} {number}{NO_BREAK_SPACE}{MONTHS[day.month - 1]} {day.year}"


def hour_text(at: datetime, time_zone: str) -> str:
    """Return the wall-clock time of an aware instant, ``4 h 05``, in an IANA zone."""
    local = at.astimezone(ZoneInfo(time_zone))
    return f"{local.hour}{NO_BREAK_SPACE}h{NO_BREAK_SPACE}{local.minute:02d}"


def instant_text(at: datetime, time_zone: str) -> str:
    """Return ``mercredi 25 mars 2020 à 4 h 05`` for an aware instant, in an IANA zone."""
    return f"{day_text(at.astimezone(ZoneInfo(time_zone)).date())} à {hour_text(at, time_zone)}"


def duration_text(length: timedelta) -> str:
    """Return a duration of whole minutes: ``25 min``, ``4 h 05``, ``3 j 2 h``."""
    minutes = int(length.total_seconds()) // 60
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        parts = [str(days), "j"] + ([str(hours), "h"] if hours else [])
    elif hours:
        parts = [str(hours), "h"] + ([f"{rest:02d}"] if rest else [])
    else:
        parts = [str(rest), "min"]
    return NO_BREAK_SPACE.join(parts)


def number_text(value: float, decimals: int = 0) -> str:
    """Return a number with a decimal comma and narrow spaces between thousands: ``2 692``, ``10,4``."""
    text = f"{value:,.{decimals}f}"
    return text.replace(",", NARROW_SPACE).replace(".", ",")


def exact_text(value: float) -> str:
    """Return a threshold as it was written, with six decimals at most: ``10``, ``6,5``."""
    text = number_text(value, 6)
    return text.rstrip("0").rstrip(",")


def quantity_text(number: str, value: float, unit: str) -> str:
    """Return a written number with its unit: ``10,4 %``, ``1 passage``, ``528 passages``."""
    if unit == "%":
        return f"{number}{NARROW_SPACE}%"
    # French keeps the singular below two.
    shown_unit = unit.removesuffix("s") if abs(value) < 2 else unit  # noqa: PLR2004 - a rule of grammar
    return f"{number}{NO_BREAK_SPACE}{shown_unit}".rstrip()


def sentence(text: str) -> str:
    """Return ``text`` ending as a sentence does."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
