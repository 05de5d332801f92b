"""Signals: a second one of the same event calls nobody; a triage lasts while the signal says the same."""

from datetime import datetime

import pytest

from streams.messages import Message
from streams.messages.signals import QualifySignal
from tests.core.builders import HOUR, MINUTE, T0, Run, event, journal, rule, run, setting, signal

ACCIDENT = rule("accident", ["departement"], event("accident"))
RED = {"couleur": "rouge"}
BY_COLOUR = rule("couleur", ["departement"], event("accident", couleur="rouge"))


def played(*timed: tuple[datetime, Message], rules: tuple[dict[str, object], ...] = (ACCIDENT,)) -> Run:
    return run(journal(*setting(*rules), *timed), T0 + 3 * HOUR)


def test_a_second_signal_of_an_open_event_is_attached_and_calls_nobody() -> None:
    alone = played((T0, signal("s1")))
    both = played((T0, signal("s1")), (T0 + MINUTE, signal("s2")))
    assert both.calls == alone.calls
    (attached,) = [each for each in both.of("alert_changed") if each.change == "attached"]
    assert (attached.at, attached.territory, attached.by) == (T0 + MINUTE, "DEP-44", "Signal s2")


def test_what_is_called_after_it_knows_it() -> None:
    both = played((T0, signal("s1")), (T0 + MINUTE, signal("s2")))
    later = [each for each in both.of("notify") if each.at > T0 + MINUTE]
    assert later
    assert all(each.brief.evidence.events == ("Signal s1", "Signal s2") for each in later)


def test_a_signal_elsewhere_or_of_another_nature_is_not_attached() -> None:
    apart = played(
        (T0, signal("s1")), (T0 + MINUTE, signal("s2", territory="DEP-49")), (T0 + MINUTE, signal("s3", "meteo"))
    )
    assert [each for each in apart.of("alert_changed") if each.change == "attached"] == []


def test_an_alert_lasts_until_the_last_of_its_signals_ends() -> None:
    ends = [(T0 + n * HOUR, signal(f"s{n}", is_open=False)) for n in (1, 2)]
    moves = played((T0, signal("s1")), (T0, signal("s2")), *ends).moves
    assert [at for at, _, _, _, after in moves if after == "VEILLE"][-1] == T0 + 2 * HOUR


@pytest.mark.parametrize(
    ("criteria", "is_back"), [({"couleur": "rouge"}, False), ({"couleur": "rouge", "victimes": "9"}, True)]
)
def test_a_signal_put_aside_stays_aside_until_it_says_something_else(criteria: dict[str, str], is_back: bool) -> None:
    aside = (T0 + MINUTE, QualifySignal("s1", "ecarte", "Veille", "exercice local"))
    again = (T0 + HOUR, signal("s1", criteria=criteria))
    found = played((T0, signal("s1", criteria=RED)), aside, again, rules=(BY_COLOUR,))
    assert [at for at, _, _, _, after in found.moves if after == "ALERTE"] == [T0] + [T0 + HOUR] * is_back
