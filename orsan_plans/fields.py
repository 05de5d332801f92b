"""How values are written in the French files that people edit: text, slugs, durations, numbers, days.

Each type reads what a person writes and is dumped in one canonical form, which it reads back identically.
"""

import re
from datetime import date, timedelta
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, StringConstraints

NO_END: Final = "sans limite"
"""What is written in place of a last day when there is none."""

_LONGEST: Final = timedelta(days=3650)
_UNITS: Final = (("j", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
_DURATION: Final = re.compile(" ?".join(rf"(?:(?P<{unit}>[0-9]{{1,5}}) ?{unit})?" for unit, _ in _UNITS))
_NUMBER: Final = re.compile(r"-?[0-9]{1,15}([.,][0-9]{1,15})?")


class FileModel(BaseModel):
    """A part of a file that people edit: unknown keys are refused, values cannot change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def parse_duration(text: object) -> timedelta:
    """Read ``30 s``, ``10 min``, ``1 h 30 min`` or ``3 j``; ValueError for anything else."""
    match = _DURATION.fullmatch(text.strip()) if isinstance(text, str) else None
    parts = {unit: int(match[unit]) for unit, _ in _UNITS if match[unit]} if match else {}
    if not parts:
        raise ValueError(f"expected a duration such as 30 s, 10 min, 1 h 30 min or 3 j, got {text!r}")
    duration = timedelta(seconds=sum(parts.get(unit, 0) * seconds for unit, seconds in _UNITS))
    if duration > _LONGEST:
        raise ValueError(f"{text!r} is longer than {_LONGEST.days} j")
    return duration


def format_duration(duration: timedelta) -> str:
    """Write a duration as `parse_duration` reads it: ``1 j 2 h``, ``0 min``; whole seconds, not negative."""
    left = duration // timedelta(seconds=1)
    words = []
    for unit, seconds in _UNITS:
        count, left = divmod(left, seconds)
        if count:
            words.append(f"{count} {unit}")
    return " ".join(words) or "0 min"


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"expected a number such as 6 or 6,5, got {value!r}")  # noqa: TRY004 - pydantic's contract
    if isinstance(value, str) and not _NUMBER.fullmatch(value.strip()):
        raise ValueError(f"expected a number such as 6 or 6,5, got {value!r}")
    number = float(value.replace(",", ".") if isinstance(value, str) else value)
    if number < 0:
        raise ValueError(f"must not be negative, got {value}")
    return number


def _day(value: object) -> date:
    try:
        if isinstance(value, str) and len(value) == len("2020-01-31"):
            return date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{value} is not a day of the calendar") from None
    raise ValueError(f"expected a day such as 2020-01-31, got {value!r}")


def _last_day(value: object) -> date | str:
    return NO_END if value == NO_END else _day(value)


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([-_][a-z0-9]+)*$", max_length=60)]
Duration = Annotated[timedelta, BeforeValidator(parse_duration), PlainSerializer(format_duration)]
Number = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]
Day = Annotated[date, BeforeValidator(_day)]
LastDay = Annotated[date | str, BeforeValidator(_last_day)]


def last_day(value: date | str) -> date | None:
    """Return the last day of a period, or None when it has no end."""
    return value if isinstance(value, date) else None


def check_period(first: date | None, last: date | str) -> None:
    """ValueError when a period ends before it begins; ``first`` is None when it could not be read."""
    if first is not None and isinstance(last, date) and last < first:
        raise ValueError(f"ends on {last}, before it begins on {first}")
