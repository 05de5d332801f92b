"""Where an audit is read: the journal of one process, or the log and the database of the live processes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alerts.adapters.outbox_store import StoredOutbox
from alerts.effects import Effect
from dashboards.audit_text import Audit
from orsan_plans.geography import REGIONS
from streams.adapters.journal_topic import JournalReader
from streams.adapters.live_store import LiveStore
from streams.adapters.sqlite_journal import SqliteJournal
from streams.audit_checks import faults
from streams.audit_records import records, said_by
from streams.entry import Entry
from streams.integrity import Problem
from streams.journal import JournalPurpose
from vigie.live_settings import live_settings
from vigie.settings import chosen


@dataclass(frozen=True, slots=True)
class Audited:
    """A région to audit; ``is_alone`` for the journal of one process, ``sends`` unless it is one of a past crisis."""

    region: str
    entries: Callable[[], Iterator[Entry]]
    effects: Callable[[], Iterator[Effect]]
    outbox: StoredOutbox
    is_alone: bool
    sends: bool

    def audit(self) -> Audit:
        """Return the whole audit, in words."""
        said = said_by(self.entries())
        kept = {item.notification.id: item for item in self.outbox.items(self.region)}
        found = records(self.region, said, self.effects(), kept.get)
        return Audit(found, said.names, REGIONS[self.region].time_zone)

    def faults(self) -> Iterator[Problem]:
        """Yield what does not hold together between entries, effects and outbox."""
        if self.sends:
            items = self.outbox.items(self.region)
            yield from faults(self.region, self.entries(), self.effects(), items, is_alone=self.is_alone)


def of_journal(journal: SqliteJournal) -> list[Audited]:
    """Return the régions of an open journal."""
    return [_of_region(journal, region) for region in journal.regions()]


def _of_region(journal: SqliteJournal, region: str) -> Audited:
    def effects() -> Iterator[Effect]:
        return (stored.effect for stored in journal.effects(region))

    sends = journal.purpose is JournalPurpose.LIVE
    return Audited(region, lambda: journal.entries(region), effects, journal.outbox, is_alone=True, sends=sends)


@contextmanager
def audited(journal: Path | None, live: str | None) -> Iterator[list[Audited]]:
    """Open what is to be audited; StorageError, `KafkaProblem`, UnusableSettings."""
    if live is None:
        with SqliteJournal.open(chosen(journal=journal).journal, read_only=True) as opened:
            yield of_journal(opened)
        return
    settings = live_settings()
    log = JournalReader(settings.kafka)
    with LiveStore.open(settings.database) as store:
        yield [
            Audited(
                live, lambda: log.entries(live), lambda: store.effects(live), store.outbox, is_alone=False, sends=True
            )
        ]
