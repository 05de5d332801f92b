"""Options, profiles and places shared by every test."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Stores on PostgreSQL are held to the same contracts as the others, wherever those are written.
from tests.live_database.store_fixtures import (  # noqa: F401 - fixtures are found by their names here
    live_store,
    live_url,
    migrated,
    postgres,
    postgres_url,
)

# Tests share two cores: a slow draw says nothing about the code.
# The same examples each time: a change is judged by its own merits, new examples are looked for by `make soak`.
settings.register_profile(
    "ci",
    deadline=None,
    derandomize=True,
    max_examples=50,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("soak", settings.get_profile("ci"), derandomize=False, max_examples=2000)
# Rules were held on the source tree just before: the wheel run looks for what was not packaged.
settings.register_profile("wheel", settings.get_profile("ci"), max_examples=5)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="whole kill campaigns and longer property tests")


def pytest_configure(config: pytest.Config) -> None:
    if not config.getoption("--hypothesis-profile"):
        settings.load_profile("soak" if config.getoption("--soak") else "ci")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
    """Say how to repeat a failing order: quiet runs hide the header where pytest-randomly says it."""
    seed = terminalreporter.config.getoption("randomly_seed", default=None)
    if exitstatus and seed is not None:
        terminalreporter.write_line(f"this order again: PYTEST_OPTIONS='-n 2 --dist loadgroup --randomly-seed={seed}'")


@pytest.fixture(scope="session")
def soak(request: pytest.FixtureRequest) -> bool:
    """Whether campaigns run whole: slow tests choose their number of rounds from it."""
    return bool(request.config.getoption("--soak"))


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout; told by the Makefile when the tests run on the wheel, from elsewhere."""
    return Path(os.environ.get("VIGIE_REPOSITORY", Path(__file__).parents[1])).resolve()


@pytest.fixture(scope="session")
def shared_data(repository: Path) -> Path:
    """The public data sets beside the checkout; the test is skipped where they are absent."""
    data = repository.parent / "shared" / "data"
    if not data.is_dir():
        pytest.skip("../shared/data is absent: the public data sets are not part of the repository")
    return data
