import re
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.adapters.roster_files import LoadedRoster, load_roster
from alerts.astreinte import Canal, Roster
from alerts.roster_schema import RosterFile
from alerts.volume.limits import Limits
from orsan_plans.adapters.located_yaml import DocumentError
from orsan_plans.posture import Posture

SECRETS = {"VIGIE_SMS": "json://secret-token@sms.example.org", "VIGIE_MAIL": "mailto://u:hunter2@example.org?from=v"}
ROSTER = """\
astreinte: Pays de la Loire
region: "52"
personnes:
  - id: claire.martin
    nom: Claire Martin
    contacts:
      - {canal: sms, adresse: "${VIGIE_SMS}/33600000001"}
      - {canal: courriel, adresse: "${VIGIE_MAIL}&to=c@example.org", postures: [vigilance]}
  - id: karim.benali
    nom: Karim Benali
    contacts:
      - {canal: messagerie, adresse: "json://127.0.0.1/x"}
roles:
  cadre:
    titre: Cadre d'astreinte
    releve: {jour: lundi, heure: "08:30"}
    debut: 2026-01-05
    rotation: [claire.martin, karim.benali]
  directeur:
    titre: Directeur
    fixe: [karim.benali]
escalade: {delai: 10 min, repetition: 1 h 30 min, repli: directeur}
exercice:
  personnes: [claire.martin]
"""


def load(folder: Path, text: str, environ: dict[str, str] | None = None) -> LoadedRoster:
    path = folder / "astreinte.yaml"
    path.write_text(text, encoding="utf-8")
    return load_roster(path, SECRETS if environ is None else environ)


def refusal(folder: Path, text: str, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(DocumentError) as refused:
        load(folder, text, environ)
    return str(refused.value).replace(f"{folder}/", "").splitlines()


def test_a_file_becomes_a_roster_and_an_address_book(tmp_path: Path) -> None:
    loaded = load(tmp_path, ROSTER)
    roster = loaded.roster
    claire, karim = roster.people
    assert (roster.title, roster.region, roster.time_zone) == ("Pays de la Loire", "52", "Europe/Paris")
    assert [contact.canal for contact in claire.contacts] == [Canal.SMS, Canal.COURRIEL]
    assert [contact.name for contact in roster.contacts(claire, Posture.ALERTE)] == ["claire.martin/sms"]
    assert [role.id for role in roster.roles] == ["cadre", "directeur"]
    assert roster.escalation.delay.total_seconds() == 600
    assert roster.escalation.repeat.total_seconds() == 5400
    assert roster.escalation.fallback == "directeur"
    assert roster.is_exercise_participant(claire)
    assert not roster.is_exercise_participant(karim)
    assert dict(loaded.address_book) == {
        "claire.martin/sms": "json://secret-token@sms.example.org/33600000001",
        "claire.martin/courriel": "mailto://u:hunter2@example.org?from=v&to=c@example.org",
        "karim.benali/messagerie": "json://127.0.0.1/x",
    }


def test_nobody_takes_part_in_exercises_unless_the_file_says_so(tmp_path: Path) -> None:
    roster = load(tmp_path, ROSTER.partition("exercice:")[0]).roster
    assert not any(roster.is_exercise_participant(person) for person in roster.people)


def test_limits_are_those_of_the_file_or_the_defaults(tmp_path: Path) -> None:
    assert load(tmp_path, ROSTER).roster.limits == Limits()
    said = ROSTER + "limites: {messages: 3, duree: 1 h, resume: 15 min}\nbudget: {messages_par_nuit: 2}\n"
    expected = Limits(3, timedelta(hours=1), timedelta(minutes=15), 2)
    assert load(tmp_path, said).roster.limits == expected
    assert load(tmp_path, ROSTER + "limites: {messages: 3}\n").roster.limits == Limits(messages=3)


def test_a_limit_that_would_keep_everything_back_is_refused(tmp_path: Path) -> None:
    assert "limites.messages" in refusal(tmp_path, ROSTER + "limites: {messages: 0}\n")[0]
    assert "limites.resume: must be at least 1 min" in refusal(tmp_path, ROSTER + "limites: {resume: 5 s}\n")[0]


def test_a_roster_journaled_before_there_were_limits_has_none(tmp_path: Path) -> None:
    content = load(tmp_path, ROSTER).roster.content
    del content["limits"]
    assert Roster.from_content(content).limits is None


def test_what_is_journaled_or_shown_holds_no_address(tmp_path: Path) -> None:
    loaded = load(tmp_path, ROSTER)
    shown = f"{loaded!r} {loaded.roster.content} {loaded.address_book}"
    for secret in ("secret-token", "hunter2", "336", "://", "example.org", "127.0.0.1"):
        assert secret not in shown
    assert "AddressBook(3 addresses)" in shown


def test_changing_an_address_makes_no_new_version(tmp_path: Path) -> None:
    before = load(tmp_path, ROSTER).roster
    assert load(tmp_path, ROSTER.replace("33600000001", "33600000009")).roster.sha256 == before.sha256


def test_the_journaled_content_gives_the_same_roster(tmp_path: Path) -> None:
    roster = load(tmp_path, ROSTER).roster
    assert Roster.from_content(roster.content) == roster


@pytest.mark.parametrize(
    ("written", "instead", "line"),
    [
        (
            "rotation: [claire.martin, karim.benali]",
            "rotation: [claire.martin, karim.benalli]",
            "18: roles.cadre.rotation[2]: nobody in personnes has the id 'karim.benalli'; did you mean 'karim.benali'?",
        ),
        (
            "fixe: [karim.benali]",
            "fixe: [directeur]",
            "21: roles.directeur.fixe[1]: nobody in personnes has the id 'directeur'",
        ),
        (
            "personnes: [claire.martin]",
            "personnes: [x]",
            "24: exercice.personnes[1]: nobody in personnes has the id 'x'",
        ),
        (
            "repli: directeur",
            "repli: directrice",
            "22: escalade.repli: no role is called 'directrice'; did you mean 'directeur'?",
        ),
        (
            "debut: 2026-01-05",
            "debut: 2026-01-06",
            "17: roles.cadre.debut: 2026-01-06 is a mardi; the first rotation starts on a lundi",
        ),
        (
            "id: karim.benali",
            "id: claire.martin",
            "9: personnes[2].id: 'claire.martin' is already the id of another person",
        ),
        (
            '/33600000001"}',
            '/33600000001"}' + 2 * '\n      - {canal: courriel, adresse: "json://127.0.0.1/y", nom: a}',
            "9: personnes[1].contacts[3]: two contacts are called claire.martin/courriel-a; give this one another nom",
        ),
        (
            'region: "52"',
            'region: "99"',
            (
                "2: region: unknown région '99'; expected an INSEE code: 01, 02, 03, 04, 06, 11, 24, 27, 28, 32, 44, "
                "52, 53, 75, 76, 84, 93, 94"
            ),
        ),
        ('region: "52"', "region: 52", "2: region: expected text, got 52; put it between quotes"),
        (
            "rotation: [claire.martin, karim.benali]",
            "rotation: []",
            "18: roles.cadre.rotation: needs at least 1 of them, got 0",
        ),
        (
            '      - {canal: messagerie, adresse: "json://127.0.0.1/x"}\n',
            "      []\n",
            "11: personnes[2].contacts: needs at least 1 of them, got 0",
        ),
        (
            "canal: messagerie",
            "canal: pigeon",
            "12: personnes[2].contacts[1].canal: expected 'sms', 'courriel', 'messagerie' or 'appel', got 'pigeon'",
        ),
        (
            'adresse: "json://127.0.0.1/x"}',
            'adresse: "json://127.0.0.1/x", postures: [vigilance]}',
            "11: personnes[2].contacts: karim.benali cannot be reached in alerte: one contact must accept it",
        ),
        (
            'heure: "08:30"',
            'heure: "8h30"',
            "16: roles.cadre.releve.heure: expected a time such as \"08:30\", got '8h30'",
        ),
        ("delai: 10 min", "delai: 0 min", "22: escalade.delai: must be at least 1 min"),
        (
            "    debut: 2026-01-05\n",
            "",
            "14: roles.cadre: debut is required with rotation",
        ),
        (
            "    fixe: [karim.benali]",
            "    fixe: [karim.benali]\n    debut: 2026-01-05",
            "19: roles.directeur: debut has no use with fixe",
        ),
        (
            "    fixe: [karim.benali]\n",
            "",
            "19: roles.directeur: write either rotation (one person a week, in turn) or fixe (always the same people)",
        ),
        ("escalade:", "escalades:", "22: escalades: unknown key; did you mean 'escalade'?"),
        (
            "/33600000001",
            "${A-B}",
            "7: personnes[1].contacts[1].adresse: a variable is written ${NAME}, with letters, digits and underscores",
        ),
    ],
)
def test_a_mistake_is_named_with_its_file_line_and_key(tmp_path: Path, written: str, instead: str, line: str) -> None:
    assert ROSTER.count(written) >= 1
    assert f"astreinte.yaml:{line}" in refusal(tmp_path, ROSTER.replace(written, instead, 1))


def test_missing_variables_are_all_named_and_no_other_secret_is_shown(tmp_path: Path) -> None:
    lines = refusal(tmp_path, ROSTER, {"VIGIE_MAIL": "mailto://u:hunter2@example.org", "VIGIE_SMS": ""})
    assert lines == [
        (
            "astreinte.yaml:7: personnes[1].contacts[1].adresse: "
            "set the environment variable VIGIE_SMS, which this address needs"
        )
    ]
    assert len(refusal(tmp_path, ROSTER, {})) == 2


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="cannot be read"):
        load_roster(tmp_path / "absent.yaml", {})


def test_the_documented_example_is_accepted(repository: Path) -> None:
    variables = {"VIGIE_SMS": "json://127.0.0.1", "VIGIE_COURRIEL": "mailto://127.0.0.1/?from=vigie@example.org"}
    loaded = load_roster(repository / "docs" / "examples" / "astreinte-exemple.yaml", variables)
    assert {role.id for role in loaded.roster.roles} == {"veille", "cadre", "medecin", "directeur"}
    assert len(loaded.address_book) == 9


def test_the_documented_example_of_policies_is_accepted(repository: Path) -> None:
    variables = {"VIGIE_SMS": "json://127.0.0.1", "VIGIE_COURRIEL": "mailto://127.0.0.1/?from=vigie@example.org"}
    loaded = load_roster(repository / "docs" / "examples" / "astreinte-politiques.yaml", variables)
    assert [(policy.volets, len(policy.steps)) for policy in loaded.roster.policies] == [(("AMAVI",), 2), ((), 2)]


def test_every_key_and_word_of_the_file_is_in_the_guide(repository: Path) -> None:
    guide = (repository / "docs" / "astreinte.md").read_text(encoding="utf-8")
    schema = RosterFile.model_json_schema()
    forms = [schema, *schema["$defs"].values()]
    keys = {key for form in forms for key in form["properties"]}
    assert {"astreinte", "canal", "repli", "fixe"} <= keys
    assert {key for key in keys | set(Canal) if not re.search(rf"`{key}`|\b{key}:", guide)} == set()
