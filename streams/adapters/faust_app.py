"""Faust as transport: which worker reads which partition, and from where. Nothing else of it is used.

Its tables, windows and web server are off; one event at a time; an exception never leaves an agent, because Faust would
acknowledge the event all the same.
"""

import ssl
import warnings
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from streams.adapters.kafka_clients import KafkaAccess

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import faust
    from faust.auth import SASLCredentials, SSLCredentials
    from faust.types.auth import SASLMechanism

__all__ = ["Event", "Handle", "faust_app", "reading"]

Event = Any
"""An event of Faust: ``message`` holds topic, partition, offset, timestamp (seconds), key, value and headers."""
Handle = Callable[[Event], Awaitable[None]]
SESSION_SECONDS: Final = 20.0
"""How long a worker may be silent before its partitions go to another one. Vigie's own choice."""


def faust_app(access: KafkaAccess, name: str, data: Path) -> Any:  # noqa: ANN401 - Faust is not typed
    """Return an app of a group of workers called ``name``; ``data`` is a directory it may write to."""
    return faust.App(
        name,
        broker=[f"kafka://{address}" for address in access.bootstrap],
        broker_credentials=_credentials(access),
        broker_session_timeout=SESSION_SECONDS,
        broker_heartbeat_interval=SESSION_SECONDS / 6,
        broker_request_timeout=access.patience.total_seconds() + 60,
        consumer_auto_offset_reset="earliest",
        broker_commit_interval=0.5,
        stream_wait_empty=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        web_enabled=False,
        store="memory://",
        datadir=str(data),
        loghandlers=[],
    )


def reading(app: Any, topics: tuple[str, ...], name: str, handle: Handle) -> None:  # noqa: ANN401 - as above
    """Hand each event of the topics to ``handle``, one at a time; it is acknowledged once ``handle`` returned."""
    channel = app.topic(*topics, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")

    async def agent(stream: Any) -> None:  # noqa: ANN401 - as above
        async for event in stream.events():
            await handle(event)

    app.agent(channel, name=name, concurrency=1)(agent)


def _credentials(access: KafkaAccess) -> Any:  # noqa: ANN401 - as above
    if access.has_password:
        user, password = access.credentials()
        return SASLCredentials(
            username=user,
            password=password,
            mechanism=SASLMechanism(access.sasl_mechanism),
            ssl_context=access.ssl_context() if access.has_tls else None,
        )
    return SSLCredentials(access.ssl_context(), purpose=ssl.Purpose.SERVER_AUTH) if access.has_tls else None
