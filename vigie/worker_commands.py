"""`vigie worker`: one process of the live engine."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from streams.adapters.kafka_clients import KafkaAccess
from streams.adapters.state_topic import StateTopic
from streams.adapters.topic_admin import TopicAdmin
from streams.adapters.topic_sender import TopicSender
from vigie.errors import explained
from vigie.live_settings import live_settings
from vigie.worker import build_worker, run_worker


def worker(
    data: Annotated[Path, typer.Option(metavar="DIR", help="A directory of this worker's own.")] = Path("var/worker"),
) -> None:
    """Fold the journal: one of a group of workers that share the régions; stop it with SIGTERM.

    Settings are those of the environment and of the file VIGIE_SETTINGS names.
    """
    with explained():
        settings = live_settings()
        access, session = settings.kafka, settings.worker_session_seconds
        TopicAdmin(access, settings.kafka_replication).ensure_usable()
        data.mkdir(parents=True, exist_ok=True)
        with TopicSender(access) as sender, StateTopic(access) as states:
            asyncio.run(_run(access, session, data, sender, states))


async def _run(access: KafkaAccess, session: float, data: Path, sender: TopicSender, states: StateTopic) -> None:
    # Faust binds to the loop it is made in.
    await run_worker(build_worker(access, session, data, sender, states))
