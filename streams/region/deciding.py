"""What people's answers and decisions change, and what becomes of their calls.

As in `streams.region.receiving`, each function returns None, or why the entry changes nothing.
"""

from alerts import book
from alerts.answers import Answer
from alerts.effects import Effect, PostureChanged, ReleveTaken, VoletDecided, VoletProposed, effect_id
from alerts.volume import traffic
from orsan_plans.posture import Posture
from streams.messages.decisions import Acknowledge, DecideVolet, ReleveAcknowledged
from streams.messages.deliveries import DeliveryReport
from streams.region.fold import Turn
from streams.region.judging import arm_alerts, named


def acknowledge(turn: Turn, message: Acknowledge) -> str | None:
    """Stop the calls of an alert, or pass it on."""
    given = Answer(message.alert_id, message.by, message.person, message.decision, message.reason)
    effects = book.answer(turn.world.book, turn.desk(), given)
    if isinstance(effects, str):
        return effects
    turn.effects += effects
    arm_alerts(turn)
    return None


def delivery(turn: Turn, message: DeliveryReport) -> str | None:
    """Take into account what became of a call."""
    if message.outcome == "failed":
        traffic.lost(turn.world.traffic, message.notification_id)
    effects = book.report(turn.world.book, turn.desk(), message.notification_id, is_sent=message.outcome == "sent")
    turn.effects += effects
    arm_alerts(turn, named(effects))
    return None


def decision(turn: Turn, message: DecideVolet) -> str | None:
    """Activate or lift a volet: the authority's word, and the only way to ACTIVATION; or propose to activate it."""
    if not turn.fold.holds(message.territory):
        return f"{message.territory} is not in region {turn.fold.state.region}"
    was_active = f"{message.volet}@{message.territory}" in turn.world.activated
    if (message.decision != "lever") is was_active:
        return f"volet {message.volet} is already {'active' if was_active else 'not active'} in {message.territory}"
    if message.decision == "proposer":
        _proposed(turn, message)
    else:
        _decided(turn, message, is_active=message.decision == "activer")
    return None


def _decided(turn: Turn, message: DecideVolet, *, is_active: bool) -> None:
    key, activated = f"{message.volet}@{message.territory}", turn.world.activated
    if is_active:
        activated[key] = message.author
    else:
        del activated[key]
    turn.world.moves += 1
    move = (turn.fold.state.region, turn.status, turn.world.moves)
    decided = VoletDecided(
        id=effect_id("decided", *move),
        at=turn.now,
        status=turn.status,
        volet=message.volet,
        territory=message.territory,
        is_active=is_active,
        author=message.author,
        reason=message.reason,
    )
    moved = PostureChanged(
        id=effect_id("posture", *move),
        at=turn.now,
        status=turn.status,
        plan="",
        volet=message.volet,
        rule="decision",
        territory=message.territory,
        before=Posture.VEILLE if is_active else Posture.ACTIVATION,
        after=Posture.ACTIVATION if is_active else Posture.VEILLE,
        occurred_on=turn.fold.today(turn.now),
        evidence=None,
    )
    turn.effects += [decided, moved, *_acted_on(turn, message)]


def _proposed(turn: Turn, message: DecideVolet) -> None:
    turn.world.moves += 1
    proposed = VoletProposed(
        id=effect_id("proposed_by", turn.fold.state.region, turn.status, turn.world.moves),
        at=turn.now,
        status=turn.status,
        volet=message.volet,
        territory=message.territory,
        author=message.author,
        reason=message.reason,
    )
    turn.effects += [proposed, *_acted_on(turn, message)]


def _acted_on(turn: Turn, message: DecideVolet) -> list[Effect]:
    what = f"{message.decision} {message.volet}"
    return book.decided(turn.world.book, turn.desk(), message.volet, message.territory, message.author, what)


def releve(turn: Turn, message: ReleveAcknowledged) -> None:
    """Say who read the hand-over digest: what happens next is what the following one shows."""
    turn.effects.append(
        ReleveTaken(
            id=effect_id("releve", turn.fold.state.region, turn.fold.state.seq),
            at=turn.now,
            status=turn.status,
            role=message.role,
            by=message.by,
            person=message.person,
            shown=message.shown,
        )
    )
