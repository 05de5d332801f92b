"""How often a contact may be sent a code of verification, and how many wrong ones may be given back for it.

A code wakes somebody and may cost a message; a code that is guessed proves nothing. All figures are Vigie's own choice.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final


@dataclass(frozen=True, slots=True)
class Allowance:
    """At most ``most`` of something within any ``window``."""

    most: int
    window: timedelta

    def counted(self, past: Iterable[datetime], now: datetime) -> list[datetime]:
        """Return what still counts at an instant, in order; what a clock put in the future does too."""
        return sorted(at for at in past if now - at < self.window)

    def wait(self, past: Iterable[datetime], now: datetime) -> timedelta:
        """Return how long to wait before one more; zero when it may be now."""
        counted = self.counted(past, now)
        return timedelta(0) if len(counted) < self.most else counted[-self.most] + self.window - now


CODES_SENT: Final = Allowance(3, timedelta(hours=1))
WRONG_CODES: Final = Allowance(10, timedelta(hours=24))
"""Ten tries at one code in a million: one chance in 100,000 a day, whatever number of codes is sent."""
