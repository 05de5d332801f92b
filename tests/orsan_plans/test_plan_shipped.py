"""The plans that come with Vigie say what was published, and nothing more."""

from datetime import date, timedelta

import pytest

from orsan_plans.adapters.plan_files import shipped_catalogue
from orsan_plans.catalogue import Catalogue
from orsan_plans.plan import (
    CombinedCondition,
    Comparison,
    Condition,
    EventCondition,
    IndicatorCondition,
    Rule,
    SilenceCondition,
)
from orsan_plans.posture import Posture
from orsan_plans.territory import Level


@pytest.fixture(scope="module")
def shipped() -> Catalogue:
    return shipped_catalogue()


def rule(catalogue: Catalogue, plan: str, rule_id: str) -> Rule:
    [found] = [one for one in catalogue.plans if one.id == plan]
    [wanted] = [one for one in found.rules if one.id == rule_id]
    return wanted


def leaves(condition: Condition) -> list[Condition]:
    if isinstance(condition, CombinedCondition):
        return [leaf for part in condition.conditions for leaf in leaves(part)]
    return [condition]


@pytest.mark.parametrize(
    ("rule_id", "thresholds", "minimum", "margin"),
    [
        ("part-suspicion-covid", [(Comparison.ABOVE, 6), (Comparison.ABOVE, 10)], 84, 1),
        ("occupation-reanimation", [(Comparison.AT_LEAST, 60), (Comparison.ABOVE, 80)], 9, 5),
    ],
)
def test_the_covid_plan_holds_the_published_thresholds(
    shipped: Catalogue, rule_id: str, thresholds: list[tuple[Comparison, float]], minimum: int, margin: float
) -> None:
    found = rule(shipped, "covid-2020", rule_id)
    assert isinstance(found.condition, IndicatorCondition)
    assert [(one.comparison, one.value) for one in found.condition.thresholds] == thresholds
    assert (found.condition.minimum_count, found.condition.margin) == (minimum, margin)
    assert (found.hold, found.fall_hold, found.proposes_volet) == (timedelta(0), timedelta(days=2), True)
    low = found.condition.thresholds[0].value
    assert minimum * low / 100 >= 5 > (minimum - 1) * low / 100


def test_only_the_covid_plan_ships_a_number(shipped: Catalogue) -> None:
    numbered = {
        plan.id
        for plan in shipped.plans
        for one in plan.rules
        for leaf in leaves(one.condition)
        if isinstance(leaf, IndicatorCondition)
    }
    assert numbered == {"covid-2020"}


def test_the_first_wave_is_judged_by_the_covid_plan_and_the_feeds_alone(shipped: Catalogue) -> None:
    found = [plan.id for plan in shipped.in_force(date(2020, 3, 25), "52")]
    assert found == ["covid-2020", "surveillance-des-flux"]


def test_every_orsan_situation_is_covered_today(shipped: Catalogue) -> None:
    volets = {plan.volet for plan in shipped.in_force(date(2026, 1, 14), "52")}
    assert volets == {"AMAVI", "MEDICO-PSY", "EPI-CLIM", "REB", "NRC", "CYBER", "SURVEILLANCE"}


@pytest.mark.parametrize(
    ("plan", "nature"),
    [
        ("amavi", "afflux_massif_de_victimes"),
        ("medico-psy", "afflux_medico_psychologique"),
        ("nrc", "accident_chimique"),
        ("reb", "risque_epidemique_ou_biologique"),
        ("cyber", "cyberattaque_etablissement"),
    ],
)
def test_a_qualifying_signal_proposes_the_volet(shipped: Catalogue, plan: str, nature: str) -> None:
    [found] = next(one for one in shipped.plans if one.id == plan).rules
    asked = [
        leaf.posture for leaf in leaves(found.condition) if isinstance(leaf, EventCondition) and nature in leaf.kinds
    ]
    assert asked == [Posture.ALERTE]
    assert found.proposes_volet
    assert (found.hold, found.fall_hold) == (timedelta(0), timedelta(0))


@pytest.mark.parametrize(("rule_id", "phenomenon"), [("canicule", "canicule"), ("grand-froid", "grand_froid")])
def test_the_colour_of_the_vigilance_gives_the_posture(shipped: Catalogue, rule_id: str, phenomenon: str) -> None:
    found = [
        (leaf.posture, dict(leaf.criteria))
        for leaf in leaves(rule(shipped, "epi-clim", rule_id).condition)
        if isinstance(leaf, EventCondition)
    ]
    assert found == [
        (Posture.VIGILANCE, {"couleur": ("orange",), "phenomene": (phenomenon,)}),
        (Posture.ALERTE, {"couleur": ("rouge",), "phenomene": (phenomenon,)}),
    ]


def test_every_feed_is_watched_for_silence(shipped: Catalogue) -> None:
    [plan] = [one for one in shipped.plans if one.id == "surveillance-des-flux"]
    found = {
        leaf.feed: (leaf.after, one.levels[0].value, one.proposes_volet)
        for one in plan.rules
        for leaf in leaves(one.condition)
        if isinstance(leaf, SilenceCondition)
    }
    after = timedelta(hours=26)
    assert found == {
        "rpu": (after, "etablissement", False),
        "lits": (after, "etablissement", False),
        "sursaud": (after, "departement", False),
        "sivic.stocks": (after, "departement", False),
        "sivic.incidents": (after, "departement", False),
    }


def test_every_alert_calls_someone_and_every_vigilance_only_informs(shipped: Catalogue) -> None:
    for plan in shipped.plans:
        for one in plan.rules:
            for posture, audience in one.audiences:
                assert audience.needs_acknowledgement is (posture is Posture.ALERTE), (plan.id, one.id)


def test_the_roles_are_those_of_the_astreinte(shipped: Catalogue) -> None:
    roles = {role for plan in shipped.plans for one in plan.rules for _, told in one.audiences for role in told.roles}
    assert roles == {"veille", "cadre", "medecin", "directeur"}


def test_a_local_event_is_judged_where_it_happens(shipped: Catalogue) -> None:
    # A signal counts in the nearest of these that holds it: a département's by its name, a région's once.
    levels = {
        one.levels
        for plan in shipped.plans
        for one in plan.rules
        if any(isinstance(leaf, EventCondition) for leaf in leaves(one.condition))
    }
    assert levels == {(Level.DEPARTEMENT, Level.REGION)}
