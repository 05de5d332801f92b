"""What holds of silences, groups and storms whatever the journal."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from alerts.effect_codec import decode, encode
from alerts.effects import AlertRaised, Effect, NonSend, Notify, NotSent, Purpose
from alerts.volume.limits import GATHERING, Limits
from streams import engine
from streams.entry import Entry, Status
from streams.messages import Message
from streams.messages.quiet import MaintenancePlanned, SilenceLifted, SilenceSet
from streams.region.fold import Fold
from tests.core.builders import HOUR, NANTES, REGION, Run, roster, roster_version, run, texts
from tests.core.generated import AFTERWARDS, ANSWERS, FEWER, MEASURES, REPORTS, Making, Script, entries_of, scripts
from tests.core.test_engine_determinism import TICKS, ticking
from tests.core.volume_play import LIMITED, LIMITS

ROSTERS: Final = st.sampled_from(
    [LIMITED, roster_version(replace(roster(), limits=Limits())), roster_version(roster())]
)


@st.composite
def quiets(draw: st.DrawFn) -> Making:
    scope: dict[str, Any] = draw(
        st.sampled_from(
            [{"volet": "REB"}, {"territory": "DEP-44"}, {"rule": "accident"}, {"territory": f"ETAB-{NANTES}"}]
        )
    )
    hours, includes = draw(st.sampled_from([1, 3, 30])), draw(st.booleans())
    what = draw(st.sampled_from(["set", "set", "lift", "maintenance"]))

    def make(_fold: Fold, _effects: list[Effect], at: Entry) -> Message:
        until = at.recorded_at + hours * HOUR
        if what == "maintenance":
            return MaintenancePlanned("m", "rpu", "DEP-44", at.recorded_at, until, "DSI", "Essai")
        if what == "lift":
            return SilenceLifted("s", "Cécile", "Essai")
        return SilenceSet("s", until, "Cécile", "Essai", **scope, includes_alerte=includes)

    return make


def _in_force(message: Message, _fold: Fold, _effects: list[Effect], _at: Entry) -> Message:
    return message


LIMITING: Final = ROSTERS.map(lambda message: partial(_in_force, message))
STORMY: Final = scripts(MEASURES, MEASURES, MEASURES, ANSWERS, REPORTS, quiets())


@st.composite
def stormy(draw: st.DrawFn) -> list[Entry]:
    first = (timedelta(0), Status.ACTUAL, draw(LIMITING))
    script: Script = [first, *draw(STORMY)]
    return entries_of(script)


def played(entries: list[Entry]) -> Run:
    return run(entries, entries[-1].recorded_at + AFTERWARDS)


@FEWER
@given(entries=stormy())
def test_volume_is_the_same_after_any_restart(entries: list[Entry]) -> None:
    fold, effects = engine.start(REGION), list[Effect]()
    for each in entries:
        effects += engine.step(fold, each)
        data = engine.snapshot(fold)
        fold = engine.restore(data)
        assert engine.snapshot(fold) == data
    effects += engine.advance(fold, entries[-1].recorded_at + AFTERWARDS)
    assert texts(effects) == texts(played(entries).effects)
    assert [decode(encode(effect)) for effect in effects] == effects


@FEWER
@given(entries=stormy(), ticks=TICKS)
def test_volume_does_not_depend_on_tick_cadence(entries: list[Entry], ticks: list[int]) -> None:
    assert texts(ticking(entries, ticks).effects) == texts(played(entries).effects)


@FEWER
@given(entries=stormy())
def test_a_storm_never_keeps_back_a_posture_graver_than_what_was_told(entries: list[Entry]) -> None:
    """For each first call kept back, the person was told of that posture within the window, and a digest follows."""
    effects = played(entries).effects
    raised = {e.brief.alert_id: e.brief for e in effects if isinstance(e, AlertRaised)}
    for kept in [e for e in effects if isinstance(e, NotSent) and e.reason is NonSend.STORM]:
        before = _told_to(kept, effects, kept.at - LIMITS.window, kept.at)
        assert before
        postures = [e.brief.posture.rank for e in before if e.purpose is not Purpose.END and _is_told(e)]
        first = raised[kept.alert_id]
        if first.raised_at == kept.at:
            assert max(postures, default=0) >= first.posture.rank


def _is_told(notify: Notify) -> bool:
    return notify.digest is None or bool(notify.digest.lines)


def _told_to(kept: NotSent, effects: Iterable[Effect], after: datetime, until: datetime) -> list[Notify]:
    notified = [e for e in effects if isinstance(e, Notify) and (e.person, e.status) == (kept.person, kept.status)]
    return [e for e in notified if after < e.at <= until]


@FEWER
@given(entries=stormy())
def test_what_a_storm_keeps_back_is_in_a_digest_soon_unless_it_is_settled(entries: list[Entry]) -> None:
    effects = played(entries).effects
    last = entries[-1].recorded_at + AFTERWARDS
    for kept in [e for e in effects if isinstance(e, NotSent) and e.reason is NonSend.STORM]:
        by = kept.at + max(GATHERING, LIMITS.digest_every)
        digests = [e for e in _told_to(kept, effects, kept.at, by) if e.purpose is Purpose.DIGEST]
        settled = [
            e for e in effects if e.kind in {"alert_changed", "not_sent"} and e is not kept and kept.at <= e.at <= by
        ]
        named = any(kept.alert_id in e.alert_ids or (e.digest and e.digest.ended) for e in digests)
        assert named or by > last or any(getattr(e, "alert_id", "") == kept.alert_id for e in settled)


@FEWER
@given(entries=stormy())
def test_every_message_kept_back_has_its_reason_and_none_leaves_twice(entries: list[Entry]) -> None:
    effects = played(entries).effects
    ids = Counter(effect.id for effect in effects)
    assert max(ids.values(), default=1) == 1
    grouped = Counter(f"in the message {e.id}" for e in effects if isinstance(e, Notify) for _ in e.grouped)
    assert grouped == Counter(
        e.detail for e in effects if isinstance(e, NotSent) and e.detail.startswith("in the message")
    )


@FEWER
@given(entries=stormy())
def test_every_alert_has_its_next_deadline_armed_and_the_indexes_hold(entries: list[Entry]) -> None:
    fold = played(entries).fold
    armed = {(at, key) for at, _, _, key in fold.state.deadlines}
    for status in Status:
        alerts = fold.state.worlds[status].book
        for id_, alert in alerts.alerts.items():
            due = min((d for d in (alert.escalation.due_at, alert.close_at) if d is not None), default=None)
            assert due is None or (due, id_) in armed
            assert all(id_ in alerts.messages.get(message, [id_]) for message in alert.escalation.pending)
        assert sorted(key for keys in alerts.by_rule.values() for key in keys) == sorted(alerts.current)
        assert {id_ for about in alerts.messages.values() for id_ in about} <= alerts.alerts.keys()
        world = fold.state.worlds[status]
        placed = [id_ for places in world.placed.values() for ids in places.values() for id_ in ids]
        assert sorted(placed) == sorted(world.signals)


@FEWER
@given(script=scripts())
def test_without_limits_or_silences_what_leaves_is_what_escalations_ask(script: Script) -> None:
    effects = played(entries_of(script)).effects
    assert not [e for e in effects if isinstance(e, Notify) and (e.grouped or e.digest)]
    assert not [e for e in effects if isinstance(e, NotSent) and e.reason in {NonSend.STORM, NonSend.SILENCED}]
    assert all(b'"grouped":' not in encode(e) for e in effects)
