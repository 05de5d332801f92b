"""Processes of the live engine, started as an operator starts them, and always ended."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from streams.adapters.kafka_clients import KafkaAccess
from streams.adapters.pseudonym_keys import load_or_make_ring

PATIENCE_SECONDS = 90.0


class Process:
    """One `vigie` process and its log."""

    def __init__(self, arguments: tuple[str, ...], environment: dict[str, str], log: Path) -> None:
        self._log = log
        with log.open("ab") as out:
            self.popen = subprocess.Popen(
                [sys.executable, "-c", "from vigie.cli import main; main()", *arguments],
                env=os.environ | environment,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, text: str) -> None:
        until(lambda: text in self.said() or self.popen.poll() is not None)
        assert text in self.said(), self.said()

    def kill(self) -> None:
        self.popen.kill()
        self.popen.wait(PATIENCE_SECONDS)

    def stop(self) -> int:
        self.popen.terminate()
        return self.popen.wait(PATIENCE_SECONDS)


@contextmanager
def vigie_process(
    access: KafkaAccess, log: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> Iterator[Process]:
    keys = log.with_name("pseudonymes.cles")
    load_or_make_ring(keys)
    settings = {
        "VIGIE_DATABASE_URL": f"sqlite:///{log.with_name('live.db')}",
        "VIGIE_PSEUDONYM_KEYS": str(keys),
        "VIGIE_KAFKA_BOOTSTRAP": ",".join(access.bootstrap),
        "VIGIE_KAFKA_REPLICATION": "1",
        "VIGIE_SESSION_SECONDS": "6",
    }
    process = Process(arguments, settings | dict(environment or {}), log)
    try:
        yield process
    finally:
        if process.popen.poll() is None:
            process.kill()


def until(condition: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.1)
