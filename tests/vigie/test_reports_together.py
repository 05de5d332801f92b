"""What became of the messages of a turn is journaled in one go, and in whole: nothing is left out when that fails."""

import threading
from collections.abc import Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

from alerts.adapters.roster_files import load_roster
from alerts.adapters.sender import IN_FLIGHT, Report, Sender
from alerts.outbox import Delivery, Finished, OutboxState, StorageError
from alerts.testing import RecordingChannel
from orsan_plans.adapters.plan_files import shipped_catalogue
from streams import messages
from streams.adapters.effects_topic import EffectsGroup, Told
from streams.adapters.sqlite_journal import SqliteJournal
from streams.adapters.topic_sender import Placed
from streams.entry import Draft, Entry, Head
from streams.journal import Batch
from streams.messages.deliveries import DeliveryReport
from streams.messages.reference import RosterVersion
from streams.messages.signals import SignalSanitaire
from streams.testing import EPOCH, sample_notification
from tests.alerts.test_sender import LINK, Inline
from tests.live.processes import PATIENCE_SECONDS
from tests.vigie.monitored import Place
from vigie.embedded import Embedded
from vigie.notifier import Notifier
from vigie.past import catalogue_message

if TYPE_CHECKING:
    from concurrent.futures import Future

    from alerts.channel import Outcome
    from streams.adapters.journal_topic import JournalTopic
    from streams.adapters.live_store import LiveStore
    from streams.adapters.normaliser import SetsAside

DEPARTEMENTS = ("44", "49", "53", "72", "85")


class Counting(SqliteJournal):
    """Remembers what each transaction finished."""

    finished: tuple[int, ...] = ()

    def commit(self, batch: Batch) -> Head:
        self.finished = (*self.finished, len(batch.finished))
        return super().commit(batch)


def reports_of(entries: Iterable[Entry | Draft]) -> list[str]:
    found = [messages.decode(each.kind, each.payload) for each in entries]
    return [each.notification_id for each in found if isinstance(each, DeliveryReport)]


def test_the_messages_of_a_turn_cost_one_transaction(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.people_at(lambda person: f"json://127.0.0.1:1/{person}")
    roster = load_roster(place.roster, {}).roster
    with Counting.create(place.journal) as journal:
        monitor = Embedded(journal, RecordingChannel(), Inline(), LINK)
        monitor.load()
        for message in (catalogue_message(shipped_catalogue()), RosterVersion(roster.sha256, roster.content)):
            monitor.say("52", message, EPOCH)
        for code in DEPARTEMENTS:
            signal = SignalSanitaire(code, "panne_majeure_du_systeme_d_information", f"DEP-{code}", "Panne", "SAMU")
            monitor.say("52", signal, EPOCH)
        waiting = journal.outbox.counts()[OutboxState.PENDING]
        assert 1 < waiting <= IN_FLIGHT
        journal.finished = ()
        monitor.turn(EPOCH)
        monitor.turn(EPOCH + timedelta(seconds=1))
        assert sorted(filter(None, journal.finished)) == [waiting]
        assert len(set(reports_of(journal.entries("52")))) == waiting
        assert journal.outbox.counts()[OutboxState.DONE] == waiting


@dataclass
class Brokers:
    """Kafka, as far as a notifier sees it."""

    appended: list[list[Draft]] = field(default_factory=list)
    answering: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.answering.set()

    def append(self, drafts: Iterable[tuple[str, Draft]]) -> None:
        assert self.answering.wait(PATIENCE_SECONDS)
        self.appended.append([draft for _, draft in drafts])

    def append_tick(self, region: str) -> Placed:
        raise AssertionError(region)

    def poll(self, seconds: float) -> list[Told]:
        assert seconds > 0
        return []


@dataclass
class Store:
    """A database that may be away."""

    is_away: bool
    closed: list[tuple[str, list[str]]] = field(default_factory=list)

    def finish(self, region: str, reports: Iterable[Finished]) -> None:
        if self.is_away:
            raise StorageError("away")
        self.closed.append((region, [each.notification_id for each in reports]))


@dataclass
class Handed:
    """A sender whose messages of three régions are all handed over at once."""

    ended: list[Report]
    futures: tuple["Future[Outcome]", ...] = ()
    dispatched: int = 0

    def dispatch(self, now: datetime) -> int:
        assert now.tzinfo is not None
        self.dispatched += 1
        return 0

    def collect(self, now: datetime) -> list[Report]:
        assert now.tzinfo is not None
        ended, self.ended = self.ended, []
        return ended


def handed(region: str, key: str) -> Report:
    notify = sample_notification(key)
    delivery = Delivery(region, notify, 1, EPOCH, "w", EPOCH + timedelta(minutes=2))
    return Report(delivery, Finished(notify.id, is_sent=True, at=EPOCH))


def notifying(brokers: Brokers, store: Store, sender: Handed, beside: Executor, stop: threading.Event) -> Notifier:
    return Notifier(
        cast("EffectsGroup", brokers),
        cast("JournalTopic", brokers),
        cast("LiveStore", store),
        cast("Sender", sender),
        cast("SetsAside", None),
        beside,
        stop,
    )


def test_a_call_does_not_wait_for_the_reports_of_those_before() -> None:
    brokers, store, sender = Brokers(), Store(is_away=False), Handed([handed("52", "avant")])
    brokers.answering.clear()
    with ThreadPoolExecutor(1) as beside:
        notifier = notifying(brokers, store, sender, beside, threading.Event())
        notifier.turn()
        sender.ended = [handed("52", "pendant")]
        notifier.turn()
        assert (sender.dispatched, brokers.appended) == (2, [])
        brokers.answering.set()
        notifier.settle()
    assert [len(reports) for _, reports in store.closed] == [1, 1]
    assert not notifier.reports


def test_a_notifier_reports_once_a_region_and_again_when_the_database_was_away() -> None:
    ended = [handed(region, f"{region}{number}") for number in range(3) for region in ("52", "11")]
    brokers, store, stop = Brokers(), Store(is_away=True), threading.Event()
    stop.set()  # nothing is waited for: a turn is a turn
    notifier = notifying(brokers, store, Handed(list(ended)), Inline(), stop)
    ids = {
        region: [each.finished.notification_id for each in ended[start::2]] for start, region in ((0, "52"), (1, "11"))
    }
    notifier.turn()
    assert [reports_of(each) for each in brokers.appended] == [ids["52"]]
    assert store.closed == []
    store.is_away = False
    notifier.turn()
    assert [reports_of(each) for each in brokers.appended[1:]] == [ids["52"], ids["11"]]
    assert store.closed == [("52", ids["52"]), ("11", ids["11"])]
    notifier.settle()
    assert not notifier.reports
    assert len(brokers.appended) == 3
