"""Every timeline of tests/scenarios, played by the embedded monitor in virtual time."""

from pathlib import Path

import pytest

from tests.core.scenario import Player

FOLDER = Path(__file__).parents[1] / "scenarios"
SCENARIOS = sorted(FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario(path: Path) -> None:
    assert Player.read(path).play() == []


def test_the_scenarios_are_there() -> None:
    assert len(SCENARIOS) >= 8


def test_a_scenario_that_expects_something_else_fails() -> None:
    player = Player.read(FOLDER / "personne-ne-repond.yaml")
    last = player.scenario.steps[-1]
    assert last.expects
    last.expects.pop()
    assert len(player.play()) == 1
