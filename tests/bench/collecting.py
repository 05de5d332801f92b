"""What is measured of collecting: a week of a région's visits in OSCOUR files, one per establishment."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from datetime import date, datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from tempfile import mkdtemp
from typing import Final
from xml.parsers import expat

from orsan_plans.adapters.plan_files import shipped_catalogue
from streams import messages
from streams.adapters.disk_keys import SpillingKeys
from streams.adapters.sqlite_journal import SqliteJournal
from streams.collecting.collector import Collector, Incoming
from streams.collecting.decoding import Accepted, Context
from streams.collecting.pseudonyms import KeyRing, Pseudonyms, SecretKey
from streams.entry import Draft, Status
from streams.known_formats import all_formats
from streams.messages.visits import PassageRPU
from streams.monitor import Monitor
from streams.rpu import oscour
from tests.bench.oscour_workload import RECEIVED_AT, REGION, oscour_file
from tests.bench.timing import Figure, Timed, timed
from vigie.past import catalogue_message

SITES: Final = 30
VISITS: Final = 667
"""Of one establishment in a week: 20,010 for the région."""
DECODE_TARGET: Final = 20_000
AGAIN_SECONDS: Final = 1

PARSE: Final = "floor: expat alone"
_RING: Final = KeyRing(SecretKey("banc", bytes(range(32)), date(2020, 1, 1)))


def figures(times: int, directory: Path, sites: int = SITES) -> Iterator[Figure]:
    """Measure decoding, then collecting for the first time and again."""
    files = [oscour_file(VISITS, site) for site in range(sites)]
    yield Figure(PARSE, timed(parsing(files), times))
    yield Figure("OSCOUR to entries", timed(decoding(files), times), DECODE_TARGET, PARSE)
    yield Figure("collect a week", timed(partial(collecting, files, directory), times))
    again = timed(partial(collecting_again, files, directory), times)
    yield Figure("collect it again, unchanged", again, sites * VISITS / AGAIN_SECONDS)
    later = [each.replace(b"14/01/2026 04:00:00</EXTRACT>", b"14/01/2026 05:00:00</EXTRACT>") for each in files]
    newer = timed(partial(collecting_again, files, directory, later), times)
    yield Figure("collect it again, extracted later", newer)


def parsing(files: Sequence[bytes]) -> Callable[[], Timed]:
    """Parse the same bytes and keep nothing: the least that reading XML can do."""

    def work() -> int:
        for data in files:
            expat.ParserCreate().Parse(data, True)
        return len(files) * VISITS

    return lambda: work


def decoding(files: Sequence[bytes]) -> Callable[[], Timed]:
    """Decode files and encode their visits as journal entries are."""

    def work() -> int:
        made = 0
        for data in files:
            decoded = oscour.decode(BytesIO(data), "banc.xml", Context(REGION, RECEIVED_AT), Pseudonyms(_RING))
            for item in decoded.items:
                if isinstance(item, Accepted) and isinstance(item.message, PassageRPU):
                    Draft(item.occurred_at, item.status, REGION, *messages.encode_checked(item.message))
                    made += 1
        return made

    return lambda: work


def collecting(files: Sequence[bytes], directory: Path) -> Timed:
    """Collect files into a new live journal that has the shipped plans."""
    journal, collector = _collector(directory)

    def work() -> int:
        received = _collect(collector, files, RECEIVED_AT)
        journal.close()
        return received

    return work


def collecting_again(files: Sequence[bytes], directory: Path, later: Sequence[bytes] | None = None) -> Timed:
    """Collect files that hold nothing new, an hour after the first time."""
    journal, collector = _collector(directory)
    _collect(collector, files, RECEIVED_AT)
    entries = journal.head(REGION).seq

    def work() -> int:
        received = _collect(collector, later or files, RECEIVED_AT + timedelta(hours=1))
        # A newer file that brings nothing new still says that its source lives.
        if journal.head(REGION).seq != entries + (len(files) if later else 0):
            raise AssertionError("unchanged files were journaled")
        journal.close()
        return received

    return work


def _collector(directory: Path) -> tuple[SqliteJournal, Collector]:
    journal = SqliteJournal.create(Path(mkdtemp(dir=directory)) / "live.db", synchronous="FULL")
    monitor = Monitor(journal)
    kind, payload = messages.encode(catalogue_message(shipped_catalogue()))
    monitor.append([Draft(RECEIVED_AT, Status.ACTUAL, REGION, kind, payload)], RECEIVED_AT)
    return journal, Collector(monitor, all_formats(Pseudonyms(_RING)), seen=SpillingKeys)


def _collect(collector: Collector, files: Sequence[bytes], at: datetime) -> int:
    received = 0
    for number, data in enumerate(files):
        incoming = Incoming(f"site-{number}.xml", partial(_opened, data))
        received += collector.collect(incoming, Context(REGION, at)).received
    return received


def _opened(data: bytes) -> nullcontext[BytesIO]:
    return nullcontext(BytesIO(data))
