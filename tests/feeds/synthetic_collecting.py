"""What tests of the synthetic feeds share: files collected into a journal in memory, and what it then holds."""

from collections.abc import Collection, Iterable
from datetime import date
from functools import partial
from io import BytesIO

from streams.capacity.declaration import Directory
from streams.collecting.collector import Collector, Incoming
from streams.collecting.decoding import Accepted, Context, Refused
from streams.collecting.formats import Formats, Tools
from streams.collecting.ledger import Key, LedgerRow, Scope
from streams.collecting.pseudonyms import Pseudonyms
from streams.collecting.receipts import Receipt
from streams.collecting.testing import MemoryLedger
from streams.entry import Status
from streams.journal import Journal
from streams.known_formats import all_formats
from streams.messages import decode
from streams.messages.visits import PassageCorrected, PassageRemoved, PassageRPU
from streams.monitor import Monitor
from streams.region.state import NEVER
from streams.synthetic.bed_files import BED_KINDS
from streams.synthetic.oscour_files import TimedFile
from streams.testing import MemoryJournal
from tests.feeds.oscour_files import RING

REGION = "52"


def formats() -> Formats:
    return all_formats(Pseudonyms(RING), Directory(bed_kinds=BED_KINDS))


class _AllGiven(MemoryLedger):
    """A ledger of a source that already gave every record it may speak of."""

    def known(self, scope: Scope, keys: Collection[str]) -> dict[Key, LedgerRow]:
        return {
            (Status.ACTUAL, key): LedgerRow(Status.ACTUAL, key, date.min, scope.feed.encode(), NEVER, 1) for key in keys
        }


def decoded(file: TimedFile, *, is_given: bool = False) -> list[Accepted | Refused]:
    """Recognise and decode a file that was dropped; UnreadableFeed when it is damaged as a whole.

    ``is_given``: what it refers to was given before.
    """
    known = formats()
    name = known.recognise(file.content)
    assert name, file.name
    context = Context(REGION, file.at)
    tools = Tools(REGION, _AllGiven() if is_given else MemoryLedger(), {})
    return list(known.by_name[name].decode(BytesIO(file.content), file.name, context, tools).items)


def collected(files: Iterable[TimedFile], journal: Journal | None = None) -> tuple[Journal, list[Receipt]]:
    """Collect files, each when it is dropped; the list of establishments is not a file of the collector."""
    journal = journal or MemoryJournal()
    collector = Collector(Monitor(journal), formats())
    receipts = [
        collector.collect(Incoming(file.name, partial(BytesIO, file.content)), Context(REGION, file.at))
        for file in files
        if not file.name.endswith(".jsonl")
    ]
    return journal, receipts


def visits_left(journal: Journal) -> dict[str, PassageRPU]:
    """Return the last version of each visit that no file took back, by key; every change fits what it changes."""
    found: dict[str, PassageRPU] = {}
    for entry in journal.entries(REGION):
        match decode(entry.kind, entry.payload):
            case PassageRPU() as visit:
                assert visit.key not in found
                found[visit.key] = visit
            case PassageCorrected(before, after):
                assert found[after.key] == before
                found[after.key] = after
            case PassageRemoved(before):
                assert found.pop(before.key) == before
            case _:
                pass
    return found
