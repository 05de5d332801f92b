"""Health-watch signals and what the veille team makes of them."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from orsan_plans.territory import TerritoryId
from streams.messages.values import Instant


@dataclass(frozen=True, slots=True)
class SignalSanitaire:
    """A health-watch signal. ``nature`` and ``criteria`` are data: a new kind of risk needs no code.

    A later signal with the same ``signal_id`` updates it; ``is_open`` False ends it; ``ends_at`` ends it by itself.
    """

    signal_id: Annotated[str, Field(min_length=1, max_length=200)]
    nature: Annotated[str, Field(min_length=1, max_length=100)]
    territory: TerritoryId
    title: Annotated[str, Field(min_length=1, max_length=300)]
    source: Annotated[str, Field(min_length=1, max_length=200)]
    criteria: dict[str, str] = field(default_factory=dict)
    is_open: bool = True
    ends_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class QualifySignal:
    """The triage of a signal by the veille team: kept, or put aside with its reason."""

    signal_id: Annotated[str, Field(min_length=1, max_length=200)]
    triage: Literal["a_qualifier", "retenu", "ecarte"]
    by: Annotated[str, Field(min_length=1, max_length=200)]
    reason: Annotated[str, Field(max_length=2000)] = ""
