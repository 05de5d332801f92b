"""The planners' guide is held against the code: its example loads, and every key and indicator is explained."""

import re
from pathlib import Path
from typing import Any

import pytest

from orsan_plans.adapters.located_yaml import parse_document
from orsan_plans.catalogue import Catalogue
from orsan_plans.indicator import BED_KINDS, INDICATORS, SYNDROMES
from orsan_plans.schema import PlanForm

GUIDE = Path(__file__).parents[2] / "docs" / "plans.md"


@pytest.fixture(scope="module")
def guide() -> str:
    if not GUIDE.exists():
        pytest.skip("docs/ is not beside tests/: the guide is only checked in the repository")
    return GUIDE.read_text(encoding="utf-8")


def keys_of(node: Any) -> set[str]:  # noqa: ANN401 - any node of a JSON schema
    if isinstance(node, list):
        return {key for item in node for key in keys_of(item)}
    if not isinstance(node, dict):
        return set()
    inner = {key for child in node.values() for key in keys_of(child)}
    properties = node.get("properties")
    return inner | (set(properties) if isinstance(properties, dict) else set())


def test_the_example_is_a_plan_that_loads(guide: str) -> None:
    [example, *_] = re.findall(r"```yaml\n(plan:.*?)```", guide, re.DOTALL)
    content = parse_document(Path("exemple.yaml"), example.encode()).content
    [plan] = Catalogue.from_documents([("exemple.yaml", content)]).plans
    assert plan.regions == ("52", "76")


def test_every_key_of_the_schema_is_explained(guide: str) -> None:
    explained = set(re.findall(r"`([a-z_]+)(?::[^`]*)?`", guide))
    assert keys_of(PlanForm.model_json_schema()) - explained - {"evenement", "flux_muet"} == set()
    assert all(f"\n  {key}:" in guide for key in ("evenement", "flux_muet"))


def test_every_indicator_is_listed(guide: str) -> None:
    assert all(f"`{name}`" in guide for name in (*BED_KINDS, *SYNDROMES))
    families = guide.replace("{nature}", "{0}").replace("{groupe}", "{0}")
    listed = {
        name.format(each)
        for name in re.findall(r"`([a-z]+\.[a-z0-9_{}]+)`", families)
        for each in (*BED_KINDS, *SYNDROMES)
    }
    assert set(INDICATORS) - listed == set()
