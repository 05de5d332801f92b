"""Rotations, days, schedules and replacements as a roster file writes them; where each mistake is."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from alerts.adapters.french_holidays import FIRST_YEAR, LAST_YEAR, public_holidays
from alerts.adapters.roster_files import LoadedRoster, load_roster
from alerts.astreinte import Roster
from orsan_plans.adapters.located_yaml import DocumentError

FILE = """\
astreinte: Grand Est
region: "44"
personnes:
  - id: ada
    nom: Ada
    contacts:
      - {canal: sms, adresse: "json://a/1", fournisseur: Nord}
      - {canal: sms, adresse: "json://b/1", fournisseur: Sud}
      - {canal: sms, adresse: "json://c/1", nom: prive}
  - id: bob
    nom: Bob
    contacts: [{canal: sms, adresse: "json://a/2"}]
roles:
  cadre:
    titre: Cadre
    releve: {heure: "08:30"}
    debut: 2026-03-27
    fin: 2026-04-30
    rotation: [ada, bob]
    jours:
      - {jours: [dimanche, feries], heure: "08:30", fixe: [bob]}
escalade: {delai: 10 min, repetition: 10 min, repli: cadre}
feries: {departement: "67", ajoutes: [2026-04-20], retires: [2026-04-06]}
plannings:
  - {role: cadre, du: "2026-03-29 02:30", au: "2026-03-29 12:00", fixe: [ada], auteur: Lucie, motif: Essai}
remplacements:
  - {role: cadre, du: "2026-10-25 02:30", au: "2026-10-26 00:00", absent: ada, remplacant: bob, auteur: L, motif: E}
fichiers_plannings: [ete.yaml]
"""
SUMMER = """\
plannings:
  - {role: cadre, du: "2026-07-01 08:30", au: "2026-09-01 08:30", fixe: [bob], auteur: Lucie, motif: Été}
"""


def load(folder: Path, text: str = FILE, summer: str = SUMMER) -> LoadedRoster:
    (folder / "ete.yaml").write_text(summer, encoding="utf-8")
    (folder / "tableau.yaml").write_text(text, encoding="utf-8")
    return load_roster(folder / "tableau.yaml", {})


def refusal(folder: Path, text: str = FILE, summer: str = SUMMER) -> str:
    with pytest.raises(DocumentError) as refused:
        load(folder, text, summer)
    return str(refused.value).replace(f"{folder}/", "")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_every_part_of_the_file_is_in_the_tableau(tmp_path: Path) -> None:
    roster = load(tmp_path).roster
    assert [(contact.name, contact.provider) for contact in roster.people[0].contacts] == [
        ("ada/sms", "Nord"),
        ("ada/sms-2", "Sud"),
        ("ada/sms-prive", ""),
    ]
    assert [roster.holders("cadre", utc(f"2026-04-{day} 12:00")) for day in ("01", "02", "03", "05", "06")] == [
        ("bob",), ("ada",), ("bob",), ("bob",), ("ada",)
    ]  # fmt: skip
    assert roster.holders("cadre", utc("2026-04-30 06:30")) == ()
    assert roster.holders("cadre", utc("2026-07-14 12:00")) == ("bob",)
    assert Roster.from_content(roster.content) == roster


def test_addresses_go_with_the_names_of_their_contacts(tmp_path: Path) -> None:
    assert dict(load(tmp_path).address_book) == {
        "ada/sms": "json://a/1",
        "ada/sms-2": "json://b/1",
        "ada/sms-prive": "json://c/1",
        "bob/sms": "json://a/2",
    }


def test_local_times_of_the_clock_changes_become_instants(tmp_path: Path) -> None:
    roster = load(tmp_path).roster
    assert roster.schedules[0].starts_at == utc("2026-03-29 01:30")  # 02:30 is skipped: 03:30
    assert roster.overrides[0].starts_at == utc("2026-10-25 00:30")  # 02:30 comes twice: the first one


def test_holidays_are_those_of_the_departement_with_what_the_file_changes(tmp_path: Path) -> None:
    loaded = load(tmp_path)
    april = [day for day in loaded.roster.holidays if (day.year, day.month) == (2026, 4)]
    assert april == [date(2026, 4, 3), date(2026, 4, 20)]
    assert loaded.holidays[date(2026, 4, 3)] == "Vendredi saint"
    assert loaded.roster.holidays[0].year == FIRST_YEAR
    assert loaded.roster.holidays[-1].year == LAST_YEAR


def test_a_tableau_that_names_no_holiday_keeps_none(tmp_path: Path) -> None:
    assert load(tmp_path, FILE.replace("dimanche, feries", "dimanche")).roster.holidays == ()


@pytest.mark.parametrize(
    ("departement", "own"),
    [
        ("44", set()),
        ("57", {"2026-04-03", "2026-12-26"}),
        ("67", {"2026-04-03", "2026-12-26"}),
        ("68", {"2026-04-03", "2026-12-26"}),
        ("973", {"2026-06-10"}),
        ("974", {"2026-12-20"}),
        ("976", {"2026-04-27"}),
    ],
)
def test_the_library_knows_the_days_of_each_part_of_the_country(departement: str, own: set[str]) -> None:
    everywhere, here = ({day for day in public_holidays(code) if day.year == 2026} for code in ("", departement))
    assert len(everywhere) == 11
    assert {day.isoformat() for day in here - everywhere} == own
    assert everywhere <= here


@pytest.mark.parametrize(
    ("written", "instead", "line"),
    [
        (
            "fixe: [ada], auteur",
            "fixe: [zoe], auteur",
            "25: plannings[1].fixe[1]: nobody in personnes has the id 'zoe'",
        ),
        ('{role: cadre, du: "2026-03', '{role: cadr, du: "2026-03', "25: plannings[1].role: no role is called 'cadr'"),
        ("absent: ada", "absent: ida", "27: remplacements[1].absent: nobody in personnes has the id 'ida'; did you"),
        ("remplacant: bob", "remplacant: ada", "27: remplacements[1].remplacant: ada cannot replace themselves"),
        ('au: "2026-03-29 12:00"', 'au: "2026-03-29 02:30"', "25: plannings[1].au: ends on 2026-03-29 02:30, before"),
        (
            'du: "2026-03-29 02:30"',
            "du: 2026-03-29",
            '25: plannings[1].du: expected a day and a time such as "2026-07-14 08:30"',
        ),
        (
            'du: "2026-03-29 02:30"',
            'du: "2026-02-30 02:30"',
            "25: plannings[1].du: 2026-02-30 02:30 is not a day of the",
        ),
        ("auteur: Lucie, motif: Essai", "motif: Essai", "25: plannings[1].auteur: this key is required"),
        ("fin: 2026-04-30", "fin: 2026-03-27", "18: roles.cadre.fin: ends on 2026-03-27, before or as it begins"),
        (
            '{heure: "08:30"}',
            '{jour: vendredi, heure: "08:30"}',
            "18: roles.cadre.fin: 2026-04-30 is a jeudi; the last one ends",
        ),
        (
            ", fixe: [bob]}\n",
            ", fixe: [ann]}\n",
            "21: roles.cadre.jours[1].fixe[1]: nobody in personnes has the id 'ann'",
        ),
        ("[dimanche, feries]", "[ferié]", "21: roles.cadre.jours[1].jours[1]: expected "),
        (
            'departement: "67"',
            'departement: "44"',
            "23: feries.departement: not a département of the région; its own are 08,",
        ),
        (
            'feries: {departement: "67", ajoutes: [2026-04-20], retires: [2026-04-06]}\n',
            "",
            "write feries: {departement",
        ),
        ("[ete.yaml]", "[hiver.yaml]", "28: fichiers_plannings[1]: hiver.yaml does not exist"),
    ],
)
def test_a_mistake_has_its_line_and_key(tmp_path: Path, written: str, instead: str, line: str) -> None:
    assert FILE.count(written) == 1
    assert line in refusal(tmp_path, FILE.replace(written, instead))


def test_a_mistake_in_a_file_of_schedules_has_its_place_there(tmp_path: Path) -> None:
    assert refusal(tmp_path, summer=SUMMER.replace("bob", "zoe")) == (
        "ete.yaml:2: plannings[1].fixe[1]: nobody in personnes has the id 'zoe'"
    )
    assert refusal(tmp_path, summer="roles: {}\n").startswith("ete.yaml:1: roles: unknown key")


def test_each_part_is_found_in_its_file(tmp_path: Path) -> None:
    documents = load(tmp_path).documents
    places = [("plannings", 0), ("plannings", 1), ("remplacements", 0, "absent"), ("roles", "cadre")]
    assert [documents.place(path).replace(f"{tmp_path}/", "") for path in places] == [
        "tableau.yaml:25", "ete.yaml:2", "tableau.yaml:27", "tableau.yaml:14"
    ]  # fmt: skip


def test_who_only_looks_needs_no_password(tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text(FILE.replace("json://a/1", "${ABSENT}").replace("[ete.yaml]", "[]"))
    loaded = load_roster(tmp_path / "t.yaml", {}, needs_addresses=False)
    assert len(loaded.address_book) == 0
    with pytest.raises(DocumentError, match="ABSENT"):
        load_roster(tmp_path / "t.yaml", {})
