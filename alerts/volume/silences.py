"""Silences: what nobody is to be called for, until when, who said so and why.

An ALERTE is silenced only by a silence that says so; an ACTIVATION never is.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from alerts.effects import AlertBrief
from orsan_plans.posture import Posture

LONGEST: Final = timedelta(days=7)
"""A silence that lasts longer is said again. Vigie's own choice."""

Ancestors = Callable[[str], tuple[str, ...]]
"""The wider territories a territory lies in."""


@dataclass(frozen=True, slots=True)
class Silence:
    """One silence. What is left out matches everything; ``rule`` is a rule's id, or ``<plan>/<rule>``."""

    id: str
    until: datetime
    author: str
    reason: str
    volet: str | None = None
    rule: str | None = None
    territory: str | None = None
    includes_alerte: bool = False

    def matches(self, brief: AlertBrief, ancestors: Ancestors) -> bool:
        """Tell whether the alert is one of those silenced."""
        highest = Posture.ALERTE if self.includes_alerte else Posture.VIGILANCE
        return (
            brief.posture.rank <= highest.rank
            and self.volet in {None, brief.volet}
            and self.rule in {None, brief.rule, f"{brief.plan}/{brief.rule}"}
            and self.territory in {None, brief.territory, *ancestors(brief.territory)}
        )


def holding(silences: Iterable[Silence], brief: AlertBrief, ancestors: Ancestors, now: datetime) -> Silence | None:
    """Return the silence that holds an alert's calls at ``now``: of several, the one that ends last."""
    found = [each for each in silences if each.until > now and each.matches(brief, ancestors)]
    return max(found, key=lambda each: (each.until, each.id), default=None)
