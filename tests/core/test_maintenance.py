"""A source that is mute as planned raises nothing, and is judged when the window ends."""

from typing import Final

import pytest

from streams.messages import Message
from streams.messages.quiet import MaintenancePlanned
from tests.core.builders import HOUR, NANTES, T0, journal, rule, run, setting

MUTE: Final = rule(
    "muet",
    ["etablissement"],
    {"flux_muet": {"flux": "rpu", "apres": "2 h", "posture": "alerte", "source": "essai"}},
)


def mute(*timed: tuple[float, Message], until: float) -> list[tuple[float, str]]:
    entries = journal(*setting(MUTE), *((T0 + hour * HOUR, what) for hour, what in timed))
    played = run(entries, T0 + until * HOUR)
    where = f"ETAB-{NANTES}"
    return [((at - T0) / HOUR, str(after)) for at, _, place, _, after in played.moves if place == where][1:]


def window(starts: float, ends: float, place: str = f"ETAB-{NANTES}", id_: str = "m") -> MaintenancePlanned:
    return MaintenancePlanned(id_, "rpu", place, T0 + starts * HOUR, T0 + ends * HOUR, "DSI", "Bascule")


@pytest.mark.parametrize("place", [f"ETAB-{NANTES}", "DEP-44", "REG-52"])
def test_a_planned_silence_raises_nothing_and_is_judged_when_it_ends(place: str) -> None:
    assert mute((0, window(1, 5, place)), until=8) == [(5, "ALERTE")]
    assert mute((0, window(1, 1.5, place)), until=8) == [(2, "ALERTE")]


def test_a_silence_older_than_the_maintenance_stays_an_alert() -> None:
    assert mute((2.5, window(2.5, 6)), until=8) == [(2, "ALERTE")]


def test_a_maintenance_said_late_takes_the_alert_back() -> None:
    assert mute((3, window(1, 6)), until=5) == [(2, "ALERTE"), (3, "VEILLE")]


def test_a_maintenance_called_off_is_judged_at_once() -> None:
    assert mute((0, window(1, 6)), (3, window(2.9, 3)), until=8) == [(3, "ALERTE")]


def test_the_maintenance_of_another_source_changes_nothing() -> None:
    assert mute((0, window(1, 6, "DEP-49")), until=8) == [(2, "ALERTE")]
