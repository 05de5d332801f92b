"""A live engine without brokers: raw files taken in turn, into a log in memory and a database."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from streams.adapters.live_destination import LiveDestination
from streams.adapters.live_store import LiveStore
from streams.adapters.normaliser import Normaliser
from streams.adapters.raw_topics import RawFile, RawRecord
from streams.collecting.collector import Collector
from streams.collecting.destination import Destination
from streams.collecting.formats import Formats
from streams.collecting.ledger import Collected
from streams.collecting.quarantine import Held
from streams.collecting.receipts import Receipt
from streams.entry import Status
from streams.live.log_reader import LogReader
from streams.live.testing import MemoryLog
from streams.live.topics import RAW_RPU
from tests.feeds.collecting_builders import FORMATS, NOW, Reversing

REGION = "52"
Fact = tuple[str, bytes, datetime, Status]


class Killed(BaseException):
    """The process died."""


def raw(data: bytes, offset: int = 0, at: datetime = NOW, **more: Any) -> RawRecord:  # noqa: ANN401 - fields of RawFile
    """Return a file as it lies on the raw topic."""
    file = RawFile(**{"source": "source", "name": "rpu.txt", "region": REGION, "format": "", "content": data} | more)
    headers: Mapping[str, bytes] = {name: value.encode() for name, value in file.headers}
    return RawRecord(RAW_RPU, 3, offset, at, file.source.encode(), data, headers)


@dataclass
class Aside:
    """What was set aside: why, with which headers."""

    letters: list[tuple[str, bytes, tuple[tuple[str, str], ...]]] = field(default_factory=list)

    def put(
        self,
        topic: str,
        key: str,
        offset: int,
        value: bytes,
        reason: str,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        del topic, key, offset
        self.letters.append((reason, value, headers))


@dataclass
class Steps:
    """Where the process fails: at the step of this number, with ``error``; nowhere when it is None."""

    left: int | None = None
    error: BaseException = field(default_factory=Killed)
    passed: int = 0

    def pass_one(self) -> None:
        self.passed += 1
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.left = None
                raise self.error


class Engine:
    """The log, the database, what was set aside; ``steps`` says where a process fails."""

    def __init__(self, store: LiveStore, formats: Formats = FORMATS, at_once: int = 1000) -> None:
        self.store, self.steps = store, Steps()
        self.log = _Log(NOW, steps=self.steps)
        self.aside = Aside()
        self._formats, self._at_once = formats, at_once

    def collecting(self, destination: Destination) -> Collector:
        return Collector(destination, self._formats, Reversing(), at_once=self._at_once)

    def normaliser(self) -> Normaliser:
        return Normaliser(_Store(self.store, self.steps), self.log, self.aside, self.collecting)

    def take(self, record: RawRecord, *, may_be_begun: bool = False) -> Receipt | None:
        return self.normaliser().take(record, may_be_begun=may_be_begun)

    def destination(self, cause: str, receipt: str | None = None) -> LiveDestination:
        return LiveDestination(_Store(self.store, self.steps), self.log, cause, NOW, receipt)

    def facts(self) -> list[Fact]:
        """Return what a reader of the log counts, in order."""
        entries = LogReader(REGION).entries(self.log.read(REGION))
        return [(each.kind, each.payload, each.occurred_at, each.status) for each in entries]

    def receipts(self) -> list[Receipt]:
        return list(self.store.receipts.all())

    def held(self) -> list[Held]:
        return list(self.store.aside.all())


@dataclass(slots=True)
class _Log(MemoryLog):
    steps: Steps = field(default_factory=Steps)

    def append(self, drafts: Any) -> None:  # noqa: ANN401 - as MemoryLog
        for draft in drafts:
            self.steps.pass_one()
            MemoryLog.append(self, [draft])
        self.steps.pass_one()


class _Store(LiveStore):
    """The same database, in a process that may fail."""

    def __init__(self, store: LiveStore, steps: Steps) -> None:
        super().__init__(store.database)
        self._steps = steps

    def commit_collected(self, region: str, collected: Collected, *more: Any) -> None:  # noqa: ANN401 - as LiveStore
        self._steps.pass_one()
        super().commit_collected(region, collected, *more)
        self._steps.pass_one()


@contextmanager
def engine(path: Path, **more: Any) -> Iterator[Engine]:  # noqa: ANN401 - those of Engine
    with LiveStore.open(f"sqlite:///{path / 'live.db'}") as store:
        yield Engine(store, **more)
