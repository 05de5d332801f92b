"""Exercises, from their opening to their end."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from streams.messages.values import Instant

ExerciseNumber = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,15}$")]
"""What an exercise is called in every message: short and plain enough for an SMS (Vigie's choice)."""


@dataclass(frozen=True, slots=True)
class ExerciseOpened:
    """An exercise is about to be played: only its ``participants`` (roster ids) may be told of anything in it.

    ``plan`` is the document or ORSAN plan it follows, ``volets`` those it means to play.
    """

    number: ExerciseNumber
    title: Annotated[str, Field(min_length=1, max_length=300)]
    plan: Annotated[str, Field(min_length=1, max_length=300)]
    participants: Annotated[tuple[str, ...], Field(min_length=1)]
    starts_at: Instant
    ends_at: Instant
    author: Annotated[str, Field(min_length=1, max_length=200)]
    volets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExerciseClosed:
    """An exercise is over, before the end that was announced; ``summary`` is what its author makes of it."""

    number: ExerciseNumber
    author: Annotated[str, Field(min_length=1, max_length=200)]
    summary: Annotated[str, Field(max_length=2000)] = ""
