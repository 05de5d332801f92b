"""Alerts through a whole fold: raised, answered, worsened, subsumed, released, ended, closed."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final, Literal

import pytest

from alerts import book
from alerts.answers import Answer
from alerts.book import AlertBook, Desk, PostureMove
from alerts.effects import AlertChanged, AlertRaised, Effect, NonSend, Notify, NotSent
from alerts.lifecycle import CLOSE_AFTER, Phase
from orsan_plans.plan import Audience
from orsan_plans.posture import Posture
from streams import engine
from streams.entry import Entry, Status
from streams.messages import Message
from streams.messages.decisions import Acknowledge
from streams.messages.deliveries import DeliveryReport
from tests.core.builders import (
    BRIEF,
    MINUTE,
    REGION,
    T0,
    Run,
    entry,
    event,
    journal,
    roster,
    rule,
    run,
    setting,
    signal,
)

ACCIDENT = rule("accident", ["departement"], event("accident"))
METEO = rule(
    "meteo",
    ["departement"],
    {"une_parmi": [event("meteo", posture="vigilance", couleur="orange"), event("meteo", couleur="rouge")]},
    prevenir={"vigilance": {"roles": ["cadre"]}, "alerte": {"roles": ["cadre", "medecin"]}},
)
GROUPED = rule(
    "accident", ["departement"], event("accident"), prevenir={"alerte": {"roles": ["cadre"], "regroupement": "5 min"}}
)


def play(which: dict[str, Any], *timed: tuple[float, Message | str], until: float = 0) -> Run:
    """Fold messages given at minutes after the setting; ``ack`` answers the alert raised last."""
    entries = journal(*setting(which))
    for minute, what in timed:
        at = T0 + minute * MINUTE
        entries.append(entry(len(entries) + 1, at, answer_to(entries, at) if isinstance(what, str) else what))
    return run(entries, T0 + until * MINUTE if until else None)


def answer_to(entries: list[Entry], at: datetime) -> Acknowledge:
    return Acknowledge(run(entries, at).of("alert_raised")[-1].brief.alert_id, "Cécile")


def meteo(colour: str, territory: str = "DEP-44", **more: Any) -> Message:  # noqa: ANN401 - any field of a signal
    return signal(f"m-{territory}", "meteo", territory, criteria={"couleur": colour}, **more)


def minutes(played: Run) -> list[tuple[float, str]]:
    return [((at - T0) / MINUTE, contact) for at, purpose, contact in played.calls if purpose == "call"]


def changes(played: Run) -> list[tuple[str, str]]:
    return [(e.territory, e.change) for e in played.of("alert_changed")]


def test_nobody_answers() -> None:
    played = play(ACCIDENT, (0, signal()), until=85)
    assert minutes(played) == [
        (0, "cecile/sms"),
        (0, "eva/sms"),
        (10, "marc/sms"),
        (20, "denis/sms"),
        (50, "denis/sms"),
        (80, "denis/sms"),
    ]


def test_an_answer_stops_the_calls_for_everyone() -> None:
    played = play(ACCIDENT, (0, signal()), (12, "ack"), (13, "ack"), until=600)
    assert minutes(played)[-1] == (10, "marc/sms")
    assert changes(played) == [("DEP-44", "acknowledged")]


def test_worse_than_what_was_answered_calls_again() -> None:
    played = play(METEO, (0, meteo("orange")), (2, "ack"), (30, meteo("rouge")), until=41)
    assert minutes(played) == [(0, "cecile/sms"), (0, "eva/sms"), (30, "cecile/sms"), (30, "eva/sms"), (40, "marc/sms")]
    assert [e.episode for e in played.of("alert_raised")] == [1, 2]
    assert len({e.brief.alert_id for e in played.of("alert_raised")}) == 1


def test_milder_tells_the_milder_audience_only_when_nobody_answered() -> None:
    silent = play(METEO, (0, meteo("rouge")), (5, meteo("orange")), until=6)
    answered = play(METEO, (0, meteo("rouge")), (2, "ack"), (5, meteo("orange")), until=600)
    assert minutes(silent)[2:] == [(5, "cecile/sms"), (5, "eva/sms")]
    assert minutes(answered) == [(0, "cecile/sms"), (0, "eva/sms")]
    assert changes(silent) == [("DEP-44", "eased")]


def test_the_end_is_told_to_those_who_were_called_then_the_alert_is_closed() -> None:
    played = play(ACCIDENT, (0, signal()), (3, signal(is_open=False)), until=24 * 60 + 3)
    assert [(at - T0, contact) for at, purpose, contact in played.calls if purpose == "end"] == [
        (3 * MINUTE, "cecile/sms"),
        (3 * MINUTE, "eva/sms"),
    ]
    assert changes(played) == [("DEP-44", "resolved"), ("DEP-44", "closed")]
    assert played.of("alert_changed")[-1].at - played.of("alert_changed")[0].at == CLOSE_AFTER
    assert played.fold.state.worlds[Status.ACTUAL].book.alerts == {}


def test_what_comes_back_within_a_day_is_the_same_alert_and_calls_again() -> None:
    played = play(ACCIDENT, (0, signal()), (3, signal(is_open=False)), (60, signal()), until=24 * 60 + 30)
    assert [e.episode for e in played.of("alert_raised")] == [1, 2]
    assert (60, "cecile/sms") in minutes(played)
    assert "closed" not in dict(changes(played)).values()
    later = play(ACCIDENT, (0, signal()), (3, signal(is_open=False)), (24 * 60 + 4, signal()))
    assert len({e.brief.alert_id for e in later.of("alert_raised")}) == 2


def test_an_alert_over_before_its_first_message_leaves_a_reason() -> None:
    played = play(GROUPED, (0, signal()), (2, signal(is_open=False)), until=60)
    assert played.calls == []
    assert [(e.reason, e.detail) for e in played.of("not_sent")] == [(NonSend.GROUPED, "over before any call")]


def test_an_alert_answered_before_its_first_message_leaves_a_reason() -> None:
    played = play(GROUPED, (0, signal()), (2, "ack"), until=60)
    assert played.calls == []
    assert [(e.reason, e.detail) for e in played.of("not_sent")] == [(NonSend.GROUPED, "answered before any call")]


BOTH: Final = rule("accident", ["departement", "region"], event("accident"))


@pytest.mark.parametrize("territory", ["DEP-44", "REG-52"])
def test_a_signal_alerts_the_territory_it_names_and_people_are_called_once(territory: str) -> None:
    played = play(BOTH, (0, signal(territory=territory)), until=16)
    assert [e.brief.territory for e in played.of("alert_raised")] == [territory]
    assert minutes(played) == [(0, "cecile/sms"), (0, "eva/sms"), (10, "marc/sms")]
    assert played.of("not_sent") == []


def test_a_signal_of_the_region_subsumes_that_of_a_departement() -> None:
    played = play(BOTH, (0, signal()), (5, signal("s2", territory="REG-52")), until=16)
    assert [e.brief.territory for e in played.of("alert_raised")] == ["DEP-44", "REG-52"]
    assert [(e.at, e.brief.territory) for e in played.of("notify")][2:4] == [(T0 + 5 * MINUTE, "REG-52")] * 2
    assert [(e.territory, e.reason, e.detail) for e in played.of("not_sent")] == [
        ("DEP-44", NonSend.INHIBITED, "subsumed by REG-52")
    ]


class Nested:
    """The alerts of one rule in several territories, their postures moved by hand."""

    def __init__(self) -> None:
        self.book = AlertBook()
        self.postures: dict[str, Posture] = {}
        self.ancestors = engine.start(REGION).ancestors

    def desk(self, minute: float) -> Desk:
        return Desk("actual", T0 + minute * MINUTE, roster(participants=()), self.ancestors)

    def move(self, minute: float, territory: str, after: Posture) -> list[str]:
        before = self.postures.get(territory, Posture.VEILLE)
        self.postures[territory] = after
        brief = replace(BRIEF, alert_id=territory, territory=territory, posture=after)
        moved = PostureMove("essai/part", before, after, brief, Audience(("cadre", "medecin")))
        return said(book.follow(self.book, self.desk(minute), moved))

    def work(self, minute: float) -> list[str]:
        return [line for key in sorted(self.book.alerts) for line in said(book.work(self.book, self.desk(minute), key))]


def said(effects: list[Effect]) -> list[str]:
    lines = []
    for effect in effects:
        match effect:
            case AlertRaised():
                lines.append(f"raised {effect.brief.territory}")
            case AlertChanged():
                lines.append(f"{effect.change} {effect.territory} {effect.by}".strip())
            case Notify():
                lines.append(f"{effect.purpose} {effect.contact} {effect.brief.territory}")
            case NotSent():
                lines.append(f"{effect.reason} {effect.territory}")
    return lines


def test_a_region_alert_subsumes_those_of_its_departements() -> None:
    nested = Nested()
    nested.move(0, "DEP-44", Posture.ALERTE)
    assert nested.work(0) == ["call cecile/sms DEP-44"]
    assert nested.move(5, "REG-52", Posture.ALERTE) == ["raised REG-52", "subsumed DEP-44 REG-52", "inhibited DEP-44"]
    assert nested.work(15) == ["call cecile/sms REG-52"]
    assert nested.move(16, "DEP-49", Posture.ALERTE) == ["raised DEP-49", "subsumed DEP-49 REG-52", "inhibited DEP-49"]


def test_a_milder_region_alert_subsumes_only_what_is_no_graver() -> None:
    nested = Nested()
    nested.move(0, "DEP-44", Posture.ALERTE)
    nested.move(0, "DEP-49", Posture.VIGILANCE)
    assert nested.move(1, "REG-52", Posture.VIGILANCE) == [
        "raised REG-52",
        "subsumed DEP-49 REG-52",
        "inhibited DEP-49",
    ]
    assert nested.move(2, "DEP-49", Posture.ALERTE) == ["raised DEP-49", "released DEP-49 REG-52"]


def test_departements_call_again_when_the_region_alert_ends_first() -> None:
    nested = Nested()
    nested.move(0, "DEP-44", Posture.ALERTE)
    nested.move(1, "REG-52", Posture.ALERTE)
    nested.work(1)
    assert nested.move(30, "REG-52", Posture.VEILLE) == [
        "resolved REG-52",
        "end cecile/sms REG-52",
        "released DEP-44 REG-52",
    ]
    assert nested.work(30) == ["call cecile/sms DEP-44"]


def test_departements_call_again_when_the_region_alert_becomes_milder_than_theirs() -> None:
    nested = Nested()
    nested.move(0, "REG-52", Posture.ALERTE)
    nested.move(0, "DEP-44", Posture.ALERTE)
    assert nested.move(5, "REG-52", Posture.VIGILANCE) == ["grouped REG-52", "eased REG-52", "released DEP-44 REG-52"]
    assert nested.work(5) == ["call cecile/sms DEP-44", "call cecile/sms REG-52"]


def test_what_was_answered_stays_quiet_when_it_is_released() -> None:
    nested = Nested()
    nested.move(0, "DEP-44", Posture.ALERTE)
    book.answer(nested.book, nested.desk(1), Answer("DEP-44", "Cécile"))
    nested.move(2, "REG-52", Posture.ALERTE)
    nested.move(3, "REG-52", Posture.VEILLE)
    assert nested.work(1000) == []
    assert nested.book.alerts["DEP-44"].phase is Phase.ACKNOWLEDGED


def test_an_establishment_lies_in_its_departement_once_declared() -> None:
    fold = run(journal(*setting(ACCIDENT))).fold
    assert fold.ancestors("ETAB-440000271") == ("DEP-44", "REG-52", "FR")
    assert fold.ancestors("ETAB-720000033") == ("REG-52", "FR")


@pytest.mark.parametrize("outcome", ["sent", "failed"])
def test_a_report_of_a_call_that_no_longer_matters_changes_nothing(outcome: Literal["sent", "failed"]) -> None:
    played = play(ACCIDENT, (0, signal()), (1, DeliveryReport("inconnu", outcome, 1)), until=5)
    assert [contact for _, contact in minutes(played)] == ["cecile/sms", "eva/sms"]


def test_no_alert_is_followed_once_closed() -> None:
    entries = play(ACCIDENT, (0, signal()), (1, Acknowledge("inconnue", "Cécile"))).of("entry_rejected")
    assert "no alert inconnue is followed" in entries[0].reason
