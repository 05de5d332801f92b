"""What a signal and its triage change.

As in `streams.region.receiving`, each function returns None, or why the entry changes nothing.
"""

from datetime import datetime

from orsan_plans.territory import Level, level_of
from streams.messages.signals import QualifySignal, SignalSanitaire
from streams.region import open_signals, setting
from streams.region.fold import Turn
from streams.region.judging import judge_all
from streams.region.state import Due, SignalState


def signal(turn: Turn, message: SignalSanitaire) -> str | None:
    """Open, update or end a signal, and judge the rules of its nature wherever it counts."""
    if not turn.fold.holds(message.territory):
        return f"{message.territory} is not in region {turn.fold.state.region}"
    known = turn.world.signals.get(message.signal_id)
    if message.is_open and (message.ends_at is None or message.ends_at > turn.now):
        open_signals.keep(turn.world, _updated(known, message, turn.now))
        if message.ends_at is not None:
            turn.fold.arm(message.ends_at, Due.SIGNAL_END, turn.status, message.signal_id)
    elif known is None:
        return f"signal {message.signal_id} is ended but was never open"
    else:
        open_signals.forget(turn.world, message.signal_id)
    for each in [message] if known is None else [message, known.signal]:
        judge_signal(turn, each)
    return None


def _updated(known: SignalState | None, message: SignalSanitaire, now: datetime) -> SignalState:
    if known is None:
        return SignalState(message, now)
    # A bulletin that repeats is still what the veille team judged; one that says something else is not.
    before = known.signal
    is_same = (before.nature, before.territory, before.criteria) == (
        message.nature,
        message.territory,
        message.criteria,
    )
    return SignalState(message, known.since, known.triage) if is_same else SignalState(message, known.since)


def judge_signal(turn: Turn, message: SignalSanitaire) -> None:
    """Judge the rules of a signal's nature in its territory, those inside it and those it lies in."""
    fold, place = turn.fold, message.territory
    is_narrowest = level_of(place) is Level.ETABLISSEMENT
    inside = [] if is_narrowest else [each for each in setting.places(fold) if place in fold.ancestors(each)]
    own = [] if place in ("FR", *inside) else [place]
    wider = [each for each in fold.ancestors(place) if each != "FR"]
    for territory in [*inside, *own, *wider]:
        judge_all(turn, fold.rules.by_nature.get(message.nature, []), territory)


def qualify(turn: Turn, message: QualifySignal) -> str | None:
    """Take the triage of the veille team into account: a signal put aside no longer asks for anything."""
    known = turn.world.signals.get(message.signal_id)
    if known is None:
        return f"no open signal {message.signal_id}"
    if message.triage == "ecarte" and not message.reason:
        return f"signal {message.signal_id} is put aside without a reason"
    known.triage = message.triage
    judge_signal(turn, known.signal)
    return None
