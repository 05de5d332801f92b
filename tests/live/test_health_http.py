"""`/health/live` and `/health/ready`: yes, or a problem with the reasons, and nobody who asks waits."""

import asyncio
import re
import threading
import time
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from alerts.outbox import StorageError
from streams.adapters.http_problems import PROBLEM_TYPE
from streams.live.health import Heartbeat
from tests.live.processes import until
from vigie import health as module
from vigie.group_health import beating
from vigie.health import Asking, Health, build_health, elapsed, health_port


def get(app: FastAPI, path: str) -> httpx.Response:
    async def answer() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://vigie") as client:
            return await client.get(path)

    return asyncio.run(answer())


def health(live: tuple[str, ...] = (), ready: tuple[str, ...] = ()) -> FastAPI:
    return build_health(Health(lambda: live, lambda: ready))


def test_all_is_well() -> None:
    for path in ("/live", "/ready"):
        answer = get(health(), path)
        assert (answer.status_code, answer.text) == (200, "ok\n")
        assert answer.headers["Cache-Control"] == "no-store"


def test_what_is_not_well_is_a_problem_with_every_reason() -> None:
    app = health(live=("its loop has not turned for 60 s",), ready=("Kafka: away", "the database: away"))
    for path, detail in (
        ("/live", "its loop has not turned for 60 s"),
        ("/ready", "its loop has not turned for 60 s; Kafka: away; the database: away"),
    ):
        answer = get(app, path)
        assert (answer.status_code, answer.headers["Content-Type"]) == (503, PROBLEM_TYPE)
        assert answer.json()["detail"] == detail


def test_not_ready_is_alive() -> None:
    app = health(ready=("Kafka: away",))
    assert (get(app, "/live").status_code, get(app, "/ready").status_code) == (200, 503)


def test_a_loop_that_stopped_is_told() -> None:
    heart = Heartbeat()
    assert list(beating(heart)) == []
    heart.beat(elapsed() - heart.delay * 2)
    assert list(beating(heart)) == ["its loop has not turned for 300 s"]


def test_without_a_port_nothing_listens(capsys: pytest.CaptureFixture[str]) -> None:
    with health_port(None, Health(tuple, tuple)):
        assert capsys.readouterr().out == ""


def test_on_a_port_it_is_asked_over_http(capsys: pytest.CaptureFixture[str]) -> None:
    with health_port(0, Health(tuple, lambda: ["not yet"])):
        said = capsys.readouterr().out
        base = said[said.index("http://127.0.0.1:") :].split("/health")[0]
        with httpx.Client(base_url=base, trust_env=False, timeout=60) as client:
            assert client.get("/health/live").text == "ok\n"
            assert client.get("/health/ready").json()["detail"] == "not yet"
            assert client.get("/").status_code == 404


def test_a_process_without_pages_gives_its_own_metrics_there(capsys: pytest.CaptureFixture[str]) -> None:
    with health_port(0, Health(tuple, tuple), lambda: b"vigie_delivery_cut_off 1.0\n"):
        base = re.findall(r"http://[0-9.:]+", capsys.readouterr().out)[0]
        answer = httpx.get(f"{base}/metrics", trust_env=False)
    assert (answer.status_code, answer.text) == (200, "vigie_delivery_cut_off 1.0\n")


def test_what_is_asked_turns_with_its_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ASK_EVERY", 0.01)
    answers: list[Exception | None] = [StorageError("database vigie: stopping")]

    def ask() -> None:
        if answers[0] is not None:
            raise answers[0]

    asking = Asking("the database", ask, (StorageError,))
    assert list(asking.reasons()) == ["the database: has not answered yet"]
    with asking:
        until(lambda: list(asking.reasons()) == ["the database: database vigie: stopping"])
        answers[0] = None
        until(lambda: not list(asking.reasons()))
        answers[0] = RuntimeError("of nobody's business")
        until(lambda: list(asking.reasons()) == ["the database: RuntimeError"])


def test_who_asks_does_not_wait_for_what_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SILENT_AFTER", timedelta(0))
    answered, hangs = threading.Event(), threading.Event()

    def ask() -> None:
        if answered.is_set():
            hangs.wait(60)
        answered.set()

    with Asking("Kafka", ask, ()) as asking:
        assert answered.wait(60)
        until(lambda: list(asking.reasons())[:1] != ["Kafka: has not answered yet"])
        started = time.monotonic()
        assert list(asking.reasons()) == ["Kafka: has not answered for 0 s"]
        assert time.monotonic() - started < 30
        hangs.set()
