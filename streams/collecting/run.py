"""One file on its way into the journal: its records judged, counted, and committed with what is kept of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import islice
from typing import Final, NamedTuple

from pydantic import ValidationError

from orsan_plans.geography import REGIONS
from streams import messages
from streams.collecting.decoding import Accepted, Context, Manifest, Refused
from streams.collecting.destination import Destination, Version
from streams.collecting.flags import Flags
from streams.collecting.ledger import (
    Collected,
    Key,
    LedgerRow,
    Offer,
    Scope,
    SeenKeys,
    Terms,
    Verdict,
    digest_of,
    horizon,
    reconcile,
    replaced,
)
from streams.collecting.quarantine import Quarantined, Release, Vault
from streams.collecting.receipts import Receipt, Tally
from streams.collecting.setting_aside import Aside
from streams.collecting.visit_versions import PASSAGE, correction, removal
from streams.entry import Draft, Status
from streams.messages.feeds import FeedReceived
from streams.region.feeds import RPU

_CHUNK: Final = 500


@dataclass(slots=True)
class _Part:
    """What the next transaction will write."""

    drafts: list[Draft] = field(default_factory=list)
    rows: list[LedgerRow] = field(default_factory=list)
    gone: list[Key] = field(default_factory=list)
    aside: list[Quarantined] = field(default_factory=list)
    size: int = 0


class _Record(NamedTuple):
    item: Accepted
    kind: str
    payload: bytes
    offer: Offer


class Run:
    """The collection of one file. `take` its records, then `remove_what_is_gone`, then `finish`."""

    def __init__(
        self,
        destination: Destination,
        context: Context,
        manifest: Manifest,
        receipt: Receipt,
        vault: Vault,
        seen: SeenKeys,
        *,
        is_checked: bool,
    ) -> None:
        self._destination = destination
        self._context = context
        self._manifest = manifest
        self._receipt = receipt
        self._aside = Aside(destination, context, receipt, vault)
        self._seen = seen
        self._encode = messages.encode_checked if is_checked else messages.encode
        self._scope = Scope(context.region, manifest.feed, manifest.source)
        self._today = context.received_at.astimezone(context.zone).date()
        self._newest: datetime | None = None
        self._terms = self._terms_of_file()
        self._is_outdated = self._terms.is_older
        departements = frozenset(REGIONS[context.region].departements)
        self._flags = Flags(destination.declared(context.region), departements, self._terms)
        self._statuses: set[Status] = set()
        self._tally = Tally()
        self._part = _Part()

    @property
    def size(self) -> int:
        """How many records the next transaction holds."""
        return self._part.size

    def take(self, items: Sequence[Accepted | Refused]) -> None:
        """Judge the next records of the file."""
        records, refused = self._encoded(items)
        self._tally.received += len(refused)
        self._tally.quarantined += len(refused)
        self._part.aside += self._aside.new(refused)
        self._part.size += len(items)
        keys = {record.item.key for record in records}
        known = self._destination.ledger.known(self._scope, keys)
        verdicts = reconcile(self._terms, [record.offer for record in records], known, self._seen)
        before = self._versions_before(records, verdicts, known)
        for record, verdict in zip(records, verdicts, strict=True):
            self._statuses.add(record.item.status)
            row = known.get((record.item.status, record.item.key))
            flags = self._flags.of(record.item.message, record.offer.day, verdict)
            self._tally.readable(record.item, flags)
            self._settle(record, verdict, row, before)

    def remove_what_is_gone(self, at_once: int) -> None:
        """Journal the removal of the visits of the file's window that it does not hold."""
        window = None if self._manifest.window is None else replaced(self._terms, self._manifest.window)
        if window is None or self._manifest.feed != RPU:
            return
        for status in sorted(self._statuses or {Status.ACTUAL}):
            keys = self._destination.ledger.keys_within(self._scope, status, window)
            while some := list(islice(keys, min(_CHUNK, at_once))):
                missing = self._seen.missing([(status, key) for key in some])
                if missing:
                    self._remove(missing, at_once)

    def flush(self, collected: Collected | None = None) -> None:
        """Write what was taken so far."""
        part, self._part = self._part, _Part()
        collected = replace(collected or Collected(), scope=self._scope, rows=tuple(part.rows), gone=tuple(part.gone))
        self._destination.collect(self._context.region, part.drafts, self._context.received_at, collected, part.aside)

    def finish(self, releases: tuple[Release, ...] = (), purge_before: datetime | None = None) -> Receipt:
        """Write what is left, with the receipt; return it."""
        manifest = self._manifest
        self._say_it_lives()
        receipt = replace(
            self._receipt,
            feed=manifest.feed,
            source=manifest.source,
            extracted_at=manifest.extracted_at,
            window=manifest.window,
            elsewhere=manifest.elsewhere,
            is_older=self._is_outdated,
            **self._tally.counts(),  # type: ignore[arg-type]  # the fields of a Receipt, by name
        )
        self.flush(
            Collected(forget_before=horizon(self._today), releases=releases, purge_before=purge_before, receipt=receipt)
        )
        return receipt

    def _say_it_lives(self) -> None:
        """Journal that a newer file brought nothing new: the silence of its source would call people for nothing."""
        manifest, tally = self._manifest, self._tally
        is_newer = self._newest is None or self._newest < manifest.extracted_at
        # A file of which nothing could be read tells nothing of its visits, not even that there were none.
        is_unread = tally.quarantined > 0 and not tally.duplicates
        if manifest.feed != RPU or not is_newer or tally.accepted or tally.removed or is_unread:
            return
        message = FeedReceived(manifest.feed, manifest.source, manifest.extracted_at)
        kind, payload = messages.encode(message)
        region, status = self._context.region, min(self._statuses, default=Status.ACTUAL)
        self._part.drafts.append(Draft(manifest.extracted_at, status, region, kind, payload))
        self._tally.lived += 1

    def _terms_of_file(self) -> Terms:
        manifest, region, receipts = self._manifest, self._context.region, self._destination.receipts
        window = manifest.window
        if window is None:
            return Terms(manifest.extracted_at)
        newest = self._newest = receipts.newest(region, manifest)
        is_older = newest is not None and newest > manifest.extracted_at
        first = horizon(self._today)
        if window.first >= first:
            return Terms(manifest.extracted_at, is_older)
        past = replace(manifest, window=replace(window, last=min(window.last, date.fromordinal(first.toordinal() - 1))))
        was_given = receipts.newest(region, past) is not None
        return Terms(manifest.extracted_at, is_older, first if was_given else None)

    def _encoded(self, items: Sequence[Accepted | Refused]) -> tuple[list[_Record], list[Refused]]:
        records, refused = [], []
        for item in items:
            if isinstance(item, Refused):
                refused.append(item)
                continue
            try:
                kind, payload = self._encode(item.message)
            except ValidationError as error:
                refused.append(Refused(0, b"", f"not a valid message: {_reasons(error)}"))
                continue
            offer = Offer(item.status, item.key, self._day(item), digest_of(payload))
            records.append(_Record(item, kind, payload, offer))
        return records, refused

    def _day(self, item: Accepted) -> date:
        # Without a window nothing is compared by day: a row lives on as long as it is sent again, however old what
        # the file says.
        return self._today if self._manifest.window is None or item.day is None else item.day

    def _settle(self, record: _Record, verdict: Verdict, row: LedgerRow | None, before: Mapping[int, Version]) -> None:
        if verdict is Verdict.ADDED or verdict is Verdict.CHANGED:
            if verdict is Verdict.ADDED:
                self._tally.added(record.item.occurred_at, self._context.received_at)
            else:
                self._tally.accepted += 1
                self._tally.corrected += 1
            self._journal(record, None if row is None else before.get(row.seq))
            return
        self._tally.duplicates += 1
        if self._manifest.window is not None:
            return
        if verdict is Verdict.OUTDATED:
            self._is_outdated = True
        elif verdict is Verdict.UNCHANGED and row is not None:
            self._touch(row, record.offer.day)

    def _journal(self, record: _Record, before: Version | None) -> None:
        item, kind, payload = record.item, record.kind, record.payload
        seq = self._destination.number(self._context.region, len(self._part.drafts))
        if kind == PASSAGE and before is not None:
            kind, payload = correction(before, payload)
        self._part.drafts.append(Draft(item.occurred_at, item.status, self._context.region, kind, payload))
        offer = record.offer
        self._part.rows.append(
            LedgerRow(offer.status, offer.key, offer.day, offer.digest, self._manifest.extracted_at, seq)
        )

    def _touch(self, row: LedgerRow, day: date) -> None:
        extracted_at = max(row.extracted_at, self._manifest.extracted_at)
        if extracted_at > row.extracted_at or day > row.day:
            self._part.rows.append(row._replace(extracted_at=extracted_at, day=max(day, row.day)))

    def _versions_before(
        self, records: Sequence[_Record], verdicts: Sequence[Verdict], known: dict[Key, LedgerRow]
    ) -> Mapping[int, Version]:
        seqs = {
            known[record.item.status, record.item.key].seq
            for record, verdict in zip(records, verdicts, strict=True)
            if verdict is Verdict.CHANGED and record.kind == PASSAGE
        }
        return self._destination.versions(self._context.region, seqs) if seqs else {}

    def _remove(self, missing: Sequence[Key], at_once: int) -> None:
        known = self._destination.ledger.known(self._scope, {key for _, key in missing})
        # A row extracted later is left: the file that gave it was not collected to its end, and will be again.
        gone = [known[key] for key in missing if known[key].extracted_at <= self._manifest.extracted_at]
        versions = self._destination.versions(self._context.region, {row.seq for row in gone})
        for row in gone:
            last = versions[row.seq]
            self._part.drafts.append(Draft(last.occurred_at, row.status, last.region, *removal(last)))
            self._part.gone.append((row.status, row.key))
        self._part.size += len(gone)
        self._tally.removed += len(gone)
        if self.size >= at_once:
            self.flush()


def _reasons(error: ValidationError) -> str:
    # Never the input itself: it may hold what must not be kept.
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(": ".join((".".join(map(str, each["loc"])), each["type"])) for each in found)
