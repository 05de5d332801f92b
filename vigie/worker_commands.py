"""`vigie worker`: one process of the live engine."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from streams.adapters.state_topic import StateTopic
from streams.adapters.topic_admin import TopicAdmin
from streams.adapters.topic_sender import TopicSender
from streams.live.health import Watchdog
from vigie.errors import explained
from vigie.group_health import GroupWatch, worker_health
from vigie.health import health_port
from vigie.live_settings import LiveSettings, live_settings
from vigie.worker import ENGINE, build_worker, run_worker


def worker(
    data: Annotated[Path, typer.Option(metavar="DIR", help="A directory of this worker's own.")] = Path("var/worker"),
) -> None:
    """Fold the journal: one of a group of workers that share the régions; stop it with SIGTERM.

    Settings are those of the environment and of the file VIGIE_SETTINGS names.
    """
    with explained():
        settings = live_settings()
        access = settings.kafka
        TopicAdmin(access, settings.kafka_replication).ensure_usable()
        data.mkdir(parents=True, exist_ok=True)
        with TopicSender(access) as sender, StateTopic(access) as states:
            asyncio.run(_run(settings, data, sender, states))


async def _run(settings: LiveSettings, data: Path, sender: TopicSender, states: StateTopic) -> None:
    # Faust binds to the loop it is made in.
    made = build_worker(settings.kafka, settings.worker_session_seconds, data, sender, states)
    made.heart.delay = settings.stuck_after
    watch = GroupWatch(settings.kafka, ENGINE, made.places, Watchdog(settings.stuck_after))
    with worker_health(watch, made.heart) as health, health_port(settings.health_port, health):
        await run_worker(made)
