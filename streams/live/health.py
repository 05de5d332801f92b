"""Whether a process does its work, as its supervisor asks: alive, and ready.

    events wait, and the place read does not move for long   → not alive: to be started again
    what was there a moment ago is not read yet              → not ready: catching up

Instants are those of a monotonic clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

STUCK_AFTER: Final = timedelta(minutes=5)
"""Vigie's own choice: finding the longest log of a région again takes less."""


@dataclass(frozen=True, slots=True)
class _Seen:
    done: int
    moved_at: timedelta
    is_waiting: bool


@dataclass(slots=True)
class Watchdog:
    """The places (partitions, régions) that something reads; stuck when work waits and nothing moves for ``delay``."""

    delay: timedelta = STUCK_AFTER
    _places: dict[str, _Seen] = field(default_factory=dict)

    def saw(self, done: Mapping[str, int], ends: Mapping[str, int], now: timedelta) -> None:
        """Note how far each place is read (``done``) and how far it goes (``ends``); places not named are forgotten."""
        self._places = {place: self._seen(place, at, ends.get(place, at), now) for place, at in done.items()}

    def stuck(self, now: timedelta) -> tuple[str, ...]:
        """Return the places where work has waited for longer than the delay without being begun."""
        return tuple(
            sorted(
                place for place, seen in self._places.items() if seen.is_waiting and now - seen.moved_at > self.delay
            )
        )

    def _seen(self, place: str, done: int, end: int, now: timedelta) -> _Seen:
        before = self._places.get(place)
        # Time without work is no time without progress: it counts from when the work came.
        is_same = before is not None and before.is_waiting and before.done == done
        moved_at = before.moved_at if before is not None and is_same else now
        return _Seen(done, moved_at, end > done)


@dataclass(slots=True)
class Heartbeat:
    """A loop that says so at each of its turns; stopped when it says nothing for ``delay``."""

    delay: timedelta = STUCK_AFTER
    beaten_at: timedelta | None = None

    def beat(self, now: timedelta) -> None:
        """Note a turn."""
        self.beaten_at = now

    def is_stopped(self, now: timedelta) -> bool:
        """Tell whether the loop has not turned for too long; one that has not begun has time to."""
        return self.beaten_at is not None and now - self.beaten_at > self.delay


@dataclass(slots=True)
class CatchUp:
    """What a follower has to have read: the ends of the look before the last. One that keeps up always has."""

    _ends: Mapping[str, int] | None = None
    _expected: Mapping[str, int] | None = None

    def looked(self, ends: Mapping[str, int]) -> None:
        """Note how far each place goes now."""
        self._ends, self._expected = dict(ends), self._ends

    def behind(self, done: Mapping[str, int]) -> dict[str, int] | None:
        """Return how many records of each place are late, None before two looks: nobody knows yet."""
        if self._expected is None:
            return None
        late = {place: end - done.get(place, 0) for place, end in self._expected.items()}
        return {place: records for place, records in late.items() if records > 0}
