"""Processes of the live engine by the dozen: forked from a server that has imported Vigie once, and killed for real.

Importing takes seconds of a core; a campaign starts hundreds of processes. What runs in each is the command line.
"""

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.live.processes import PATIENCE_SECONDS, until

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([f"vigie.{name}" for name in ("cli", "worker_commands", "notifier_commands")])


def _run(arguments: tuple[str, ...], environment: Mapping[str, str], log: Path) -> None:
    with log.open("ab") as out:
        os.dup2(out.fileno(), sys.stdout.fileno())
        os.dup2(out.fileno(), sys.stderr.fileno())
    os.environ.update(environment)
    sys.argv = ["vigie", *arguments]
    from vigie.cli import main  # noqa: PLC0415 - in the new process, with its environment

    main()


class Forked:
    """One `vigie` process and its log."""

    def __init__(self, arguments: tuple[str, ...], environment: Mapping[str, str], log: Path) -> None:
        self.log = log
        log.touch()
        self._process = _FORKS.Process(target=_run, args=(arguments, dict(environment), log), daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.is_alive()

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, text: str) -> None:
        until(lambda: text in self.said() or not self.is_alive)
        assert text in self.said(), self.said()[-3000:]

    def kill(self) -> None:
        """kill -9, and wait until it is dead."""
        self._process.kill()
        self._process.join(PATIENCE_SECONDS)

    def stop(self) -> int:
        """Ask it to end; return its exit code."""
        self._process.terminate()
        return self.ended()

    def ended(self) -> int:
        """Wait until it ends by itself; return its exit code."""
        self._process.join(PATIENCE_SECONDS)
        assert self._process.exitcode is not None, self.said()[-3000:]
        return self._process.exitcode

    def pause(self) -> None:
        """Freeze it, as a machine that swaps or a suspended guest does."""
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on after `pause`."""
        os.kill(self.pid, signal.SIGCONT)


@contextmanager
def forked(arguments: tuple[str, ...], environment: Mapping[str, str], log: Path) -> Iterator[Forked]:
    """Start one for the length of the block; it is killed at the end unless it ended before."""
    process = Forked(arguments, environment, log)
    try:
        yield process
    finally:
        process.kill()
