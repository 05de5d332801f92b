"""Replaying: the same decisions, or those another catalogue would have given; nothing is ever sent."""

from datetime import datetime

from alerts.effects import Effect
from orsan_plans.reading import Reading
from streams.entry import Entry, Status
from streams.replay import replay
from tests.core.builders import (
    EVERY_KIND,
    HOUR,
    MINUTE,
    NANTES,
    REGION,
    T0,
    beds,
    catalogue,
    event,
    journal,
    rule,
    run,
    setting,
    signal,
    texts,
)

ACCIDENT = rule("accident", ["departement"], event("accident"))
METEO = rule("meteo", ["departement"], event("meteo"))
ENTRIES = journal(*setting(ACCIDENT), (T0 + MINUTE, signal()), (T0 + 2 * MINUTE, signal("m", "meteo")))
END = T0 + HOUR


def raised(effects: list[Effect]) -> list[str]:
    return [effect.brief.rule for effect in effects if effect.kind == "alert_raised"]


def test_a_replay_gives_the_same_effects_and_counts_them() -> None:
    effects: list[Effect] = []
    replayed = replay(REGION, ENTRIES, END, on_effect=effects.append)
    assert texts(effects) == texts(run(ENTRIES, END).effects)
    assert (replayed.head.seq, replayed.head.effects, replayed.head.advanced_to) == (len(ENTRIES), len(effects), END)


def test_the_deadlines_after_the_last_entry_are_part_of_it() -> None:
    assert replay(REGION, ENTRIES, END).head.effects > replay(REGION, ENTRIES, None).head.effects


def test_a_what_if_uses_another_catalogue_from_the_first_entry_on() -> None:
    effects: list[Effect] = []
    replay(REGION, ENTRIES, END, catalogue=catalogue(METEO), on_effect=effects.append)
    assert raised(run(ENTRIES, END).effects) == ["accident"]
    assert raised(effects) == ["meteo"]


def test_a_what_if_with_the_same_catalogue_gains_and_loses_no_alert() -> None:
    effects: list[Effect] = []
    same = replay(REGION, ENTRIES, END, catalogue=catalogue(ACCIDENT), on_effect=effects.append)
    assert raised(effects) == ["accident"]
    assert same.head.entries_digest == replay(REGION, ENTRIES, END).head.entries_digest


def test_every_reading_is_shown() -> None:
    seen = list[tuple[datetime, Status, Reading]]()
    entries = journal(*setting(*EVERY_KIND), (T0 + MINUTE, beds(NANTES, T0, 9)))
    replay(REGION, entries, None, observer=lambda *reading: seen.append(reading))
    assert [(at, reading.territory, reading.indicator, reading.value) for at, _, reading in seen] == [
        (T0 + MINUTE, territory, f"lits.{name}_rea", value)
        for territory in (f"ETAB-{NANTES}", "DEP-44", "REG-52")
        for name, value in (("installes", 10.0), ("occupes", 9.0), ("taux_occupation", 90.0))
    ]


def test_nothing_gives_nothing() -> None:
    assert replay(REGION, list[Entry](), None).head.advanced_to is None
