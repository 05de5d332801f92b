"""Test doubles that keep the same contracts as the real thing, in memory, and sample journals."""

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from alerts import effect_codec, outbox
from alerts.effects import AlertBrief, EntryRejected, Notify, Purpose, Recalled, RecallReason, effect_id
from alerts.outbox import DEFAULT_POLICY, Delivery, Item, OutboxState, RetryPolicy
from orsan_plans.assess import Evidence
from orsan_plans.posture import Posture
from streams.collecting.ledger import Collected
from streams.collecting.quarantine import HeldState
from streams.collecting.testing import MemoryLedger, MemoryQuarantine, MemoryReceipts
from streams.entry import Entry, Head, Status
from streams.integrity import EffectRecord, EntryRecord, Problem, first_bad_effect, first_bad_entry
from streams.journal import (
    Batch,
    JournalConflict,
    JournalPurpose,
    Linked,
    Quarantined,
    Snapshot,
    StoredEffect,
    fresh_head,
    link,
)


class MemoryOutbox:
    """An `alerts.outbox.Outbox` in a dictionary. For one thread."""

    def __init__(self, policy: RetryPolicy = DEFAULT_POLICY) -> None:
        self.items: dict[tuple[str, str], Item] = {}
        self._policy = policy

    def claim(self, now: datetime, worker: str, lease: timedelta, limit: int) -> list[Delivery]:
        """Claim at most ``limit`` items ready at ``now``, longest-waiting first."""
        waiting = [(item.ready_at, key) for key, item in self.items.items() if item.ready_at is not None]
        deliveries = []
        for _, key in sorted(waiting)[:limit]:
            claimed = outbox.claim(self.items[key], now, worker, lease)
            if claimed:
                self.items[key] = claimed
                deliveries.append(outbox.delivery_of(claimed))
        return deliveries

    def retry(self, delivery: Delivery, now: datetime, error: str) -> bool:
        """Put a failed delivery back for later; False when its lease was lost to another worker."""
        key = (delivery.region, delivery.notification_id)
        item = key in self.items and outbox.retry(self.items[key], delivery, now, error, self._policy)
        if not item:
            return False
        self.items[key] = item
        return True

    def release(self, worker: str, now: datetime) -> int:
        """Take back at once what a worker that is gone had claimed; return how many items."""
        released = {key: outbox.release(item, worker, now) for key, item in self.items.items()}
        taken = {key: item for key, item in released.items() if item}
        self.items.update(taken)
        return len(taken)

    def next_ready_at(self) -> datetime | None:
        """Return the first instant at which `claim` has something to give, None when all is finished."""
        return min((item.ready_at for item in self.items.values() if item.ready_at is not None), default=None)

    def find(self, region: str, notification_id: str) -> Item | None:
        """Return an item with what was sent."""
        return self.items.get((region, notification_id))

    def counts(self) -> dict[OutboxState, int]:
        """Return how many items are in each state; every state is present."""
        states = [item.state for item in self.items.values()]
        return {state: states.count(state) for state in OutboxState}


class MemoryJournal:
    """A `streams.journal.Journal` in lists. For one thread."""

    def __init__(self, purpose: JournalPurpose = JournalPurpose.LIVE, policy: RetryPolicy = DEFAULT_POLICY) -> None:
        self.outbox = MemoryOutbox(policy)
        self.ledger = MemoryLedger()
        self.receipts = MemoryReceipts()
        self.aside = MemoryQuarantine()
        self.entry_records: dict[str, list[EntryRecord]] = {}
        self.effect_records: dict[str, list[EffectRecord]] = {}
        self._purpose = purpose
        self._heads: dict[str, Head] = {}
        self._snapshots: dict[str, Snapshot] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Do nothing: there is no file."""

    @property
    def purpose(self) -> JournalPurpose:
        """What the journal is for."""
        return self._purpose

    def regions(self) -> list[str]:
        """Return the INSEE codes of the régions that have a head, sorted."""
        return sorted(self._heads)

    def head(self, region: str) -> Head:
        """Return where a région stands; a fresh head when nothing was journaled."""
        return self._heads.get(region) or fresh_head(region)

    def heads(self) -> list[Head]:
        """Return every région's head, by code."""
        return [self._heads[region] for region in self.regions()]

    def commit(self, batch: Batch) -> Head:
        """Write one batch and return the new head; JournalConflict, TimeWentBack: nothing written."""
        self.commit_all((batch,))
        return self.head(batch.head.region)

    def commit_all(self, batches: Iterable[Batch]) -> None:
        """Write all batches or none of them."""
        heads = dict(self._heads)
        queued = set(self.outbox.items)
        staged: list[tuple[Batch, Linked]] = []
        for batch in batches:
            region = batch.head.region
            linked = link(batch, heads.get(region) or fresh_head(region), self._purpose)
            queued.update((region, notification.id) for notification in batch.outbox)
            _check_finished(batch, queued)
            _check_releases(batch, self.aside)
            heads[region] = linked.head
            staged.append((batch, linked))
        for batch, linked in staged:
            self._append(batch, linked)
        self._heads = heads

    def _append(self, batch: Batch, linked: Linked) -> None:
        region = batch.head.region
        self.entry_records.setdefault(region, []).extend(map(EntryRecord, batch.entries, linked.entry_digests))
        numbers = range(batch.head.effects + 1, linked.head.effects + 1)
        after = (after_seq for _, after_seq in batch.effects)
        self.effect_records.setdefault(region, []).extend(
            map(EffectRecord, numbers, after, linked.effect_texts, linked.effect_digests)
        )
        if batch.snapshot is not None:
            self._snapshots[region] = Snapshot(linked.head, batch.snapshot)
        self.aside.put(region, batch.quarantine)
        if batch.collected is not None:
            self._append_collected(batch.collected)
        items = self.outbox.items
        for notification in batch.outbox:
            items.setdefault((region, notification.id), outbox.queue(region, notification))
        self._recall(batch)
        for report in batch.finished:
            key = (region, report.notification_id)
            items[key] = outbox.finish(items[key], report)

    def _recall(self, batch: Batch) -> None:
        items = self.outbox.items
        for effect, _ in batch.effects:
            known = items.get((batch.head.region, effect.notification)) if isinstance(effect, Recalled) else None
            recalled = known and outbox.recall(known)
            if recalled:
                items[recalled.region, recalled.notification.id] = recalled

    def _append_collected(self, collected: Collected) -> None:
        self.ledger.put(collected)
        self.aside.release(collected.releases)
        if collected.purge_before is not None:
            self.aside.purge(collected.purge_before)
        if collected.receipt is not None:
            self.receipts.put(collected.receipt)

    def entries(self, region: str, after_seq: int = 0, until: datetime | None = None) -> Iterator[Entry]:
        """Stream the entries after ``after_seq`` recorded at or before ``until``."""
        for record in self.entry_records.get(region, [])[after_seq:]:
            if until is not None and record.entry.recorded_at > until:
                return
            yield record.entry

    def entries_at(self, region: str, seqs: Collection[int]) -> dict[int, Entry]:
        """Return the entries of these numbers; those that do not exist are left out."""
        return {entry.seq: entry for entry in self.entries(region) if entry.seq in seqs}

    def effects(self, region: str, after: int = 0) -> Iterator[StoredEffect]:
        """Stream the effects numbered above ``after``."""
        for record in self.effect_records.get(region, [])[after:]:
            yield StoredEffect(record.number, record.after_seq, effect_codec.decode(record.text))

    def latest_snapshot(self, region: str) -> Snapshot | None:
        """Return the last snapshot committed, None when there is none."""
        return self._snapshots.get(region)

    def quarantined(self, region: str | None = None) -> Iterator[Quarantined]:
        """Stream the records put aside, oldest first; of all régions by default."""
        return (held.quarantined for held in self.aside.all(region))

    def verify(self) -> list[Problem]:
        """Recompute every chain; name the first bad entry and effect of each région."""
        found = []
        for head in self.heads():
            found.append(first_bad_entry(head, self.entry_records[head.region]))
            found.append(first_bad_effect(head, self.effect_records[head.region]))
        return [problem for problem in found if problem]


def _check_finished(batch: Batch, queued: set[tuple[str, str]]) -> None:
    for report in batch.finished:
        if (batch.head.region, report.notification_id) not in queued:
            raise JournalConflict(
                f"région {batch.head.region}: notification {report.notification_id} was never in the outbox"
            )


def _check_releases(batch: Batch, aside: MemoryQuarantine) -> None:
    for release in batch.collected.releases if batch.collected else ():
        held = aside.find(release.id)
        if held is None or held.state is not HeldState.HELD:
            raise JournalConflict(f"record {release.id} is not in quarantine, or not any more")


EPOCH: Final = datetime(2026, 1, 14, 7, 0, tzinfo=UTC)
"""When sample journals begin."""


def sample_entries(head: Head, count: int, step: timedelta = timedelta(seconds=1)) -> tuple[Entry, ...]:
    """Return ``count`` emergency visits that continue ``head``, recorded every ``step``, occurred a minute before."""
    start = head.advanced_to or EPOCH
    return tuple(
        Entry(
            seq=head.seq + number,
            recorded_at=start + number * step,
            occurred_at=start + number * step - timedelta(minutes=1),
            status=Status.ACTUAL,
            region=head.region,
            kind="rpu.passage",
            payload=b'{"finess":"440000271","key":"%d"}' % (head.seq + number),
        )
        for number in range(1, count + 1)
    )


def sample_rejection(entry: Entry) -> EntryRejected:
    """Return the effect of an entry that changed nothing."""
    return EntryRejected(
        id=effect_id("sample", entry.region, entry.seq),
        at=entry.recorded_at,
        status=entry.status,
        seq=entry.seq,
        entry_kind=entry.kind,
        reason="échantillon",
    )


def sample_notification(key: object, at: datetime = EPOCH) -> Notify:
    """Return a call to the same on-call person; ``key`` makes its id."""
    brief = AlertBrief(
        alert_id=effect_id("alert", key),
        volet="EPI-CLIM",
        plan="sample",
        rule="passages",
        title="Afflux aux urgences",
        territory="DEP-44",
        territory_name="Loire-Atlantique (44)",
        posture=Posture.ALERTE,
        since=at,
        raised_at=at,
        evidence=Evidence(occurred_on=at.date()),
        reflex_actions=("Appeler le SAMU",),
        time_zone="Europe/Paris",
    )
    return Notify(
        id=effect_id("notify", key),
        at=at,
        status=Status.ACTUAL,
        purpose=Purpose.CALL,
        brief=brief,
        role="cadre",
        person="A. Martin",
        contact="a.martin/sms",
        call=1,
    )


def sample_recall(notification: str) -> Recalled:
    """Return the recall of a message: its call was answered."""
    return Recalled(
        id=effect_id("recalled", notification),
        at=EPOCH,
        status=Status.ACTUAL,
        alert_id=effect_id("alert", notification),
        territory="DEP-44",
        notification=notification,
        reason=RecallReason.ANSWERED,
        person="a.martin",
        contact="a.martin/sms",
    )


def sample_batch(head: Head, count: int, notifications: int = 0) -> Batch:
    """Return ``count`` entries after ``head``, a rejection for every fifth, then queued notifications."""
    entries = sample_entries(head, count)
    last = entries[-1]
    rejections = [(sample_rejection(entry), entry.seq) for entry in entries if entry.seq % 5 == 0]
    calls = [sample_notification((last.region, last.seq, number), last.recorded_at) for number in range(notifications)]
    return Batch(
        head=head,
        advanced_to=last.recorded_at,
        entries=entries,
        effects=(*rejections, *((call, last.seq) for call in calls)),
        outbox=tuple(calls),
    )
