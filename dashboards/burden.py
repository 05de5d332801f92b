"""The burden of a région's latest night: messages of real life by person, against the budget of the roster in force."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from alerts.effects import Notify
from alerts.volume.burden import night_of
from alerts.volume.limits import DEFAULT


@dataclass(frozen=True, slots=True)
class Burden:
    """Messages of each person in the night that began on ``began_on``, None before any; ids, never shown by name."""

    began_on: date | None = None
    messages: Mapping[str, int] = field(default_factory=dict)
    budget: int = DEFAULT.night_budget

    @property
    def most(self) -> int:
        """The most messages one person got."""
        return max(self.messages.values(), default=0)

    @property
    def people_over(self) -> int:
        """How many people got more than the budget."""
        return sum(count > self.budget for count in self.messages.values())

    def under(self, budget: int) -> "Burden":
        """Return it under another budget."""
        return replace(self, budget=budget)

    def adding(self, notify: Notify) -> "Burden":
        """Return it with one more message, of the same night or a later one; a message by day changes nothing."""
        began_on = night_of(notify.at, notify.brief.time_zone) if notify.status == "actual" else None
        if began_on is None or (self.began_on is not None and began_on < self.began_on):
            return self
        before = self.messages if began_on == self.began_on else {}
        return replace(self, began_on=began_on, messages={**before, notify.person: before.get(notify.person, 0) + 1})
