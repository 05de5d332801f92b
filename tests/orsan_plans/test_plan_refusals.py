"""Each thing a plan file can get wrong, with the exact line that the planner is shown."""

from pathlib import Path

import pytest

from orsan_plans.adapters.located_yaml import DocumentError
from orsan_plans.adapters.plan_files import load_catalogue

PLAN = """\
plan: essai
volet: REB
titre: Un plan d'essai
regions: ['52']
valide_du: 2020-01-01
valide_au: 2020-12-31
sources:
  etat:
    reference: Une référence
    auteur: Un auteur
    valide_du: 2020-01-01
    valide_au: sans limite
regles:
  - regle: part
    titre: Une part
    territoires: [departement]
    condition:
      indicateur: rpu.part_suspicion_covid_7j
      seuils:
        vigilance: {au_dessus_de: 6, source: etat}
        alerte: {au_dessus_de: 10, source: etat}
      marge: 1
      effectif_minimal: 84
    maintien: 10 min
    si_inconnu: maintenir
    propose_le_volet: true
    actions_reflexes: [Vérifier.]
    prevenir:
      alerte: {roles: [cadre]}
"""


def refusals(directory: Path, *changes: tuple[str, str]) -> list[str]:
    text = PLAN
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after, 1)
    (directory / "essai.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(DocumentError) as caught:
        load_catalogue(directory)
    return [line.removeprefix(f"{directory}/") for line in caught.value.lines]


def test_the_plan_is_accepted_before_it_is_broken(tmp_path: Path) -> None:
    (tmp_path / "essai.yaml").write_text(PLAN, encoding="utf-8")
    assert [plan.id for plan in load_catalogue(tmp_path).plans] == ["essai"]


THRESHOLD = "{au_dessus_de: 10, source: etat}"
INDICATOR = "rpu.part_suspicion_covid_7j"
CONDITION = PLAN[PLAN.index("      indicateur") : PLAN.index("    maintien")]


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ("    reference: Une référence\n", "", "8: sources.etat.reference: this key is required"),
        ("    auteur: Un auteur\n", "", "8: sources.etat.auteur: this key is required"),
        ("    valide_du: 2020-01-01\n", "", "8: sources.etat.valide_du: this key is required"),
        ("    valide_au: sans limite\n", "", "8: sources.etat.valide_au: this key is required"),
        ("auteur: Un auteur", "auteur: ''", "10: sources.etat.auteur: must not be empty"),
        (
            "valide_au: sans limite",
            "valide_au: 2019-12-31",
            "12: sources.etat.valide_au: ends on 2019-12-31, before it begins on 2020-01-01",
        ),
        (
            "valide_au: 2020-12-31",
            "valide_au: 2019-12-31",
            "6: valide_au: ends on 2019-12-31, before it begins on 2020-01-01",
        ),
        (
            "valide_du: 2020-01-01",
            "valide_du: 2020-02-30",
            "5: valide_du: 2020-02-30 is not a day of the calendar",
        ),
        (
            "valide_du: 2020-01-01",
            "valide_du: 1/1/2020",
            "5: valide_du: expected a day such as 2020-01-31, got '1/1/2020'",
        ),
        ("volet: REB", "volet: ''", "2: volet: must not be empty"),
        ("titre: Un plan d'essai", "tirte: Un plan", "3: tirte: unknown key; did you mean 'titre'?"),
        (
            "regions: ['52']",
            "regions: []",
            "4: regions: write toutes, or a list of INSEE région codes such as ['52', '76']",
        ),
        ("regions: ['52']", "regions: [52, 52]", "4: regions: '52' is given twice"),
        (
            INDICATOR,
            "rpu.part_suspicion_covid",
            (
                "18: regles[1].condition.indicateur: unknown indicator 'rpu.part_suspicion_covid'; did you mean "
                "'rpu.part_suspicion_covid_7j'?"
            ),
        ),
        (
            INDICATOR,
            "rpu.passages_24h",
            (
                "23: regles[1].condition.effectif_minimal: only a percentage or a duration needs a minimum count; "
                "rpu.passages_24h counts passages"
            ),
        ),
        (
            THRESHOLD,
            "{au_dessus_de: 5, source: etat}",
            "21: regles[1].condition.seuils.alerte: alerte must be at least as severe as vigilance",
        ),
        (
            THRESHOLD,
            "{a_partir_de: 6, source: etat}",
            "21: regles[1].condition.seuils.alerte: alerte must be at least as severe as vigilance",
        ),
        (
            THRESHOLD,
            "{au_dessous_de: 10, source: etat}",
            (
                "21: regles[1].condition.seuils.alerte: vigilance and alerte must point the same way: both upwards or "
                "both downwards"
            ),
        ),
        (
            THRESHOLD,
            "{source: etat}",
            (
                "21: regles[1].condition.seuils.alerte: write exactly one of au_dessus_de, a_partir_de, au_dessous_de, "
                "jusqu_a"
            ),
        ),
        (
            THRESHOLD,
            "{au_dessus_de: dix, source: etat}",
            "21: regles[1].condition.seuils.alerte.au_dessus_de: expected a number such as 6 or 6,5, got 'dix'",
        ),
        (
            THRESHOLD,
            "{au_dessus_de: 10}",
            "21: regles[1].condition.seuils.alerte.source: this key is required",
        ),
        (
            THRESHOLD,
            "{au_dessus_de: 10, source: etta}",
            "21: regles[1].condition.seuils.alerte.source: no source 'etta' under sources; did you mean 'etat'?",
        ),
        (
            "maintien: 10 min",
            "maintien: 10 minutes",
            "24: regles[1].maintien: expected a duration such as 30 s, 10 min, 1 h 30 min or 3 j, got '10 minutes'",
        ),
        (
            "si_inconnu: maintenir",
            "si_inconnu: alerte",
            "25: regles[1].si_inconnu: expected 'maintenir' or 'vigilance', got 'alerte'",
        ),
        (
            "propose_le_volet: true",
            "propose_le_volet: oui",
            "26: regles[1].propose_le_volet: expected true or false, got 'oui'",
        ),
        (
            "territoires: [departement]",
            "territoires: [departement, departement]",
            "16: regles[1].territoires: 'departement' is given twice",
        ),
        (
            "territoires: [departement]",
            "territoires: [france]",
            (
                "16: regles[1].territoires[1]: a plan judges one région at a time; write region, departement or "
                "etablissement"
            ),
        ),
        (
            "roles: [cadre]",
            "roles: []",
            "29: regles[1].prevenir.alerte.roles: needs at least 1 of them, got 0",
        ),
        (
            "roles: [cadre]",
            "roles: [cadre, cadre]",
            "29: regles[1].prevenir.alerte.roles: 'cadre' is given twice",
        ),
        (
            CONDITION,
            "      evenement: {natures: [attentat], posture: alerte}\n",
            "18: regles[1].condition.evenement.source: this key is required",
        ),
        (
            CONDITION,
            "      flux_muet: {flux: rpu, apres: 0 min, posture: alerte, source: etat}\n",
            "18: regles[1].condition.flux_muet.apres: a silence lasts longer than 0 min",
        ),
        (
            THRESHOLD,
            "{au_dessus_de: -1, source: etat}",
            "21: regles[1].condition.seuils.alerte.au_dessus_de: must not be negative, got -1",
        ),
        (
            "effectif_minimal: 84",
            "effectif_minimal: 8.4",
            "23: regles[1].condition.effectif_minimal: expected a whole number, got 8.4",
        ),
        (
            "marge: 1",
            "completude_minimale: 101",
            "22: regles[1].condition.completude_minimale: got 101; it should be less than or equal to 100",
        ),
        (
            CONDITION,
            "      evenement: {natures: [attentat], posture: veille, source: etat}\n",
            "18: regles[1].condition.evenement.posture: expected 'vigilance' or 'alerte', got 'veille'",
        ),
        (
            CONDITION,
            "      flux_muet: {flux: rpu, apres: 26, posture: alerte, source: etat}\n",
            (
                "18: regles[1].condition.flux_muet.apres: expected a duration such as 30 s, 10 min, 1 h 30 min or 3 j, "
                "got 26"
            ),
        ),
        (
            CONDITION,
            "      quand: jamais\n",
            (
                "17: regles[1].condition: a condition is written with one of indicateur, evenement, flux_muet, toutes, "
                "une_parmi, or au_moins and parmi"
            ),
        ),
        (
            CONDITION,
            "      toutes:\n        - evenement: {natures: [attentat], posture: alerte, source: etat}\n",
            "18: regles[1].condition.toutes: needs at least 2 of them, got 1",
        ),
        (
            CONDITION,
            (
                "      au_moins: 3\n      parmi:\n"
                "        - evenement: {natures: [a], posture: alerte, source: etat}\n"
                "        - evenement: {natures: [b], posture: alerte, source: etat}\n"
            ),
            "18: regles[1].condition.au_moins: 3 conditions are needed but parmi holds only 2",
        ),
        (
            CONDITION,
            (
                "      une_parmi:\n"
                "        - evenement: {natures: [a], posture: alerte, source: etat}\n"
                "        - evenement: {natures: [b], posture: alerte, source: absente}\n"
            ),
            (
                "20: regles[1].condition.une_parmi[2].evenement.source: no source 'absente' under sources; declare it "
                "there"
            ),
        ),
        (
            CONDITION,
            "      evenement: {natures: [attentat], posture: vigilance, source: etat}\n",
            "21: regles[1].propose_le_volet: a volet is proposed at alerte, which the condition never asks for",
        ),
    ],
)
def test_a_mistake_is_shown_on_its_line(tmp_path: Path, before: str, after: str, line: str) -> None:
    assert f"essai.yaml:{line}" in refusals(tmp_path, (before, after))


def test_a_source_that_never_meets_the_plan_is_refused(tmp_path: Path) -> None:
    shown = refusals(tmp_path, ("valide_du: 2020-01-01\n    valide_au", "valide_du: 2021-01-01\n    valide_au"))
    assert shown == [
        f"essai.yaml:{line}: regles[1].condition.seuils.{posture}.source: the source 'etat' is never valid while "
        "this plan is: the rule would never apply"
        for line, posture in ((20, "vigilance"), (21, "alerte"))
    ]


def test_an_audience_that_nothing_asks_for_is_refused(tmp_path: Path) -> None:
    shown = refusals(
        tmp_path,
        ("        vigilance: {au_dessus_de: 6, source: etat}\n", ""),
        ("      alerte: {roles: [cadre]}", "      vigilance: {roles: [cadre]}"),
    )
    assert shown == [
        "essai.yaml:28: regles[1].prevenir.vigilance: the condition never asks for vigilance: nobody would ever be told"
    ]


def test_a_rule_given_twice_is_refused(tmp_path: Path) -> None:
    rule = PLAN[PLAN.index("  - regle") :]
    assert refusals(tmp_path, (rule, rule + rule)) == [
        "essai.yaml:30: regles[2].regle: the rule 'part' is already in this plan"
    ]


def test_a_decimal_comma_between_braces_is_explained(tmp_path: Path) -> None:
    shown = refusals(tmp_path, ("au_dessus_de: 10", "au_dessus_de: 10,5"))
    assert shown == [
        (
            "essai.yaml:21: regles[1].condition.seuils.alerte.5: unknown key; a decimal comma between braces must be "
            "between quotes, such as '6,5'"
        )
    ]


def test_all_mistakes_of_all_files_are_shown_together(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("plan: [\n", encoding="utf-8")
    (tmp_path / "b.yaml").write_text(PLAN.replace("volet: REB\n", ""), encoding="utf-8")
    shown = refusals(tmp_path, ("titre: Une part", "titre: 3"))
    assert [line.split(": ")[0] for line in shown] == ["a.yaml:2", "b.yaml:1", "essai.yaml:15"]


def test_versions_of_one_plan_must_not_overlap(tmp_path: Path) -> None:
    later = PLAN.replace("valide_du: 2020-01-01\nvalide_au: 2020-12-31", "valide_du: 2020-12-31")
    (tmp_path / "suite.yaml").write_text(later, encoding="utf-8")
    [line] = refusals(tmp_path, ("Un plan", "Le plan"))
    assert line.startswith("suite.yaml:5: valide_du: the plan 'essai' is already in force in essai.yaml")


@pytest.mark.parametrize(
    ("make", "message"),
    [("nothing", "no such directory"), ("file", "not a directory"), ("directory", "no plan file here")],
)
def test_a_directory_without_plans_is_an_error(tmp_path: Path, make: str, message: str) -> None:
    path = tmp_path / "plans"
    if make == "file":
        path.write_text("", encoding="utf-8")
    elif make == "directory":
        path.mkdir()
    with pytest.raises(DocumentError, match=f"plans: {message}"):
        load_catalogue(path)
