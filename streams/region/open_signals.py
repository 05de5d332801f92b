"""The open signals of a world, found by their kind and place: a storm has thousands of them."""

from collections.abc import Iterable, Iterator

from orsan_plans.territory import Level, level_of
from streams.region.state import SignalState, World


def keep(world: World, state: SignalState) -> None:
    """Open a signal, or replace what is known of it."""
    signal = state.signal
    forget(world, signal.signal_id)
    world.signals[signal.signal_id] = state
    world.placed.setdefault(signal.nature, {}).setdefault(signal.territory, {})[signal.signal_id] = None


def forget(world: World, signal_id: str) -> None:
    """End a signal; nothing happens when it is not open."""
    state = world.signals.pop(signal_id, None)
    if state is None:
        return
    places = world.placed[state.signal.nature]
    del places[state.signal.territory][signal_id]
    if not places[state.signal.territory]:
        del places[state.signal.territory]
    if not places:
        del world.placed[state.signal.nature]


def possible(world: World, natures: Iterable[str], territory: str, wider: tuple[str, ...]) -> Iterator[SignalState]:
    """Yield the open signals of these kinds that a territory may be concerned by; nothing lies inside a site."""
    is_narrowest = level_of(territory) is Level.ETABLISSEMENT
    for nature in dict.fromkeys(natures):
        places = world.placed.get(nature, {})
        for place in (territory, *wider) if is_narrowest else tuple(places):
            yield from (world.signals[id_] for id_ in places.get(place, ()))
