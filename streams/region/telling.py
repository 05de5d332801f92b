"""The end of a turn: what the escalations ask passes the gate before it leaves."""

from datetime import datetime
from functools import partial

from alerts.effects import Notify, Recalled
from alerts.volume import gate, traffic
from alerts.volume.gate import Gate
from streams.entry import Status
from streams.region.fold import Fold, Turn
from streams.region.state import Due


def let_out(turn: Turn, start: int) -> None:
    """Pass the effects of a turn from ``start`` on through the gate of the world each is of."""
    effects = turn.effects[start:]
    for effect in effects:
        if isinstance(effect, Recalled):
            traffic.recalled(turn.fold.state.worlds[Status(effect.status)].traffic, effect.person, effect.notification)
    statuses = sorted({effect.status for effect in effects if isinstance(effect, Notify)})
    for status in statuses:
        effects = gate.let_out(_gate(Turn(turn.fold, Status(status), turn.now, None, [])), effects)
    if statuses:
        turn.effects[start:] = effects


def tell_digest(turn: Turn, contact: str) -> None:
    """Tell a contact what a storm kept back."""
    turn.effects += gate.send_digest(_gate(turn), contact)


def _gate(turn: Turn) -> Gate:
    return Gate(turn.world.book, turn.desk(), turn.world.traffic, partial(_arm, turn.fold, turn.status))


def _arm(fold: Fold, status: Status, at: datetime, contact: str) -> None:
    fold.arm(at, Due.DIGEST, status, contact)
