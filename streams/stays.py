"""How long hospitalised visits stayed: the stays that ended in the last 24 hours, to the minute.

A stay is that of HET3: from ENTREE to SORTIE of a visit that left by mutation or transfert. Quantiles are nearest-rank
values of the stays themselves, so they do not depend on the order in which records came.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from streams.messages import PassageRPU
from streams.passages import DAY_STEP, DAY_STEPS

LONGEST: Final = timedelta(days=30)
"""Longer stays are an anomaly (gpmsi, rpu_analyser.groovy): flagged by the collector, left out here."""


@dataclass(slots=True)
class Stays:
    """Minutes of stay by step of exit (steps of 15 minutes since 1970, as text), for one territory."""

    steps: dict[str, dict[str, int]] = field(default_factory=dict)

    def count(self, passage: PassageRPU, now: datetime, sign: int) -> None:
        """Add a visit's stay (``sign`` 1) or take it back (-1); others than ended hospitalisations are ignored."""
        ended = passage.exited_at
        if ended is None or passage.mode_sortie not in ("6", "7"):
            return
        stay = ended - passage.entered_at
        step = int(ended.timestamp()) // DAY_STEP
        if not timedelta(0) <= stay <= LONGEST or step <= int(now.timestamp()) // DAY_STEP - DAY_STEPS:
            return
        minutes = self.steps.setdefault(str(step), {})
        minute = str(int(stay.total_seconds()) // 60)
        minutes[minute] = minutes.get(minute, 0) + sign
        if not minutes[minute]:
            del minutes[minute]

    def forget(self, now: datetime) -> None:
        """Forget the stays that ended more than 24 hours ago."""
        first = int(now.timestamp()) // DAY_STEP - DAY_STEPS + 1
        for step in [step for step in self.steps if int(step) < first]:
            del self.steps[step]

    def quantile(self, share: float) -> tuple[int, int] | None:
        """Return the nearest-rank quantile in minutes and the number of stays; None when no stay ended."""
        counts: Counter[int] = Counter()
        for minutes in self.steps.values():
            counts.update({int(minute): count for minute, count in minutes.items()})
        total = counts.total()
        rank = ceil(share * total)
        for minute, count in sorted(counts.items()):
            rank -= count
            if rank <= 0:
                return minute, total
        return None
