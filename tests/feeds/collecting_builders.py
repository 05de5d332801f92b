"""A format made for tests: one header line, then one record a line, so that a scenario reads as its file."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any, BinaryIO

from streams.collecting.collector import Collector, Incoming
from streams.collecting.decoding import Accepted, Context, Decoding, Manifest, Refused, UnreadableFeed, Window
from streams.collecting.formats import Format, Formats, Tools
from streams.collecting.quarantine import Vault
from streams.collecting.receipts import Receipt
from streams.entry import Status
from streams.messages.visits import PassageRPU
from streams.monitor import Monitor
from streams.testing import MemoryJournal

NOW = datetime(2026, 1, 15, 4, 0, tzinfo=UTC)
TODAY = date(2026, 1, 15)
ETAB = "440000271"


class Reversing:
    """A vault that locks by reversing: what is stored is not what was read."""

    is_open = True

    def lock(self, raw: bytes) -> bytes:
        return raw[::-1]

    def unlock(self, locked: bytes) -> bytes:
        return locked[::-1]


def file(
    *records: str, at: datetime = NOW, first: date = TODAY - timedelta(6), last: date = TODAY, feed: str = "rpu"
) -> bytes:
    """``key day [ccmu]`` is a visit, ``!text`` cannot be read, ``#`` cuts the file short; ``x:`` marks an exercise."""
    return "\n".join((f"TEST {feed} {at.isoformat()} {first} {last}", *records)).encode()


def decode(stream: BinaryIO, source_name: str, context: Context, tools: Tools) -> Decoding:
    del tools, context
    header, *lines = stream.read().decode().splitlines()
    _, feed, at, first, last = header.split()
    window = Window(date.fromisoformat(first), date.fromisoformat(last)) if feed == "rpu" else None
    manifest = Manifest(feed, f"ETAB-{ETAB}", datetime.fromisoformat(at), window)
    return Decoding(manifest, _items(lines, source_name))


def _items(lines: list[str], source_name: str) -> Iterator[Accepted | Refused]:
    for number, line in enumerate(lines, start=1):
        if line.startswith("#"):
            raise UnreadableFeed(f"{source_name}:{number}: cut short")
        if line.startswith("!"):
            yield Refused(number, line.encode(), "cannot be read")
            continue
        status = Status.EXERCISE if line.startswith("x:") else Status.ACTUAL
        key, day, ccmu = (*line.removeprefix("x:").split(), "")[:3]
        at = datetime.fromisoformat(f"{day}T08:00+00:00")
        finess, departement = ("750000001", "75") if key.startswith("paris") else (ETAB, "44")
        visit = PassageRPU(key, finess, departement, at, ccmu=ccmu or None)  # type: ignore[arg-type]  # a test's own
        yield Accepted(visit, at, key, date.fromisoformat(day), status, flags=("drapeau",) if ccmu == "D" else ())


def wrap(manifest: Manifest, context: Context, raw: bytes) -> bytes | None:
    del context
    return file(raw.decode().removeprefix("!lisible "), at=manifest.extracted_at)


FORMATS = Formats(
    [Format("essai", decode, wrap), Format("sans-retour", decode)],
    lambda head: "essai" if head.startswith(b"TEST") else None,
)


class Collecting(Collector):
    """A collector into a journal that the test can look at."""

    def __init__(self, monitor: Monitor, *more: Any, **others: Any) -> None:  # noqa: ANN401 - those of a Collector
        super().__init__(monitor, *more, **others)
        self.monitor = monitor


def collector(journal: MemoryJournal | None = None, vault: Vault | None = None, at_once: int = 1000) -> Collecting:
    return Collecting(Monitor(journal or MemoryJournal()), FORMATS, vault, at_once=at_once)


def sent(data: bytes, name: str = "rpu.txt", format_: str | None = None) -> Incoming:
    def opened() -> AbstractContextManager[BinaryIO]:
        return nullcontext(BytesIO(data))

    return Incoming(name, opened, format_)


def received(at: datetime = NOW) -> Context:
    return Context("52", at)


def kinds(collector: Collecting) -> list[str]:
    return [entry.kind for entry in collector.monitor.journal.entries("52")]


def counts(receipt: Receipt) -> tuple[int, ...]:
    """Return what a receipt counts: received, accepted, duplicates, quarantined, journaled."""
    return receipt.received, receipt.accepted, receipt.duplicates, receipt.quarantined, receipt.journaled
