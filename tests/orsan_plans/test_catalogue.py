"""The catalogue: its hash, its journaled form, and the plans in force on a day in a région."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orsan_plans.catalogue import Catalogue
from orsan_plans.fields import format_duration
from orsan_plans.indicator import INDICATORS
from orsan_plans.plan import (
    Audience,
    CombinedCondition,
    Comparison,
    EventCondition,
    IndicatorCondition,
    SilenceCondition,
    WhenUnknown,
)
from orsan_plans.posture import Posture
from orsan_plans.schema import PlanError
from orsan_plans.territory import Level

Content = dict[str, Any]


def event(nature: str = "attentat", posture: str = "alerte") -> Content:
    return {"evenement": {"natures": [nature], "posture": posture, "source": "etat"}}


def plan(**changes: Any) -> Content:  # noqa: ANN401 - any key of a plan file
    content: Content = {
        "plan": "essai",
        "volet": "REB",
        "titre": "Un plan d'essai",
        "regions": "toutes",
        "valide_du": "2020-01-01",
        "sources": {
            "etat": {
                "reference": "Une référence",
                "auteur": "Un auteur",
                "valide_du": "2020-01-01",
                "valide_au": "sans limite",
            }
        },
        "regles": [
            {
                "regle": "signal",
                "titre": "Un signal",
                "territoires": ["departement"],
                "condition": event(),
                "actions_reflexes": ["Vérifier."],
                "prevenir": {"alerte": {"roles": ["cadre"]}},
            }
        ],
    }
    return content | changes


def rule_with(condition: Content, **changes: Any) -> Content:  # noqa: ANN401 - any key of a rule
    [rule] = plan()["regles"]
    return plan(regles=[rule | {"condition": condition} | changes])


def catalogue(*contents: Content) -> Catalogue:
    return Catalogue.from_documents((f"{position}.yaml", content) for position, content in enumerate(contents))


durations = st.integers(0, 3 * 86_400).map(lambda seconds: format_duration(timedelta(seconds=seconds)))
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Z"]), min_size=1, max_size=20)
days = st.dates(date(2000, 1, 1), date(2039, 12, 31)).map(date.isoformat)
numbers = st.decimals(0, 1000, places=2).flatmap(
    lambda value: st.sampled_from([float(value), str(value), str(value).replace(".", ",")])
)


@st.composite
def indicator_conditions(draw: Callable[..., Any]) -> Content:
    low, high = sorted(draw(st.tuples(st.integers(0, 100), st.integers(0, 100))))
    is_upward = draw(st.booleans())
    comparison = draw(st.sampled_from(["au_dessus_de", "a_partir_de"] if is_upward else ["au_dessous_de", "jusqu_a"]))
    mild, severe = (low, high) if is_upward else (high, low)
    return {
        "indicateur": draw(st.sampled_from([found.id for found in INDICATORS.values() if found.has_cases])),
        "seuils": {
            "vigilance": {comparison: mild, "source": "etat"},
            "alerte": {comparison: severe, "source": "etat"},
        },
        "marge": draw(numbers),
        "effectif_minimal": draw(st.integers(0, 500)),
    }


event_conditions = st.builds(
    lambda natures, criteria: {
        "evenement": {"natures": natures, "criteres": criteria, "posture": "alerte", "source": "etat"}
    },
    st.lists(texts, min_size=1, max_size=3),
    st.dictionaries(texts, st.lists(texts, min_size=1, max_size=2), max_size=2),
)
silence_conditions = durations.filter(lambda after: after != "0 min").map(
    lambda after: {"flux_muet": {"flux": "rpu", "apres": after, "posture": "alerte", "source": "etat"}}
)
conditions = st.recursive(
    indicator_conditions() | event_conditions | silence_conditions,
    lambda inner: (
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: {"toutes": parts})
        | st.lists(inner, min_size=2, max_size=3).map(lambda parts: {"une_parmi": parts})
        | st.lists(inner, min_size=2, max_size=3).map(lambda parts: {"au_moins": 2, "parmi": parts})
    ),
    max_leaves=4,
)


@st.composite
def plans(draw: Callable[..., Any]) -> Content:
    content = rule_with(
        draw(conditions),
        titre=draw(texts),
        maintien=draw(durations),
        retour=draw(durations),
        si_inconnu=draw(st.sampled_from(["maintenir", "vigilance"])),
        propose_le_volet=draw(st.booleans()),
        prevenir={"alerte": {"roles": ["cadre", "medecin"], "regroupement": draw(durations)}},
    )
    return content | {
        "volet": draw(texts),
        "regions": draw(st.sampled_from(["toutes", ["52"], [76, "01"]])),
        "valide_du": draw(days.filter(lambda day: day < "2020-01-01")),
    }


@given(st.lists(plans(), min_size=1, max_size=3))
def test_a_catalogue_read_back_from_the_journal_is_the_same(contents: list[Content]) -> None:
    before = catalogue(*(content | {"plan": f"p{position}"} for position, content in enumerate(contents)))
    journaled = json.loads(json.dumps(before.documents, sort_keys=True))
    after = Catalogue.from_documents(journaled)
    assert (after.sha256, after.plans, after.documents) == (before.sha256, before.plans, before.documents)


def test_a_default_written_out_changes_nothing() -> None:
    assert catalogue(plan(valide_au="sans limite")).sha256 == catalogue(plan()).sha256


def test_the_order_of_documents_changes_nothing() -> None:
    documents = [("a.yaml", plan(plan="a")), ("b.yaml", plan(plan="b"))]
    assert Catalogue.from_documents(documents) == Catalogue.from_documents(documents[::-1])


@pytest.mark.parametrize("changes", [{"volet": "NRC"}, {"titre": "Autre"}, {"valide_du": "2020-01-02"}])
def test_any_change_of_content_changes_the_hash(changes: Content) -> None:
    assert catalogue(plan(**changes)).sha256 != catalogue(plan()).sha256


def test_the_hash_is_stable() -> None:
    assert catalogue(plan()).sha256 == "c47b1d406014b228661febfe8693d38138347f8c0163297223d811412adcab84"


def test_an_indicator_rule_is_converted() -> None:
    thresholds = {
        "alerte": {"jusqu_a": "2,5", "source": "etat"},
        "vigilance": {"au_dessous_de": 5, "source": "etat"},
    }
    condition = {"indicateur": "rpu.passages_24h", "seuils": thresholds, "marge": "0,5", "completude_minimale": 80}
    [rule] = catalogue(rule_with(condition)).plans[0].rules
    found = rule.condition
    assert isinstance(found, IndicatorCondition)
    assert [(one.posture, one.comparison, one.value) for one in found.thresholds] == [
        (Posture.VIGILANCE, Comparison.BELOW, 5.0),
        (Posture.ALERTE, Comparison.AT_MOST, 2.5),
    ]
    assert found.thresholds[0].source.author == "Un auteur"
    assert (found.margin, found.minimum_count, found.minimum_completeness) == (0.5, 0, 80)


def test_an_event_rule_is_converted_with_ordered_criteria() -> None:
    condition = event("vigilance_meteo")
    condition["evenement"]["criteres"] = {"phenomene": ["canicule"], "couleur": ["orange", "rouge"]}
    [rule] = catalogue(rule_with(condition)).plans[0].rules
    found = rule.condition
    assert isinstance(found, EventCondition)
    assert (found.kinds, found.posture) == (("vigilance_meteo",), Posture.ALERTE)
    assert found.criteria == (("couleur", ("orange", "rouge")), ("phenomene", ("canicule",)))


def test_a_silence_rule_is_converted() -> None:
    condition = {"flux_muet": {"flux": "rpu", "apres": "26 h", "posture": "alerte", "source": "etat"}}
    found = catalogue(rule_with(condition)).plans[0].rules[0].condition
    assert isinstance(found, SilenceCondition)
    assert (found.feed, found.after, found.posture) == ("rpu", timedelta(hours=26), Posture.ALERTE)


@pytest.mark.parametrize(
    ("condition", "needed"),
    [
        ({"toutes": [event(), event(), event()]}, 3),
        ({"une_parmi": [event(), event(), event()]}, 1),
        ({"au_moins": 2, "parmi": [event(), event(), event()]}, 2),
    ],
)
def test_combinations_are_converted(condition: Content, needed: int) -> None:
    found = catalogue(rule_with(condition)).plans[0].rules[0].condition
    assert isinstance(found, CombinedCondition)
    assert (found.needed, len(found.conditions)) == (needed, 3)


def test_a_rule_is_converted_with_its_holds_and_audiences() -> None:
    content = rule_with(
        {"une_parmi": [event(), event(posture="vigilance")]},
        territoires=["region", "departement"],
        maintien="1 h 30 min",
        retour="2 j",
        si_inconnu="vigilance",
        propose_le_volet=True,
        prevenir={
            "alerte": {"roles": ["cadre", "medecin"]},
            "vigilance": {"roles": ["veille"], "accuse_de_reception": "non_requis", "regroupement": "1 min"},
        },
    )
    [rule] = catalogue(content).plans[0].rules
    assert (rule.hold, rule.fall_hold) == (timedelta(minutes=90), timedelta(days=2))
    assert rule.levels == (Level.REGION, Level.DEPARTEMENT)
    assert (rule.when_unknown, rule.proposes_volet) == (WhenUnknown.VIGILANCE, True)
    assert rule.audiences == (
        (Posture.VIGILANCE, Audience(("veille",), False, timedelta(minutes=1))),
        (Posture.ALERTE, Audience(("cadre", "medecin"), True, timedelta(0))),
    )


@pytest.mark.parametrize(
    ("day", "region", "ids"),
    [
        (date(2019, 12, 31), "52", []),
        (date(2020, 1, 1), "52", ["ancien", "local"]),
        (date(2020, 6, 30), "76", ["ancien"]),
        (date(2020, 7, 1), "52", ["ancien"]),
        (date(2030, 1, 1), "52", ["ancien"]),
    ],
)
def test_plans_in_force_on_a_day_in_a_region(day: date, region: str, ids: list[str]) -> None:
    found = catalogue(plan(plan="local", regions=["52"], valide_au="2020-06-30"), plan(plan="ancien"))
    assert [one.id for one in found.in_force(day, region)] == ids


def test_versions_of_a_plan_may_follow_each_other_or_share_no_region() -> None:
    first = plan(valide_au="2020-06-30", regions=["52"])
    found = catalogue(first, plan(valide_du="2020-07-01"), plan(valide_au="2020-06-30", regions=["76"]))
    assert [one.regions for one in found.in_force(date(2020, 6, 30), "52")] == [("52",)]
    assert [one.regions for one in found.in_force(date(2020, 7, 1), "52")] == [()]


def test_overlapping_versions_are_refused_by_name() -> None:
    with pytest.raises(PlanError, match=r"^1\.yaml: valide_du: the plan 'essai' is already in force in 0\.yaml"):
        catalogue(plan(), plan(valide_du="2021-01-01", regions=["52"]))


def test_two_documents_of_one_name_are_refused() -> None:
    with pytest.raises(PlanError, match=r"^a\.yaml: two documents have this name"):
        Catalogue.from_documents([("a.yaml", plan()), ("a.yaml", plan(plan="autre"))])


def test_mistakes_of_a_journaled_document_name_it_and_its_key() -> None:
    with pytest.raises(PlanError) as caught:
        Catalogue.from_documents([("b.yaml", plan(volet="")), ("a.yaml", plan(plan="autre", titre=3))])
    assert str(caught.value) == (
        "a.yaml: titre: expected text, got 3; put it between quotes\nb.yaml: volet: must not be empty"
    )
