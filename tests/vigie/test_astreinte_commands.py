"""`vigie astreinte liste`: text on the screen, a page for the printer, no password needed, nothing half-written."""

from pathlib import Path

import pytest

from tests.alerts.test_call_list import ROSTER
from tests.vigie.monitored import vigie


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    path = tmp_path / "astreinte.yaml"
    path.write_text(ROSTER, encoding="utf-8")
    return path


def test_the_list_is_printed_without_any_password(roster: Path) -> None:
    listed = vigie("astreinte", "liste", "--roster", roster, "--at", "2026-01-14T20:00")
    assert listed.exit_code == 0, listed.output
    first_line = listed.stdout.splitlines()[0].replace("\N{NO-BREAK SPACE}", " ")
    assert first_line == "Liste d'appel, Essai <52>, le mercredi 14 janvier 2026 à 20 h 00 (heure locale)"
    assert "Cadre : Claire Martin : 06 00 00 00 01 · +33600000001" in listed.stdout
    assert "${" not in listed.stdout


def test_the_page_is_whole_escaped_and_fetches_nothing(roster: Path, tmp_path: Path) -> None:
    page = tmp_path / "liste.html"
    assert vigie("astreinte", "liste", "--roster", roster, "--html", page).exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert "Essai &lt;52&gt;" in text
    assert "06 00 00 00 01" in text
    assert not [word for word in ("http:", "https:", "<script", "src=") if word in text]


def test_a_roster_that_is_not_there_is_said_without_a_traceback(tmp_path: Path) -> None:
    page = tmp_path / "liste.html"
    refused = vigie("astreinte", "liste", "--roster", tmp_path / "absent.yaml", "--html", page)
    assert refused.exit_code == 1
    assert "absent.yaml" in refused.stderr
    assert not page.exists()
