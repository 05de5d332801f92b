"""What the pages have journaled: from the web server's threads to the one that writes, and the truth back."""

import hashlib
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

import structlog

from alerts.effects import Effect, EntryRejected
from alerts.outbox import StorageError
from dashboards.recording import NotRecorded, PerhapsRecorded, Recorded
from streams import messages
from streams.defects import defect
from streams.entry import Draft, Status
from streams.journal import JournalError
from streams.live.problems import KafkaProblem
from streams.messages import Message
from vigie.raw_dropping import Appends

WAIT_SECONDS: Final = 15.0
"""How long a page waits for its answer to be written: the writer may be reading a large file. Vigie's own choice."""
MOST_WAITING: Final = 64
REMEMBERED: Final = 10_000
"""Answers whose repeats are recognised. Vigie's own choice: far more than a night's."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Said:
    region: str
    status: Status
    message: Message
    future: "Future[Recorded]"


class Says(Protocol):
    """Journals one message that happened now, such as `vigie.embedded.Embedded.say`."""

    def __call__(
        self, region: str, message: Message, now: datetime, status: Status = Status.ACTUAL
    ) -> Sequence[Effect]:
        """Return the effects, committed."""
        ...


class SaidToWriter:
    """The pages' `Records` where one thread of this process writes the journal; ``wake`` tells it to come."""

    def __init__(
        self, wake: Callable[[], None], wait_seconds: float = WAIT_SECONDS, clock: Callable[[], datetime] | None = None
    ) -> None:
        self._wake = wake
        self._clock = clock or _present
        self._wait_seconds = wait_seconds
        self._lock = threading.Lock()
        self._waiting: deque[_Said] = deque()
        self._known: OrderedDict[str, Future[Recorded]] = OrderedDict()
        self._is_closed = False

    def record(self, region: str, status: Status, message: Message, key: str) -> Recorded:
        """Hand a message over and wait until it is journaled; the same ``key`` again waits for the first one."""
        future = self._submit(region, status, message, key)
        self._wake()
        try:
            return future.result(self._wait_seconds)
        except TimeoutError:
            if not future.cancel():
                raise PerhapsRecorded from None
            self._forget(key)
            raise NotRecorded from None
        except (CancelledError, NotRecorded):
            self._forget(key)
            raise NotRecorded from None

    def note(self, region: str, status: Status, message: Message) -> None:
        """Hand a message over; nobody waits for it."""
        with self._lock:
            if not self._is_closed and len(self._waiting) < MOST_WAITING:
                self._waiting.append(_Said(region, status, message, Future()))
        self._wake()

    def take(self, say: Says) -> None:
        """Journal what waits, from the writer's thread; a failing journal goes to the caller as well."""
        while (said := self._next()) is not None:
            if said.future.set_running_or_notify_cancel():
                self._journal(say, said)

    def close(self) -> None:
        """Take nothing any more; those who wait are told so."""
        with self._lock:
            self._is_closed = True
        while (said := self._next()) is not None:
            if said.future.set_running_or_notify_cancel():
                said.future.set_exception(NotRecorded())

    def _journal(self, say: Says, said: _Said) -> None:
        try:
            effects = say(said.region, said.message, self._clock(), said.status)
        except (StorageError, JournalError):
            said.future.set_exception(NotRecorded())
            raise
        except Exception as error:  # noqa: BLE001 - one page's defect must not stop the monitor
            _log.error("an answer was not journaled: a defect of Vigie, to be reported", error=defect(error))
            said.future.set_exception(NotRecorded())
        else:
            said.future.set_result(Recorded(_rejection(effects)))

    def _submit(self, region: str, status: Status, message: Message, key: str) -> "Future[Recorded]":
        with self._lock:
            known = self._known.get(key)
            if known is not None:
                return known
            if self._is_closed or len(self._waiting) >= MOST_WAITING:
                raise NotRecorded
            said = _Said(region, status, message, Future())
            self._waiting.append(said)
            self._known[key] = said.future
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
            return said.future

    def _forget(self, key: str) -> None:
        with self._lock:
            self._known.pop(key, None)

    def _next(self) -> _Said | None:
        with self._lock:
            return self._waiting.popleft() if self._waiting else None


class SaidToTopic:
    """The pages' `Records` over the journal on Kafka: the id of a fact is that of its form, repeats are dropped."""

    def __init__(self, journal: Appends, clock: Callable[[], datetime]) -> None:
        self._journal = journal
        self._clock = clock

    def record(self, region: str, status: Status, message: Message, key: str) -> Recorded:
        """Append a message and return once the brokers hold it."""
        id_ = hashlib.blake2b(b"page\n" + key.encode(), digest_size=16).hexdigest()
        draft = Draft(self._clock(), status, region, *messages.encode(message))
        try:
            self._journal.append([(id_, draft)])
        except KafkaProblem as error:
            _log.warning("an answer may not be journaled", why=str(error))
            raise PerhapsRecorded from None
        return Recorded()

    def note(self, region: str, status: Status, message: Message) -> None:
        """Append a message; when the brokers are away it is let go."""
        try:
            self.record(region, status, message, f"{self._clock().isoformat()} {message!r}")
        except PerhapsRecorded:
            return


def _present() -> datetime:
    return datetime.now(UTC)


def _rejection(effects: Sequence[Effect]) -> str:
    return next((each.reason for each in effects if isinstance(each, EntryRejected)), "")
