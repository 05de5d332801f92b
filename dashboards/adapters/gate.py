"""What every request on a signed link goes through: limits, signature, age; and what becomes of those refused."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from fastapi import Request

from alerts.effects import Notify
from alerts.links import (
    DEFAULT_LIFETIME,
    TOKEN_LENGTH,
    LinkKeys,
    LinkRefusal,
    Refusal,
    Scope,
    check_age,
    notification_of,
    person_subject,
)
from dashboards.board import Board
from dashboards.callers import Proxies, Rates, RefusalBudget, caller, household, is_foreign
from dashboards.recording import Records
from streams.entry import Status
from streams.messages.deliveries import LinkRefused

_AFTER_LINK: Final = ".,;:!?)]>»\"'"
"""What an old phone takes into a link that ends a sentence."""


class TooMany(Exception):
    """Too many requests from one address, or on one link."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class NotReady(Exception):
    """The journal is still being read: nothing can be said of a link yet."""


FindNotification = Callable[[str, str], Notify | None]
"""Returns a région's notification by its id; StorageError."""


@dataclass(frozen=True, slots=True)
class Door:
    """What the pages of signed links need. ``region`` is where refusals of unknown links are journaled.

    ``hosts`` are the public names of the pages, with their ports: a form sent from another one does nothing. Limits
    are requests at once, then per second; Vigie's own choices: a whole mobile network may share one address, one link
    is read by one person.
    """

    keys: LinkKeys
    find: FindNotification
    records: Records
    region: str
    lifetime: timedelta = DEFAULT_LIFETIME
    proxies: Proxies = field(default_factory=Proxies)
    hosts: frozenset[str] = frozenset()
    per_address: tuple[int, float] = (120, 2.0)
    per_link: tuple[int, float] = (20, 0.2)
    monotonic: Callable[[], float] = time.monotonic
    nonce: Callable[[], str] = lambda: secrets.token_hex(8)


@dataclass(frozen=True, slots=True)
class Told:
    """The notification a link speaks for, and its région."""

    region: str
    notify: Notify


class Gate:
    """Opens links, or says why not. Safe to share between threads."""

    def __init__(self, door: Door, board: Board, clock: Callable[[], datetime]) -> None:
        self.door = door
        self._board = board
        self._clock = clock
        self._lock = Lock()
        self._addresses = Rates(*door.per_address)
        self._links = Rates(*door.per_link)
        self._budget = RefusalBudget()

    def admit(self, request: Request, token: str, part: str = "") -> None:
        """Count a request, of one ``part`` of a link when it opens several pages; TooMany."""
        now, link = self.door.monotonic(), f"{token[:TOKEN_LENGTH]}/{part[:TOKEN_LENGTH]}"
        with self._lock:
            seconds = self._addresses.take(self._sender(request), now) or self._links.take(link, now)
        if seconds:
            raise TooMany(seconds)

    def told(self, scope: Scope, token: str) -> Told:
        """Return what a notification's link speaks for; LinkRefusal, NotReady, StorageError."""
        id_ = notification_of(self.door.keys.subject(scope, trimmed(token)))
        known = self._board.regions
        for region in (self.door.region, *(each for each in known if each != self.door.region)):
            notify = self.door.find(region, id_)
            if notify is not None:
                check_age(notify.at, self._clock(), self.door.lifetime, id_)
                if known.get(region) is None:
                    raise NotReady
                return Told(region, notify)
        if not known:
            raise NotReady
        raise LinkRefusal(Refusal.UNKNOWN, id_)

    def person(self, token: str) -> tuple[str, str]:
        """Return the région and the person a person's link speaks for; LinkRefusal, NotReady."""
        subject = person_subject(self.door.keys.subject(Scope.PERSON, trimmed(token)))
        check_age(subject.given_at, self._clock(), self.door.lifetime)
        for region in self._board.regions:
            roster = self._board.roster(region)
            person = subject.person(region, [each.id for each in roster.people]) if roster else None
            if person is not None:
                return region, person
        if not any(self._board.roster(region) for region in self._board.regions):
            raise NotReady
        raise LinkRefusal(Refusal.UNKNOWN)

    def own(self, request: Request, notification_id: str = "") -> None:
        """Raise LinkRefusal when a form was sent from another site."""
        hosts = {*self.door.hosts, request.headers.get("host", "").lower()}
        headers = request.headers
        if is_foreign(headers.get("sec-fetch-site"), headers.get("origin"), hosts):
            raise LinkRefusal(Refusal.FOREIGN, notification_id)

    def refused(self, request: Request, refusal: LinkRefusal) -> None:
        """Have a refusal journaled, unless too many were."""
        sender = self._sender(request)
        with self._lock:
            untold = self._budget.take(sender, self.door.monotonic())
        if untold is None:
            return
        remote = self.door.keys.digest("remote", sender)
        message = LinkRefused(refusal.reason.value, refusal.notification_id, remote, min(untold, 999_999_999))
        self.door.records.note(self.door.region, Status.ACTUAL, message)

    def _sender(self, request: Request) -> str:
        peer = request.client.host if request.client else ""
        return household(caller(peer, request.headers.get("x-forwarded-for", ""), self.door.proxies))


def trimmed(token: str) -> str:
    """Return a token without the punctuation that followed it in its message."""
    return token[:TOKEN_LENGTH] if not token[TOKEN_LENGTH:].strip(_AFTER_LINK) else token
