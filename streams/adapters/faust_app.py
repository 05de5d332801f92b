"""Faust as transport: which worker reads which partition, and from where. Nothing else of it is used.

Its tables, windows and web server are off; one event at a time; an exception never leaves an agent, because Faust would
acknowledge the event all the same.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import faust
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import NodeNotReadyError

from streams.adapters.faust_access import faust_broker
from streams.adapters.kafka_clients import KafkaAccess

Event = Any
"""An event of Faust: ``message`` holds topic, partition, offset, timestamp (seconds), key, value and headers."""
Handle = Callable[[Event], Awaitable[None]]

PARTITIONS_KNOWN_FOR: Final = timedelta(seconds=5)
"""How old a worker lets its list of partitions become. Vigie's own choice, five minutes by default.

The worker that shares partitions out shares those it knows: none, when it asked for them while the brokers came back.
It shares them out again once it knows better; until then nobody reads them, and nothing looks wrong.
"""

_library_lookup: Final = AIOKafkaClient.coordinator_lookup


async def _patient_lookup(client: Any, kind: object, key: str) -> int:  # noqa: ANN401 - aiokafka is not typed
    """Look for a group's coordinator; while no broker is known it is looked for again.

    A client that asked while the only broker was being missed knows none. aiokafka takes that for its own mistake, and
    its member of the group is never heard of again.
    """
    if client.get_random_node() is None:
        raise NodeNotReadyError("no broker is known yet")
    found: int = await _library_lookup(client, kind, key)
    return found


AIOKafkaClient.coordinator_lookup = _patient_lookup


def headers_of(event: Event) -> dict[str, bytes | None]:
    """Return the headers of an event's message, the first of each name."""
    headers = event.message.headers or ()
    pairs = list(headers.items() if isinstance(headers, dict) else headers)
    return dict(reversed(pairs))


OF_FILES: Final = {
    "stream_buffer_maxsize": 4,
    "broker_max_poll_records": 4,
    "broker_max_poll_interval": timedelta(days=1).total_seconds(),
}
"""Settings of an app whose messages are files: few in memory, and each may wait for a database. Vigie's own choice."""


def faust_app(
    access: KafkaAccess, name: str, session: float, data: Path, settings: Mapping[str, Any] | None = None
) -> Any:  # noqa: ANN401 - Faust is not typed
    """Return an app of a group of workers called ``name``.

    ``session``: seconds a worker may be silent before its partitions go to another one; ``data``: a directory it may
    write to; ``settings``: others of Faust. UnusableAccess.
    """
    return faust.App(
        name,
        **faust_broker(access),
        broker_session_timeout=session,
        broker_heartbeat_interval=session / 6,
        broker_request_timeout=access.patience.total_seconds() + session,
        broker_commit_interval=0.5,
        consumer_auto_offset_reset="earliest",
        consumer_metadata_max_age_ms=PARTITIONS_KNOWN_FOR // timedelta(milliseconds=1),
        stream_wait_empty=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        web_enabled=False,
        store="memory://",
        datadir=str(data),
        loghandlers=[],
        **(settings or {}),
    )


def reading(
    app: Any,  # noqa: ANN401 - as above
    topics: tuple[str, ...],
    name: str,
    handle: Handle,
    *,
    acknowledges: bool = True,
) -> None:
    """Hand each event of the topics to ``handle``, one at a time.

    It is acknowledged once ``handle`` returned, or, without ``acknowledges``, by ``handle`` when it will.
    """
    channel = app.topic(*topics, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")

    async def agent(stream: Any) -> None:  # noqa: ANN401 - as above
        async for event in (stream if acknowledges else stream.noack()).events():
            await handle(event)

    app.agent(channel, name=name, concurrency=1)(agent)


def when_moved(app: Any, tell: Callable[[], None]) -> None:  # noqa: ANN401 - as above
    """Call ``tell`` whenever partitions come to this worker, or go."""

    async def moved(*_: object, **__: object) -> None:
        tell()

    app.on_partitions_assigned.connect(moved, weak=False)
    app.on_partitions_revoked.connect(moved, weak=False)
