"""The engine: one ordered journal of a region in, effects out.

`step` drains every internal deadline at or before the entry's ``recorded_at``, each stamped with its own instant, then
applies the entry. `advance` does the same without an entry: it is what a live clock tick does, and it is not
journaled. Same entries, same effects: whatever the ticks, the restarts, the hash seed, the time zone or the locale.
"""

from collections.abc import Callable
from datetime import datetime
from heapq import heapify, heappop
from typing import Any, Final

import msgspec

from alerts import book
from alerts.astreinte import Roster
from alerts.effects import Effect, EntryRejected, effect_id
from orsan_plans.geography import REGIONS
from orsan_plans.schema import PlanError
from streams import messages
from streams.entry import Entry, Status
from streams.messages.reference import PlanCatalogue
from streams.region import calls, exercises, feeds, maintenance, open_signals, setting, visit_closing
from streams.region.fold import Fold, Observer, Turn
from streams.region.judging import arm_alerts, judge_all, judge_rule, named
from streams.region.publishing import feed_changed, publish_calls
from streams.region.receiving import RECEIVERS
from streams.region.sliding import slide
from streams.region.state import Due, RegionState
from streams.region.telling import let_out, tell_digest
from streams.region.triage import judge_signal

SNAPSHOT_VERSION: Final = 10


class JournalBroken(ValueError):
    """The journal handed an entry that cannot follow the previous one: a gap, or time going back."""


class UnreadableSnapshot(ValueError):
    """The bytes are not a snapshot this version of the engine can restore."""


def start(region: str) -> Fold:
    """Return the fold of a region before its first entry; ValueError for an INSEE code that is no région."""
    if region not in REGIONS:
        raise ValueError(f"unknown région {region!r}: expected an INSEE code such as 52")
    return Fold(RegionState(region))


def step(fold: Fold, entry: Entry, observer: Observer | None = None) -> list[Effect]:
    """Fold one entry and return its effects; an entry already folded returns none. JournalBroken on a gap."""
    state = fold.state
    if entry.seq <= state.seq:
        return []
    if entry.seq != state.seq + 1 or entry.region != state.region or entry.recorded_at < state.now:
        raise JournalBroken(
            f"region {state.region}: entry {entry.seq} recorded {entry.recorded_at:%Y-%m-%dT%H:%M:%SZ} cannot follow "
            f"entry {state.seq} at {state.now:%Y-%m-%dT%H:%M:%SZ}"
        )
    recorded_at, effects, deadlines = entry.recorded_at, list[Effect](), state.deadlines
    if deadlines and deadlines[0][0] <= recorded_at:
        effects = advance(fold, recorded_at, observer)
    state.seq, state.now = entry.seq, recorded_at
    turn, before = Turn(fold, entry.status, recorded_at, observer, effects), len(effects)
    _apply(turn, entry)
    if len(effects) > before:
        let_out(turn, before)
    if deadlines and deadlines[0][0] <= recorded_at:
        effects += advance(fold, recorded_at, observer)
    return effects


def advance(fold: Fold, to: datetime, observer: Observer | None = None) -> list[Effect]:
    """Fire every deadline at or before ``to`` (aware, UTC), in order, each at its own instant.

    Deadlines of one instant, kind and status are a round: what they have people told leaves together.
    """
    state = fold.state
    effects: list[Effect] = []
    deadlines, before = state.deadlines, 0
    while deadlines and deadlines[0][0] <= to:
        at, due, status, key = heappop(deadlines)
        turn = Turn(fold, status, at, observer, effects)
        _FIRE[Due(due)](turn, key)
        is_round_over = not deadlines or deadlines[0][:3] != (at, due, status)
        if is_round_over and len(effects) > before:
            let_out(turn, before)
            before = len(effects)
    state.now = max(state.now, to)
    return effects


def next_deadline(fold: Fold) -> datetime | None:
    """Return the next instant at which `advance` has something to look at."""
    deadlines = fold.state.deadlines
    return deadlines[0][0] if deadlines else None


def snapshot(fold: Fold) -> bytes:
    """Return the fold's state as canonical, versioned JSON: same state, same bytes."""
    fold.state.deadlines.sort()
    # Steps of time are numbers: msgspec orders the keys of text only.
    return _encode({"version": SNAPSHOT_VERSION, "state": msgspec.to_builtins(fold.state, str_keys=True)})


def restore(data: bytes) -> Fold:
    """Return the fold a snapshot describes; UnreadableSnapshot when it cannot be."""
    try:
        content = _decode(data)
        if content.get("version") != SNAPSHOT_VERSION:
            raise UnreadableSnapshot(f"snapshot version {content.get('version')}, this engine reads {SNAPSHOT_VERSION}")
        return _restored(msgspec.convert(content.get("state"), RegionState, str_keys=True))
    except (msgspec.DecodeError, PlanError) as error:
        raise UnreadableSnapshot(f"not a snapshot this engine can restore: {error}") from None


def _restored(state: RegionState) -> Fold:
    heapify(state.deadlines)
    fold = Fold(state)
    if state.plans:
        fold.catalogue = setting.read_catalogue(PlanCatalogue("", state.plans))
        setting.index_plans(fold, state.now)
    if state.roster is not None:
        fold.roster = Roster.from_content(state.roster)
    return fold


_encode = msgspec.json.Encoder(order="deterministic").encode
_decode: Callable[[bytes], dict[str, Any]] = msgspec.json.Decoder(dict[str, Any]).decode


_RECEIVERS: Final[dict[type, Callable[[Turn, Any], str | None]]] = {**RECEIVERS, **exercises.RECEIVERS}


def _apply(turn: Turn, entry: Entry) -> None:
    try:
        message = messages.decode(entry.kind, entry.payload)
    except KeyError:
        reason: str | None = f"unknown kind {entry.kind!r}"
    except msgspec.DecodeError as error:
        reason = f"unreadable payload: {error}"
    else:
        receiver = _RECEIVERS[type(message)]
        is_played = turn.status is Status.EXERCISE
        reason = exercises.receive(turn, message, receiver) if is_played else receiver(turn, message)
    if reason is not None:
        turn.effects.append(_rejected(entry, reason))


def _rejected(entry: Entry, reason: str) -> EntryRejected:
    return EntryRejected(
        id=effect_id("rejected", entry.region, entry.seq),
        at=entry.recorded_at,
        status=entry.status,
        seq=entry.seq,
        entry_kind=entry.kind,
        reason=reason,
    )


def _fire_plans(turn: Turn, key: str) -> None:  # noqa: ARG001 - every deadline has a key
    setting.apply_plans(turn)


def _fire_slide(turn: Turn, key: str) -> None:  # noqa: ARG001 - every deadline has a key
    slide(turn)


def _fire_silence(turn: Turn, key: str) -> None:
    if feeds.check(turn, key):
        feed, _, territory = key.partition("@")
        feed_changed(turn, feed, territory)


def _fire_signal_end(turn: Turn, key: str) -> None:
    state = turn.world.signals.get(key)
    if state is not None and state.signal.ends_at is not None and state.signal.ends_at <= turn.now:
        open_signals.forget(turn.world, key)
        judge_signal(turn, state.signal)


def _fire_calls(turn: Turn, key: str) -> None:
    feed, _, territory = key.partition("@")
    calls.forget(turn, feed, territory)
    publish_calls(turn, feed, territory)


def _fire_posture(turn: Turn, key: str) -> None:
    rule_key, _, territory = key.partition("@")
    in_force = turn.fold.rules.by_key.get(rule_key)
    if in_force is not None:
        judge_rule(turn, in_force, territory)


def _fire_alert(turn: Turn, key: str) -> None:
    alert = turn.world.book.alerts.get(key)
    if alert is not None:
        alert.armed_for = None
        effects = book.work(turn.world.book, turn.desk(), key)
        turn.effects += effects
        arm_alerts(turn, (key, *named(effects)))


def _fire_maintenance(turn: Turn, key: str) -> None:
    for feed, territory in maintenance.over(turn, key):
        judge_all(turn, turn.fold.rules.by_feed.get(feed, []), territory)


_FIRE: Final[dict[Due, Callable[[Turn, str], None]]] = {
    Due.PLANS: _fire_plans,
    Due.SLIDE: _fire_slide,
    Due.DAY_CLOSE: setting.close_day,
    Due.FEED_SILENCE: _fire_silence,
    Due.MAINTENANCE: _fire_maintenance,
    Due.SIGNAL_END: _fire_signal_end,
    Due.VISIT_DAY: visit_closing.fire,
    Due.CALLS: _fire_calls,
    Due.POSTURE: _fire_posture,
    Due.ALERT: _fire_alert,
    Due.DIGEST: tell_digest,
    Due.EXERCISE: exercises.fire,
}
