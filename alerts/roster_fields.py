"""How the values of a roster file are written, and how a mistake among them is refused at its own place."""

from datetime import timedelta
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, StringConstraints, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from orsan_plans.fields import Duration
from orsan_plans.problem import KeyPath

_SHORTEST_WAIT: Final = timedelta(minutes=1)

Mistake = tuple[KeyPath, str]


def _wait(duration: timedelta) -> timedelta:
    if duration < _SHORTEST_WAIT:
        raise ValueError("must be at least 1 min")
    return duration


PersonId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([.-][a-z0-9]+)*$", max_length=60)]
Wait = Annotated[Duration, AfterValidator(_wait)]
People = Annotated[tuple[PersonId, ...], Field(min_length=1)]
RaisedWord = Literal["vigilance", "alerte"]
RaisedWords = Annotated[tuple[RaisedWord, ...], Field(min_length=1)]


def refuse(where: str, mistakes: list[Mistake]) -> None:
    """Raise pydantic's error for mistakes that each have their own place under the model being validated."""
    if mistakes:
        raise ValidationError.from_exception_data(where, [_detail(path, message) for path, message in mistakes])


def _detail(path: KeyPath, message: str) -> InitErrorDetails:
    # The message may hold braces, which a custom error would read as a template: it goes in as a value.
    return InitErrorDetails(type=PydanticCustomError("roster", "{text}", {"text": message}), loc=path, input=None)
