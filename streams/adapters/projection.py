"""Effects in the database: stored once, queued once, whoever brings them and however often.

One transaction for all: an effect that is stored has its notification in the outbox, or out of it.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from sqlalchemy import Connection, select, tuple_

from alerts import effect_codec
from alerts.adapters import dialects
from alerts.adapters.database import Database, to_micros
from alerts.adapters.outbox_store import enqueue, recall_all
from alerts.effects import Effect, Notify
from streams.adapters.live_tables import PROJECTED

_CHUNK: Final = 500


def record_effects(connection: Connection, region: str, effects: Iterable[Effect]) -> None:
    """Store effects, queue the notifications among them and recall those they recall.

    What is there already keeps its state.
    """
    # In the order of their ids: two notifiers with the same effects then wait for each other instead of crossing.
    ordered = sorted(effects, key=lambda effect: effect.id)
    dialects.insert_new(connection, PROJECTED, [_columns(region, effect) for effect in ordered])
    enqueue(connection, region, (effect for effect in ordered if isinstance(effect, Notify)))
    recall_all(connection, region, ordered)


def stored_effects(database: Database, region: str) -> Iterator[Effect]:
    """Stream a région's effects by instant, then id, in constant memory."""
    order = (PROJECTED.c.at, PROJECTED.c.id)
    query = select(PROJECTED).where(PROJECTED.c.region == region).order_by(*order).limit(_CHUNK)
    while True:
        with database.reading() as connection:
            rows = connection.execute(query).all()
        yield from (effect_codec.decode(row.effect.encode()) for row in rows)
        if len(rows) < _CHUNK:
            return
        query = query.where(tuple_(*order) > (rows[-1].at, rows[-1].id))


def _columns(region: str, effect: Effect) -> dict[str, object]:
    return {
        "region": region,
        "id": effect.id,
        "at": to_micros(effect.at),
        "kind": effect.kind,
        "effect": effect_codec.encode(effect).decode(),
    }
