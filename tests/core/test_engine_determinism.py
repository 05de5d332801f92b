"""Same entries, same effects: whatever the ticks, the restarts and the repeated deliveries."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from alerts.effects import Effect
from streams import engine
from streams.entry import Entry, Status
from streams.messages import decode
from streams.messages.capacity import BedCapacity
from streams.messages.decisions import Acknowledge
from streams.messages.feeds import DailyFigures
from streams.messages.signals import SignalSanitaire
from tests.core.builders import MINUTE, REGION, Run, decided, run, texts
from tests.core.generated import AFTERWARDS, FEWER, JOURNALS

TICKS = st.lists(st.integers(1, 40), max_size=5)


def whole(entries: list[Entry]) -> Run:
    return run(entries, entries[-1].recorded_at + AFTERWARDS)


def restarted(entries: list[Entry]) -> Run:
    fold, effects = engine.start(REGION), list[Effect]()
    for each in entries:
        effects += engine.step(fold, each)
        fold = engine.restore(engine.snapshot(fold))
    for hour in range(0, AFTERWARDS // MINUTE, 200):
        effects += engine.advance(fold, entries[-1].recorded_at + hour * MINUTE)
        fold = engine.restore(engine.snapshot(fold))
    effects += engine.advance(fold, entries[-1].recorded_at + AFTERWARDS)
    return Run(fold, effects)


def ticking(entries: list[Entry], ticks: list[int]) -> Run:
    """Let time pass in ``ticks`` unequal steps before each entry."""
    fold, effects = engine.start(REGION), list[Effect]()
    for before, each in zip([entries[0], *entries], entries, strict=False):
        gap = each.recorded_at - before.recorded_at
        for tick in sorted(ticks):
            effects += engine.advance(fold, before.recorded_at + gap * tick / 41)
        effects += engine.step(fold, each)
    return Run(fold, effects + engine.advance(fold, entries[-1].recorded_at + AFTERWARDS))


@FEWER
@given(entries=JOURNALS, ticks=TICKS)
def test_the_outcome_does_not_depend_on_tick_cadence(entries: list[Entry], ticks: list[int]) -> None:
    assert texts(ticking(entries, ticks).effects) == texts(whole(entries).effects)


@FEWER
@given(entries=JOURNALS)
def test_jumping_from_deadline_to_deadline_is_the_same(entries: list[Entry]) -> None:
    fold, effects = engine.start(REGION), list[Effect]()
    for each in entries:
        while (due := engine.next_deadline(fold)) is not None and due <= each.recorded_at:
            effects += engine.advance(fold, due)
        effects += engine.step(fold, each)
    effects += engine.advance(fold, entries[-1].recorded_at + AFTERWARDS)
    assert texts(effects) == texts(whole(entries).effects)


@FEWER
@given(entries=JOURNALS)
def test_the_outcome_does_not_depend_on_restarts(entries: list[Entry]) -> None:
    once, often = whole(entries), restarted(entries)
    assert texts(often.effects) == texts(once.effects)


@FEWER
@given(entries=JOURNALS)
def test_a_snapshot_is_canonical(entries: list[Entry]) -> None:
    fold = engine.start(REGION)
    for each in entries:
        engine.step(fold, each)
        data = engine.snapshot(fold)
        assert engine.snapshot(engine.restore(data)) == data


@FEWER
@given(entries=JOURNALS)
def test_an_entry_folded_already_changes_nothing(entries: list[Entry]) -> None:
    fold = whole(entries).fold
    before = engine.snapshot(fold)
    assert [effect for each in entries for effect in engine.step(fold, each)] == []
    assert engine.snapshot(fold) == before


REPEATED = (DailyFigures, SignalSanitaire, Acknowledge, BedCapacity)


@FEWER
@given(entries=JOURNALS)
def test_what_is_journaled_twice_changes_no_posture_and_adds_no_page(entries: list[Entry]) -> None:
    twice: list[Entry] = []
    for each in entries:
        copies = 2 if isinstance(decode(each.kind, each.payload), REPEATED) else 1
        twice += [_numbered(each, len(twice) + copy) for copy in range(1, copies + 1)]
    once, again = whole(entries), whole(twice)
    for status in Status:
        assert decided(again.effects, status) == decided(once.effects, status)


def _numbered(each: Entry, seq: int) -> Entry:
    return Entry(seq, each.recorded_at, each.occurred_at, each.status, each.region, each.kind, each.payload)


@FEWER
@given(entries=JOURNALS)
def test_every_effect_has_its_own_id_and_its_own_instant(entries: list[Entry]) -> None:
    fold, effects = engine.start(REGION), list[Effect]()
    for each in entries:
        caused = engine.step(fold, each)
        assert all(effect.at <= each.recorded_at for effect in caused)
        effects += caused
    effects += engine.advance(fold, entries[-1].recorded_at + AFTERWARDS)
    assert len({effect.id for effect in effects}) == len(effects)
    assert all(one.at <= other.at for one, other in pairwise(effects))
