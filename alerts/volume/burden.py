"""The burden of the nights: how many messages each person got, against the budget of the roster."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.effects import Effect, Notify
from alerts.volume.limits import NIGHT_END, NIGHT_START


@dataclass(frozen=True, slots=True, order=True)
class Night:
    """The messages of real life ordered for a person in the night that began on the local date ``began_on``."""

    began_on: date
    person: str
    messages: int

    def is_over(self, budget: int) -> bool:
        """Tell whether the person got more than the budget."""
        return self.messages > budget


def night_of(at: datetime, time_zone: str) -> date | None:
    """Return the local date on which the night of an aware instant began, None by day."""
    local = at.astimezone(ZoneInfo(time_zone))
    if local.time() >= NIGHT_START:
        return local.date()
    return local.date() - timedelta(days=1) if local.time() < NIGHT_END else None


def nights(effects: Iterable[Effect]) -> list[Night]:
    """Count the messages of real life by night and person, in the order of nights, then of people."""
    counts: Counter[tuple[date, str]] = Counter()
    for each in effects:
        if isinstance(each, Notify) and each.status == "actual":
            began_on = night_of(each.at, each.brief.time_zone)
            if began_on is not None:
                counts[began_on, each.person] += 1
    return sorted(Night(began_on, person, count) for (began_on, person), count in counts.items())
