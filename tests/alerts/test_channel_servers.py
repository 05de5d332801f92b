"""Services that are slow, that refuse, or that close half-way, and one asked through apprise's own plugins."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from alerts.adapters.apprise_channel import AppriseChannel
from alerts.adapters.sender import Sender
from alerts.channel import SENT, Outcome
from alerts.outbox import RetryPolicy
from alerts.providers import Providers
from alerts.wording import Message
from streams.testing import EPOCH
from tests.alerts.test_breaker import POLICY, ROSTER, call
from tests.alerts.test_sender import outbox_of

MESSAGE = Message("ALERTE", "Où : Nantes", "ALERTE Nantes", id="6f1f9a5e")
SHORT = timedelta(seconds=0.3)
LONG = timedelta(seconds=30)
CONTACT = "claire/sms"


@contextmanager
def listening(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Answer each connection with ``answer``, in one thread; give the port."""
    ending = threading.Event()

    def serve(server: socket.socket) -> None:
        while not ending.is_set():
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(LONG.total_seconds())
                try:
                    answer(connection)
                except OSError:
                    continue  # whoever called went away: what is being tested

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=serve, args=(server,))
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            ending.set()
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def read_request(connection: socket.socket) -> None:
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)


def closes_at_once(_connection: socket.socket) -> None:
    """Accept and close, without a word."""


def closes_after_the_request(connection: socket.socket) -> None:
    read_request(connection)


def closes_within_the_status_line(connection: socket.socket) -> None:
    read_request(connection)
    connection.sendall(b"HTTP/1.1 20")


def closes_within_the_headers(connection: socket.socket) -> None:
    read_request(connection)
    connection.sendall(b"HTTP/1.1 500 Broken\r\nContent-Le")


def talks_nonsense(connection: socket.socket) -> None:
    read_request(connection)
    connection.sendall(b"* what? *\r\n\r\n")


def closes_after_its_greeting(connection: socket.socket) -> None:
    connection.sendall(b"220 relay.example.org ESMTP\r\n")
    connection.recv(1024)


def refuses_service(connection: socket.socket) -> None:
    connection.sendall(b"421 relay.example.org too busy\r\n")


def greets_half_a_line(connection: socket.socket) -> None:
    connection.sendall(b"22")


HALF_CLOSED_WEB = (
    closes_at_once,
    closes_after_the_request,
    closes_within_the_status_line,
    closes_within_the_headers,
    talks_nonsense,
)
HALF_CLOSED_MAIL = (closes_at_once, closes_after_its_greeting, refuses_service, greets_half_a_line)
WEB = ("json://127.0.0.1:{port}/token-of-claire", "gotify://127.0.0.1:{port}/token-of-claire")


def mail(port: int) -> str:
    return f"mailto://127.0.0.1:{port}/?from=vigie@example.org&to=claire@example.org&mode=insecure"


def send(address: str, timeout: timedelta = LONG) -> Outcome:
    return AppriseChannel({CONTACT: address}, timeout).send(CONTACT, MESSAGE)


def assert_failed(outcome: Outcome) -> None:
    assert not outcome.is_sent
    assert outcome.blames_provider
    assert "claire@" not in outcome.reason
    assert "127.0.0.1" not in outcome.reason
    assert "token" not in outcome.reason


@pytest.mark.parametrize("answer", HALF_CLOSED_WEB)
@pytest.mark.parametrize("address", WEB)
def test_a_web_service_that_closes_half_way_has_failed(address: str, answer: Callable[[socket.socket], None]) -> None:
    with listening(answer) as port:
        assert_failed(send(address.format(port=port)))


@pytest.mark.parametrize("answer", HALF_CLOSED_MAIL)
def test_a_mail_relay_that_closes_half_way_has_failed(answer: Callable[[socket.socket], None]) -> None:
    with listening(answer) as port:
        assert_failed(send(mail(port)))


@pytest.mark.parametrize("address", [*WEB, mail(0).replace(":0/", ":{port}/")])
def test_a_service_slower_than_the_time_out_has_failed_in_that_time(address: str) -> None:
    hold = threading.Event()

    def waits(connection: socket.socket) -> None:
        hold.wait(LONG.total_seconds())
        connection.close()

    with listening(waits) as port, ExitStack() as stack:
        stack.callback(hold.set)
        assert_failed(send(address.format(port=port), SHORT))


# --- a Gotify-like service, through apprise's own plugin


@dataclass
class Gotify:
    """Takes messages as Gotify does: `POST /message` with the token in a header; answers ``status``."""

    status: int = 200
    received: list[dict[str, Any]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    port: int = 0


@contextmanager
def gotify_serving(gotify: Gotify) -> Iterator[Gotify]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            gotify.paths.append(self.path)
            gotify.tokens.append(self.headers.get("X-Gotify-Key", ""))
            if gotify.status == 200:
                gotify.received.append(json.loads(body))
            self.send_response(gotify.status)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Keep the test's output readable."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        gotify.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield gotify
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def gotify() -> Iterator[Gotify]:
    with gotify_serving(Gotify()) as running:
        yield running


def test_a_gotify_gets_title_and_body_with_its_token(gotify: Gotify) -> None:
    channel = AppriseChannel({"claire/messagerie": f"gotify://127.0.0.1:{gotify.port}/jeton"}, LONG)
    assert channel.send("claire/messagerie", MESSAGE) == SENT
    assert gotify.paths == ["/message"]
    assert gotify.tokens == ["jeton"]
    assert (gotify.received[0]["title"], gotify.received[0]["message"]) == (MESSAGE.title, MESSAGE.body)


@pytest.mark.parametrize(("status", "is_blamed"), [(401, True), (403, True), (404, False), (429, True), (500, True)])
def test_a_refusal_says_whether_the_service_or_the_address_is_to_blame(
    gotify: Gotify, status: int, is_blamed: bool
) -> None:
    gotify.status = status
    outcome = send(f"gotify://127.0.0.1:{gotify.port}/jeton")
    assert (outcome.is_sent, outcome.blames_provider) == (False, is_blamed)


def test_an_address_may_carry_the_id_of_the_message(gotify: Gotify) -> None:
    send(f"json://127.0.0.1:{gotify.port}/envoi?:reference={{notification}}")
    assert gotify.received[0]["reference"] == MESSAGE.id


# --- the first provider is down: real sockets, the escalation's order


def test_when_the_first_provider_is_down_the_others_are_told_without_waiting_for_it(gotify: Gotify) -> None:
    with listening(closes_at_once) as port:
        down, sound = f"json://127.0.0.1:{port}/x", f"gotify://127.0.0.1:{gotify.port}/jeton"
        book = {"claire/sms": down, "claire/messagerie": down, "claire/courriel": sound, "anne/sms": down}
        providers = Providers({contact: address.partition(":")[0] for contact, address in book.items()}, ROSTER)
        calls = [call("claire/sms", key=str(number)) for number in range(POLICY.failures)]
        with ThreadPoolExecutor(4) as executor:
            channel, once = AppriseChannel(book, LONG), RetryPolicy(max_attempts=1)
            sender = Sender(outbox_of(*calls), channel, executor, "http://x", "test", once, providers)
            assert _sent(sender, EPOCH) == {each.id: False for each in calls}
            late = [call("claire/sms", key="late"), call("claire/courriel", key="late"), call("anne/sms", key="late")]
            sender._outbox = outbox_of(*late)
            assert _sent(sender, EPOCH) == {late[0].id: False, late[1].id: True, late[2].id: False}
    assert len(gotify.received) == 1


def _sent(sender: Sender, now: datetime) -> dict[str, bool]:
    sender.dispatch(now)
    for future in sender.futures:
        future.result()
    return {report.finished.notification_id: report.finished.is_sent for report in sender.collect(now)}
