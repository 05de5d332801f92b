"""What holds whatever bytes come: a file is refused whole, or each of its records is accepted or refused."""

import ast
import inspect
import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from datetime import UTC, date, datetime
from functools import lru_cache
from io import BytesIO
from typing import Final

from streams import messages
from streams.capacity import bed_form
from streams.collecting.collector import Collector, Incoming
from streams.collecting.decoding import Accepted, Context, Manifest, Refused, UnreadableFeed
from streams.collecting.formats import Format, Formats, Tools
from streams.collecting.ledger import Scope
from streams.collecting.pseudonyms import KeyRing, Pseudonyms, SecretKey
from streams.collecting.testing import MemoryLedger
from streams.known_formats import all_formats
from streams.monitor import Monitor
from streams.opendata.layouts import LAYOUTS
from streams.signals.mdo import MdoForm
from streams.signals.regulation import RegulationForm
from streams.testing import MemoryJournal

REGION: Final = "52"
CONTEXT: Final = Context(REGION, datetime(2026, 1, 15, 4, tzinfo=UTC))
RING: Final = KeyRing(SecretKey("k1", b"0123456789abcdef0123456789abcdef", date(2020, 1, 1)))
LONGEST_QUOTE: Final = 12
"""Characters of a value that a reason may repeat: enough for a code or a day, too few for a person."""


class Finding(AssertionError):
    """Something that must not happen, whatever the bytes; its text says what."""


class KnowsEverything(MemoryLedger):
    """A ledger that holds every key it is asked about: green bulletins and cancelled alerts are then said."""

    def known(self, scope: Scope, keys: Iterable[str]) -> dict:  # type: ignore[type-arg]  # only its truth is read
        """Return something for every key."""
        del scope
        return dict.fromkeys(keys)


FORMATS: Final[Formats] = all_formats(Pseudonyms(RING))
_TOOLS: Final = Tools(REGION, KnowsEverything(), {})


def check(format_: Format, data: bytes) -> str:
    """Return ``refused``, or how many records were accepted and refused; Finding when something else happens."""
    FORMATS.recognise(data[:8192])
    accepted = refused = 0
    reasons = _Reasons(data)
    try:
        decoding = format_.decode(BytesIO(data), "f", CONTEXT, _TOOLS)
        for item in decoding.items:
            if isinstance(item, Accepted):
                accepted += 1
                _check_accepted(item, format_)
            elif isinstance(item, Refused):
                refused += 1
                reasons.check(item.reason)
                _check_refused(item, format_, decoding.manifest)
            else:
                raise Finding(f"neither accepted nor refused: {type(item)}")
    except UnreadableFeed as error:
        reasons.check(str(error))
        return "refused"
    return f"{min(accepted, 1)} {min(refused, 1)}"


def check_collected(format_: Format, data: bytes) -> None:
    """Collect the file twice into a journal in memory: every record is counted, and the second time adds nothing."""
    journal = MemoryJournal()
    collector = Collector(Monitor(journal), FORMATS)
    incoming = Incoming("f", lambda: nullcontext(BytesIO(data)), format_.name)
    first = collector.collect(incoming, CONTEXT)
    again = collector.collect(incoming, CONTEXT)
    if first.received != again.received or again.journaled:
        raise Finding(f"sent again: {first.received} then {again.received} records, {again.journaled} journaled")
    if len(list(journal.entries(REGION))) != first.journaled:
        raise Finding("the journal does not hold what the receipt says")


def check_both_ways(format_: Format, data: bytes) -> None:
    """Read an OSCOUR file with a comment before its records too: it is then read tag by tag, to the same records."""
    if format_.name != "oscour" or b"<!" in data or b"<PASSAGES>" not in data:
        return
    commented = data.replace(b"<PASSAGES>", b"<PASSAGES><!-- -->", 1)
    one, other = (_all_items(format_, each) for each in (data, commented))
    if one != other:
        raise Finding("records cut out plainly and read tag by tag are not the same")


def _all_items(format_: Format, data: bytes) -> list[Accepted | Refused] | None:
    try:
        return list(format_.decode(BytesIO(data), "f", CONTEXT, _TOOLS).items)
    except UnreadableFeed:
        return None


def _check_accepted(item: Accepted, format_: Format) -> None:
    kind, payload = messages.encode(item.message)
    if messages.decode(kind, payload) != item.message:
        raise Finding(f"{kind}: the journal gives another message back")
    if format_.is_checked and messages.encode_checked(item.message) != (kind, payload):
        raise Finding(f"{kind}: not the bytes that validation would give")
    if item.occurred_at.tzinfo is not UTC:
        raise Finding(f"{kind}: occurred_at is not in UTC")
    if not item.key or any(not flag or len(flag) > 60 for flag in item.flags):
        raise Finding(f"{kind}: no key, or a flag that is none")
    item.key.encode()


def _check_refused(item: Refused, format_: Format, manifest: Manifest) -> None:
    if item.position < 1 or not item.reason:
        raise Finding("a refusal without its place or its reason")
    again = format_.wrap(manifest, CONTEXT, item.raw) if format_.wrap and item.raw else None
    if again is None:
        return
    try:
        found = [isinstance(each, Accepted) for each in format_.decode(BytesIO(again), "f", CONTEXT, _TOOLS).items]
    except UnreadableFeed:
        return
    if any(found):
        raise Finding("a refused record is accepted when it is read again alone")


class _Reasons:
    """The reasons given about one file: none repeats a long piece of it. Most records are refused for the same few."""

    def __init__(self, data: bytes) -> None:
        self._texts = {data.decode(encoding, "replace") for encoding in ("utf-8", "latin-1")}
        self._checked: set[str] = set()

    def check(self, reason: str) -> None:
        """Finding when a reason holds more than `LONGEST_QUOTE` characters of the file in a row."""
        if reason in self._checked:
            return
        self._checked.add(reason)
        size = LONGEST_QUOTE + 1
        for piece in {reason[at : at + size] for at in range(len(reason) - size + 1)}:
            if any(piece in text for text in self._texts) and not _is_own(piece.strip(" :;,.'\"")):
                raise Finding(f"a reason repeats the content: {reason}")


@lru_cache(maxsize=10_000)
def _is_own(words: str) -> bool:
    return words in _OWN_WORDS


def _words() -> Iterator[str]:
    """Yield what decoders are written with: their constants, their names, and the lists they give as expected."""
    for module in (value for name, value in sorted(sys.modules.items()) if name.startswith("streams.")):
        source = inspect.getsource(module) if module.__file__ else ""
        yield source
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
    for columns in (bed_form.COLUMNS, MdoForm.model_fields, RegulationForm.model_fields):
        yield from (separator.join(columns) for separator in (";", ", "))
    for layout in LAYOUTS.values():
        yield from (layout.delimiter.join(shape.header) for shape in layout.shapes)


_OWN_WORDS: Final = "\n".join(_words())
