"""Exercises: who may be told, which entries count, and what is left when one ends.

=======================================  =========================================================================
an exercise entry arrives                then
=======================================  =========================================================================
and no exercise was ever opened          it counts; the roster's own participants may be told (journals of before)
while an exercise runs                   it counts; the participants of that exercise may be told, and nobody else
after the last one ended, or before it   it is refused: a région that numbers its exercises numbers all of them
starts
and is a delivery report                 it counts: what became of a message is a fact, not a decision
=======================================  =========================================================================

One exercise at a time in a région. The exercise world is empty when one opens and again when it ends: its alerts are
closed, its volets lifted, its raised postures forgotten and those who were called are told that it is over, so that
nothing of it calls anybody later.
"""

from collections.abc import Callable
from heapq import heapify
from typing import Any, Final

from alerts import book
from alerts.postures import PostureState
from orsan_plans.territory import level_of, width
from streams.entry import Status
from streams.messages.decisions import DecideVolet
from streams.messages.deliveries import DeliveryReport
from streams.messages.exercises import ExerciseClosed, ExerciseOpened
from streams.region.deciding import decision
from streams.region.fold import Fold, Turn
from streams.region.judging import forget
from streams.region.state import Due, ExerciseState, World

Receiver = Callable[[Turn, Any], str | None]

NOT_AN_EXERCISE: Final = "an exercise is opened and closed by entries of status exercise"


def opened(turn: Turn, message: ExerciseOpened) -> str | None:
    """Open an exercise: its number is new, nothing else runs, and its participants are in the roster."""
    refusal = _cannot_open(turn, message)
    if refusal is not None:
        return refusal
    _clear(turn, f"ouverture de l'exercice {message.number}")
    turn.fold.state.exercises[message.number] = ExerciseState(message, turn.now)
    turn.fold.arm(message.ends_at, Due.EXERCISE, Status.EXERCISE, message.number)
    return None


def _cannot_open(turn: Turn, message: ExerciseOpened) -> str | None:
    state, roster = turn.fold.state, turn.fold.roster
    running = state.unfinished_exercise
    if turn.status is not Status.EXERCISE:
        return NOT_AN_EXERCISE
    if message.number in state.exercises:
        return f"exercise {message.number} exists already: a number is used once"
    if running is not None:
        return f"exercise {running.opened.number} is not over: close it first"
    if not turn.now < message.ends_at > message.starts_at:
        return f"exercise {message.number} ends before it starts, or is over already"
    if roster is None:
        return "no roster is in force: nobody could take part"
    missing = [each for each in message.participants if roster.person(each) is None]
    return f"not a person of the roster: {', '.join(missing)}" if missing else None


def closed(turn: Turn, message: ExerciseClosed) -> str | None:
    """Close an exercise before its end."""
    if turn.status is not Status.EXERCISE:
        return NOT_AN_EXERCISE
    known = turn.fold.state.exercises.get(message.number)
    if known is None:
        return f"no exercise {message.number} was opened"
    if known.ended_at is not None:
        return f"exercise {message.number} is over already"
    _end(turn, known)
    known.closed_by, known.summary = message.author, message.summary
    return None


def fire(turn: Turn, number: str) -> None:
    """End an exercise at the instant it was to end."""
    known = turn.fold.state.exercises[number]
    if known.ended_at is None and known.opened.ends_at <= turn.now:
        _end(turn, known)


def receive(turn: Turn, message: Any, receiver: Receiver) -> str | None:  # noqa: ANN401 - any kind of message
    """Hand an exercise entry to its receiver; return why it does not count."""
    if isinstance(message, ExerciseOpened | ExerciseClosed | DeliveryReport):
        return receiver(turn, message)
    running = turn.fold.state.running_exercise(turn.now)
    if running is None and turn.fold.state.exercises:
        return "no exercise is running: open one, with its number and participants"
    reason = receiver(turn, message)
    if reason is None and running is not None and isinstance(message, DecideVolet) and message.decision == "activer":
        running.activated.setdefault(message.volet, turn.now)
    return reason


def year_of(fold: Fold, exercise: ExerciseState) -> int:
    """Return the year an exercise counts for: that of its start, in local time (Vigie's choice)."""
    return exercise.opened.starts_at.astimezone(fold.zone).year


def counted_by_year(fold: Fold) -> dict[int, int]:
    """Return how many exercises of each year activated an ORSAN volet, years with none included."""
    counts: dict[int, int] = {}
    for each in fold.state.exercises.values():
        year = year_of(fold, each)
        counts[year] = counts.get(year, 0) + bool(each.activated)
    return dict(sorted(counts.items()))


def _end(turn: Turn, exercise: ExerciseState) -> None:
    # Before it is over: those who take part may still be told that it is.
    _clear(turn, f"fin de l'exercice {exercise.opened.number}")
    exercise.ended_at = turn.now


def _clear(turn: Turn, why: str) -> None:
    raised = [key for key, state in turn.world.postures.items() if state.posture.rank > 0]
    for key in sorted(raised, key=_narrowest_first):
        forget(turn, key)
    turn.effects += book.close_all(turn.world.book, turn.desk())
    # After the alerts: a volet lifted by the end is not an act that somebody promised.
    for key in sorted(turn.world.activated):
        volet, _, territory = key.partition("@")
        decision(turn, DecideVolet(volet, territory, "lever", "Vigie", why))
    _begin_again(turn)


def _narrowest_first(key: str) -> tuple[int, str]:
    # A wider alert that ends first would release the narrower ones it covers, only for them to end too.
    return width(level_of(key.partition("@")[2])), key


def _begin_again(turn: Turn) -> None:
    state, status = turn.fold.state, turn.status
    # What was not raised stays as it was said: hundreds of postures that move to say nothing would hide the rest.
    quiet = {key: PostureState(each.posture, each.is_unknown) for key, each in turn.world.postures.items()}
    turn.world = state.worlds[status] = World(moves=turn.world.moves, postures=quiet)
    state.deadlines[:] = [each for each in state.deadlines if each[2] != status or each[1] == Due.EXERCISE]
    heapify(state.deadlines)
    turn.fold.watches = {key: each for key, each in turn.fold.watches.items() if key[0] != status}


RECEIVERS: Final[dict[type, Receiver]] = {ExerciseOpened: opened, ExerciseClosed: closed}
