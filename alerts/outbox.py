"""The outbox: notifications that were decided, until each is handed to a channel or given up.

An item is queued in the transaction that journals the decision, claimed for a limited time by one sender, and
finished in the transaction that journals its delivery report:

    pending ──claim──▶ claimed ──finish──▶ done | failed
       ▲  │               │  │
       └──┼─retry, release┘  │     an expired claim may be claimed again
          └──recall──────────┴──▶ recalled ──finish, it was sent after all──▶ done

A recalled item is never claimed again. An attempt that was under way may end: what was sent is sent, what failed stays
recalled.

A sender that dies while sending leaves a claim that expires: the message may go out twice, it is never
lost. All instants are arguments; nothing here reads a clock.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from alerts.effects import Notify


class StorageError(Exception):
    """The database behind the journal and the outbox could not be used; the message says what to do."""


class StorageFull(StorageError):
    """No room is left: the transaction was undone as a whole."""


class StorageUnreadable(StorageError):
    """The file is missing, is not a Vigie journal, is of a newer version, or is damaged."""


class StorageRefused(StorageError):
    """The database answers and will not keep these values: trying again changes nothing."""


class OutboxState(StrEnum):
    """Where an item stands. FAILED is for good: every attempt was spent and the fold was told.

    RECALLED: nobody is to be called by it any more; it is not sent, unless an attempt was under way.
    """

    PENDING = "pending"
    CLAIMED = "claimed"
    DONE = "done"
    FAILED = "failed"
    RECALLED = "recalled"


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long to wait after a failed attempt, and when to give up. The figures are Vigie's own choice.

    5 s, doubled after each attempt, at most 5 min; after ``max_attempts`` the failure is reported, so that
    the escalation calls somebody else: waiting longer on one dead channel helps nobody.
    """

    first: timedelta = timedelta(seconds=5)
    ceiling: timedelta = timedelta(minutes=5)
    max_attempts: int = 4

    def delay(self, attempts: int) -> timedelta:
        """Return the wait after the ``attempts``-th failed attempt (counted from 1)."""
        doublings = min(max(attempts - 1, 0), 30)
        return min(self.first * (1 << doublings), self.ceiling)

    def is_exhausted(self, attempts: int) -> bool:
        """Tell whether a failure of the ``attempts``-th attempt is to be reported instead of retried."""
        return attempts >= self.max_attempts


DEFAULT_POLICY: Final = RetryPolicy()


@dataclass(frozen=True, slots=True)
class Item:
    """One notification in the outbox. ``attempts`` counts the claims, also those whose sender died.

    ``error`` is why the last attempt failed; ``title``, ``body`` and ``finished_at`` are what was sent and
    when.
    """

    region: str
    notification: Notify
    state: OutboxState
    attempts: int
    due_at: datetime
    worker: str = ""
    lease_until: datetime | None = None
    error: str = ""
    title: str = ""
    body: str = ""
    finished_at: datetime | None = None

    @property
    def may_have_left(self) -> bool:
        """True for a recalled item of which an attempt was under way, and has not ended that anybody knows."""
        return self.state is OutboxState.RECALLED and self.lease_until is not None

    @property
    def ready_at(self) -> datetime | None:
        """When the item may be claimed: its due instant, the end of its lease, or never once finished."""
        match self.state:
            case OutboxState.PENDING:
                return self.due_at
            case OutboxState.CLAIMED:
                return self.lease_until
            case _:
                return None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A claimed item: the right to make attempt number ``attempts`` (from 1) until ``lease_until``."""

    region: str
    notification: Notify
    attempts: int
    due_at: datetime
    worker: str
    lease_until: datetime

    @property
    def notification_id(self) -> str:
        """The id of the `Notify` effect: what a delivery report names."""
        return self.notification.id

    @property
    def contact(self) -> str:
        """Whom to reach, as ``<person>/<channel>``."""
        return self.notification.contact


@dataclass(frozen=True, slots=True)
class Finished:
    """What a delivery report says of an item: handed to the channel (``is_sent``) or given up.

    ``title`` and ``body`` are the rendered text, kept for audit; ``error`` is the last failure.
    """

    notification_id: str
    is_sent: bool
    at: datetime
    title: str = ""
    body: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A sender that asks for work: at most ``limit`` items ready at ``now``, its own during ``lease``."""

    now: datetime
    worker: str
    lease: timedelta
    limit: int


def queue(region: str, notification: Notify) -> Item:
    """Return a new item, due at once: at the instant of the decision."""
    return Item(region, notification, OutboxState.PENDING, 0, notification.at)


def claim(item: Item, now: datetime, worker: str, lease: timedelta) -> Item | None:
    """Return the item claimed by ``worker``, or None when it is finished, not due or another's."""
    if item.ready_at is None or item.ready_at > now:
        return None
    attempts = item.attempts + 1
    return replace(item, state=OutboxState.CLAIMED, attempts=attempts, worker=worker, lease_until=now + lease)


def delivery_of(item: Item) -> Delivery:
    """Return the claim that a claimed item stands for; ValueError for any other state."""
    if item.lease_until is None:
        raise ValueError(f"notification {item.notification.id} is {item.state}, not claimed")
    return Delivery(item.region, item.notification, item.attempts, item.due_at, item.worker, item.lease_until)


def retry(item: Item, delivery: Delivery, now: datetime, error: str, policy: RetryPolicy) -> Item | None:
    """Return the item waiting for its next attempt, or None when the claim is no longer ``delivery``'s.

    A recalled item waits for none: that its last attempt failed is noted.
    """
    if not (item.state is OutboxState.CLAIMED or item.may_have_left) or delivery_of(item) != delivery:
        return None
    if item.may_have_left:
        return replace(item, worker="", lease_until=None, error=error)
    due_at = now + policy.delay(item.attempts)
    return replace(item, state=OutboxState.PENDING, due_at=due_at, worker="", lease_until=None, error=error)


def release(item: Item, worker: str, now: datetime) -> Item | None:
    """Return the item ready again at ``now``, or None when it is not ``worker``'s claim."""
    if item.state is not OutboxState.CLAIMED or item.worker != worker:
        return None
    return replace(item, state=OutboxState.PENDING, due_at=now, worker="", lease_until=None)


def finish(item: Item, finished: Finished) -> Item:
    """Return the item after its delivery report. What was sent stays sent, whatever a slower sender says.

    A recalled item that was not sent stays recalled: its failure is nobody's to make up for.
    """
    if item.state is OutboxState.DONE:
        return item
    not_sent = OutboxState.RECALLED if item.state is OutboxState.RECALLED else OutboxState.FAILED
    return replace(
        item,
        state=OutboxState.DONE if finished.is_sent else not_sent,
        lease_until=None,
        error=finished.error,
        title=finished.title,
        body=finished.body,
        finished_at=finished.at,
    )


def recall(item: Item) -> Item | None:
    """Return the item that nobody sends any more, or None when it is finished or recalled already."""
    return None if item.ready_at is None else replace(item, state=OutboxState.RECALLED)


class Outbox(Protocol):
    """Where senders find their work. Queueing and finishing belong to the journal's transactions."""

    def claim(self, now: datetime, worker: str, lease: timedelta, limit: int) -> list[Delivery]:
        """Claim at most ``limit`` items ready at ``now``, longest-waiting first; nobody else gets them."""
        ...

    def retry(self, delivery: Delivery, now: datetime, error: str) -> bool:
        """Put a failed delivery back for later, or note that a recalled one failed.

        False when its lease was lost to another worker.
        """
        ...

    def release(self, worker: str, now: datetime) -> int:
        """Take back at once what a worker that is gone had claimed; return how many items."""
        ...

    def next_ready_at(self) -> datetime | None:
        """Return the first instant at which `claim` has something to give, None when all is finished."""
        ...

    def find(self, region: str, notification_id: str) -> Item | None:
        """Return an item with what was sent, for audit."""
        ...

    def counts(self) -> dict[OutboxState, int]:
        """Return how many items are in each state; every state is present."""
        ...
