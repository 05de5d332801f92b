"""The end of the demo: one more call, and its page, that one can open and answer for real."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fastapi import FastAPI

from alerts.effects import Notify, Purpose
from alerts.links import LinkKeys
from alerts.sms_wording import link_of
from dashboards.adapters.exporter import Exporter
from dashboards.adapters.gate import Door
from dashboards.adapters.serving import DEFAULT_HOST, DEFAULT_PORT, Serving, serve
from dashboards.adapters.web import build_app
from streams.entry import Status
from streams.messages.signals import SignalSanitaire
from vigie.embedded import Embedded
from vigie.link_settings import finding
from vigie.said import SaidToWriter

PAUSE_SECONDS: Final = 0.2
_PLACE: Final = {"52": "DEP-53"}
_MOST_TURNS: Final = 50


@dataclass(frozen=True, slots=True)
class LastCall:
    """The call that waits for an answer: its région and what was sent."""

    region: str
    notify: Notify


def last_call(embedded: Embedded, region: str, status: Status, now: datetime) -> LastCall | None:
    """Have one more invented signal raise an alert; return the first call it causes, None when the plans make none."""
    before = sum(1 for _ in embedded.journal.effects(region))
    signal = SignalSanitaire(
        f"demo-page-{now:%H%M}",
        "panne_majeure_du_systeme_d_information",
        _PLACE.get(region, f"REG-{region}"),
        "Panne du système d'information (démonstration)",
        "Démonstration",
    )
    embedded.say(region, signal, now, status)
    for _ in range(_MOST_TURNS):
        for stored in embedded.journal.effects(region, before):
            if isinstance(stored.effect, Notify) and stored.effect.purpose is Purpose.CALL:
                return LastCall(region, stored.effect)
        due = embedded.next_due()
        if due is None:
            return None
        now = max(now, due)
        embedded.turn(now)
    return None


def serve_page(
    embedded: Embedded, links: LinkKeys, call: LastCall, told: Callable[[str], None], seconds: float | None
) -> None:
    """Serve the page of a call, tell its link, and let the demo's time go on until Ctrl-C, or for ``seconds``."""
    clock, wake = _running_from(call.notify.at), threading.Event()
    said = SaidToWriter(wake.set, clock=clock)
    door = Door(links, finding(embedded.journal.outbox), said, call.region)
    app = build_app(embedded.board, Exporter(embedded.board), clock, door)
    with _somewhere(app) as serving:
        told(link_of(call.notify, f"http://{serving.host}:{serving.port}", links))
        end = None if seconds is None else time.monotonic() + seconds
        # Ctrl-C is to end it also where a script started it in the background: its signal is ignored there.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            while end is None or time.monotonic() < end:
                said.take(embedded.say)
                embedded.turn(clock())
                wake.wait(PAUSE_SECONDS)
                wake.clear()
        except KeyboardInterrupt:
            pass
        finally:
            signal.signal(signal.SIGINT, before)
            said.close()
            embedded.finish(clock())


def _running_from(start: datetime) -> Callable[[], datetime]:
    begun = time.monotonic()
    return lambda: start + timedelta(seconds=time.monotonic() - begun)


@contextmanager
def _somewhere(app: FastAPI) -> Iterator[Serving]:
    """Serve at the usual port, at any other when it is taken."""
    with ExitStack() as stack:
        try:
            serving = stack.enter_context(serve(app, DEFAULT_HOST, DEFAULT_PORT))
        except OSError:
            serving = stack.enter_context(serve(app, DEFAULT_HOST, 0))
        yield serving
