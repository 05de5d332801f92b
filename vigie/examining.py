"""Looking at a monitor from outside: its journal by one's own replay, its outbox, its roster file, its disk."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Final

from alerts.adapters.roster_files import load_roster_form
from alerts.outbox import StorageError
from alerts.roster_schema import RosterFile
from orsan_plans.adapters.located_yaml import DocumentError
from orsan_plans.geography import REGIONS
from streams import engine
from streams.adapters.live_store import LiveStore
from streams.adapters.sqlite_journal import SqliteJournal
from streams.auditing import Check, Finding, Level, altered_messages, find_problems, late_messages, silent_journal
from streams.engine import JournalBroken
from streams.journal import JournalError
from streams.live.problems import KafkaProblem
from streams.region.fold import Fold
from vigie.live_settings import LiveSettings
from vigie.standing import standing

SILENCE: Final = timedelta(hours=1)
"""How long a journal may receive nothing. Vigie's own choice: four test records, and every source besides."""
_ROOM: Final = {Level.BROKEN: 0.03, Level.WATCH: 0.10}
"""Shares of free disk under which it is said. Vigie's own choice: a full disk stops the monitor."""


@dataclass(slots=True)
class SeenJournal:
    """A région of a journal's file, folded again by whoever looks; each look reads what is new."""

    path: Path
    region: str
    stored_in: Check = Check.JOURNAL
    fold: Fold = field(init=False)
    last_entry_at: datetime | None = None
    next_message_at: datetime | None = None
    messages_aside: int = 0

    def __post_init__(self) -> None:
        self.fold = engine.start(self.region)

    def look(self) -> None:
        """Read what is new, all of it the first time. StorageError, JournalError, JournalBroken."""
        with SqliteJournal.open(self.path, read_only=True) as journal:
            # Before the entries: those of a later commit are for the next look.
            head = journal.head(self.region)
            fresh = journal.entries(self.region, self.fold.state.seq)
            for entry in takewhile(lambda each: each.seq <= head.seq, fresh):
                engine.step(self.fold, entry)
                self.last_entry_at = entry.recorded_at
            if head.advanced_to is not None:
                engine.advance(self.fold, head.advanced_to)
            self.next_message_at = journal.outbox.next_ready_at()
            self.messages_aside = journal.outbox.count_aside()


@dataclass(slots=True)
class SeenLog:
    """A région of the journal on Kafka, and the database where messages wait, when it is named.

    The log holds the engine's own ticks: what its silence shows is an engine that stands still.
    """

    settings: LiveSettings
    region: str
    stored_in: Check = Check.DATABASE
    fold: Fold = field(init=False)
    last_entry_at: datetime | None = None
    next_message_at: datetime | None = None
    messages_aside: int = 0

    def __post_init__(self) -> None:
        self.fold = engine.start(self.region)

    def look(self) -> None:
        """Read it. KafkaProblem, StorageError."""
        log = standing(self.settings.kafka, self.region)
        self.fold, self.last_entry_at = log.fold, log.head.advanced_to
        if self.settings.database_url is not None:
            with LiveStore.open(self.settings.database) as store:
                self.next_message_at = store.outbox.next_ready_at()
                self.messages_aside = store.outbox.count_aside()


Seen = SeenJournal | SeenLog


@dataclass(frozen=True, slots=True)
class Examined:
    """Where to look, what the roster file says, and how long nothing may enter the journal (zero: for ever)."""

    seen: Seen
    roster: Path | None
    silence: timedelta = SILENCE

    def findings(self, now: datetime) -> Iterator[Finding]:
        """Yield what is wrong at ``now``, aware."""
        try:
            self.seen.look()
        except (StorageError, JournalError, JournalBroken) as error:
            yield Finding(self.seen.stored_in, Level.BROKEN, f"illisible : {error}", "journal")
            return
        except KafkaProblem as error:
            yield Finding(Check.KAFKA, Level.BROKEN, f"ne répond pas : {error}", "kafka")
            return
        known, wrong = self._known_contacts()
        yield from wrong
        yield from find_problems(self.seen.fold, now, lambda contact: known is None or contact in known)
        yield from late_messages(self.seen.next_message_at, now, REGIONS[self.seen.region].time_zone)
        yield from altered_messages(self.seen.messages_aside)
        yield from silent_journal(self.seen.last_entry_at, self.silence, now)

    def _known_contacts(self) -> tuple[frozenset[str] | None, tuple[Finding, ...]]:
        """Return the contacts that have an address, None when no file says; and what is wrong with the file."""
        if self.roster is None:
            text = "fichier non donné : les adresses ne sont pas vérifiées"
            return None, (Finding(Check.ROSTER, Level.WATCH, text, "roster file"),)
        try:
            form = load_roster_form(self.roster)
        except (DocumentError, OSError) as error:
            text = f"fichier illisible : {str(error).splitlines()[0]}"
            return None, (Finding(Check.ROSTER, Level.BROKEN, text, "roster file"),)
        return frozenset(contact for _, contact, _ in form.written_addresses()), tuple(self._other_version(form))

    def _other_version(self, form: RosterFile) -> Iterator[Finding]:
        in_force = self.seen.fold.roster
        if in_force is not None and in_force.sha256 != form.to_roster().sha256:
            text = "le fichier n'est pas le tableau en vigueur : relancez Vigie, ou publiez-le"
            yield Finding(Check.ROSTER, Level.WATCH, text, "roster version")


def disk(path: Path) -> Iterator[Finding]:
    """Yield that the disk of a file is nearly full."""
    with suppress(OSError):
        usage = shutil.disk_usage(path.resolve().parent)
        share = usage.free / usage.total
        level = next((level for level, least in _ROOM.items() if share < least), None)
        if level is not None:
            text = f"{share:.0%} de libre : plein, il arrête Vigie".replace("%", " %")
            yield Finding(Check.DISK, level, text, "disk")
