import json
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

promql_parser = pytest.importorskip("promql_parser", reason="promql-parser is a development dependency")
pytest.importorskip("grafana_foundation_sdk", reason="grafana-foundation-sdk is a development dependency")

from dashboards import queries  # noqa: E402 - after the skips: the wheel may be tested without these tools
from dashboards.metrics import METRIC_OF_SERIES  # noqa: E402
from orsan_plans.posture import Posture  # noqa: E402

with warnings.catch_warnings():
    # Importing the SDK warns about schemas that we do not use.
    warnings.simplefilter("ignore", DeprecationWarning)
    from dashboards.grafana_region import COLOURS, region_dashboard

# What Grafana and Prometheus add by themselves.
SCRAPE_LABELS = {"job", "instance"}


@pytest.fixture(scope="module")
def dashboard() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(region_dashboard())
    return document


def expressions(document: dict[str, Any]) -> list[str]:
    """Return every PromQL expression of a dashboard, the selectors of its variables included."""
    asked = [target["expr"] for panel in document["panels"] for target in panel.get("targets", [])]
    variables = [str(v["query"]) for v in document["templating"]["list"] if v["type"] == "query"]
    return asked + [re.sub(r"^label_values\((.*), \w+\)$", r"\1", query) for query in variables]


def substituted(expression: str) -> str:
    return expression.replace("$region", "52").replace("$territoire", ".*")


def faults(expression: str) -> list[str]:
    """Return what an expression names and the catalogue does not know."""
    return list(_faults(promql_parser.parse(substituted(expression))))


def _faults(tree: Any) -> Iterator[str]:  # noqa: ANN401 - the parser's classes carry no types
    known: set[str] = set()
    for selector in _selectors(tree):
        metric = METRIC_OF_SERIES.get(selector.name)
        if metric is None:
            yield f"unknown metric {selector.name}"
            continue
        labels = {*metric.labels_of(selector.name), *SCRAPE_LABELS}
        known |= labels
        for matcher in selector.matchers.matchers:
            if matcher.name not in labels:
                yield f"unknown label {matcher.name} of {selector.name}"
    for label in sorted(_grouped(tree)):
        if label not in known:
            yield f"unknown label {label} in a grouping"


def _children(tree: Any) -> Iterator[Any]:  # noqa: ANN401 - same
    for name in ("expr", "lhs", "rhs", "vector_selector", "param"):
        child = getattr(tree, name, None)
        if child is not None:
            yield child
    yield from getattr(tree, "args", None) or ()


def _walk(tree: Any) -> Iterator[Any]:  # noqa: ANN401 - same
    yield tree
    for child in _children(tree):
        yield from _walk(child)


def _selectors(tree: Any) -> Iterator[Any]:  # noqa: ANN401 - same
    return (node for node in _walk(tree) if isinstance(node, promql_parser.VectorSelector))


def _grouped(tree: Any) -> set[str]:  # noqa: ANN401 - same
    modifiers = (node.modifier for node in _walk(tree) if isinstance(node, promql_parser.AggregateExpr))
    return {label for modifier in modifiers if modifier is not None for label in modifier.labels}


def test_the_committed_dashboard_is_the_generated_one(repository: Path) -> None:
    committed = repository / "dashboards" / "grafana" / "region.json"
    assert committed.read_text(encoding="utf-8") == region_dashboard(), "run python -m dashboards.grafana_region"


def test_every_query_names_only_what_the_catalogue_has(dashboard: dict[str, Any]) -> None:
    asked = expressions(dashboard)
    assert len(asked) > 20
    for expression in asked:
        seen = [selector.name for selector in _selectors(promql_parser.parse(substituted(expression)))]
        assert len(seen) == len(re.findall(r"\bvigie_\w+", expression))
    assert {expression: faults(expression) for expression in asked if faults(expression)} == {}


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ("sum(vigie_alert_open)", "unknown metric vigie_alert_open"),
        ("vigie_record_to_page_seconds", "unknown metric vigie_record_to_page_seconds"),
        ('vigie_alerts_open{zone="52"}', "unknown label zone of vigie_alerts_open"),
        ('max(rate(vigie_entries_total{le="1"}[5m])) or vector(0)', "unknown label le of vigie_entries_total"),
        ("sum by (place) (vigie_feed_silent)", "unknown label place in a grouping"),
        ("1 - (2 * vigie_nothing_at_all)", "unknown metric vigie_nothing_at_all"),
    ],
)
def test_a_wrong_query_would_be_found(wrong: str, fault: str) -> None:
    assert faults(wrong) == [fault]


def test_legends_and_columns_name_labels_of_their_query(dashboard: dict[str, Any]) -> None:
    checked = 0
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            tree = promql_parser.parse(substituted(target["expr"]))
            grouped = _grouped(tree) or {
                label
                for selector in _selectors(tree)
                for label in METRIC_OF_SERIES[selector.name].labels_of(selector.name)
            }
            for label in re.findall(r"{{(\w+)}}", target.get("legendFormat", "")):
                assert label in grouped
                checked += 1
    assert checked >= 10


def test_unknown_is_grey_never_green_and_above_calm(dashboard: dict[str, Any]) -> None:
    assert COLOURS[Posture.INCONNU] == "#8e8e8e"
    assert queries.SEVERITY[Posture.VEILLE] < queries.SEVERITY[Posture.INCONNU] < queries.SEVERITY[Posture.VIGILANCE]
    timeline = next(panel for panel in dashboard["panels"] if panel["type"] == "state-timeline")
    words, nothing = timeline["fieldConfig"]["defaults"]["mappings"]
    shown = {entry["text"]: entry["color"] for entry in words["options"].values()}
    assert shown == {posture.value: COLOURS[posture] for posture in Posture}
    assert nothing["options"]["match"] == "null+nan"
    assert nothing["options"]["result"]["text"] == "INCONNU"
    assert {panel["fieldConfig"]["defaults"].get("noValue") for panel in dashboard["panels"]} <= {"INCONNU", None}


def test_people_can_choose_source_region_and_territory(dashboard: dict[str, Any]) -> None:
    assert [variable["name"] for variable in dashboard["templating"]["list"]] == ["datasource", "region", "territoire"]
    assert all(
        target["datasource"]["uid"] == "${datasource}" for panel in dashboard["panels"] for target in panel["targets"]
    )


def test_panels_do_not_overlap(dashboard: dict[str, Any]) -> None:
    cells = [
        (x, y)
        for panel in dashboard["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def test_provisioning_files_name_each_other(repository: Path) -> None:
    docker = repository / "docker"
    scrape = yaml.safe_load((docker / "prometheus.yml").read_text(encoding="utf-8"))
    folder = docker / "grafana" / "provisioning"
    source = yaml.safe_load((folder / "datasources" / "prometheus.yaml").read_text(encoding="utf-8"))
    provider = yaml.safe_load((folder / "dashboards" / "vigie.yaml").read_text(encoding="utf-8"))
    assert [job["job_name"] for job in scrape["scrape_configs"]] == ["vigie"]
    assert source["datasources"][0]["type"] == "prometheus"
    assert source["datasources"][0]["jsonData"]["timeInterval"] == scrape["global"]["scrape_interval"]
    assert provider["providers"][0]["allowUiUpdates"] is False
