"""A Matrix-like service asked through apprise's own plugin; services that keep whoever asks them waiting."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from alerts.adapters import apprise_channel
from alerts.adapters.apprise_channel import AppriseChannel
from alerts.channel import SENT, Outcome, failed
from tests.alerts.test_channel_servers import HALF_CLOSED_WEB, LONG, MESSAGE, SHORT, assert_failed, listening

CONTACT = "claire/messagerie"
ROOM = "!salon:matrix.example.org"
ACCOUNT = f"matrix://vigie:token-of-vigie@127.0.0.1:{{port}}/{ROOM}"
TOKEN = f"matrix://token-of-vigie@127.0.0.1:{{port}}/{ROOM}"
API = "/_matrix/client/v3"
LATE = {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 3_600_000}


@dataclass
class Matrix:
    """Takes messages as the client-server API of Matrix does; ``refusals`` are answered at the steps that they name."""

    refusals: dict[str, int] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)
    received: list[dict[str, Any]] = field(default_factory=list)
    bearers: set[str] = field(default_factory=set)
    port: int = 0

    def answer(self, path: str, body: bytes, bearer: str) -> tuple[int, dict[str, Any]]:
        step, _, rest = path.removeprefix(f"{API}/").partition("/")
        self.steps.append(step)
        self.bearers.add(bearer)
        if status := self.refusals.get(step):
            return status, LATE if status == 429 else {"errcode": "M_FORBIDDEN"}
        if step == "rooms":
            assert rest.startswith(f"{ROOM}/send/m.room.message/")
            self.received.append(json.loads(body))
        return 200, {
            "access_token": "seance",
            "user_id": "@vigie:matrix.example.org",
            "room_id": ROOM,
            "event_id": "$1",
        }


@contextmanager
def matrix_serving(matrix: Matrix) -> Iterator[Matrix]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path = unquote(urlsplit(self.path).path)
            status, answer = matrix.answer(path, body, self.headers.get("Authorization", ""))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        do_GET = do_PUT = do_POST  # noqa: N815 - as the server looks for them

        def log_message(self, *_: object) -> None:
            """Keep the test's output readable."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        matrix.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield matrix
        finally:
            wait_for_tries()
            server.shutdown()
            thread.join()


@pytest.fixture
def matrix() -> Iterator[Matrix]:
    with matrix_serving(Matrix()) as running:
        yield running


def wait_for_tries() -> None:
    """Wait until no try is under way: those that nobody waits for any more too."""
    for thread in threading.enumerate():
        if thread.name == "vigie-apprise":
            thread.join(LONG.total_seconds())


def send(address: str, timeout: timedelta = LONG) -> Outcome:
    return AppriseChannel({CONTACT: address}, timeout).send(CONTACT, MESSAGE)


def test_a_matrix_account_opens_a_session_says_it_all_and_closes_it(matrix: Matrix) -> None:
    assert send(ACCOUNT.format(port=matrix.port)) == SENT
    wait_for_tries()
    assert matrix.steps == ["login", "join", "rooms", "logout"]
    [said] = matrix.received
    assert said == {"msgtype": "m.text", "body": f"# {MESSAGE.title}\r\n{MESSAGE.body}"}
    assert matrix.bearers == {"", "Bearer seance"}


def test_a_matrix_token_needs_no_session(matrix: Matrix) -> None:
    assert send(TOKEN.format(port=matrix.port)) == SENT
    assert [step for step in matrix.steps if step != "account"] == ["join", "rooms"]
    assert matrix.bearers == {"Bearer token-of-vigie"}


@pytest.mark.parametrize("step", ["login", "join", "rooms"])
@pytest.mark.parametrize(("status", "is_blamed"), [(401, True), (403, True), (404, False), (500, True)])
def test_a_refusal_at_any_step_is_a_failure(matrix: Matrix, step: str, status: int, is_blamed: bool) -> None:
    matrix.refusals = {step: status, "register": status}
    outcome = send(ACCOUNT.format(port=matrix.port))
    assert outcome == failed(f"the service did not accept the message (error {status})", blames_provider=is_blamed)
    assert matrix.received == []


@pytest.mark.parametrize("answer", HALF_CLOSED_WEB)
@pytest.mark.parametrize("address", [ACCOUNT, TOKEN])
def test_a_matrix_that_closes_half_way_has_failed(address: str, answer: Callable[[socket.socket], None]) -> None:
    with listening(answer) as port:
        assert_failed(send(address.format(port=port)))


def test_a_matrix_that_asks_to_wait_an_hour_has_failed_at_once_and_is_not_asked_again(matrix: Matrix) -> None:
    matrix.refusals = {"rooms": 429}
    outcome = send(TOKEN.format(port=matrix.port))
    assert_failed(outcome)
    assert "in time" not in outcome.reason
    assert matrix.steps.count("rooms") == 1


def test_what_a_slow_matrix_lets_begin_too_late_is_not_said(matrix: Matrix, monkeypatch: pytest.MonkeyPatch) -> None:
    def monotonic() -> float:
        return 2 * LONG.total_seconds() if matrix.steps else 0

    monkeypatch.setattr(apprise_channel, "time", SimpleNamespace(monotonic=monotonic, sleep=time.sleep))
    assert send(ACCOUNT.format(port=matrix.port)) == failed("the service did not answer in time")
    wait_for_tries()
    assert matrix.steps == ["login"]


def test_services_that_never_answer_do_not_silence_the_others(matrix: Matrix) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as deaf:
        stuck = f"json://127.0.0.1:{deaf.getsockname()[1]}/x"
        assert {send(stuck, SHORT / 10) for _ in range(40)} == {failed("the service did not answer in time")}
        assert send(TOKEN.format(port=matrix.port), LONG / 2) == SENT
