"""A silence holds the calls of what it names until it ends; an ACTIVATION is never held."""

from dataclasses import replace
from typing import Any

import pytest

from alerts.effects import NonSend
from orsan_plans.posture import Posture
from streams.entry import Status
from streams.messages import Message
from streams.messages.quiet import MaintenancePlanned, SilenceLifted
from tests.core.builders import HOUR, T0
from tests.core.volume_play import answered, meteo, play, reasons, reported, silence, told


def test_a_silenced_alert_calls_when_the_silence_ends() -> None:
    played = play((0, silence(volet="REB")), (1, meteo(1)), until=121)
    assert reasons(played) == [(1, NonSend.SILENCED)]
    assert told(played) == [(120, "call", 1)]
    assert played.of("not_sent")[0].detail == "silence s1"


def test_calls_under_way_stop_at_the_silence_and_begin_again_at_its_end() -> None:
    played = play((0, meteo(1)), (1, silence(territory="DEP-44", hours=1)), until=75)
    assert told(played) == [(0, "call", 1), (60, "call", 1), (70, "call", 1)]
    assert [(e.person, e.call) for e in played.of("notify")] == [("marc", 1), ("marc", 1), ("denis", 2)]


def test_the_next_contact_is_not_tried_during_a_silence() -> None:
    played = play((0, meteo(1)), (1, silence(rule="essai/couleur")), (2, reported(0, "failed")), until=60)
    assert told(played) == [(0, "call", 1)]
    assert reasons(played) == [(2, NonSend.SILENCED)]


@pytest.mark.parametrize(
    ("scope", "is_silenced"),
    [
        ({"volet": "REB"}, True),
        ({"volet": "AMAVI"}, False),
        ({"rule": "couleur"}, True),
        ({"rule": "essai/couleur"}, True),
        ({"rule": "autre/couleur"}, False),
        ({"territory": "ETAB-440000001"}, True),
        ({"territory": "DEP-44"}, True),
        ({"territory": "REG-52"}, True),
        ({"territory": "DEP-49"}, False),
        ({"volet": "REB", "territory": "DEP-49"}, False),
    ],
)
def test_a_silence_holds_what_it_names(scope: dict[str, Any], is_silenced: bool) -> None:
    assert told(play((0, silence(**scope)), (1, meteo(1)))) == ([] if is_silenced else [(1, "call", 1)])


@pytest.mark.parametrize(("includes", "calls"), [(False, [(1, "call", 1)]), (True, [])])
def test_an_alerte_is_silenced_only_when_the_silence_says_so(includes: bool, calls: list[Any]) -> None:
    assert told(play((0, silence(volet="REB", includes_alerte=includes)), (1, meteo(1, "rouge")))) == calls


def test_an_activation_is_never_silenced() -> None:
    raised = play((1, meteo(1, "rouge"))).of("alert_raised")[0].brief
    activation = replace(raised, posture=Posture.ACTIVATION)
    fold = play((0, silence(volet="REB", includes_alerte=True))).fold
    (held,) = fold.state.worlds[Status.ACTUAL].silences.values()
    assert held.matches(raised, fold.ancestors)
    assert not held.matches(activation, fold.ancestors)


def test_a_lifted_silence_calls_at_once_unless_another_holds() -> None:
    lifted = SilenceLifted("s1", "Cécile", "Fini")
    once = play((0, silence(volet="REB")), (1, meteo(1)), (5, lifted), until=6)
    assert told(once) == [(5, "call", 1)]
    twice = play((0, silence(volet="REB")), (0, silence("s0", hours=1, rule="couleur")), (1, meteo(1)), (5, lifted))
    assert told(twice) == []
    assert reasons(twice) == [(1, NonSend.SILENCED), (5, NonSend.SILENCED)]


def test_a_silence_set_again_ends_later_and_is_said_once() -> None:
    again = silence(volet="REB", at=T0 + HOUR)
    played = play((0, silence(volet="REB")), (1, meteo(1)), (60, again), until=181)
    assert reasons(played) == [(1, NonSend.SILENCED)]
    assert told(played) == [(180, "call", 1)]


def test_what_is_answered_or_over_during_a_silence_calls_nobody() -> None:
    assert told(play((0, silence(volet="REB")), (1, meteo(1)), (5, answered(0)), until=300)) == []
    over = play((0, silence(volet="REB")), (1, meteo(1)), (5, meteo(1, is_open=False)), until=300)
    assert told(over) == []
    assert reasons(over) == [(1, NonSend.SILENCED)]


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (silence(), "nothing silences everything"),
        (silence(volet="REB", hours=-1), "ends after it is set"),
        (silence(volet="REB", hours=24 * 7 + 1), "within 7 days"),
        (silence(territory="DEP-75"), "not in region"),
        (SilenceLifted("s9", "Cécile", "Fini"), "no silence s9"),
        (MaintenancePlanned("m", "rpu", "DEP-44", T0, T0, "DSI", "Bascule"), "ends after it starts"),
        (MaintenancePlanned("m", "rpu", "DEP-75", T0, T0 + HOUR, "DSI", "Bascule"), "not in region"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(message: Message, why: str) -> None:
    assert why in play((0, message)).of("entry_rejected")[0].reason
