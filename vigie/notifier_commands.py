"""`vigie notifier`: one process of the live engine, that tells people."""

import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Annotated

import structlog
import typer

from alerts.adapters.apprise_channel import AppriseChannel
from alerts.adapters.roster_files import load_roster
from alerts.adapters.sender import IN_FLIGHT, Sender
from alerts.outbox import StorageError
from alerts.providers import Providers
from dashboards.adapters.exporter import Exporter
from dashboards.board import Board
from streams.adapters.dead_letters import DeadLetters
from streams.adapters.effects_topic import GROUP, EffectsGroup
from streams.adapters.journal_topic import JournalTopic
from streams.adapters.live_store import LiveStore
from streams.adapters.topic_admin import TopicAdmin
from streams.adapters.topic_sender import TopicSender
from streams.live.health import Heartbeat
from vigie.addressing import addresses_of
from vigie.errors import explained
from vigie.group_health import GroupWatch, notifier_health
from vigie.health import Asking, health_port
from vigie.live_settings import LiveSettings, live_settings
from vigie.logs import write_log
from vigie.noted_channel import NotedChannel
from vigie.notifier import Notifier
from vigie.reaching import Reaching
from vigie.short_turns import take_short_turns
from vigie.stopping import interrupted

_log = structlog.get_logger()


def notifier(
    name: Annotated[
        str | None, typer.Option(help="What its claims are called; two at once need two names.", show_default=False)
    ] = None,
) -> None:
    """Tell people what the engine decided, and journal what became of it; stop it with SIGTERM.

    Settings are those of the environment and of the file VIGIE_SETTINGS names.
    """
    write_log()
    take_short_turns()
    with explained():
        settings, stop = live_settings(), interrupted()
        TopicAdmin(settings.kafka, settings.kafka_replication).ensure_usable()
        is_done = _run(settings, stop, name or f"{socket.gethostname()}-{os.getpid()}")
    _log.info("notifier stopped", every_channel_answered=is_done)


def _run(settings: LiveSettings, stop: threading.Event, name: str) -> bool:
    roster = None if settings.roster is None else load_roster(settings.roster, os.environ)
    addresses = addresses_of(roster, settings.heartbeat_address, _log.warning)
    if roster is None:
        _log.warning("no roster: nobody can be reached", mend="set VIGIE_ROSTER")
    with ExitStack() as stack:
        store = stack.enter_context(LiveStore.open(settings.database))
        journal = stack.enter_context(JournalTopic(settings.kafka))
        group = stack.enter_context(EffectsGroup(settings.kafka, settings.session_seconds))
        executor = stack.enter_context(ThreadPoolExecutor(IN_FLIGHT, "vigie-send"))
        link_base = str(settings.link_base).rstrip("/")
        providers, links = roster.providers if roster else Providers(), settings.links
        channel = NotedChannel(AppriseChannel(addresses))
        sender = Sender(store.outbox, channel, executor, link_base, name, providers=providers, links=links)
        reaching = Reaching(board := Board(), sender)
        dead_letters = DeadLetters(stack.enter_context(TopicSender(settings.kafka)))
        heart = Heartbeat(settings.stuck_after)
        beside = stack.enter_context(ThreadPoolExecutor(1, "vigie-report"))
        made = Notifier(group, journal, store, sender, dead_letters, beside, stop, heart=heart, region=settings.region)
        made.reaching = reaching
        watch = GroupWatch(settings.kafka, GROUP, group.places)
        database = Asking("the database", store.check, (StorageError,))
        health = stack.enter_context(notifier_health(watch, made.heart, database, reaching.reasons))
        stack.enter_context(health_port(settings.health_port, health, Exporter(board).text))
        _log.info("notifier started", name=name)
        return made.run()
