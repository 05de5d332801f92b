"""Hands messages to apprise, which knows how to reach mail, SMS gateways, messaging services and webhooks.

The only importer of `apprise`. One destination, one try: apprise's retries, ``optional`` services, escalation
and redirects are off, because the outbox retries and the engine escalates, both on the journal's account.
"""

import logging
import re
import warnings
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from apprise import Apprise, AppriseAsset, AppriseResult, AppriseResultStatus, NotifyBase, NotifyFormat

from alerts.astreinte import Canal, canal_of
from alerts.channel import SENT, Outcome, failed
from alerts.wording import Message

_STATUS_REASONS: Final = {
    AppriseResultStatus.FAILURE: "the service did not accept the message",
    AppriseResultStatus.PARTIAL: "only a part of the destinations accepted the message",
    AppriseResultStatus.NOMATCH: "apprise found no destination in the address",
    AppriseResultStatus.TIMEOUT: "the service did not answer in time",
}
_ERROR_CODE: Final = re.compile(r"\berror=([0-9]{3})\b")


class AppriseChannel:
    """A `Channel` for every contact of an address book.

    ``send`` blocks until the service answered or ``timeout`` passed: call it in a thread, and give that
    thread a limit of its own somewhat above ``timeout``, since a name look-up can outlast it. It may be
    called from several threads at once. An ``sms`` contact gets the SMS text alone, every other one the title
    and the body.
    """

    def __init__(self, address_book: Mapping[str, str], timeout: timedelta = timedelta(seconds=20)) -> None:
        self._address_book = address_book
        self._timeout = timeout.total_seconds()
        _silence_logs()
        _load_plugins()

    def send(self, contact: str, message: Message) -> Outcome:
        """Try once to hand ``message`` to ``contact``."""
        address = self._address_book.get(contact)
        if address is None:
            return failed(f"no address for {contact} in the roster file in use")
        try:
            return self._send(contact, address, message)
        except Exception as error:  # noqa: BLE001 - a plugin's defect is a failed delivery, not ours
            # Not the error's text: it may hold the address.
            return failed(f"apprise raised {type(error).__name__}")

    def _send(self, contact: str, address: str, message: Message) -> Outcome:
        service = self._service(address)
        if service is None:
            return failed(f"address not understood: check the address of {contact} in the roster file")
        apprise = Apprise(service)
        if canal_of(contact) == Canal.SMS:
            result = apprise.notify(body=message.sms, body_format=NotifyFormat.TEXT, timeout=self._timeout)
        else:
            result = apprise.notify(
                title=message.title, body=message.body, body_format=NotifyFormat.TEXT, timeout=self._timeout
            )
        return SENT if result else failed(_reason(result))

    def _service(self, address: str) -> NotifyBase | None:
        asset = AppriseAsset(
            app_id="Vigie",
            app_desc="Vigie",
            app_url="",
            storage_mode="memory",
            service_timeout=self._timeout,
            allow_templates=False,
            http_redirects=False,  # a redirected POST becomes a GET: « sent », and nobody told
            interpret_emojis=False,
        )
        service = Apprise.instantiate(address, asset=asset)
        if service is not None:
            service.retry = 0
            service.optional = False
        return service


def _reason(result: AppriseResult) -> str:
    reason = _STATUS_REASONS.get(result.status, "apprise gave an unknown result")
    codes = [code for entry in result.logs() for code in _ERROR_CODE.findall(str(entry.message))]
    return f"{reason} (error {codes[-1]})" if codes else reason


def _load_plugins() -> None:
    """Import apprise's plugins now, once per process, and not while the first page waits."""
    with warnings.catch_warnings():
        # One of them imports imghdr, deprecated by Python 3.11: nothing a reader of our output can act on.
        warnings.simplefilter("ignore", DeprecationWarning)
        Apprise.instantiate("json://127.0.0.1")


def _silence_logs() -> None:
    """Keep what apprise logs to itself: its lines can hold addresses, and its result says what we need."""
    for name in ("apprise", "urllib3"):
        logger = logging.getLogger(name)
        logger.propagate = False
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
