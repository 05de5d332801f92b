"""Replaying a journal: the same fold over the same entries, nothing sent.

A replay always starts at the first entry, because a decision depends on all that came before it; a period only chooses
what is shown. Under another catalogue (what-if) every plan entry of the journal is replaced by it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from alerts.effect_codec import encode
from alerts.effects import Effect
from streams import engine, messages
from streams.entry import GENESIS, Entry, Head, Status, canonical, chain
from streams.messages.reference import PlanCatalogue
from streams.region import setting
from streams.region.fold import Fold, Observer, Turn


@dataclass(frozen=True, slots=True)
class Replayed:
    """Where a replayed region stands: its head holds both digests and both counts."""

    head: Head
    fold: Fold


def replay(
    region: str,
    entries: Iterable[Entry],
    advanced_to: datetime | None,
    catalogue: PlanCatalogue | None = None,
    on_effect: Callable[[Effect], None] | None = None,
    observer: Observer | None = None,
) -> Replayed:
    """Fold a region's entries from the first, then up to ``advanced_to``; JournalBroken when they do not follow."""
    fold = engine.start(region)
    digests = [GENESIS, GENESIS]
    count = 0
    for entry, effects in _fold_all(fold, entries, advanced_to, catalogue, observer):
        if entry is not None:
            digests[0] = chain(digests[0], canonical(entry))
        for effect in effects:
            digests[1] = chain(digests[1], encode(effect))
            count += 1
            if on_effect is not None:
                on_effect(effect)
    now = fold.state.now if fold.state.seq else None
    return Replayed(Head(region, fold.state.seq, digests[0], count, digests[1], now), fold)


def _fold_all(
    fold: Fold,
    entries: Iterable[Entry],
    advanced_to: datetime | None,
    catalogue: PlanCatalogue | None,
    observer: Observer | None,
) -> Iterator[tuple[Entry | None, list[Effect]]]:
    what_if = messages.encode(catalogue)[1] if catalogue is not None else None
    for entry in entries:
        if catalogue is not None and entry.seq == 1:
            effects: list[Effect] = []
            setting.plans(Turn(fold, Status.ACTUAL, entry.recorded_at, observer, effects), catalogue)
            yield None, effects
        folded = replace(entry, payload=what_if) if what_if and entry.kind == "plans.catalogue" else entry
        yield entry, engine.step(fold, folded, observer)
    if advanced_to is not None:
        yield None, engine.advance(fold, advanced_to, observer)
