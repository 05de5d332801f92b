"""Sending what the outbox holds, off the engine's path.

A sender claims deliveries, hands each to the channel in its own thread, and gives back what became of them. It decides
nothing and stores nothing but claims and retries: the caller journals the reports.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from alerts.breaker import Breakers, BreakerState
from alerts.channel import Channel, Outcome, failed
from alerts.links import LinkKeys
from alerts.outbox import DEFAULT_POLICY, Claim, Delivery, Finished, Outbox, RetryPolicy
from alerts.providers import Providers
from alerts.wording import Message, render

LEASE: Final = timedelta(minutes=2)
"""How long a claim holds: well above a channel's own time-out, so that a slow answer is not sent twice."""
IN_FLIGHT: Final = 16


@dataclass(frozen=True, slots=True)
class Report:
    """A delivery that is over: handed to its channel, or given up for good."""

    delivery: Delivery
    finished: Finished


@dataclass(frozen=True, slots=True)
class _Sending:
    delivery: Delivery
    message: Message
    future: "Future[Outcome]"
    is_tried: bool = True

    def is_over(self, now: datetime) -> bool:
        return self.future.done() or now >= self.delivery.lease_until


class Sender:
    """Sends for one process; ``worker`` names it in the claims.

    ``providers`` says what fails together: a message for a provider that is down is given up at once when the person
    has another one, so that the escalation uses it.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what one process sends with, each part chosen by the wiring
        self,
        outbox: Outbox,
        channel: Channel,
        executor: Executor,
        link_base: str,
        worker: str,
        policy: RetryPolicy = DEFAULT_POLICY,
        providers: Providers = Providers(),  # noqa: B008 - frozen
        links: LinkKeys | None = None,
    ) -> None:
        self._outbox = outbox
        self._channel = channel
        self._executor = executor
        self._link_base = link_base
        self._worker = worker
        self._policy = policy
        self._links = links
        self._sending: list[_Sending] = []
        self._breakers = Breakers(providers)

    @property
    def providers(self) -> Mapping[str, BreakerState]:
        """Where each provider stands."""
        return self._breakers.states

    @property
    def is_cut_off(self) -> bool:
        """True when no provider answers: what is sent is tried, and may reach nobody."""
        return self._breakers.is_nothing_left

    @property
    def futures(self) -> Sequence["Future[Outcome]"]:
        """What is being sent right now."""
        return [sending.future for sending in self._sending]

    def recover(self, now: datetime) -> int:
        """Take back what this worker had claimed before its process died; return how many. To be called first.

        What it had sent without a report goes out again: a duplicate rather than a wait for the end of its lease.
        """
        return self._outbox.release(self._worker, now)

    def dispatch(self, now: datetime) -> int:
        """Claim what is ready and start sending it; return how many."""
        asked = self.asks(now)
        if asked is None or not self._is_ready(now):
            return 0
        deliveries = self._outbox.claim(asked.now, asked.worker, asked.lease, asked.limit)
        self.begin(deliveries, now)
        return len(deliveries)

    def asks(self, now: datetime) -> Claim | None:
        """Return what this sender has room for, None when it has none."""
        room = IN_FLIGHT - len(self._sending)
        return Claim(now, self._worker, LEASE, room) if room else None

    def begin(self, deliveries: Iterable[Delivery], now: datetime) -> None:
        """Start sending what was claimed for this sender."""
        self._sending += [self._begin(delivery, now) for delivery in deliveries]

    def _is_ready(self, now: datetime) -> bool:
        # Looking is cheap, claiming takes the only writer's place.
        ready_at = self._outbox.next_ready_at()
        return ready_at is not None and ready_at <= now

    def _begin(self, delivery: Delivery, now: datetime) -> _Sending:
        message = render(delivery.notification, self._link_base, now, self._links)
        why_not = self._breakers.withholds(delivery.notification, now)
        if why_not:
            withheld: Future[Outcome] = Future()
            withheld.set_result(failed(why_not, is_final=True))
            return _Sending(delivery, message, withheld, is_tried=False)
        return _Sending(delivery, message, self._executor.submit(self._channel.send, delivery.contact, message))

    def collect(self, now: datetime) -> list[Report]:
        """Return the deliveries that are over; a failure that may be tried again goes back to the outbox.

        A channel that did not answer within the lease has failed: it must not keep its place for ever.
        """
        # Each is asked once: it may end between two questions.
        asked = [(sending, sending.is_over(now)) for sending in self._sending]
        self._sending = [sending for sending, is_over in asked if not is_over]
        reports = [self._report(sending, now) for sending, is_over in asked if is_over]
        return [report for report in reports if report is not None]

    def _report(self, sending: _Sending, now: datetime) -> Report | None:
        delivery, outcome = sending.delivery, _outcome(sending.future)
        if sending.is_tried:
            self._breakers.answered(delivery.contact, outcome, now)
        if not (outcome.is_sent or outcome.is_final or self._policy.is_exhausted(delivery.attempts)):
            self._outbox.retry(delivery, now, outcome.reason)
            return None
        title, body = sending.message.as_sent(delivery.contact)
        finished = Finished(delivery.notification_id, outcome.is_sent, now, title, body, outcome.reason)
        return Report(delivery, finished)


def _outcome(future: "Future[Outcome]") -> Outcome:
    if not future.done():
        future.cancel()
        return failed("the channel did not answer")
    if future.cancelled():
        return failed("stopped before it was sent")
    error = future.exception()
    # A channel never raises for a delivery problem; a defect of one must not stop the others.
    return future.result() if error is None else failed(f"the channel raised {type(error).__name__}")
