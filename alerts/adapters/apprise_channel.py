"""Hands messages to apprise, which knows how to reach mail, SMS gateways, messaging services and webhooks.

The only importer of `apprise`. One destination, one try: apprise's retries, ``optional`` services, escalation
and redirects are off, because the outbox retries and the engine escalates, both on the journal's account.

Each try has a thread of its own, left to itself once its time is over. Apprise would wait in a pool of few threads that
all services share: a single one that never ends its answer would silence the others.
"""

import logging
import re
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from datetime import timedelta
from queue import Empty, SimpleQueue
from typing import Final

from apprise import Apprise, AppriseAsset, AppriseResult, AppriseResultStatus, NotifyBase, NotifyFormat

from alerts.channel import SENT, Outcome, failed
from alerts.wording import Message

PLACE_OF_ID: Final = "{notification}"
"""In an address: the id of the notification being sent, so that a service can say later what became of it."""
_STATUS_REASONS: Final = {
    AppriseResultStatus.FAILURE: "the service did not accept the message",
    AppriseResultStatus.PARTIAL: "only a part of the destinations accepted the message",
    AppriseResultStatus.NOMATCH: "apprise found no destination in the address",
    AppriseResultStatus.TIMEOUT: "the service did not answer in time",
}
_Throttle = Callable[..., None]
_ERROR_CODE: Final = re.compile(r"\berror=([0-9]{3})\b")
_ABOUT_THE_ADDRESS: Final = frozenset({"400", "404", "410", "413", "422"})
"""HTTP answers that judge what was sent to whom; the others (accounts, quotas, faults) are the service's (RFC 9110)."""


class AppriseChannel:
    """A `Channel` for every contact of an address book.

    ``send`` blocks until the service answered or ``timeout`` passed: call it in a thread. It may be called from
    several threads at once. An ``sms`` contact gets the SMS text alone, every other one the title
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
            return failed(f"no address for {contact} in the roster file in use", blames_provider=False)
        try:
            return self._send(contact, address, message)
        except Exception as error:  # noqa: BLE001 - a plugin's defect is a failed delivery, not ours
            return failed(f"apprise raised {type(error).__name__}")

    def _send(self, contact: str, address: str, message: Message) -> Outcome:
        deadline = time.monotonic() + self._timeout
        service = _service(address.replace(PLACE_OF_ID, message.id), deadline)
        if service is None:
            why = f"address not understood: check the address of {contact} in the roster file"
            return failed(why, blames_provider=False)
        title, body = message.as_sent(contact)
        answered: SimpleQueue[Outcome] = SimpleQueue()

        def try_once(kept: NotifyBase) -> None:
            # Some services close a session when they are let go of: `kept` is, once the outcome is told.
            answered.put(_notified(kept, title, body, deadline))

        # A daemon: a service that never ends its answer must not keep the process from ending either.
        threading.Thread(target=try_once, args=(service,), name="vigie-apprise", daemon=True).start()
        del service
        try:
            return answered.get(timeout=self._timeout)
        except Empty:
            return failed(_STATUS_REASONS[AppriseResultStatus.TIMEOUT])


def _service(address: str, deadline: float) -> NotifyBase | None:
    asset = AppriseAsset(
        app_id="Vigie",
        app_desc="Vigie",
        app_url="",
        storage_mode="memory",
        service_timeout=0,  # ours: see the module
        allow_templates=False,
        http_redirects=False,  # a redirected POST becomes a GET: « sent », and nobody told
        interpret_emojis=False,
    )
    service = Apprise.instantiate(address, asset=asset)
    if service is not None:
        service.retry = 0
        service.optional = False
        service.throttle = _throttle_until(deadline)  # type: ignore[method-assign]  # of one object
    return service


def _throttle_until(deadline: float) -> _Throttle:
    """Return what plugins call before each request, or to wait as a service asks: nothing begins after the deadline.

    A message that its service takes an hour later would page people for what is over.
    """

    def throttle(last_io: object = None, wait: float | None = None) -> None:
        del last_io
        if time.monotonic() + (wait or 0) >= deadline:
            raise TimeoutError
        time.sleep(wait or 0)

    return throttle


def _notified(service: NotifyBase, title: str, body: str, deadline: float) -> Outcome:
    try:
        result = Apprise(service).notify(title=title, body=body, body_format=NotifyFormat.TEXT)
    except Exception as error:  # noqa: BLE001 - a plugin's defect is a failed delivery, not ours
        # Not the error's text: it may hold the address.
        return failed(f"apprise raised {type(error).__name__}")
    return SENT if result else _failure(result, is_late=time.monotonic() >= deadline)


def _failure(result: AppriseResult, *, is_late: bool) -> Outcome:
    codes = [code for entry in result.logs() for code in _ERROR_CODE.findall(str(entry.message))]
    # What the throttle stopped is a failure like another to apprise: the service was not even asked.
    was_stopped = is_late and not codes and result.status is AppriseResultStatus.FAILURE
    status = AppriseResultStatus.TIMEOUT if was_stopped else result.status
    reason = _STATUS_REASONS.get(status, "apprise gave an unknown result")
    if not codes:
        return failed(reason, blames_provider=status is not AppriseResultStatus.NOMATCH)
    return failed(f"{reason} (error {codes[-1]})", blames_provider=codes[-1] not in _ABOUT_THE_ADDRESS)


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
