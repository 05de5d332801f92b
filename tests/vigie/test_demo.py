"""The demo ends well, says so, and is the same play each time."""

import re
from pathlib import Path

import pytest

from tests.vigie.monitored import last_line, vigie


@pytest.fixture(autouse=True)
def _wide_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def play(journal: Path, *options: str | Path) -> str:
    done = vigie("demo", "--seconds", "0", "--journal", journal, *options)
    assert done.exit_code == 0, done.output
    text = re.sub(r"[│\s]+", " ", done.stdout)
    assert "empreinte du rejeu identique" in text
    found = re.search(r"empreinte ([0-9a-f]{64})", text)
    assert found, text
    return found[1]


@pytest.mark.slow
def test_the_winter_evening_is_the_same_with_the_same_seed(tmp_path: Path, soak: bool) -> None:
    first = play(tmp_path / "a.db", "--seed", "7")
    assert play(tmp_path / "b.db", "--seed", "7") == first
    assert last_line(vigie("journal", "verify", tmp_path / "b.db").stdout)[2] == first
    if soak:
        assert play(tmp_path / "a.db", "--seed", "8") != first


@pytest.mark.slow
def test_the_first_wave_is_played_from_the_real_data(shared_data: Path, tmp_path: Path) -> None:
    digest = play(tmp_path / "vague.db", "--data", shared_data)
    assert last_line(vigie("journal", "verify", tmp_path / "vague.db").stdout)[2] == digest


def test_a_data_directory_that_is_not_there_is_said(tmp_path: Path) -> None:
    done = vigie("demo", "--data", tmp_path / "absent", "--journal", tmp_path / "a.db")
    assert done.exit_code == 1
    assert "no such data directory" in done.stderr
    (tmp_path / "vide").mkdir()
    empty = vigie("demo", "--data", tmp_path / "vide", "--journal", tmp_path / "a.db")
    assert empty.exit_code == 1
    assert "cannot be read: No such file" in empty.stderr
    assert not (tmp_path / "a.db").exists()
