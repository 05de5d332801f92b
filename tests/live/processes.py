"""Processes of the live engine, always ended."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from streams.adapters.kafka_clients import KafkaAccess
from streams.adapters.pseudonym_keys import load_or_make_ring
from tests.started import Started

PATIENCE_SECONDS = 90.0


class Process:
    """One `vigie` process and its log."""

    def __init__(self, popen: "Started | subprocess.Popen[bytes]", log: Path) -> None:
        self.log = log
        self.popen = popen

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def is_alive(self) -> bool:
        return self.popen.poll() is None

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, text: str) -> None:
        until(lambda: text in self.said() or not self.is_alive)
        assert text in self.said(), self.said()[-3000:]

    def kill(self) -> None:
        """kill -9, and wait until it is dead."""
        self.popen.kill()
        self.popen.wait(PATIENCE_SECONDS)

    def stop(self) -> int:
        """Ask it to end; return its exit code."""
        self.popen.terminate()
        return self.ended()

    def ended(self) -> int:
        """Wait until it ends by itself; return its exit code."""
        return self.popen.wait(PATIENCE_SECONDS)

    def pause(self) -> None:
        """Freeze it, as a machine that swaps or a suspended guest does."""
        self.popen.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on after `pause`."""
        self.popen.send_signal(signal.SIGCONT)


def forked(arguments: tuple[str, ...], environment: Mapping[str, str], log: Path) -> Process:
    """Start a command of Vigie that writes to ``log``."""
    return Process(Started(arguments, environment, log), log)


def fresh(arguments: tuple[str, ...], environment: Mapping[str, str], log: Path) -> Process:
    """Start one with an interpreter of its own, as an operator does: seconds later."""
    command = [sys.executable, "-c", "from vigie.cli import main; main()", *arguments]
    with log.open("ab") as out:
        popen = subprocess.Popen(command, env=os.environ | environment, stdout=out, stderr=subprocess.STDOUT)
    return Process(popen, log)


Start = Callable[[tuple[str, ...], Mapping[str, str], Path], Process]


@contextmanager
def vigie_process(
    access: KafkaAccess,
    log: Path,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    start: Start = forked,
) -> Iterator[Process]:
    """Run one for the length of the block; it is killed at the end unless it ended before."""
    keys = log.with_name("pseudonymes.cles")
    load_or_make_ring(keys)
    settings = {
        "VIGIE_DATABASE_URL": f"sqlite:///{log.with_name('live.db')}",
        "VIGIE_PSEUDONYM_KEYS": str(keys),
        "VIGIE_KAFKA_BOOTSTRAP": ",".join(access.bootstrap),
        "VIGIE_KAFKA_REPLICATION": "1",
        "VIGIE_SESSION_SECONDS": "6",
    }
    process = start(arguments, settings | dict(environment or {}), log)
    try:
        yield process
    finally:
        process.kill()


def until(condition: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.1)
