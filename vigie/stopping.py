"""How a process that runs until it is told otherwise is told so."""

import signal
import threading


def interrupted() -> threading.Event:
    """Return what SIGINT and SIGTERM set from now on."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop
