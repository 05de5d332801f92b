"""The life of an alert: every pair of its table, and every pair the table does not allow."""

from itertools import product

import pytest

from alerts.lifecycle import TRANSITIONS, AlertState, Event, Phase, move
from tests.core.builders import BRIEF

PAIRS = list(product(Phase, Event))
ALLOWED = [pair for pair in PAIRS if pair in TRANSITIONS]
ILLEGAL = [pair for pair in PAIRS if pair not in TRANSITIONS]


def alert(phase: Phase) -> AlertState:
    return AlertState(BRIEF, "essai/part", None, phase)


@pytest.mark.parametrize(
    ("phase", "event", "expected"),
    [
        (Phase.RAISED, Event.ROSE, Phase.RAISED),
        (Phase.ACKNOWLEDGED, Event.ROSE, Phase.RAISED),
        (Phase.RESOLVED, Event.ROSE, Phase.RAISED),
        (Phase.RAISED, Event.ANSWERED, Phase.ACKNOWLEDGED),
        (Phase.ACKNOWLEDGED, Event.ANSWERED, Phase.ACKNOWLEDGED),
        (Phase.RESOLVED, Event.ANSWERED, Phase.RESOLVED),
        (Phase.ACKNOWLEDGED, Event.WITHDRAWN, Phase.RAISED),
        (Phase.RAISED, Event.EASED, Phase.RAISED),
        (Phase.ACKNOWLEDGED, Event.EASED, Phase.ACKNOWLEDGED),
        (Phase.RAISED, Event.CLEARED, Phase.RESOLVED),
        (Phase.ACKNOWLEDGED, Event.CLEARED, Phase.RESOLVED),
        (Phase.RESOLVED, Event.EXPIRED, Phase.CLOSED),
    ],
)
def test_every_pair_of_the_table(phase: Phase, event: Event, expected: Phase) -> None:
    state = alert(phase)
    assert move(state, event) is (expected is not phase)
    assert state.phase is expected


def test_the_table_above_is_whole() -> None:
    assert len(ALLOWED) == 12
    assert TRANSITIONS[None, Event.ROSE] is Phase.RAISED
    assert len(TRANSITIONS) == len(ALLOWED) + 1


@pytest.mark.parametrize(("phase", "event"), ILLEGAL)
def test_every_other_pair_is_refused_and_changes_nothing(phase: Phase, event: Event) -> None:
    state = alert(phase)
    with pytest.raises(KeyError):
        move(state, event)
    assert state.phase is phase


def test_an_alert_is_open_while_the_danger_lasts() -> None:
    assert [phase for phase in Phase if alert(phase).is_open] == [Phase.RAISED, Phase.ACKNOWLEDGED]
