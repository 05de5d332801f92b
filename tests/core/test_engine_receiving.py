"""What each kind of entry changes, and why some change nothing."""

from datetime import date, timedelta
from typing import Any

import pytest

from orsan_plans.catalogue import Catalogue
from orsan_plans.posture import Posture
from orsan_plans.reading import Reading, Unknown
from streams import engine
from streams.entry import Entry, Status
from streams.messages import Message
from streams.messages.decisions import DecideVolet
from streams.messages.reference import (
    Etablissement,
    EtablissementList,
    PlanCatalogue,
    PlanDocument,
    ReferenceBeds,
    RosterVersion,
)
from tests.core.builders import (
    ANGERS,
    EVERY_KIND,
    HOUR,
    MINUTE,
    NANTES,
    REGION,
    SITES,
    T0,
    Run,
    beds,
    catalogue,
    document,
    event,
    indicator,
    journal,
    passage,
    rule,
    run,
    setting,
    signal,
    visits,
)

TODAY = T0.date()
SHARE = "rpu.part_suspicion_covid_7j@DEP-44"
ACCIDENT = rule("accident", ["departement"], event("accident"))
PART = next(each for each in EVERY_KIND if each["regle"] == "part")
AFFLUX = next(each for each in EVERY_KIND if each["regle"] == "afflux")


def reading(played: Run, key: str) -> Reading:
    return played.fold.state.worlds[Status.ACTUAL].readings[key]


def posture(played: Run, key: str) -> Posture:
    return played.fold.state.worlds[Status.ACTUAL].postures[key].posture


FORTNIGHT = [(T0, visits(TODAY - timedelta(days=n), 5)) for n in range(8, 0, -1)]


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (passage(NANTES, T0, departement="75"), "DEP-75 is not in region 52"),
        (passage(NANTES, T0 + HOUR), "check the clock of the establishment"),
        (beds("750000000", T0, 1), "DEP-75 is not in region 52"),
        (beds(NANTES, T0 + HOUR, 1), "check the clock of the establishment"),
        (visits(TODAY, 1, territory="DEP-75"), "neither region 52 nor one of its départements"),
        (visits(TODAY - timedelta(days=70), 1), "more than 60 days old"),
        (visits(TODAY + timedelta(days=2), 1), "check the date"),
        (signal(territory="DEP-75"), "DEP-75 is not in region 52"),
        (signal(is_open=False), "was never open"),
        (DecideVolet("REB", "DEP-75", "activer", "D", "M"), "DEP-75 is not in region 52"),
        (DecideVolet("REB", "DEP-44", "lever", "D", "M"), "already not active"),
        (EtablissementList((Etablissement("750000000", "Paris", "75"),)), "outside region 52"),
        (PlanCatalogue("", (PlanDocument("x.yaml", {"plan": "x"}),)), "cannot be read"),
        (RosterVersion("", {"title": "x"}), "cannot be read"),
    ],
)
def test_an_entry_that_changes_nothing_says_why(message: Message, why: str) -> None:
    before = run(journal(*setting(*EVERY_KIND))).fold.state
    played = run(journal(*setting(*EVERY_KIND), (T0, message)))
    assert [why in rejected.reason for rejected in played.of("entry_rejected")] == [True]
    assert played.fold.state.worlds == before.worlds


@pytest.mark.parametrize("message", [catalogue(), SITES, setting()[1][1]])
def test_an_exercise_does_not_set_how_real_life_is_judged(message: Message) -> None:
    played = run(journal(*setting(*EVERY_KIND), (T0, Status.EXERCISE, message)))
    assert "set by actual entries only" in played.of("entry_rejected")[0].reason


@pytest.mark.parametrize(
    ("kind", "payload", "why"), [("x.y", b"{}", "unknown kind"), ("rpu.passage", b"{", "unreadable")]
)
def test_what_this_version_cannot_read_is_kept_and_said(kind: str, payload: bytes, why: str) -> None:
    fold = engine.start(REGION)
    effects = engine.step(fold, Entry(1, T0, T0, Status.ACTUAL, REGION, kind, payload))
    assert [why in effect.reason for effect in effects if effect.kind == "entry_rejected"] == [True]


def test_a_missing_day_makes_every_window_that_holds_it_unknown() -> None:
    whole = rule("part", ["departement"], indicator("rpu.part_suspicion_covid_7j", 6, 10))
    holed = [each for each in FORTNIGHT if each[1].day != TODAY - timedelta(days=3)]
    played = run(journal(*setting(whole), *holed))
    assert (reading(played, SHARE).unknown, reading(played, SHARE).detail) == (Unknown.ABSENT, "6/7")
    completed = run(journal(*setting(whole), *holed, (T0 + HOUR, visits(TODAY - timedelta(days=3), 5))))
    assert reading(completed, SHARE).value == 5.0


def test_a_day_nobody_reported_is_unknown_when_it_closes() -> None:
    played = run(journal(*setting(PART), *FORTNIGHT), T0 + timedelta(days=5))
    latest = reading(played, SHARE)
    assert latest.occurred_on == TODAY + timedelta(days=4)
    assert latest.unknown is Unknown.ABSENT
    assert posture(played, "essai/part@DEP-44") is Posture.INCONNU


def test_a_null_count_is_not_zero() -> None:
    sum_of = rule("jour", ["departement"], indicator("rpu.passages_jour", 1, 2))
    played = run(journal(*setting(sum_of), (T0, visits(TODAY, 0, None))))
    assert reading(played, "rpu.passages_jour@DEP-44").unknown is Unknown.ABSENT


def test_a_catalogue_that_asks_for_more_cases_is_applied_to_what_is_already_known() -> None:
    few = rule(
        "part",
        ["departement"],
        indicator("rpu.part_suspicion_covid_7j", 2, effectif_minimal=10),
        prevenir={"vigilance": {"roles": ["cadre"]}},
    )
    more = rule(
        "part",
        ["departement"],
        indicator("rpu.part_suspicion_covid_7j", 2, effectif_minimal=5000),
        prevenir={"vigilance": {"roles": ["cadre"]}},
    )
    before = run(journal(*setting(few), *FORTNIGHT))
    after = run(journal(*setting(few), *FORTNIGHT, (T0 + HOUR, catalogue(more))))
    assert reading(before, SHARE).is_known
    assert reading(after, SHARE).unknown is Unknown.TOO_FEW
    assert posture(before, "essai/part@DEP-44") is posture(after, "essai/part@DEP-44") is Posture.VIGILANCE


def test_a_rule_that_leaves_a_level_leaves_no_alert_behind() -> None:
    wide, narrow = (
        rule("accident", ["departement", "region"], event("accident")),
        rule("accident", ["region"], event("accident")),
    )
    played = run(journal(*setting(wide), (T0, signal()), (T0 + MINUTE, catalogue(narrow))), T0 + 2 * HOUR)
    assert ("DEP-44", "resolved") in [(e.territory, e.change) for e in played.of("alert_changed")]
    assert "essai/accident@DEP-44" not in played.fold.state.worlds[Status.ACTUAL].postures


def test_an_event_whose_reference_expires_stops_asking_on_that_day() -> None:
    _, content = document(ACCIDENT)
    sources = {"essai": {**content["sources"]["essai"], "valide_au": "2026-01-14"}}
    read = Catalogue.from_documents([("essai.yaml", {**content, "sources": sources})])
    plans = PlanCatalogue(read.sha256, tuple(PlanDocument(*each) for each in read.documents))
    played = run(journal((T0, plans), (T0, signal())), T0 + 24 * HOUR)
    ends = [at for at, _, _, before, after in played.moves if (before, after) == (Posture.ALERTE, Posture.VEILLE)]
    assert [at.isoformat() for at in ends] == ["2026-01-14T23:00:00+00:00"]


def test_a_signal_ends_by_itself() -> None:
    played = run(journal(*setting(ACCIDENT), (T0, signal(ends_at=T0 + HOUR))), T0 + 2 * HOUR)
    assert [(at - T0, after) for at, *_, after in played.moves if after in (Posture.ALERTE, Posture.VEILLE)][-1] == (
        HOUR,
        Posture.VEILLE,
    )


@pytest.mark.parametrize(
    ("levels", "place", "raised"),
    [
        (["etablissement", "departement", "region"], f"ETAB-{NANTES}", [f"ETAB-{NANTES}"]),
        (["departement", "region"], f"ETAB-{NANTES}", ["DEP-44"]),
        (["departement", "region"], "DEP-49", ["DEP-49"]),
        (["departement", "region"], "REG-52", ["REG-52"]),
        (["departement", "region"], "FR", ["REG-52"]),
        (["region"], "DEP-49", ["REG-52"]),
        (["departement"], "REG-52", ["DEP-44", "DEP-49", "DEP-53", "DEP-72", "DEP-85"]),
        (["etablissement"], "DEP-49", [f"ETAB-{ANGERS}"]),
    ],
)
def test_a_signal_counts_in_the_nearest_territory_a_rule_judges(
    levels: list[str], place: str, raised: list[str]
) -> None:
    played = run(journal(*setting(rule("accident", levels, event("accident"))), (T0, signal(territory=place))))
    assert sorted(effect.brief.territory for effect in played.of("alert_raised")) == raised


def test_an_establishment_expected_from_now_on_makes_a_count_a_lower_bound_at_once() -> None:
    crowd = [(T0 + n * MINUTE, passage(NANTES, T0 + n * MINUTE)) for n in range(1, 6)]
    calm = rule("afflux", ["departement"], indicator("rpu.passages_1h", 100, 200))
    one = EtablissementList((Etablissement(NANTES, "Nantes", "44"),))
    two = EtablissementList((*one.etablissements, Etablissement("440000396", "Saint-Nazaire", "44")))
    opening: list[Any] = [(T0, catalogue(calm)), (T0, one), *crowd]
    before, after = run(journal(*opening)), run(journal(*opening, (T0 + 6 * MINUTE, two)))
    assert posture(before, "essai/afflux@DEP-44") is Posture.VEILLE
    assert posture(after, "essai/afflux@DEP-44") is Posture.INCONNU


def test_a_silent_feed_is_judged_after_a_restart_as_without() -> None:
    entries = journal(*setting(*EVERY_KIND), (T0, passage(NANTES, T0)))
    # Long after the visit left the hour: no window moves before the silence, only the silence itself judges.
    once = run(entries, T0 + 119 * MINUTE)
    restarted = engine.restore(engine.snapshot(once.fold))
    later = T0 + 2 * HOUR
    assert engine.advance(restarted, later) == engine.advance(once.fold, later)
    assert posture(Run(restarted, []), f"essai/afflux@ETAB-{NANTES}") is Posture.INCONNU


def test_reference_beds_are_used_by_the_next_reading() -> None:
    occupied = rule("rea", ["departement"], indicator("sivic.taux_occupation_rea", 60, 80))
    stocks = [(T0 + n * HOUR, _stocks(TODAY - timedelta(days=2 - n), 5)) for n in range(2)]
    played = run(
        journal(*setting(occupied), stocks[0], (T0 + MINUTE, ReferenceBeds("DEP-44", "SAE", {"rea": 10})), stocks[1])
    )
    assert reading(played, "sivic.taux_occupation_rea@DEP-44").value == 50.0


def _stocks(day: date, patients: int) -> Message:
    each = visits(day, None)
    return type(each)("sivic.stocks", "DEP-44", day, {"reanimation": patients, "hospitalises": patients})


def test_only_a_decision_activates_and_lifts() -> None:
    decide = DecideVolet("REB", "REG-52", "activer", "Directrice", "Afflux")
    lift = DecideVolet("REB", "REG-52", "lever", "Directrice", "Fini")
    played = run(journal(*setting(ACCIDENT), (T0, decide), (T0, decide), (T0, lift), (T0, decide)))
    assert [effect.is_active for effect in played.of("volet_decided")] == [True, False, True]
    assert len({effect.id for effect in played.effects}) == len(played.effects)
    assert "already active" in played.of("entry_rejected")[0].reason
    assert played.fold.state.worlds[Status.ACTUAL].activated == {"REB@REG-52": "Directrice"}


def test_a_proposal_names_the_alert_it_comes_from() -> None:
    played = run(journal(*setting({**ACCIDENT, "propose_le_volet": True}), (T0, signal())))
    proposed = played.of("activation_proposed")
    assert [(e.volet, e.territory, e.alert_id) for e in proposed] == [
        ("REB", "DEP-44", played.of("alert_raised")[0].brief.alert_id)
    ]


def test_a_window_of_an_hour_empties_on_recorded_time() -> None:
    crowd = [(T0 + n * MINUTE, passage(NANTES, T0 + n * MINUTE)) for n in range(1, 6)]
    played = run(journal(*setting(AFFLUX), *crowd), T0 + 2 * HOUR)
    moves = [((at - T0) / MINUTE, after) for at, _, place, _, after in played.moves if place == f"ETAB-{NANTES}"]
    assert moves[-3:] == [(12, Posture.VIGILANCE), (14, Posture.ALERTE), (70, Posture.VEILLE)]
