"""A région taken up where its journal left it: the latest snapshot, then what was journaled after it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from alerts.effect_codec import encode
from alerts.effects import Effect
from streams import engine
from streams.entry import Entry, Head, chain
from streams.journal import Journal
from streams.region.fold import Fold


@dataclass(slots=True)
class InMemory:
    """A région as its only writer holds it; ``snapshot_seq`` is the last entry of its latest snapshot."""

    fold: Fold
    head: Head
    snapshot_seq: int


def resume(journal: Journal, region: str, warn: Callable[[str], None]) -> InMemory:
    """Read a région from its journal; ``warn`` is told of a snapshot or decisions that another version wrote."""
    head = journal.head(region)
    stored = journal.latest_snapshot(region)
    fold, effects_digest = engine.start(region), bytes(32)
    if stored is not None:
        try:
            fold, effects_digest = engine.restore(stored.state), stored.head.effects_digest
        except engine.UnreadableSnapshot as error:
            warn(f"région {region}: {error}; the whole journal is folded again")
    snapshot_seq = fold.state.seq
    for effect in _refold(fold, journal.entries(region, fold.state.seq), head.advanced_to):
        effects_digest = chain(effects_digest, encode(effect))
    if effects_digest != head.effects_digest:
        warn(
            f"région {region}: folding the journal again gives other decisions than those stored (another version "
            "of Vigie wrote them); what was stored and sent stays, the next decisions follow this version"
        )
    return InMemory(fold, head, snapshot_seq)


def _refold(fold: Fold, entries: Iterable[Entry], advanced_to: datetime | None) -> Iterator[Effect]:
    for entry in entries:
        yield from engine.step(fold, entry)
    if advanced_to is not None:
        yield from engine.advance(fold, advanced_to)
