"""The policies of a roster file: what is read, and what is refused at its line."""

from datetime import timedelta
from pathlib import Path

import pytest

from alerts.adapters.roster_files import load_roster
from alerts.astreinte import Roster
from alerts.policies import EscalationStep, Policy
from orsan_plans.adapters.located_yaml import DocumentError
from orsan_plans.posture import Posture

ROSTER = """\
astreinte: Essai
region: "52"
personnes:
  - {id: anne, nom: Anne, contacts: [{canal: sms, adresse: "json://127.0.0.1/a"}]}
  - {id: paul, nom: Paul, contacts: [{canal: sms, adresse: "json://127.0.0.1/p"}]}
  - {id: zoe, nom: Zoé, contacts: [{canal: sms, adresse: "json://127.0.0.1/z"}]}
roles:
  cadre: {titre: Cadre, fixe: [anne, paul]}
  medecin: {titre: Médecin, releve: {jour: lundi, heure: "08:30"}, debut: 2026-01-05, rotation: [anne, zoe]}
  directeur: {titre: Directeur, fixe: [zoe]}
escalade: {delai: 10 min, repetition: 15 min, repli: directeur}
politiques:
  - volets: [AMAVI, REB]
    postures: [alerte]
    etapes:
      - {roles: [cadre, medecin], delai: 5 min, reponses: 2}
      - {personnes: [zoe], delai: 10 min}
    repetition: 20 min
    repli: medecin
    acte: 30 min
    retrait: 10 min
  - etapes:
      - {roles: [cadre], personnes: [zoe], delai: 1 min}
"""


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def load(folder: Path, text: str) -> Roster:
    path = folder / "astreinte.yaml"
    path.write_text(text, encoding="utf-8")
    return load_roster(path, {}).roster


def test_policies_are_read_in_order(tmp_path: Path) -> None:
    first, second = load(tmp_path, ROSTER).policies
    assert first == Policy(
        volets=("AMAVI", "REB"),
        postures=(Posture.ALERTE,),
        steps=(
            EscalationStep(("cadre", "medecin"), minutes(5), answers=2),
            EscalationStep((), minutes(10), people=("zoe",)),
        ),
        repeat=minutes(20),
        fallback="medecin",
        act_within=minutes(30),
        withdraw_after=minutes(10),
    )
    assert (second.volets, second.postures) == ((), ())
    assert second.steps == (EscalationStep(("cadre",), minutes(1), people=("zoe",)),)


def test_what_a_policy_does_not_say_is_said_by_escalade(tmp_path: Path) -> None:
    second = load(tmp_path, ROSTER).policies[1]
    assert (second.repeat, second.fallback) == (minutes(15), "directeur")
    assert (second.act_within, second.withdraw_after) == (None, None)


def test_policies_are_optional(tmp_path: Path) -> None:
    assert load(tmp_path, ROSTER.partition("politiques:")[0]).policies == ()


@pytest.mark.parametrize(
    ("written", "instead", "line"),
    [
        (
            "roles: [cadre, medecin]",
            "roles: [cadre, medcin]",
            "16: politiques[1].etapes[1].roles[2]: no role is called 'medcin'; did you mean 'medecin'?",
        ),
        (
            "{personnes: [zoe], delai: 10 min}",
            "{personnes: [zoé], delai: 10 min}",
            "17: politiques[1].etapes[2].personnes[1]: 'zoé' does not have the form ^[a-z0-9]+([.-][a-z0-9]+)*$",
        ),
        (
            "{personnes: [zoe], delai: 10 min}",
            "{personnes: [zo], delai: 10 min}",
            "17: politiques[1].etapes[2].personnes[1]: nobody in personnes has the id 'zo'; did you mean 'zoe'?",
        ),
        ("repli: medecin", "repli: preffet", "19: politiques[1].repli: no role is called 'preffet'"),
        (
            "{personnes: [zoe], delai: 10 min}",
            "{delai: 10 min}",
            "17: politiques[1].etapes[2]: write roles, personnes or both: a step calls somebody",
        ),
        (
            "roles: [cadre, medecin]",
            "roles: [cadre, cadre]",
            "16: politiques[1].etapes[1].roles[2]: 'cadre' is given twice in this step",
        ),
        (
            "reponses: 2",
            "reponses: 4",
            "16: politiques[1].etapes[1].reponses: asks for 4 answers of 3 called at once",
        ),
        (
            "reponses: 2",
            "reponses: 0",
            "16: politiques[1].etapes[1].reponses: got 0; it should be greater than or equal to 1",
        ),
        (
            "    retrait: 10 min\n",
            "",
            ("13: politiques[1]: retrait is required with acte: how long after the reminder the answer is withdrawn"),
        ),
        ("    acte: 30 min\n", "", "13: politiques[1]: retrait has no use without acte"),
        ("delai: 5 min", "delai: 30 s", "16: politiques[1].etapes[1].delai: must be at least 1 min"),
        ("postures: [alerte]", "postures: []", "14: politiques[1].postures: needs at least 1 of them, got 0"),
        (
            "postures: [alerte]",
            "postures: [activation]",
            "14: politiques[1].postures[1]: expected 'vigilance' or 'alerte', got 'activation'",
        ),
        ("etapes:\n      - {roles: [cadre, med", "etape:\n      - {roles: [cadre, med", "15: politiques[1].etape: "),
        (
            "  - volets: [AMAVI, REB]\n    postures: [alerte]\n    etapes:",
            "  - etapes:",
            "20: politiques[2]: never applies: politiques[1] comes first for the same volets and postures",
        ),
    ],
)
def test_a_mistake_is_named_with_its_file_line_and_key(tmp_path: Path, written: str, instead: str, line: str) -> None:
    assert ROSTER.count(written) == 1
    with pytest.raises(DocumentError) as refused:
        load(tmp_path, ROSTER.replace(written, instead))
    assert any(each.startswith(f"{tmp_path}/astreinte.yaml:{line}") for each in str(refused.value).splitlines()), str(
        refused.value
    )
