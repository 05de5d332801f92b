"""A circuit breaker for each provider: one that does not answer is left alone, so that nobody waits for it.

=========  ===========================================  =======================================================
state      when                                         then
=========  ===========================================  =======================================================
CLOSED     a delivery succeeds                          CLOSED, earlier failures are forgotten
CLOSED     ``failures`` deliveries in a row failed      OPEN for ``first``
OPEN       asked before its time is over                refused
OPEN       asked once its time is over                  HALF_OPEN: this delivery is the probe
HALF_OPEN  asked again before the probe answered        refused
HALF_OPEN  a delivery fails                             OPEN, twice as long as before, at most ``ceiling``
OPEN       a delivery that was tried all the same fails OPEN until the same instant
any        a delivery succeeds                          CLOSED
=========  ===========================================  =======================================================

A refusal only means something when there is another way: see `Breakers.withholds`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from alerts.channel import Outcome
from alerts.effects import Notify
from alerts.providers import Providers


class BreakerState(StrEnum):
    """Whether a provider is used, left alone, or being tried again."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """When a provider is left alone, and for how long. The figures are Vigie's own choice.

    Three failures in a row are no accident; half a minute, doubled at each failed probe, at most ten minutes.
    """

    failures: int = 3
    first: timedelta = timedelta(seconds=30)
    ceiling: timedelta = timedelta(minutes=10)

    def pause(self, openings: int) -> timedelta:
        """Return how long the ``openings``-th opening lasts (counted from 1)."""
        doublings = min(max(openings - 1, 0), 30)
        return min(self.first * (1 << doublings), self.ceiling)


DEFAULT_BREAKER: Final = BreakerPolicy()


@dataclass(frozen=True, slots=True)
class Breaker:
    """One provider: failures in a row, openings in a row, and until when it is left alone."""

    failures: int = 0
    openings: int = 0
    open_until: datetime | None = None
    is_probing: bool = False

    @property
    def state(self) -> BreakerState:
        """Where it stands."""
        if self.open_until is None:
            return BreakerState.CLOSED
        return BreakerState.HALF_OPEN if self.is_probing else BreakerState.OPEN


CLOSED: Final = Breaker()


def ask(breaker: Breaker, now: datetime) -> tuple[Breaker, bool]:
    """Return the breaker after a delivery asked to go at ``now`` (aware), and whether it may."""
    if breaker.open_until is None:
        return breaker, True
    if breaker.is_probing or now < breaker.open_until:
        return breaker, False
    return replace(breaker, is_probing=True), True


def failed(breaker: Breaker, now: datetime, policy: BreakerPolicy) -> Breaker:
    """Return the breaker after a delivery failed."""
    failures = breaker.failures + 1
    is_due = breaker.is_probing or (breaker.open_until is None and failures >= policy.failures)
    if not is_due:
        return replace(breaker, failures=failures)
    openings = breaker.openings + 1
    return Breaker(failures, openings, now + policy.pause(openings))


class Breakers:
    """The breakers of every provider of an address book. One caller at a time; memory of one process."""

    def __init__(self, providers: Providers, policy: BreakerPolicy = DEFAULT_BREAKER) -> None:
        self._providers = providers
        self._policy = policy
        self._breakers: dict[str, Breaker] = dict.fromkeys(sorted(providers.names), CLOSED)

    def withholds(self, notification: Notify, now: datetime) -> str:
        """Return why a notification is not to be tried: its provider is down and the person has a sound one left.

        Empty when it is to be tried: also on a provider that is down, when nothing else is left.
        """
        provider = self._providers.of(notification.contact)
        if provider is None:
            return ""
        self._breakers[provider], may_go = ask(self._breakers[provider], now)
        if may_go or not any(map(self._is_sound, self._providers.others(notification))):
            return ""
        return f"not tried: the provider {provider} failed {self._breakers[provider].failures} times in a row"

    def answered(self, contact: str, outcome: Outcome, now: datetime) -> None:
        """Learn from what became of a delivery that was tried."""
        provider = self._providers.of(contact)
        if provider is None:
            # Nobody of the roster: what it says of the ways to reach people is nothing.
            return
        if outcome.is_sent:
            self._breakers[provider] = CLOSED
        elif outcome.blames_provider:
            self._breakers[provider] = failed(self._breakers[provider], now, self._policy)
        elif self._breakers[provider].is_probing:
            # The service answered, about this address: it lives.
            self._breakers[provider] = CLOSED

    @property
    def states(self) -> Mapping[str, BreakerState]:
        """Where each provider stands, by name."""
        return {name: breaker.state for name, breaker in sorted(self._breakers.items())}

    @property
    def is_nothing_left(self) -> bool:
        """True when every provider is down: nobody may be reached at all."""
        return bool(self._breakers) and all(breaker.open_until is not None for breaker in self._breakers.values())

    def _is_sound(self, contact: str) -> bool:
        provider = self._providers.of(contact)
        return provider is not None and self._breakers[provider].state is BreakerState.CLOSED
