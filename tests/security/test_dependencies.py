"""Dependencies: every one has a licence that Vigie may be shipped with, and what an audit found is understood."""

import importlib.metadata
import json
import re
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import NormalizedName, canonicalize_name

from tests.security.dependency_audit import judged

PERMISSIVE = frozenset({
    *("Apache-2.0", "MIT", "MIT-0", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "ISC", "PSF-2.0", "Python-2.0", "ZPL-2.1"),
    *("Unlicense", "Zlib", "CC0-1.0"),
})  # fmt: skip
"""SPDX identifiers: no condition on the programs that use the library."""
WEAK_COPYLEFT = frozenset({"MPL-2.0", "LGPL-3.0-only", "LGPL-3.0-or-later", "LGPL-2.1-or-later"})
"""Fit for a library that is installed beside Vigie and not changed by it."""
ALLOWED = PERMISSIVE | WEAK_COPYLEFT

CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "MIT License": "MIT",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "Zope Public License": "ZPL-2.1",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.1-or-later",
    "The Unlicense (Unlicense)": "Unlicense",
}
TEXTS = (
    (re.compile(r"apache.*2|apache license", re.IGNORECASE), "Apache-2.0"),
    (re.compile(r"\bmit\b", re.IGNORECASE), "MIT"),
    (re.compile(r"\bbsd\b|new bsd|3-clause", re.IGNORECASE), "BSD-3-Clause"),
    (re.compile(r"\blgpl.*3|lesser general public license.*3", re.IGNORECASE), "LGPL-3.0-only"),
    (re.compile(r"\bzpl\b", re.IGNORECASE), "ZPL-2.1"),
    (re.compile(r"\bpsf\b|python software foundation", re.IGNORECASE), "PSF-2.0"),
    (re.compile(r"repoze|bsd-derived", re.IGNORECASE), "BSD-3-Clause"),
    (re.compile(r"\bisc\b", re.IGNORECASE), "ISC"),
)

READ_BY_HAND = {
    "axe-playwright-python": "MIT",  # only in its file LICENSE
    "promql-parser": "MIT",  # only in its file LICENSE
    "venusian": "BSD-3-Clause",  # Repoze's, which is derived from it
}
"""What a distribution does not say, or says in a name of its own; read in its files."""


def licences_of(metadata: "importlib.metadata.PackageMetadata") -> set[str]:
    """Return the SPDX identifiers that a distribution states, each of which applies; empty when it says nothing."""
    fields: dict[str, Any] = metadata.json
    expression = fields.get("license_expression")
    if expression:
        # "A OR B" leaves the choice: one that is allowed is enough.
        chosen = [part for part in re.split(r"\s+OR\s+", expression) if part.strip("() ") in ALLOWED]
        return {chosen[0].strip("() ")} if chosen else set(re.findall(r"[A-Za-z0-9.+-]+", expression)) - {"AND", "OR"}
    classifiers = [each.rpartition(" :: ")[2] for each in fields.get("classifier", ()) if "License" in each]
    stated = {CLASSIFIERS.get(each, each) for each in classifiers if each not in {"OSI Approved", "DFSG approved"}}
    text = fields.get("license", "")
    return stated or {spdx for pattern, spdx in TEXTS if pattern.search(text[:200])} or ({text[:60]} if text else set())


def pinned(repository: Path) -> list[NormalizedName]:
    lines = (repository / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [canonicalize_name(line.partition("==")[0]) for line in lines if line and not line.startswith("#")]


def test_every_dependency_has_a_licence_that_is_allowed(repository: Path) -> None:
    installed = {canonicalize_name(each.name): each for each in importlib.metadata.distributions()}
    stated = {name: licences_of(installed[name].metadata) for name in pinned(repository) if name in installed}
    found = {name: {READ_BY_HAND[name]} if name in READ_BY_HAND else each for name, each in stated.items()}
    assert len(found) > 80, "run it where the development dependencies are installed"
    assert {name: each for name, each in found.items() if not each or not each <= ALLOWED} == {}
    assert [name for name in stated if name in READ_BY_HAND and stated[name] & ALLOWED] == [], "it says so itself now"


@pytest.mark.parametrize(
    ("fields", "is_allowed"),
    [
        ({"License-Expression": "MIT OR GPL-3.0-only"}, True),
        ({"License-Expression": "MIT AND GPL-3.0-only"}, False),
        ({"Classifier": "License :: OSI Approved :: GNU Affero General Public License v3"}, False),
        ({"License": "Proprietary"}, False),
        ({}, False),
    ],
)
def test_a_licence_that_is_not_allowed_is_seen(fields: dict[str, str], is_allowed: bool, tmp_path: Path) -> None:
    folder = tmp_path / "essai-1.0.dist-info"
    folder.mkdir()
    lines = ["Metadata-Version: 2.4", "Name: essai", "Version: 1.0", *(f"{k}: {v}" for k, v in fields.items()), "", ""]
    (folder / "METADATA").write_text("\n".join(lines), encoding="utf-8")
    [found] = importlib.metadata.distributions(path=[str(tmp_path)])
    stated = licences_of(found.metadata)
    assert (bool(stated) and stated <= ALLOWED) is is_allowed


SOUND = {"name": "a", "version": "1.0", "vulns": []}
SICK = {"name": "b", "version": "1.0", "vulns": [{"id": "CVE-2026-1", "fix_versions": ["1.1"]}]}
SKIPPED = {"name": "c", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("dependencies", "code", "said"),
    [
        ([SOUND], 0, ["checked 1 dependencies"]),
        ([SOUND, SKIPPED], 0, ["checked 1 dependencies", "not checked: c"]),
        ([SOUND, SICK], 1, ["checked 2 dependencies", "VULNERABLE: b 1.0: CVE-2026-1, mended in 1.1"]),
        ([SKIPPED], 0, ["NOT CHECKED: the advisory service knows none of the 1 dependencies from here"]),
    ],
)
def test_an_audit_fails_for_what_is_known_and_says_what_is_not(
    dependencies: list[dict[str, object]], code: int, said: list[str]
) -> None:
    assert judged(json.dumps({"dependencies": dependencies}), "") == (code, said)


def test_a_service_that_cannot_be_reached_is_said_and_is_no_failure() -> None:
    code, [said] = judged("", "Traceback…\nProxyError: unreachable\n")
    assert code == 0
    assert said.startswith("NOT CHECKED")
    assert said.endswith("ProxyError: unreachable")
