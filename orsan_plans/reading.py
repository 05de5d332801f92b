"""A reading: what an indicator says of a territory, or why it says nothing."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Unknown(StrEnum):
    """Why a reading has no value; the values are what people and CSV files show."""

    ABSENT = "absent"
    STALE = "perime"
    TOO_FEW = "effectif_insuffisant"
    CONTRADICTORY = "contradictoire"


@dataclass(frozen=True, slots=True)
class Reading:
    """One measured value, or an unknown with its reason: never both, never neither.

    ``value`` is in ``unit`` (``%``, ``passages``, ``lits``…). ``numerator``/``denominator`` are the counts behind a
    ratio (None for a plain count). ``reporting`` of ``expected`` sources (days × territories, établissements…) were
    present; ``volume_share`` is the percentage of the usual volume that they make, None where none is known yet.
    ``is_lower_bound`` marks a count that misses some sources: it may raise a posture, never lower one.
    ``occurred_on`` is the last day the reading speaks of, in the region's time zone.
    """

    indicator: str
    territory: str
    occurred_on: date
    unit: str
    value: float | None
    unknown: Unknown | None = None
    detail: str = ""
    numerator: int | None = None
    denominator: int | None = None
    reporting: int = 1
    expected: int = 1
    is_lower_bound: bool = False
    volume_share: float | None = None

    def __post_init__(self) -> None:
        if (self.value is None) is (self.unknown is None):
            raise ValueError("a reading is a value or an unknown with its reason")

    @property
    def is_known(self) -> bool:
        """True when a value was measured."""
        return self.value is not None
