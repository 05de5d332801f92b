"""What a collector makes of what arrives: records to journal, records to set aside, and what the file replaces.

A decoder is a pure function from bytes to a `Decoding`. It never raises for the content of a single record: a record it
cannot read is `Refused`, with its bytes and a reason that repeats none of them. Only a file that is unusable as a whole
raises `UnreadableFeed`. Identity stops here: an `Accepted` message cannot name a person.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from orsan_plans.geography import REGIONS
from streams.entry import Status
from streams.messages import Message


class UnreadableFeed(ValueError):
    """The whole file is refused; the message says ``<source>:<line or position>: <reason>``, without its content."""


@dataclass(frozen=True, slots=True)
class Context:
    """Where and when something is collected: région (INSEE code), and the instant of reception (aware, UTC)."""

    region: str
    received_at: datetime

    @property
    def zone(self) -> ZoneInfo:
        """The région's time zone: hospitals write local times without one."""
        return ZoneInfo(REGIONS[self.region].time_zone)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A record to journal unless the ledger already holds it.

    ``key`` identifies the record within its source for ever (a pseudonym for a visit); ``day`` is the local day that
    places it in a replaced window. ``flags`` are the quality rules it breaks: it is flagged, not refused.
    """

    message: Message
    occurred_at: datetime
    key: str
    day: date | None = None
    status: Status = Status.ACTUAL
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that cannot be read: its position in the file (from 1), its bytes (never in a repr), and why."""

    position: int
    raw: bytes = field(repr=False)
    reason: str


@dataclass(frozen=True, slots=True)
class Window:
    """The local days, both included, that a file replaces in its source."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a file says of itself.

    ``feed`` is the kind of feed (``rpu``, ``lits``, ``sivic.stocks``, ``signaux``…), ``source`` who sends it (a
    territory such as ``ETAB-440000271``, or a name), ``extracted_at`` orders two files of one source, ``window`` is
    None for a feed whose records only add or update. ``elsewhere`` counts the records of other régions that a national
    file holds: they are left out, neither accepted nor refused.
    """

    feed: str
    source: str
    extracted_at: datetime
    window: Window | None = None
    elsewhere: int = 0


@dataclass(frozen=True, slots=True)
class Decoding:
    """A file being read: its manifest, then its records one by one, in constant memory.

    ``check_rest`` reads what is left to the end, for nothing but to raise UnreadableFeed: less work than making records
    of it, None when the format has no such way.
    """

    manifest: Manifest
    items: Iterator[Accepted | Refused]
    check_rest: Callable[[], None] | None = None

    def check_to_the_end(self) -> None:
        """Read to the end and forget it; UnreadableFeed when the file is damaged or cut short. No item is left."""
        if self.check_rest is not None:
            self.check_rest()
        else:
            deque(self.items, maxlen=0)
