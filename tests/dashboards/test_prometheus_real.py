"""The dashboard's queries, asked of a real Prometheus that scrapes a real exporter."""

import json
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from dashboards.adapters.exporter import Exporter
from dashboards.adapters.serving import serve
from dashboards.adapters.web import build_app
from dashboards.testing import EVENING, evening_board

PROMETHEUS = shutil.which("prometheus")
PATIENCE_SECONDS = 60.0

pytestmark = pytest.mark.skipif(PROMETHEUS is None, reason="prometheus is not installed (Debian package prometheus)")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _wait(until: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, f"prometheus stopped:\n{log.read_text()}"
        try:
            if until():
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"prometheus never got there in {PATIENCE_SECONDS} s:\n{log.read_text()}")


class _Prometheus:
    """The query API of a running server."""

    def __init__(self, port: int) -> None:
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", trust_env=False)

    def ask(self, path: str, **params: str | float) -> dict[str, Any]:
        answer: dict[str, Any] = self._client.get(path, params=params).json()
        return answer

    def values(self, expression: str) -> list[dict[str, Any]]:
        answer = self.ask("/query", query=expression)
        assert answer["status"] == "success", f"{expression}: {answer}"
        result: list[dict[str, Any]] = answer["data"]["result"]
        return result

    def is_scraping(self) -> bool:
        # Until it is ready it answers 503, in plain text.
        if self._client.get("/query", params={"query": "up"}).status_code != httpx.codes.OK:
            return False
        return any(row["value"][1] == "1" for row in self.values("up")) and bool(self.values("vigie_build_info"))

    def close(self) -> None:
        self._client.close()


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Prometheus]:
    folder = tmp_path_factory.mktemp("prometheus")
    board = evening_board()
    with serve(build_app(board, Exporter(board), lambda: EVENING + timedelta(minutes=25)), port=0) as serving:
        config = {
            "global": {"scrape_interval": "1s"},
            "scrape_configs": [
                {"job_name": "vigie", "static_configs": [{"targets": [f"127.0.0.1:{serving.port}"]}]},
            ],
        }
        (folder / "prometheus.yml").write_text(json.dumps(config), encoding="utf-8")
        yield from _run(folder, _free_port())


def _run(folder: Path, port: int) -> Iterator[_Prometheus]:
    log = folder / "log"
    command = [
        str(PROMETHEUS),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    server = _Prometheus(port)
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out, cwd=folder) as process:
        try:
            _wait(server.is_scraping, process, log)
            yield server
        finally:
            server.close()
            process.terminate()
            try:
                process.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


@pytest.fixture(scope="module")
def asked(repository: Path) -> list[tuple[str, str]]:
    document = json.loads((repository / "dashboards" / "grafana" / "region.json").read_text(encoding="utf-8"))
    return [
        (panel["title"], target["expr"].replace("$region", "52").replace("$territoire", ".*"))
        for panel in document["panels"]
        for target in panel["targets"]
    ]


def test_every_query_of_the_dashboard_runs(prometheus: _Prometheus, asked: list[tuple[str, str]]) -> None:
    now = time.time()
    for title, expression in asked:
        answer = prometheus.ask("/query_range", query=expression, start=now - 60, end=now, step=15)
        assert answer["status"] == "success", f"{title}: {answer}"
        prometheus.values(expression)


def test_queries_about_the_present_find_something(prometheus: _Prometheus, asked: list[tuple[str, str]]) -> None:
    # An increase needs two samples of a counter that moved: only those may be empty here, and the
    # counts that no indicator of this evening has.
    empty = {title for title, expression in asked if not prometheus.values(expression)}
    moving = {title for title, expression in asked if "increase(" in expression}
    assert empty <= moving | {"Indicateurs en nombre"}


def _by_territory(prometheus: _Prometheus, asked: list[tuple[str, str]], title: str) -> dict[str, str]:
    (expression,) = (expression for name, expression in asked if name == title)
    return {row["metric"]["territory"]: row["value"][1] for row in prometheus.values(expression)}


def test_unknown_is_visible_and_the_worst_posture_wins(prometheus: _Prometheus, asked: list[tuple[str, str]]) -> None:
    codes = _by_territory(prometheus, asked, "Posture par territoire")
    assert codes["DEP-53"] == "2"  # INCONNU
    assert codes["DEP-49"] == "1"  # VEILLE
    assert codes["DEP-85"] == "3"  # VIGILANCE of one rule, VEILLE of another
    assert codes["DEP-44"] == "4"  # ALERTE


def test_counts_are_zero_only_while_vigie_answers(prometheus: _Prometheus, asked: list[tuple[str, str]]) -> None:
    (expression,) = (expression for name, expression in asked if name == "Alertes sans réponse")
    assert [row["value"][1] for row in prometheus.values(expression)] == ["1"]
    nowhere = re.sub(r'territory=~"[^"]*"', 'territory="DEP-01"', expression)
    assert [row["value"][1] for row in prometheus.values(nowhere)] == ["0"]
    assert prometheus.values(expression.replace('region="52"', 'region="99"')) == []
