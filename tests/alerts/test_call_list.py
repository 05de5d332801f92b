"""The call list: who to telephone when nothing can be sent, with the numbers of the roster file."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from apprise import Apprise

from alerts.adapters.apprise_channel import AppriseChannel
from alerts.adapters.roster_files import load_roster_form
from alerts.call_list import NO_NUMBER, NOBODY, call_list

ROSTER = """\
astreinte: Essai <52>
region: "52"
personnes:
  - id: claire
    nom: Claire Martin
    telephone: "06 00 00 00 01"
    contacts:
      - {canal: sms, adresse: "${SMS}/33600000001"}
      - {canal: courriel, adresse: "${MAIL}&to=claire@example.org/0123456789"}
  - id: anne
    nom: Anne Le Goff
    contacts:
      - {canal: messagerie, adresse: "gotify://box.example.org/33699999999"}
      - {canal: appel, adresse: "${VOIX}/+33600000002?rto=5"}
      - {canal: sms, adresse: "${SMS}/0600000003"}
  - id: vera
    nom: Véra
    contacts: [{canal: courriel, adresse: "mailto://example.org"}]
roles:
  directeur: {titre: Directrice, fixe: [anne]}
  cadre: {titre: Cadre, fixe: [claire]}
  veille: {titre: Veille, fixe: [vera]}
  medecin: {titre: Médecin, rotation: [claire], debut: 2026-06-01, releve: {jour: lundi, heure: "08:30"}}
escalade: {delai: 10 min, repetition: 15 min, repli: directeur}
"""
NOW = datetime(2026, 1, 14, 19, tzinfo=UTC)


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    path = tmp_path / "astreinte.yaml"
    path.write_text(ROSTER, encoding="utf-8")
    return path


def test_each_role_has_its_people_and_their_numbers_the_last_resort_last(roster: Path) -> None:
    lines = call_list(load_roster_form(roster), NOW)
    assert [(line.role, line.person, line.numbers_text) for line in lines] == [
        ("Cadre", "Claire Martin", "06 00 00 00 01 · +33600000001"),
        ("Veille", "Véra", NO_NUMBER),
        ("Médecin", NOBODY, NO_NUMBER),
        ("Directrice (dernier recours)", "Anne Le Goff", "+33600000002 · 0600000003"),
    ]


def test_the_number_to_dial_is_in_neither_the_tableau_nor_what_the_journal_keeps(roster: Path) -> None:
    form = load_roster_form(roster)
    assert "06 00 00 00 01" not in str(form.to_roster().content)
    assert "06 00 00 00 01" not in repr(form)


@pytest.mark.parametrize("wrong", ['"12"', '"appelez-moi"', '"06 00 00 00 01 ou le 15 !"'])
def test_what_is_no_telephone_number_is_refused(roster: Path, wrong: str) -> None:
    text = roster.read_text(encoding="utf-8").replace('"06 00 00 00 01"', wrong)
    roster.write_text(text, encoding="utf-8")
    with pytest.raises(Exception, match="telephone"):
        load_roster_form(roster)


def test_every_address_of_the_guide_is_one_that_apprise_knows(repository: Path) -> None:
    guide = (repository / "docs" / "astreinte.md").read_text(encoding="utf-8")
    table = guide.partition("### Des canaux de secours")[2].partition("`{notification}`")[0]
    addresses = [word for word in table.split("`") if "://" in word]
    assert len(addresses) >= 5
    AppriseChannel({})  # loads the plugins, with less noise
    assert [address for address in addresses if Apprise.instantiate(address) is None] == []
