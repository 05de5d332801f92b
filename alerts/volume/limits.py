"""How many messages a person gets: the figures of a roster, and those in force when it gives none."""

from dataclasses import dataclass
from datetime import time, timedelta
from typing import Final

NIGHT_START: Final = time(20)
NIGHT_END: Final = time(8)
"""Between which local times a message counts as one of the night. Vigie's own choice."""

GATHERING: Final = timedelta(minutes=1)
"""How long the first digest of a storm waits for what comes with it. Vigie's own choice."""
TURNS: Final = 20
"""Seconds over which the first digests of a storm leave: no provider gets hundreds within one. Vigie's own choice."""

MOST_GROUPED: Final = 20
"""Alerts that one message names: more could not be read on a phone. Vigie's own choice."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Beyond ``messages`` within ``window`` a person gets digests, at most one each ``digest_every`` and contact.

    ``night_budget`` is how many messages of a night are too many: it is shown, it keeps nothing back. The figures are
    Vigie's own choice.
    """

    messages: int = 6
    window: timedelta = timedelta(minutes=10)
    digest_every: timedelta = timedelta(minutes=5)
    night_budget: int = 5

    def __post_init__(self) -> None:
        if self.messages < 1 or min(self.window, self.digest_every) <= timedelta(0) or self.night_budget < 0:
            raise ValueError("limits need at least one message, and time between digests")


DEFAULT: Final = Limits()
"""What a roster file that says nothing puts in force."""
