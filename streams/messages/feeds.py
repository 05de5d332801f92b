"""What feeds bring beside visits, capacity and signals: day figures, signs of life, records given up, probes."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import Field

from orsan_plans.territory import TerritoryId
from streams.messages.values import Count, Instant


@dataclass(frozen=True, slots=True)
class DailyFigures:
    """A day's published figures for a territory; ``feed`` names the source, ``figures`` its counts."""

    feed: str
    territory: TerritoryId
    day: date
    figures: dict[str, Count | None]


@dataclass(frozen=True, slots=True)
class FeedReceived:
    """A file that brought nothing new: its source lives all the same. ``territory`` is the source's."""

    feed: Annotated[str, Field(min_length=1, max_length=100)]
    territory: TerritoryId
    extracted_at: Instant


@dataclass(frozen=True, slots=True)
class QuarantineDropped:
    """A record set aside is given up: its bytes are erased, for this reason."""

    id: Annotated[int, Field(ge=1)]
    reason: Annotated[str, Field(min_length=1, max_length=2000)]
    by: Annotated[str, Field(min_length=1, max_length=200)]


@dataclass(frozen=True, slots=True)
class MonitorProbe:
    """A test record that travels the whole chain to prove that it works; see `streams.region.probing`."""

    probe_id: Annotated[str, Field(min_length=1, max_length=100)]
