"""A file of a raw topic on its way to the journal, and what becomes of one that cannot go."""

import hashlib
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from io import BytesIO
from typing import Final, Protocol

import structlog

from alerts.effects import effect_id
from alerts.outbox import StorageError, StorageRefused, StorageUnreadable
from streams.adapters.live_destination import Facts, LiveDestination
from streams.adapters.live_store import LiveStore
from streams.adapters.raw_topics import RECEIPT_HEADER, REGION_HEADER, RawFile, RawRecord
from streams.collecting.api_keys import NotItsSource
from streams.collecting.collector import Collector, Incoming
from streams.collecting.decoding import Context, Decoding
from streams.collecting.delivering import guard_of
from streams.collecting.destination import Destination
from streams.collecting.ledger import Collected
from streams.collecting.receipts import Receipt, line
from streams.defects import defect
from streams.live.problems import KafkaProblem
from streams.live.topics import REGION_CODES

Collecting = Callable[[Destination], Collector]
_FOR_GOOD: Final = (StorageRefused, StorageUnreadable)
"""What the database answers, whenever it is asked again."""

_log = structlog.get_logger()


class SetsAside(Protocol):
    """Where messages go that could not be handled: `streams.adapters.dead_letters.DeadLetters`."""

    def put(
        self,
        topic: str,
        key: str,
        offset: int,
        value: bytes,
        reason: str,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> object:
        """Set a message aside; return when it is held."""
        ...


class Normaliser:
    """Collects files of the raw topics, one at a time; safe to share between threads."""

    def __init__(self, store: LiveStore, journal: Facts, dead_letters: SetsAside, collecting: Collecting) -> None:
        self._store = store
        self._journal = journal
        self._dead_letters = dead_letters
        self._collecting = collecting

    def take(self, record: RawRecord, *, may_be_begun: bool) -> Receipt | None:
        """Collect one file, or set it aside; None when it was collected before, or is no file.

        ``may_be_begun``: somebody may have collected a part of it. StorageError, `KafkaProblem`: it is to be taken
        again, once the database or the brokers are back.
        """
        try:
            file = RawFile.of(record.key, record.value, record.headers)
        except ValueError as why:
            self._give_up(_told(record))
            self._set_aside(record, str(why))
            return None
        blank = _blank(record, file.region, file.receipt, file.name, file.format)
        if self._store.receipts.find(blank.id) is not None:
            return None
        destination = LiveDestination(
            self._store, self._journal, record.place, record.appended_at if may_be_begun else None, blank.id
        )
        try:
            with ExitStack() as alone:
                incoming = self._incoming(file, blank, alone)
                receipt = self._collecting(destination).collect(incoming, _context(record, file))
        except NotItsSource as why:
            return self._refuse(blank, str(why))
        except Exception as error:
            if isinstance(error, StorageError | KafkaProblem) and not isinstance(error, _FOR_GOOD):
                raise
            # In this order: once it has a receipt, a file is not looked at again.
            self._set_aside(record, f"a defect of Vigie, to be reported: {defect(error)}")
            self._give_up(blank)
            return None
        _log.info("file collected", place=record.place, receipt=line(receipt), refused=receipt.refused or None)
        return receipt

    def _incoming(self, file: RawFile, blank: Receipt, alone: ExitStack) -> Incoming:
        held_to_its_source, source = guard_of(file.name, file.source), list[str]()

        def guard(decoding: Decoding) -> Decoding:
            if held_to_its_source is not None:
                decoding = held_to_its_source(decoding)
            if not source:
                # Its files may come by several ways, hence to several workers: each would find the same visit new.
                source.append(f"{file.region} {decoding.manifest.feed} {decoding.manifest.source}")
                alone.enter_context(self._store.database.alone(source[0]))
            return decoding

        return Incoming(file.name, partial(BytesIO, file.content), file.format or None, blank.id, guard)

    def _set_aside(self, record: RawRecord, reason: str) -> None:
        key = (record.key or b"").decode(errors="replace")
        headers = tuple((name, (value or b"").decode(errors="replace")) for name, value in record.headers.items())
        self._dead_letters.put(record.topic, key, record.offset, record.value or b"", reason, headers)
        _log.error("file set aside: `vigie dlq list` shows it", place=record.place, reason=reason)

    def _give_up(self, blank: Receipt | None) -> None:
        if blank is not None:
            self._refuse(blank, "Vigie could not read this file and kept it aside: its operator can take it again")

    def _refuse(self, blank: Receipt, reason: str) -> Receipt:
        receipt = Receipt(
            blank.id, blank.region, blank.received_at, blank.name, blank.sha256, blank.format, refused=reason
        )
        self._store.commit_collected(blank.region, Collected(receipt=receipt), {})
        return receipt


def _context(record: RawRecord, file: RawFile) -> Context:
    # The brokers say when, not this process: collected again, the file was received at the same instant.
    return Context(file.region, record.appended_at)


def _blank(record: RawRecord, region: str, receipt: str | None, name: str, format_: str) -> Receipt:
    return Receipt(
        id=receipt or effect_id("receipt", record.place),
        region=region,
        received_at=record.appended_at,
        name=name,
        sha256=hashlib.sha256(record.value or b"").hexdigest(),
        format=format_,
    )


def _told(record: RawRecord) -> Receipt | None:
    """Return the receipt of a message that is no file, when its sender was told one."""
    receipt, region = ((record.headers.get(each) or b"").decode(errors="replace") for each in _OF_RECEIPT)
    return _blank(record, region, receipt, record.place, "") if receipt and region in REGION_CODES else None


_OF_RECEIPT: Final = (RECEIPT_HEADER, REGION_HEADER)
