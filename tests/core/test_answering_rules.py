"""The rules of answers, over made-up escalations: nobody is forgotten, withdrawn answers call again, replays agree."""

from hypothesis import given

from alerts.effects import AlertChange, AlertChanged, AlertRaised, Effect, Notify, NotSent
from alerts.lifecycle import AlertState, Phase
from streams import engine
from streams.entry import Entry, Status
from streams.messages import decode
from streams.messages.decisions import Acknowledge
from streams.region.fold import Fold
from streams.region.state import Due
from tests.core.builders import MINUTE, REGION, decided, run, texts
from tests.core.generated import AFTERWARDS, ESCALATIONS, FEWER

LONGEST_WAIT = 30 * MINUTE
"""What the rosters and policies of these journals let pass between two calls."""


def watched(entries: list[Entry]) -> list[Effect]:
    return run(entries, entries[-1].recorded_at + AFTERWARDS).effects


def alerts(fold: Fold) -> list[AlertState]:
    return list(fold.state.worlds[Status.ACTUAL].book.alerts.values())


def check(fold: Fold) -> None:
    armed = {key: at for at, due, _, key in sorted(fold.state.deadlines, reverse=True) if due == Due.ALERT}
    for alert in alerts(fold):
        needs_answer = alert.audience is not None and alert.audience.needs_acknowledgement
        is_called = alert.phase is Phase.RAISED and alert.subsumed_by is None and needs_answer
        if is_called:
            due = alert.escalation.due_at
            assert due is not None
            assert armed[alert.brief.alert_id] <= due <= fold.state.now + LONGEST_WAIT
        if alert.withdraw_at is not None:
            assert alert.phase is Phase.ACKNOWLEDGED
            assert armed[alert.brief.alert_id] <= (alert.remind_at or alert.withdraw_at)


@FEWER
@given(entries=ESCALATIONS)
def test_an_alert_without_enough_answers_is_never_silent(entries: list[Entry]) -> None:
    fold, last = engine.start(REGION), entries[-1].recorded_at + AFTERWARDS
    for each in [*entries, None]:
        until = each.recorded_at if each else last
        while (due := engine.next_deadline(fold)) is not None and due <= until:
            engine.advance(fold, due)
            check(fold)
        if each is not None:
            engine.step(fold, each)
            check(fold)


@FEWER
@given(entries=ESCALATIONS)
def test_a_withdrawn_answer_makes_the_calls_start_again_at_once(entries: list[Entry]) -> None:
    covered = set[str]()
    effects = watched(entries)
    for position, effect in enumerate(effects):
        if isinstance(effect, AlertChanged):
            if effect.change is AlertChange.SUBSUMED:
                covered.add(effect.alert_id)
            if effect.change in {AlertChange.RELEASED, AlertChange.RESOLVED}:
                covered.discard(effect.alert_id)
            if effect.change is AlertChange.WITHDRAWN and effect.alert_id not in covered:
                assert any(is_told(other, effect) for other in effects[position:])


def is_told(effect: Effect, changed: AlertChanged) -> bool:
    if isinstance(effect, Notify):
        return effect.at == changed.at and effect.brief.alert_id == changed.alert_id
    return isinstance(effect, NotSent) and effect.at == changed.at and effect.alert_id == changed.alert_id


@FEWER
@given(entries=ESCALATIONS)
def test_a_snapshot_at_any_entry_and_any_tick_gives_the_same_effects(entries: list[Entry]) -> None:
    fold, effects = engine.start(REGION), list[Effect]()
    for each in entries:
        while (due := engine.next_deadline(fold)) is not None and due <= each.recorded_at:
            effects += engine.advance(fold, due)
            fold = engine.restore(engine.snapshot(fold))
        effects += engine.step(fold, each)
        fold = engine.restore(engine.snapshot(fold))
    effects += engine.advance(fold, entries[-1].recorded_at + AFTERWARDS)
    assert texts(effects) == texts(watched(entries))
    assert len({effect.id for effect in effects}) == len(effects)


@FEWER
@given(entries=ESCALATIONS)
def test_an_answer_journaled_twice_is_one_answer(entries: list[Entry]) -> None:
    twice: list[Entry] = []
    for each in entries:
        copies = 2 if isinstance(decode(each.kind, each.payload), Acknowledge) else 1
        for _ in range(copies):
            at = each.recorded_at
            twice.append(Entry(len(twice) + 1, at, at, each.status, each.region, each.kind, each.payload))
    assert decided(watched(twice)) == decided(watched(entries))


@FEWER
@given(entries=ESCALATIONS)
def test_nobody_is_called_for_what_enough_people_answered(entries: list[Entry]) -> None:
    answered = set[str]()
    for effect in watched(entries):
        if isinstance(effect, AlertChanged):
            if effect.change is AlertChange.ACKNOWLEDGED:
                answered.add(effect.alert_id)
            if effect.change is AlertChange.WITHDRAWN:
                answered.discard(effect.alert_id)
        elif isinstance(effect, AlertRaised):
            answered.discard(effect.brief.alert_id)
        elif isinstance(effect, Notify) and effect.purpose == "call":
            assert effect.brief.alert_id not in answered
