"""`vigie plans check` and `vigie plans show`, as a planner runs them."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from orsan_plans.adapters.plan_files import shipped_catalogue
from vigie.plans_commands import app


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env={"COLUMNS": "220"})


def test_check_counts_the_shipped_plans() -> None:
    result = run("check")
    assert result.exit_code == 0
    assert result.stdout == f"8 plans, 14 rules, catalogue {shipped_catalogue().sha256}\n"


@pytest.mark.parametrize("command", ["check", "show"])
def test_a_mistake_goes_to_stderr_with_exit_code_1(tmp_path: Path, command: str) -> None:
    (tmp_path / "a.yaml").write_text("plan: a\nplan: b\n", encoding="utf-8")
    result = run(command, str(tmp_path))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"{tmp_path}/a.yaml:2: plan: this key is already given on line 1\n"


def test_show_gives_thresholds_with_their_reference_and_whom_they_tell() -> None:
    shown = run("show", "--on", "2020-03-25", "--region", "52").stdout
    for expected in (
        "volet REB, toutes les régions, du 2020-01-01 au 2020-12-31",
        "ALERTE au-dessus de 10 %",
        "La Gazette des communes",
        "retour 2 j",
        "cadre, puis",
    ):
        assert expected in shown
    assert "plan amavi" not in shown


def test_show_keeps_the_square_brackets_of_a_plan() -> None:
    assert "[Vigilance météorologique" in run("show", "--on", "2026-01-14").stdout


def test_show_says_when_no_plan_matches() -> None:
    assert run("show", "--on", "1999-01-01").stdout.strip() == "Aucun plan ne correspond."


@pytest.mark.parametrize("arguments", [("--region", "99"), ("--on", "25/03/2020")])
def test_a_wrong_option_is_a_usage_error(arguments: tuple[str, str]) -> None:
    assert run("show", *arguments).exit_code == 2
