"""When nobody is to be called: silences, and sources that are mute as planned."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from orsan_plans.territory import TerritoryId
from streams.messages.values import Instant


@dataclass(frozen=True, slots=True)
class SilenceSet:
    """Nobody is called for the alerts that match until then, and they stay shown; the same id again replaces it.

    What is left out matches everything, and at least one is given; ``rule`` is ``<rule>`` or ``<plan>/<rule>``. An
    ALERTE matches only with ``includes_alerte``, an ACTIVATION never does.
    """

    id: Annotated[str, Field(min_length=1, max_length=100)]
    until: Instant
    author: Annotated[str, Field(min_length=1, max_length=200)]
    reason: Annotated[str, Field(min_length=1, max_length=2000)]
    volet: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    rule: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    territory: TerritoryId | None = None
    includes_alerte: bool = False


@dataclass(frozen=True, slots=True)
class SilenceLifted:
    """A silence ends before its time: the alerts it held are called if they are still open and unanswered."""

    id: Annotated[str, Field(min_length=1, max_length=100)]
    author: Annotated[str, Field(min_length=1, max_length=200)]
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


@dataclass(frozen=True, slots=True)
class MaintenancePlanned:
    """Sources of a feed will be mute, as planned; the same id again replaces it, an end that is past calls it off.

    ``territory`` is the source's, or a wider one for all the sources in it.
    """

    id: Annotated[str, Field(min_length=1, max_length=100)]
    feed: Annotated[str, Field(min_length=1, max_length=100)]
    territory: TerritoryId
    starts_at: Instant
    ends_at: Instant
    author: Annotated[str, Field(min_length=1, max_length=200)]
    reason: Annotated[str, Field(min_length=1, max_length=2000)]
