"""The systemd units: sound, of commands that exist, with few rights."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.main import get_command

from tests.command_line import app
from vigie.worker import LETS_GO_SECONDS

MOST_EXPOSED = 2.0
"""On systemd's scale from 0 to 10: what it calls OK. Vigie's own choice."""
UNITS = ("vigie-worker@", "vigie-notifier@", "vigie-api", "vigie-auditor@")


@pytest.fixture(params=UNITS)
def unit(request: pytest.FixtureRequest, repository: Path) -> str:
    return (repository / "docker" / "systemd" / f"{request.param}.service").read_text(encoding="utf-8")


def test_the_command_exists(unit: str) -> None:
    words = re.findall(r"^ExecStart=/opt/vigie/bin/vigie (.*)$", unit, re.MULTILINE)[0].split()
    command = get_command(app).commands[words[0]]  # type: ignore[attr-defined]  # a group
    options = {option for each in command.params for option in each.opts}
    assert {word for word in words[1:] if word.startswith("--")} <= options


def test_it_always_comes_back_and_holds_no_secret(unit: str) -> None:
    assert "Restart=always" in unit
    assert "StartLimitIntervalSec=0" in unit
    assert not re.search("password|://", unit, re.IGNORECASE)


def test_it_is_given_the_time_that_a_worker_may_take_to_stop(unit: str) -> None:
    [given] = re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
    assert float(given) > LETS_GO_SECONDS


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is missing (Debian: systemd)")
def test_systemd_finds_it_sound_and_hardened(unit: str, tmp_path: Path) -> None:
    file = tmp_path / "vigie.service"
    file.write_text(unit.replace("/opt/vigie/bin/vigie", shutil.which("true") or "/bin/true"), encoding="utf-8")
    found = subprocess.run(["systemd-analyze", "verify", file], capture_output=True, text=True, check=False)
    assert not [line for line in found.stderr.splitlines() if str(file) in line or "vigie.service" in line]
    security: list[str | Path] = [
        "systemd-analyze",
        "security",
        "--offline=true",
        f"--threshold={MOST_EXPOSED * 10:g}",
        file,
    ]
    judged = subprocess.run(security, capture_output=True, text=True, check=False)
    assert judged.returncode == 0, judged.stdout[-300:]
