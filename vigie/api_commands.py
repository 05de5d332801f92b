"""`vigie api`: the front process of the live engine."""

import signal
import threading

from vigie.api import run_api
from vigie.errors import explained
from vigie.live_settings import live_settings


def api() -> None:
    """Take files, over HTTP and from a drop directory, and serve pages and metrics; stop it with SIGTERM.

    Settings are those of the environment and of the file VIGIE_SETTINGS names.
    """
    with explained():
        settings, stop = live_settings(), threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        run_api(settings, stop)
