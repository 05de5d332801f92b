"""Modules outside adapters read no clock, chance, environment or file, and depend on no set's order.

import-linter holds the imports; what is written here are the calls that it cannot see.
"""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGES = ("orsan_plans", "alerts", "streams", "dashboards")
CLOCK_CALLS = frozenset({"now", "today", "utcnow"})
FORBIDDEN_NAMES = frozenset({"open", "input", "print", "breakpoint", "uuid1", "uuid4", "environ", "getenv"})
FORBIDDEN_ATTRIBUTES = frozenset({"time.time", "time.monotonic", "uuid.uuid1", "uuid.uuid4", "os.environ", "os.getenv"})
KEEPS_ORDER = frozenset({"list", "tuple", "iter", "enumerate", "map", "filter", "zip", "join"})


def pure_modules() -> list[Path]:
    roots = [Path(str(importlib.import_module(package).__file__)).parent for package in PACKAGES]
    return [
        file for root in roots for file in sorted(root.rglob("*.py")) if "adapters" not in file.relative_to(root).parts
    ]


def datetime_names(tree: ast.Module) -> set[str]:
    """Return the names under which a module knows `datetime` and what it imported from it."""
    names = {"datetime", "date"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.asname or alias.name for alias in node.names if alias.name == "datetime"}
        if isinstance(node, ast.ImportFrom) and node.module == "datetime":
            names |= {alias.asname or alias.name for alias in node.names}
    return names


def is_set(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return ast.unparse(node.func) in {"set", "frozenset"}
    return isinstance(node, ast.Set | ast.SetComp)


def iterated(node: ast.AST) -> list[ast.expr]:
    """Return what a node walks through in order."""
    if isinstance(node, ast.For | ast.comprehension):
        return [node.iter]
    if isinstance(node, ast.Starred):
        return [node.value]
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return node.args if name in KEEPS_ORDER else []
    return []


def impurities(source: str) -> Iterator[tuple[int, str]]:
    """Yield the line and text of each impure expression of a module."""
    tree = ast.parse(source)
    clocks = datetime_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in FORBIDDEN_NAMES:
            yield node.lineno, node.id
        if isinstance(node, ast.Attribute):
            text = ast.unparse(node)
            reads_clock = node.attr in CLOCK_CALLS and text.split(".")[0] in clocks
            if reads_clock or text in FORBIDDEN_ATTRIBUTES:
                yield node.lineno, text
        for walked in iterated(node):
            if is_set(walked):
                yield walked.lineno, f"order of {ast.unparse(walked)}"


def test_modules_outside_adapters_are_pure() -> None:
    modules = pure_modules()
    assert len(modules) > len(PACKAGES)
    found = [
        f"{module}:{line}: {text}"
        for module in modules
        for line, text in impurities(module.read_text(encoding="utf-8"))
    ]
    assert found == [], "give the value as an argument, sort the set, or move the code to adapters"


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime\nat = datetime.now()",
        "from datetime import datetime as dt\nat = dt.utcnow()",
        "import datetime\nday = datetime.date.today()",
        "import datetime as d\nat = d.datetime.now(d.UTC)",
        "from datetime import datetime\nfactory = dict(default_factory=datetime.now)",
        "import time\nat = time.time()",
        "from uuid import uuid4\nkey = uuid4()",
        "import uuid\nkey = uuid.uuid1()",
        "import os\nzone = os.environ['TZ']",
        "text = open('plan.yaml').read()",
        "for code in {'44', '49'}: pass",
        "codes = [code for code in set(rows)]",
        "codes = tuple({row.code for row in rows})",
        "text = ', '.join({'44', '49'})",
        "codes = [*frozenset(rows)]",
    ],
)
def test_an_impure_expression_is_seen(source: str) -> None:
    assert len(list(impurities(source))) == 1


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime, UTC\nat = datetime(2020, 3, 23, tzinfo=UTC)",
        "at = clock.now()",
        "from uuid import uuid5\nkey = uuid5(space, 'key')",
        "codes = sorted({'44', '49'})",
        "known = code in {'44', '49'}",
        "count = len(set(rows))",
    ],
)
def test_a_pure_expression_passes(source: str) -> None:
    assert list(impurities(source)) == []
