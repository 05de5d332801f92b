"""`vigie worker`: one process of the live engine."""

import asyncio
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from streams.adapters.journal_topic import JournalTopic
from streams.adapters.live_store import LiveStore
from streams.adapters.normaliser import Collecting
from streams.adapters.state_topic import StateTopic
from streams.adapters.topic_admin import TopicAdmin
from streams.adapters.topic_sender import TopicSender
from streams.live.health import Watchdog
from vigie.collecting import live_collecting
from vigie.errors import explained
from vigie.group_health import GroupWatch, worker_health
from vigie.health import Health, health_port
from vigie.live_settings import LiveSettings, live_settings
from vigie.logs import write_log
from vigie.short_turns import take_short_turns
from vigie.worker import ENGINE, NORMALISERS, Resources, Worker, build_worker, run_worker


def worker(
    data: Annotated[Path, typer.Option(metavar="DIR", help="A directory of this worker's own.")] = Path("var/worker"),
) -> None:
    """Collect the files and fold the journal: one of a group of workers that share them; stop it with SIGTERM.

    Settings are those of the environment and of the file VIGIE_SETTINGS names.
    """
    write_log()
    take_short_turns()
    with explained():
        settings = live_settings()
        collecting = live_collecting(settings)
        TopicAdmin(settings.kafka, settings.kafka_replication).ensure_usable()
        data.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            asyncio.run(_run(settings, data, _opened(settings, stack), collecting))


def _opened(settings: LiveSettings, stack: ExitStack) -> Resources:
    return Resources(
        stack.enter_context(TopicSender(settings.kafka)),
        stack.enter_context(StateTopic(settings.kafka)),
        stack.enter_context(JournalTopic(settings.kafka)),
        stack.enter_context(LiveStore.open(settings.database)),
    )


async def _run(settings: LiveSettings, data: Path, opened: Resources, collecting: Collecting) -> None:
    # Faust binds to the loop it is made in.
    worker = build_worker(settings.kafka, settings.session_seconds, data, opened, collecting)
    worker.heart.delay = settings.stuck_after
    with _health(settings, worker) as health, health_port(settings.health_port, health):
        await run_worker(worker)


def _health(settings: LiveSettings, worker: Worker) -> AbstractContextManager[Health]:
    engine, *files = (
        GroupWatch(settings.kafka, group, partial(worker.places, group), Watchdog(settings.stuck_after))
        for group in (ENGINE, *NORMALISERS.values())
    )
    return worker_health(engine, files, worker.heart)
