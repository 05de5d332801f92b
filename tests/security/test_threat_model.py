"""The threat model is held: each threat names the tests that hold its answer, and these exist."""

import re
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def rows(repository: Path) -> list[list[str]]:
    text = (repository / "docs" / "threat-model.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if not line.startswith("|---")]


def test_every_threat_has_an_answer_and_tests_that_exist(rows: list[list[str]], repository: Path) -> None:
    threats = [row for row in rows if row[0] != "threat"]
    assert len(threats) > 25
    for threat, answer, held_by in threats:
        cited = re.findall(r"`(tests/[a-z_/]+\.py)`", held_by)
        assert answer
        assert cited, f"no test holds: {threat}"
        assert [name for name in cited if not (repository / name).is_file()] == [], threat
