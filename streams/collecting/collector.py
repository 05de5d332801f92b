"""The collector: one file in, one receipt out, everything it leaves written in one transaction.

A file of at most `TRANSACTION_RECORDS` records is journaled whole or not at all, with its ledger rows, its quarantine
and its receipt. A larger one is first read to its end, so that a file cut short changes nothing; it is then read again
and written in several smaller transactions, the receipt with the last. Killed in between, it is simply collected again:
what the ledger already holds counts as duplicates, and each receipt still adds up.
"""

import hashlib
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from datetime import timedelta
from io import BytesIO
from itertools import islice
from typing import BinaryIO, Final

from alerts.effects import effect_id
from streams import messages
from streams.collecting.decoding import Accepted, Context, Decoding, Manifest, Refused, UnreadableFeed
from streams.collecting.destination import Destination
from streams.collecting.formats import Format, Formats, Tools
from streams.collecting.ledger import Collected, MemoryKeys, SeenKeys, horizon
from streams.collecting.quarantine import PURGE_AFTER, Held, HeldState, NoVault, Release, Vault, VaultClosed, readable
from streams.collecting.receipts import Receipt
from streams.collecting.run import Run
from streams.entry import Draft, Status
from streams.messages.feeds import QuarantineDropped

TRANSACTION_RECORDS: Final = 10_000
"""Records in one transaction: three times the week of the largest emergency department; some 50 MB of memory."""
_OF_A_LARGE_FILE: Final = 2_000
"""Records in each of its transactions: it cannot be journaled whole, so there is nothing to gain by holding more."""
_CHUNK: Final = 500
_HEAD_BYTES: Final = 8192
_READ_BYTES: Final = 1 << 18

Opener = Callable[[], AbstractContextManager[BinaryIO]]
Items = Iterable[Accepted | Refused]


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file to collect: its name, how to open it from its start (``opener``), and its format when the sender said it.

    It is opened several times: to be recognised, to be hashed, to be read. ``receipt_id`` is chosen by whoever must
    find the receipt again. ``guard`` looks at what is decoded before anything is written: what it raises leaves
    everything as it was.
    """

    name: str
    opener: Opener
    format: str | None = None
    receipt_id: str | None = None
    guard: Callable[[Decoding], Decoding] | None = None


class NotRequeued(Exception):
    """A record stays in quarantine; the message says why."""


class Collector:
    """Collects files into a journal. One caller at a time, as the destination.

    ``told`` is given each receipt once it is committed.
    """

    def __init__(
        self,
        destination: Destination,
        formats: Formats,
        vault: Vault | None = None,
        seen: Callable[[], SeenKeys] = MemoryKeys,
        kept: timedelta = PURGE_AFTER,
        at_once: int = TRANSACTION_RECORDS,
        told: Callable[[Receipt], None] | None = None,
    ) -> None:
        self.destination = destination
        self.formats = formats
        self._vault = vault or NoVault()
        self._seen = seen
        self._kept = kept
        self._at_once = at_once
        self._told = told or (lambda _: None)

    def recognise(self, incoming: Incoming) -> str | None:
        """Return the format of a file: the one the sender said, else what its first bytes look like."""
        if incoming.format is not None:
            return incoming.format
        with incoming.opener() as stream:
            return self.formats.recognise(stream.read(_HEAD_BYTES))

    def collect(self, incoming: Incoming, context: Context) -> Receipt:
        """Collect a file: what it gives is committed, with the receipt that is returned.

        A file that cannot be read as a whole changes nothing: its receipt says why in ``refused``. StorageError and
        JournalError leave everything as it was, or as the transactions of a large file that went through.
        """
        moment = context.received_at.isoformat()
        blank = Receipt(
            id=incoming.receipt_id or effect_id("receipt", context.region, moment, incoming.name),
            region=context.region,
            received_at=context.received_at,
            name=incoming.name,
            sha256=_sha256(incoming),
        )
        try:
            format_ = self._format(incoming)
            receipt = self._read(incoming, context, replace(blank, format=format_.name), format_)
        except UnreadableFeed as error:
            receipt = replace(blank, format=incoming.format or "", refused=str(error))
            self.destination.collect(context.region, (), context.received_at, Collected(receipt=receipt))
        self._told(receipt)
        return receipt

    def requeue(self, id_: int, context: Context) -> Receipt:
        """Read a quarantined record again and journal it; NotRequeued when it is refused again, VaultClosed."""
        held = self._held(id_)
        raw = readable(held, self._vault)
        origin = self.destination.receipts.find(held.quarantined.receipt)
        format_ = self.formats.by_name.get(held.quarantined.format)
        wrap = None if format_ is None else format_.wrap
        wrapped = None if origin is None or wrap is None else wrap(origin.manifest, context, raw)
        if origin is None or format_ is None or wrapped is None:
            raise NotRequeued(
                f"record {id_} cannot be read apart from its file: correct it at its source and send the file again"
            )
        item = self._read_again(format_, wrapped, context, id_)
        manifest = replace(origin.manifest, window=None)
        receipt = Receipt(
            id=effect_id("requeue", held.region, id_),
            region=held.region,
            received_at=context.received_at,
            name=f"quarantine:{id_}",
            sha256=held.quarantined.sha256,
            format=format_.name,
        )
        with closing(self._seen()) as seen:
            run = Run(self.destination, context, manifest, receipt, self._vault, seen, is_checked=format_.is_checked)
            run.take([item])
            return run.finish(releases=(Release(id_, HeldState.REQUEUED),))

    def drop(self, id_: int, reason: str, by: str, context: Context) -> None:
        """Give a quarantined record up: its bytes are erased, the reason is journaled."""
        held = self._held(id_)
        kind, payload = messages.encode(QuarantineDropped(id_, reason, by))
        draft = Draft(context.received_at, Status.ACTUAL, held.region, kind, payload)
        releases = (Release(id_, HeldState.DROPPED),)
        self.destination.collect(held.region, (draft,), context.received_at, Collected(releases=releases))

    def purge(self, context: Context) -> None:
        """Erase the quarantined bytes that were kept for as long as stated; collecting a file does it too."""
        purge_before = context.received_at - self._kept
        self.destination.collect(context.region, (), context.received_at, Collected(purge_before=purge_before))

    def _format(self, incoming: Incoming) -> Format:
        name = self.recognise(incoming)
        if name is None:
            raise UnreadableFeed(
                f"{incoming.name}: not a known file: neither its first line nor its root is that of a known format"
            )
        if name not in self.formats.by_name:
            known = ", ".join(self.formats.by_name)
            raise UnreadableFeed(f"{incoming.name}: unknown format {name!r}: expected one of {known}")
        return self.formats.by_name[name]

    def _tools(self, context: Context) -> Tools:
        return Tools(context.region, self.destination.ledger, self.destination.declared(context.region))

    def _decode(self, stream: BinaryIO, name: str, context: Context, format_: Format) -> Decoding:
        return format_.decode(stream, name, context, self._tools(context))

    def _guarded(self, stream: BinaryIO, incoming: Incoming, context: Context, format_: Format) -> Decoding:
        decoding = self._decode(stream, incoming.name, context, format_)
        return decoding if incoming.guard is None else incoming.guard(decoding)

    def _read(self, incoming: Incoming, context: Context, receipt: Receipt, format_: Format) -> Receipt:
        with incoming.opener() as stream:
            decoding = self._guarded(stream, incoming, context, format_)
            receipt = replace(receipt, reader=self._tools(context).reader)
            repeat = self._repeat(receipt, decoding.manifest)
            if repeat is not None:
                self.destination.collect(context.region, (), context.received_at, Collected(receipt=repeat))
                return repeat
            whole = self._whole(decoding)
            if whole is not None:
                return self._take(whole, context, receipt, decoding.manifest, format_, self._at_once)
        with incoming.opener() as stream:
            again = self._guarded(stream, incoming, context, format_)
            at_once = min(_OF_A_LARGE_FILE, self._at_once)
            return self._take(again.items, context, receipt, again.manifest, format_, at_once)

    def _repeat(self, receipt: Receipt, manifest: Manifest) -> Receipt | None:
        """Return the receipt of a file that was collected before, byte for byte, by what reads it now; None for others.

        It replaces the days of its window, and was the last of its extraction to do so: each of its records is known
        already, or was replaced since by a newer one.
        """
        today = receipt.received_at.astimezone(Context(receipt.region, receipt.received_at).zone).date()
        if manifest.window is None or manifest.window.first < horizon(today):
            return None
        receipts = self.destination.receipts
        before = next(iter(reversed(receipts.of_extraction(receipt.region, manifest))), None)
        if before is None or _reading(before) != _reading(receipt) or before.quarantined or before.refused:
            return None
        newest = receipts.newest(receipt.region, manifest)
        is_older = newest is not None and newest > manifest.extracted_at
        return replace(
            receipt,
            feed=before.feed,
            source=before.source,
            extracted_at=before.extracted_at,
            window=before.window,
            received=before.received,
            duplicates=before.received,
            elsewhere=before.elsewhere,
            flags=before.flags,
            visits=before.visits,
            filled=before.filled,
            is_older=is_older,
        )

    def _whole(self, decoding: Decoding) -> Items | None:
        """Return the records of a file that fits in one transaction; None when it is larger, and sound to its end."""
        items = iter(decoding.items)
        first = list(islice(items, self._at_once))
        if next(items, None) is None:
            return first
        decoding.check_to_the_end()
        return None

    def _take(
        self, items: Items, context: Context, receipt: Receipt, manifest: Manifest, format_: Format, at_once: int
    ) -> Receipt:
        with closing(self._seen()) as seen:
            run = Run(self.destination, context, manifest, receipt, self._vault, seen, is_checked=format_.is_checked)
            for some in _chunks(items, min(_CHUNK, at_once)):
                run.take(some)
                if run.size >= at_once:
                    run.flush()
            run.remove_what_is_gone(at_once)
            return run.finish(purge_before=context.received_at - self._kept)

    def _read_again(self, format_: Format, wrapped: bytes, context: Context, id_: int) -> Accepted:
        try:
            items = list(self._decode(BytesIO(wrapped), f"quarantine:{id_}", context, format_).items)
        except UnreadableFeed as error:
            raise NotRequeued(str(error)) from None
        if len(items) == 1 and isinstance(items[0], Accepted):
            return items[0]
        reasons = "; ".join(item.reason for item in items if isinstance(item, Refused))
        raise NotRequeued(f"record {id_} is refused again: {reasons or 'it is not one record'}")

    def _held(self, id_: int) -> Held:
        held = self.destination.aside.find(id_)
        if held is None:
            raise VaultClosed(f"there is no record {id_} in quarantine: `vigie quarantine list` shows them")
        if held.state is not HeldState.HELD:
            raise VaultClosed(f"record {id_} was {held.state}: it is no longer in quarantine")
        return held


def _reading(receipt: Receipt) -> tuple[str, str, str]:
    return receipt.sha256, receipt.format, receipt.reader


def _chunks(items: Items, size: int) -> Iterable[list[Accepted | Refused]]:
    source = iter(items)
    while some := list(islice(source, size)):
        yield some


def _sha256(incoming: Incoming) -> str:
    digest = hashlib.sha256()
    with incoming.opener() as stream:
        while some := stream.read(_READ_BYTES):
            digest.update(some)
    return digest.hexdigest()
