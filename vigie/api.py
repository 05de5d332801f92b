"""The front process of the live engine: files in, pages and metrics out. It decides nothing.

Files posted and dropped go to the raw topics; the journal is followed to be shown. Everything that may take long has
its thread: the web server, each delivery being sent, the follower, the looks at the database. This one watches the
drop directory.
"""

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from fastapi import FastAPI

from alerts.outbox import StorageError
from dashboards.adapters.exporter import Exporter
from dashboards.adapters.gate import Door
from dashboards.adapters.serving import serve
from dashboards.adapters.web import build_app
from dashboards.board import Board
from streams.adapters.api_key_store import ApiKeyStore
from streams.adapters.drop_directory import DropDirectory, wake_on_change
from streams.adapters.http_intake import MOUNTED_AT as WAY_IN
from streams.adapters.http_intake import Intake, build_intake
from streams.adapters.journal_topic import JournalTopic
from streams.adapters.live_store import LiveStore
from streams.adapters.raw_intake import RawDeliveries
from streams.adapters.raw_topics import RawTopics
from streams.adapters.topic_admin import TopicAdmin
from streams.collecting.ledger import Collected
from streams.live.health import Heartbeat, Watchdog
from streams.live.problems import KafkaProblem
from streams.recognising import recognise
from vigie.follower import Follower
from vigie.garbage import keep_out_of_turns, look_between_turns
from vigie.group_health import beating
from vigie.health import MOUNTED_AT as HEALTH
from vigie.health import Asking, Health, build_health, elapsed
from vigie.link_settings import finding, hosts_of, identity_of, lifetime_of, proxies_of
from vigie.live_settings import LiveSettings
from vigie.outcomes import found_in
from vigie.proving import Proving, leaving_in
from vigie.raw_dropping import RawDropping
from vigie.said import SaidToTopic
from vigie.store_shown import StoreShown
from vigie.text_keeping import erase_by_rule, telling_log
from vigie.upkeep import Upkeep

IDLE_SECONDS: Final = 1.0
"""The longest sleep: how late a settled file can be noticed."""
SHOW_EVERY: Final = timedelta(seconds=5)
"""How old what the database says on the metrics may be."""
AWAY_SECONDS: Final = 5.0
"""Between two attempts at files that could not be handed over."""

_log = structlog.get_logger()


def run_api(settings: LiveSettings, stop: threading.Event) -> None:
    """Serve until ``stop`` is set; then nothing more is accepted, and what is being sent is sent first."""
    TopicAdmin(settings.kafka, settings.kafka_replication).ensure_usable()
    with ExitStack() as stack:
        store = stack.enter_context(LiveStore.open(settings.database))
        topics = stack.enter_context(RawTopics(settings.kafka))
        deliveries = RawDeliveries(topics, store, settings.region)
        stack.callback(deliveries.close)
        dropping = _dropping(settings, store, topics, stack)
        proving = _proving(settings, board := Board())
        keeping = _keeping(settings, store, stack)
        turns = _Turns(settings, StoreShown(board, store), keeping, dropping, proving)
        if dropping is not None:
            wake_on_change(dropping.drop.path, turns.wake, stop)
        told = (lambda _: None) if proving is None else proving.committed
        follower = Follower(settings.kafka, board, found_in(store.outbox), Watchdog(settings.stuck_after), told)
        stack.enter_context(follower)
        database = stack.enter_context(Asking("the database", store.check, (StorageError,)))
        health = Health(
            live=lambda: (*beating(turns.heart), *follower.live()),
            ready=lambda: (*follower.ready(), *database.reasons(), *(() if proving is None else proving.reasons())),
        )
        pages = _pages(settings, board, store, stack)
        app = _app(pages, Intake(ApiKeyStore(settings.api_keys), deliveries, recognise), health)
        serving = stack.enter_context(serve(app, settings.host, settings.port))
        _log.info("api started", pages=f"http://{serving.host}:{serving.port}/", drop=str(settings.drop or "none"))
        keep_out_of_turns()
        while not stop.is_set():
            turns.turn(stop)
        _log.info("api stopping: what is being sent is sent first")
    _log.info("api stopped")


def _dropping(settings: LiveSettings, store: LiveStore, topics: RawTopics, stack: ExitStack) -> RawDropping | None:
    if settings.drop is None:
        return None
    journal = stack.enter_context(JournalTopic(settings.kafka))
    return RawDropping(topics, journal, store, DropDirectory(settings.drop), settings.region)


def _keeping(settings: LiveSettings, store: LiveStore, stack: ExitStack) -> Callable[[datetime], None]:
    """Return what is done every hour to keep nothing longer than stated."""
    journal = None if settings.texts_kept is None else stack.enter_context(JournalTopic(settings.kafka))

    def keep(now: datetime) -> None:
        store.commit_collected(settings.region, Collected(purge_before=now - settings.kept), {})
        if journal is not None:
            erase_by_rule(store.outbox, now, settings.texts_kept, telling_log(journal, now))

    return keep


def _proving(settings: LiveSettings, board: Board) -> Proving | None:
    if settings.heartbeat_address is None or settings.drop is None:
        return None
    return Proving(settings.region, settings.heartbeat_every, leaving_in(settings.drop), board)


def _pages(settings: LiveSettings, board: Board, store: LiveStore, stack: ExitStack) -> FastAPI:
    links = settings.links
    door = None
    if links is None:
        _log.warning("no keys of links: nobody can answer by a page", mend="set VIGIE_LINK_KEYS")
    else:
        journal = stack.enter_context(JournalTopic(settings.kafka))
        door = Door(
            links,
            finding(store.outbox),
            SaidToTopic(journal, _now),
            settings.region,
            lifetime=lifetime_of(settings.link_hours),
            proxies=proxies_of(settings.proxies),
            hosts=hosts_of(str(settings.link_base)),
        )
    return build_app(board, Exporter(board), _now, door, identity_of(settings.identity_header, settings.proxies))


def _now() -> datetime:
    return datetime.now(UTC)


def _app(app: FastAPI, intake: Intake, health: Health) -> FastAPI:
    app.mount(WAY_IN, build_intake(intake))
    app.mount(HEALTH, build_health(health))
    return app


class _Turns:
    """What the main thread does: files dropped, what is kept too long, what the database says."""

    def __init__(
        self,
        settings: LiveSettings,
        shown: StoreShown,
        keep: Callable[[datetime], None],
        dropping: RawDropping | None,
        proving: Proving | None = None,
    ) -> None:
        self.heart = Heartbeat(settings.stuck_after)
        self.wake = threading.Event()
        self._dropping = dropping
        self._proving = proving
        self._shown = shown
        self._shown_at = datetime.min.replace(tzinfo=UTC)
        self._upkeep = Upkeep(settings.kept, keep, None if dropping is None else dropping.drop)

    def turn(self, stop: threading.Event) -> None:
        """Do what is due; what Kafka or the database cannot take is done later."""
        self.heart.beat(elapsed())
        try:
            self._do(datetime.now(UTC))
        except (KafkaProblem, StorageError) as error:
            _log.warning("to be done again", why=str(error))
            stop.wait(AWAY_SECONDS)
            return
        look_between_turns()
        self.wake.wait(IDLE_SECONDS)
        self.wake.clear()

    def _do(self, now: datetime) -> None:
        self._upkeep.turn(now)
        if self._proving is not None:
            self._proving.turn(now)
        if now - self._shown_at >= SHOW_EVERY:
            self._shown.turn()
            self._shown_at = now
        if self._dropping is not None:
            for path in self._dropping.drop.ready(time.monotonic()):
                self._dropping.take(path, datetime.now(UTC))
                self.heart.beat(elapsed())
