"""The frame of the project holds together: packaging, constraints, documentation and the Makefile."""

import importlib
import importlib.metadata
import os
import re
import subprocess
import sysconfig
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

PACKAGES = ("orsan_plans", "alerts", "streams", "dashboards", "vigie")

# Written in pieces, so that this file does not contain what it looks for.
FORBIDDEN_TEXT = {
    "a package registry": re.compile(
        "|".join(("py" + r"pi\.org", r"files\.python" + "hosted", "index" + "-url", r"docker" + r"\.io"))
    ),
    "an absolute home path": re.compile(r"(?<![\w.])/" + r"(?:home|Users|root)/\w+"),
}


@pytest.fixture(scope="module")
def pyproject(repository: Path) -> dict[str, Any]:
    return tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def constraints(repository: Path) -> dict[str, Version]:
    lines = (repository / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): Version(version) for name, version in pins}


def tracked_files(repository: Path) -> list[Path]:
    """Return what git follows; the checkout may belong to another user than the one who tests it."""
    command = ["git", "-c", "safe.directory=*", "-C", str(repository), "ls-files", "-z"]
    try:
        listing = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout, or git is not installed: there are no tracked files to read")
    files = (repository / name for name in listing.split("\0") if name)
    return [file for file in files if file.is_file()]


def forbidden_lines(name: str, text: str) -> list[str]:
    return [
        f"{name}:{number}: {what}: {line.strip()}"
        for number, line in enumerate(text.splitlines(), start=1)
        for what, pattern in FORBIDDEN_TEXT.items()
        if pattern.search(line)
    ]


def closure(requirements: Iterable[Requirement]) -> dict[str, list[Requirement]]:
    """Return every distribution the requirements lead to here, with what is asked of it."""
    asked: dict[str, list[Requirement]] = {}
    queue = [*requirements]
    while queue:
        requirement = queue.pop()
        extras = requirement.extras or {""}
        if requirement.marker and not any(requirement.marker.evaluate({"extra": extra}) for extra in extras):
            continue
        name = canonicalize_name(requirement.name)
        is_new = name not in asked
        asked.setdefault(name, []).append(requirement)
        if is_new:
            queue.extend(needs_of(name, extras))
    return asked


def needs_of(name: str, extras: Iterable[str]) -> list[Requirement]:
    needs = (Requirement(line) for line in importlib.metadata.requires(name) or ())
    return [
        need
        for need in needs
        if not need.marker or any(need.marker.evaluate({"extra": extra}) for extra in ("", *extras))
    ]


def test_no_registry_nor_home_path_in_tracked_files(repository: Path) -> None:
    found: list[str] = []
    for file in tracked_files(repository):
        content = file.read_bytes()
        if b"\0" not in content:
            name = str(file.relative_to(repository))
            found += forbidden_lines(name, content.decode("utf-8", errors="replace"))
    assert found == []


@pytest.mark.parametrize(
    "line", ["--index" + "-url somewhere", "https://py" + "pi.org/simple", "cd /ho" + "me/alice/vigie"]
)
def test_a_registry_or_a_home_path_is_seen(line: str) -> None:
    assert len(forbidden_lines("README.md", f"fine\n{line}\n")) == 1


@pytest.mark.parametrize("package", PACKAGES)
def test_package_ships_its_types(package: str) -> None:
    assert (Path(str(importlib.import_module(package).__file__)).parent / "py.typed").is_file()


@pytest.mark.parametrize("package", PACKAGES)
def test_package_comes_from_where_it_is_meant_to(package: str, repository: Path) -> None:
    installed = Path(sysconfig.get_path("purelib"))
    expected = installed if "VIGIE_REPOSITORY" in os.environ else repository
    module = Path(str(importlib.import_module(package).__file__)).resolve()
    assert module.parents[1] == expected.resolve()


def test_documented_make_commands_exist(repository: Path) -> None:
    makefile = (repository / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, flags=re.MULTILINE))
    assert {"demo", "test", "lint", "types", "format", "bench", "soak", "clean"} <= targets
    documents = [repository / "README.md", *sorted((repository / "docs").rglob("*.md"))]
    for document in documents:
        commands = re.findall(r"(?:^|`)make ([a-z][a-z-]*)", document.read_text(encoding="utf-8"), re.MULTILINE)
        missing = [command for command in commands if command not in targets]
        assert missing == [], f"{document.name} names make commands that the Makefile does not have"


def test_versions_agree(repository: Path, pyproject: dict[str, Any]) -> None:
    changelog = (repository / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## \[(\d[^]]*)\]", changelog, flags=re.MULTILINE)
    assert versions[:1] == [pyproject["project"]["version"]]
    assert importlib.metadata.version("vigie") == versions[0]


def test_constraints_pin_every_dependency(pyproject: dict[str, Any], constraints: dict[str, Version]) -> None:
    project = pyproject["project"]
    lines = [
        *project["dependencies"],
        *project["optional-dependencies"]["dev"],
        *pyproject["build-system"]["requires"],
    ]
    for name, requirements in closure(map(Requirement, lines)).items():
        assert name in constraints, f"constraints.txt does not pin {name}"
        for requirement in requirements:
            assert requirement.specifier.contains(constraints[name]), f"{name} is pinned outside {requirement}"
