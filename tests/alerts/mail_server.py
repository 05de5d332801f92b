"""A local SMTP server that keeps the mails it is given, or refuses them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from tests.vigie.monitored import closed_port


def mail_address(port: int, person: str = "claire") -> str:
    return f"mailto://127.0.0.1:{port}/?from=vigie@example.org&to={person}@example.org&mode=insecure"


@dataclass
class Mailbox:
    """The mails of a server; it answers ``refusal`` when there is one."""

    refusal: str = ""
    mails: list[EmailMessage] = field(default_factory=list)
    port: int = 0

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: ANN401, N802 - aiosmtpd's names
        if self.refusal:
            return self.refusal
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"

    def address(self, person: str) -> str:
        return mail_address(self.port, person)


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    box = Mailbox(port=closed_port())
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
