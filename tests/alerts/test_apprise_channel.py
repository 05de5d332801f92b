"""One contract for every channel, held against real local servers: SMTP and an HTTP webhook."""

import json
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from threading import Thread
from typing import Any

import pytest
from apprise import AppriseResult, AppriseResultStatus

from alerts.adapters.apprise_channel import AppriseChannel, _failure
from alerts.channel import SENT, Channel, Delivery, Outcome, failed
from alerts.testing import RecordingChannel
from alerts.wording import Message
from tests.alerts.mail_server import Mailbox, mail_address, mail_server
from tests.vigie.monitored import closed_port

MESSAGE = Message(
    "ALERTE REB · Loire-Atlantique (44)",
    "Où : Loire-Atlantique (44).\n\nTaux : 10,4\u202f% [\\n] :smile: ${HOME}",
    "ALERTE REB Loire-Atlantique (44)\nhttps://vigie.example.org/alertes/1",
)
TIMEOUT = timedelta(seconds=30)


@dataclass
class Webhook:
    """A local HTTP service that keeps what it is given and answers ``status``."""

    status: int = 200
    received: list[dict[str, Any]] = field(default_factory=list)
    port: int = 0


@contextmanager
def serving(webhook: Webhook) -> Iterator[Webhook]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            webhook.received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(webhook.status)
            self.send_header("Location", f"http://127.0.0.1:{webhook.port}/elsewhere")
            self.end_headers()

        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep the test's output readable."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        webhook.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield webhook
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with serving(Webhook()) as running:
        yield running


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


# --- the contract: one working channel and one failing channel of each kind


@dataclass
class Subject:
    """A channel under the contract and how many messages its other end has accepted."""

    channel: Channel
    accepted: Callable[[], int]


@pytest.fixture(params=["recording", "webhook", "smtp"])
def working(request: pytest.FixtureRequest) -> Subject:
    if request.param == "recording":
        recording = RecordingChannel()
        return Subject(recording, lambda: len(recording.sent))
    if request.param == "webhook":
        hook: Webhook = request.getfixturevalue("webhook")
        address = f"json://127.0.0.1:{hook.port}/token-of-claire"
        return Subject(apprise_channel(address), lambda: len(hook.received))
    box: Mailbox = request.getfixturevalue("mailbox")
    return Subject(apprise_channel(mail_address(box.port)), lambda: len(box.mails))


def apprise_channel(address: str) -> AppriseChannel:
    return AppriseChannel({"claire.martin/courriel": address, "claire.martin/sms": address}, TIMEOUT)


@pytest.fixture(params=["recording", "http 500", "closed http port", "refusing smtp", "closed smtp port"])
def failing(request: pytest.FixtureRequest) -> Subject:
    match request.param:
        case "recording":
            recording = RecordingChannel([failed("the service did not accept the message")] * 3)
            return Subject(recording, lambda: len(recording.sent))
        case "http 500":
            hook: Webhook = request.getfixturevalue("webhook")
            hook.status = 500
            return Subject(apprise_channel(f"json://127.0.0.1:{hook.port}/token-of-claire"), lambda: 0)
        case "refusing smtp":
            box: Mailbox = request.getfixturevalue("mailbox")
            box.refusal = "554 no thanks, claire@example.org"
            return Subject(apprise_channel(mail_address(box.port)), lambda: len(box.mails))
        case "closed smtp port":
            return Subject(apprise_channel(mail_address(closed_port())), lambda: 0)
        case _:
            return Subject(apprise_channel(f"json://127.0.0.1:{closed_port()}/token-of-claire"), lambda: 0)


@pytest.mark.parametrize("canal", ["sms", "courriel"])
def test_a_message_is_handed_over_once(working: Subject, canal: str) -> None:
    assert working.channel.send(f"claire.martin/{canal}", MESSAGE) == SENT
    assert working.accepted() == 1


def test_each_sending_is_a_new_message(working: Subject) -> None:
    for _ in range(2):
        working.channel.send("claire.martin/courriel", MESSAGE)
    assert working.accepted() == 2


def test_a_delivery_problem_is_an_outcome_with_a_reason_and_no_address(
    failing: Subject, capfd: pytest.CaptureFixture[str]
) -> None:
    with everything_logged() as log:
        outcome = failing.channel.send("claire.martin/courriel", MESSAGE)
    assert outcome.delivery is Delivery.FAILED
    assert outcome.reason.startswith("the service did not accept the message")
    output = capfd.readouterr()
    for shown in (outcome.reason, log.getvalue(), output.out, output.err):
        assert "example.org" not in shown
        assert "token-of-claire" not in shown
        assert "127.0.0.1" not in shown
    assert failing.accepted() == 0


@contextmanager
def everything_logged() -> Iterator[StringIO]:
    """What an application that logs everything at its root would show.

    Not caplog, which also listens to the loggers that keep their lines to themselves. The local SMTP server runs in
    this process: its log is not ours.
    """
    text = StringIO()
    handler = logging.StreamHandler(text)
    handler.addFilter(lambda record: record.name != "mail.log")
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    logging.getLogger("another").debug("heard")
    try:
        yield text
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    assert "heard" in text.getvalue()


# --- what only apprise does


def test_the_title_and_body_arrive_untouched_by_mail(mailbox: Mailbox) -> None:
    apprise_channel(mail_address(mailbox.port)).send("claire.martin/courriel", MESSAGE)
    [mail] = mailbox.mails
    assert mail["Subject"] == MESSAGE.title
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n").strip() == MESSAGE.body


def test_the_title_and_body_arrive_untouched_on_a_webhook(webhook: Webhook) -> None:
    apprise_channel(f"json://127.0.0.1:{webhook.port}/").send("claire.martin/courriel", MESSAGE)
    [payload] = webhook.received
    assert (payload["title"], payload["message"]) == (MESSAGE.title, MESSAGE.body)


def test_an_sms_contact_gets_the_sms_text_alone(webhook: Webhook) -> None:
    apprise_channel(f"json://127.0.0.1:{webhook.port}/").send("claire.martin/sms", MESSAGE)
    [payload] = webhook.received
    assert (payload["title"], payload["message"]) == ("", MESSAGE.sms)


@pytest.mark.parametrize("options", ["?retry=5&wait=0.01", "?optional=yes", "?retry=2&wait=0.01&optional=yes"])
def test_apprise_neither_retries_nor_forgives(webhook: Webhook, options: str) -> None:
    webhook.status = 500
    outcome = apprise_channel(f"json://127.0.0.1:{webhook.port}/x{options}").send("claire.martin/sms", MESSAGE)
    assert outcome == failed("the service did not accept the message (error 500)")
    assert len(webhook.received) == 1


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_redirect_is_not_a_delivery(webhook: Webhook, status: int) -> None:
    webhook.status = status
    outcome = apprise_channel(f"json://127.0.0.1:{webhook.port}/x").send("claire.martin/sms", MESSAGE)
    assert outcome.delivery is Delivery.FAILED


@pytest.mark.parametrize("address", ["zouave://secret", "secret", "", "json://", "mailto://"])
def test_an_address_that_apprise_does_not_know_is_not_understood(address: str) -> None:
    outcome = apprise_channel(address).send("claire.martin/sms", MESSAGE)
    why = "address not understood: check the address of claire.martin/sms in the roster file"
    assert outcome == failed(why, blames_provider=False)


def test_a_contact_without_address_is_a_failure() -> None:
    outcome = AppriseChannel({}).send("karim.benali/sms", MESSAGE)
    assert outcome == failed("no address for karim.benali/sms in the roster file in use", blames_provider=False)


def test_a_service_that_never_answers_times_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        port = deaf.getsockname()[1]
        channel = AppriseChannel({"a.b/sms": f"json://127.0.0.1:{port}/x?rto=1"}, timedelta(seconds=0.2))
        assert channel.send("a.b/sms", MESSAGE) == failed("the service did not answer in time")


def test_a_scripted_channel_fails_then_recovers() -> None:
    channel = RecordingChannel([failed("closed"), SENT, failed("again")])
    outcomes: list[Outcome] = [channel.send("claire.martin/sms", MESSAGE) for _ in range(4)]
    assert outcomes == [failed("closed"), SENT, failed("again"), SENT]
    assert [attempt.outcome for attempt in channel.attempts] == outcomes
    assert len(channel.sent) == 2


@pytest.mark.parametrize(
    ("status", "is_late", "reason", "is_blamed"),
    [
        (AppriseResultStatus.NOMATCH, False, "apprise found no destination in the address", False),
        (AppriseResultStatus.NOMATCH, True, "apprise found no destination in the address", False),
        (AppriseResultStatus.PARTIAL, False, "only a part of the destinations accepted the message", True),
        (AppriseResultStatus.PARTIAL, True, "only a part of the destinations accepted the message", True),
        (AppriseResultStatus.FAILURE, False, "the service did not accept the message", True),
        (AppriseResultStatus.FAILURE, True, "the service did not answer in time", True),
        (AppriseResultStatus.TIMEOUT, False, "the service did not answer in time", True),
    ],
)
def test_whatever_is_no_success_is_a_failure(
    status: AppriseResultStatus, is_late: bool, reason: str, is_blamed: bool
) -> None:
    result = AppriseResult(status)
    assert not result
    assert _failure(result, is_late=is_late) == failed(reason, blames_provider=is_blamed)
