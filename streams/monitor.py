"""The embedded driver: one process, one journal, every region's fold.

It is the only writer of its journal. An append numbers and dates the drafts, folds them and commits entries, effects
and outbox in one transaction; only then does anyone see them. When a commit fails, the fold is thrown away and read
again from the journal: memory never runs ahead of what is stored.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from alerts.effects import Effect, Notify
from alerts.outbox import Finished
from orsan_plans.reading import Reading
from streams import engine
from streams.collecting.ledger import Collected, Ledger
from streams.collecting.quarantine import Quarantine
from streams.collecting.receipts import Receipts
from streams.entry import Draft, Entry, Head, Status
from streams.journal import Batch, Journal, JournalPurpose, Quarantined, TimeWentBack, link
from streams.messages.reference import Etablissement
from streams.region.fold import Fold, Observer
from streams.resuming import InMemory, resume

SNAPSHOT_EVERY: Final = 5000
"""Entries between two snapshots: about a day of a large region, a fraction of a second to fold again."""
IMPORT_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Dated:
    """A draft and the instant at which the journal is to record it."""

    recorded_at: datetime
    draft: Draft


@dataclass(frozen=True, slots=True)
class Committed:
    """What one commit made true, for those who show it: entries, effects, and the readings published meanwhile."""

    region: str
    entries: tuple[Entry, ...]
    effects: tuple[Effect, ...]
    readings: tuple[tuple[datetime, Status, Reading], ...]


Listener = Callable[[Committed], None]


@dataclass(slots=True)
class _Work:
    """What a batch gathers while it is folded."""

    entries: list[Entry] = field(default_factory=list)
    effects: list[tuple[Effect, int]] = field(default_factory=list)
    readings: list[tuple[datetime, Status, Reading]] = field(default_factory=list)

    def observe(self, at: datetime, status: Status, reading: Reading) -> None:
        self.readings.append((at, status, reading))


class Monitor:
    """Drives the folds of a journal. Not safe to share between threads: one caller at a time."""

    def __init__(
        self,
        journal: Journal,
        listener: Listener | None = None,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        self.journal = journal
        self._listener = listener
        self._warn = warn or (lambda _: None)
        self._regions: dict[str, InMemory] = {}
        self._lost: set[str] = set()

    def load(self) -> None:
        """Read every region of the journal into memory."""
        for region in self.journal.regions():
            self._region(region)

    def fold(self, region: str) -> Fold:
        """Return a region's fold, to look at; changing it is the monitor's work."""
        return self._region(region).fold

    def append(
        self,
        drafts: Sequence[Draft],
        at: datetime,
        finished: Sequence[Finished] = (),
        quarantine: Sequence[Quarantined] = (),
    ) -> list[Effect]:
        """Journal drafts of one région, dated ``at`` or the journal's last instant if that is later.

        Returns the effects, committed. A StorageError or JournalError leaves the journal as it was.
        """
        return self._append(drafts[0].region, drafts, at, finished=finished, quarantine=quarantine)

    def collect(
        self,
        region: str,
        drafts: Sequence[Draft],
        at: datetime,
        collected: Collected,
        quarantine: Sequence[Quarantined] = (),
    ) -> list[Effect]:
        """Journal what a file adds to a région, which may be nothing, with what the collector keeps of it."""
        if drafts:
            return self._append(region, drafts, at, quarantine=quarantine, collected=collected)
        known = self._region(region)
        batch = Batch(known.head, known.head.advanced_to, quarantine=tuple(quarantine), collected=collected)
        known.head = self.journal.commit(batch)
        return []

    def _append(
        self,
        region: str,
        drafts: Sequence[Draft],
        at: datetime,
        *,
        finished: Sequence[Finished] = (),
        quarantine: Sequence[Quarantined] = (),
        collected: Collected | None = None,
    ) -> list[Effect]:
        known = self._region(region)
        recorded_at = max(at, known.head.advanced_to or at)
        work = _Work()
        with _Undo(self, region):
            self._fold_drafts(known, [Dated(recorded_at, draft) for draft in drafts], work)
            batch = replace(self._batch(known, work, finished, tuple(quarantine)), collected=collected)
            known.head = self.journal.commit(batch)
        self._tell(region, work)
        return [effect for effect, _ in work.effects]

    @property
    def ledger(self) -> Ledger:
        """What each source has already given."""
        return self.journal.ledger

    @property
    def receipts(self) -> Receipts:
        """What became of each file."""
        return self.journal.receipts

    @property
    def aside(self) -> Quarantine:
        """The records that could not be read."""
        return self.journal.aside

    def declared(self, region: str) -> Mapping[str, Etablissement]:
        """Return the establishments a région declared, by FINESS number."""
        return self.fold(region).state.etablissements

    def number(self, region: str, ahead: int) -> int:
        """Return the number that entry ``ahead`` (from 0) of the next batch will have."""
        return self._region(region).head.seq + 1 + ahead

    def versions(self, region: str, numbers: Collection[int]) -> Mapping[int, Entry]:
        """Return the entries of these numbers."""
        return self.journal.entries_at(region, numbers)

    def advance(self, to: datetime) -> list[Effect]:
        """Fire every deadline up to ``to`` in every region; what a clock tick does."""
        self._read_lost()
        effects: list[Effect] = []
        for region, known in sorted(self._regions.items()):
            due = engine.next_deadline(known.fold)
            if due is not None and due <= to:
                effects += self.advance_region(region, to)
        return effects

    def advance_region(self, region: str, to: datetime | None) -> list[Effect]:
        """Fire every deadline of one région up to ``to``, and note that it got there; nothing when it is None."""
        if to is None:
            return []
        known, work = self._region(region), _Work()
        with _Undo(self, region):
            effects = engine.advance(known.fold, to, self._observer(work))
            work.effects += [(effect, known.fold.state.seq) for effect in effects]
            known.head = self.journal.commit(self._batch(known, work))
        self._tell(region, work)
        return effects

    def next_deadline(self) -> datetime | None:
        """Return when `advance` next has something to do."""
        self._read_lost()
        dues = [engine.next_deadline(known.fold) for known in self._regions.values()]
        return min((due for due in dues if due is not None), default=None)

    def record(self, dated: Iterable[Dated], quarantine: Sequence[Quarantined] = ()) -> list[Effect]:
        """Journal drafts with the instants they carry, all or nothing: how past data are imported.

        TimeWentBack when one is older than what its région has already decided.
        """
        by_region: dict[str, list[Dated]] = {}
        for each in dated:
            by_region.setdefault(each.draft.region, []).append(each)
        works: dict[str, _Work] = {region: _Work() for region in by_region}
        try:
            self.journal.commit_all(self._batches(by_region, works, quarantine))
        except BaseException:
            for region in list(self._regions):
                self.forget(region)
            raise
        for region, work in works.items():
            self._tell(region, work)
        return [effect for work in works.values() for effect, _ in work.effects]

    def save(self) -> None:
        """Commit a snapshot of every region, so that the next start folds nothing again."""
        for known in self._regions.values():
            if known.head.seq > known.snapshot_seq:
                batch = Batch(known.head, known.head.advanced_to, snapshot=engine.snapshot(known.fold))
                known.head = self.journal.commit(batch)
                known.snapshot_seq = known.head.seq

    def _batches(
        self, by_region: dict[str, list[Dated]], works: dict[str, _Work], quarantine: Sequence[Quarantined]
    ) -> Iterator[Batch]:
        aside = tuple(quarantine)
        for region, dated in sorted(by_region.items()):
            known = self._region(region)
            _refuse_the_past(known.head, dated[0])
            for start in range(0, len(dated), IMPORT_BATCH):
                work = _Work()
                self._fold_drafts(known, dated[start : start + IMPORT_BATCH], work)
                batch = self._batch(known, work, quarantine=aside)
                aside = ()
                # Inside one transaction the stored head cannot be read back: it is computed.
                known.head = link(batch, known.head, self.journal.purpose).head
                works[region].entries += work.entries
                works[region].effects += work.effects
                works[region].readings += work.readings
                yield batch

    def _fold_drafts(self, known: InMemory, dated: Sequence[Dated], work: _Work) -> None:
        fold, observer = known.fold, self._observer(work)
        for each in dated:
            seq, draft = fold.state.seq + 1, each.draft
            entry = Entry(
                seq, each.recorded_at, draft.occurred_at, draft.status, draft.region, draft.kind, draft.payload
            )
            before = engine.advance(fold, entry.recorded_at, observer)
            work.effects += [(effect, seq - 1) for effect in before]
            work.effects += [(effect, seq) for effect in engine.step(fold, entry, observer)]
            work.entries.append(entry)

    def _batch(
        self,
        known: InMemory,
        work: _Work,
        finished: Sequence[Finished] = (),
        quarantine: tuple[Quarantined, ...] = (),
    ) -> Batch:
        fold = known.fold
        is_snapshot_due = fold.state.seq - known.snapshot_seq >= SNAPSHOT_EVERY
        if is_snapshot_due:
            known.snapshot_seq = fold.state.seq
        is_live = self.journal.purpose is JournalPurpose.LIVE
        return Batch(
            head=known.head,
            advanced_to=fold.state.now,
            entries=tuple(work.entries),
            effects=tuple(work.effects),
            snapshot=engine.snapshot(fold) if is_snapshot_due else None,
            outbox=tuple(effect for effect, _ in work.effects if isinstance(effect, Notify)) if is_live else (),
            finished=tuple(finished),
            quarantine=quarantine,
        )

    def _region(self, region: str) -> InMemory:
        known = self._regions.get(region)
        if known is None:
            known = self._regions[region] = resume(self.journal, region, self._warn)
            self._lost.discard(region)
        return known

    def _observer(self, work: _Work) -> Observer | None:
        # Readings are computed to be shown: nobody listens, nothing to compute.
        return None if self._listener is None else work.observe

    def _tell(self, region: str, work: _Work) -> None:
        if self._listener is not None:
            effects = tuple(effect for effect, _ in work.effects)
            self._listener(Committed(region, tuple(work.entries), effects, tuple(work.readings)))

    def forget(self, region: str) -> None:
        """Drop a region's fold; it is read again from the journal at the next use, be it a mere tick of the clock."""
        self._regions.pop(region, None)
        self._lost.add(region)

    def _read_lost(self) -> None:
        for region in sorted(self._lost):
            self._region(region)


@dataclass(slots=True)
class _Undo:
    """Forgets a fold that was moved for a commit that did not happen."""

    monitor: Monitor
    region: str

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.monitor.forget(self.region)


def _refuse_the_past(head: Head, first: Dated) -> None:
    if head.advanced_to is not None and first.recorded_at < head.advanced_to:
        raise TimeWentBack(
            f"région {head.region}: this import starts at {first.recorded_at:%Y-%m-%d %H:%M} UTC but the journal is "
            f"already at {head.advanced_to:%Y-%m-%d %H:%M} UTC: import everything together into a new journal"
        )
