"""How the parts of a roster file are written: ids of people, times, periods; and how mistakes get their place."""

import re
from datetime import datetime, time, timedelta
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from orsan_plans.fields import Duration
from orsan_plans.problem import KeyPath

_SHORTEST_WAIT: Final = timedelta(minutes=1)
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_LOCAL: Final = re.compile(rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}} (?:{_TIME.pattern})")

Mistake = tuple[KeyPath, str]


def _wait(duration: timedelta) -> timedelta:
    if duration < _SHORTEST_WAIT:
        raise ValueError("must be at least 1 min")
    return duration


def _time(value: object) -> time:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise ValueError(f'expected a time such as "08:30", got {value!r}')
    return time.fromisoformat(value)


def _local(value: object) -> datetime:
    try:
        if isinstance(value, str) and _LOCAL.fullmatch(value):
            return datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{value} is not a day of the calendar") from None
    raise ValueError(f'expected a day and a time such as "2026-07-14 08:30", got {value!r}')


PersonId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([.-][a-z0-9]+)*$", max_length=60)]
Wait = Annotated[Duration, AfterValidator(_wait)]
WallClock = Annotated[time, BeforeValidator(_time)]
LocalTime = Annotated[datetime, BeforeValidator(_local)]
"""A wall-clock instant of the région, without its zone."""
People = Annotated[tuple[PersonId, ...], Field(min_length=1)]
RaisedWord = Literal["vigilance", "alerte"]
RaisedWords = Annotated[tuple[RaisedWord, ...], Field(min_length=1)]
Weekday = Literal["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"]


def refuse(where: str, mistakes: list[Mistake]) -> None:
    """Raise pydantic's error for mistakes that each have their own place under the model being validated."""
    if mistakes:
        raise ValidationError.from_exception_data(where, [_detail(path, message) for path, message in mistakes])


def _detail(path: KeyPath, message: str) -> InitErrorDetails:
    # The message may hold braces, which a custom error would read as a template: it goes in as a value.
    return InitErrorDetails(type=PydanticCustomError("roster", "{text}", {"text": message}), loc=path, input=None)
