"""Addresses that follow their file: a person added is reached without a restart, a damaged file changes nothing."""

from pathlib import Path

import pytest

from alerts.adapters.followed_addresses import FollowedAddresses
from alerts.adapters.roster_files import load_roster

FILE = """\
astreinte: Essai
region: "52"
personnes:
  - {id: ada, nom: Ada, contacts: [{canal: sms, adresse: "json://secret.example.org/1"}]}
roles: {veille: {titre: Veille, fixe: [ada]}}
escalade: {delai: 1 min, repetition: 1 min, repli: veille}
"""
BOB = '  - {id: bob, nom: Bob, contacts: [{canal: sms, adresse: "json://secret.example.org/2"}]}\nroles:'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "t.yaml"
    path.write_text(FILE)
    return path


def followed(path: Path, warnings: list[str]) -> FollowedAddresses:
    return FollowedAddresses(load_roster(path, {}), {}, warnings.append)


def test_a_person_added_to_the_file_has_an_address_at_once(file: Path) -> None:
    warnings: list[str] = []
    addresses = followed(file, warnings)
    assert dict(addresses) == {"ada/sms": "json://secret.example.org/1"}
    file.write_text(FILE.replace("roles:", BOB))
    assert addresses.get("bob/sms") == "json://secret.example.org/2"
    assert len(addresses) == 2
    assert warnings == []


def test_a_person_taken_away_is_not_reached_any_more(file: Path) -> None:
    file.write_text(FILE.replace("roles:", BOB))
    addresses = followed(file, [])
    file.write_text(FILE)
    assert addresses.get("bob/sms") is None


@pytest.mark.parametrize("damage", ["", "astreinte: [", FILE.replace("secret.example.org", "${ABSENT}")])
def test_a_file_that_cannot_be_read_leaves_the_addresses_and_is_told_once(file: Path, damage: str) -> None:
    warnings: list[str] = []
    addresses = followed(file, warnings)
    file.write_text(damage)
    for _ in range(3):
        assert addresses["ada/sms"] == "json://secret.example.org/1"
    [warning] = warnings
    assert "addresses stay as they were" in warning
    assert "secret" not in warning
    file.write_text(FILE.replace("/1", "/3"))
    assert addresses["ada/sms"] == "json://secret.example.org/3"


def test_a_file_taken_away_changes_nothing(file: Path) -> None:
    warnings: list[str] = []
    addresses = followed(file, warnings)
    file.unlink()
    assert addresses["ada/sms"] == "json://secret.example.org/1"
    assert "secret" not in repr(addresses)
