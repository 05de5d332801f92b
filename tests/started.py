"""`vigie` started as a process of its own, forked from a server that has imported everything once.

Importing takes seconds of a core and tests start hundreds of processes. What runs in each is the command line, killed
and asked to end as any other process is.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["vigie.cli", "tests.command_line"])


def _run(arguments: tuple[str, ...], environment: Mapping[str, str], out: Path | Connection) -> None:
    if isinstance(out, Path):
        with out.open("ab") as file:
            _write_to(file.fileno())
    else:
        _write_to(out.fileno())
        out.close()
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["vigie", *arguments]
    from vigie.cli import main  # noqa: PLC0415 - in the new process, with its environment

    main()


def _write_to(descriptor: int) -> None:
    # Other objects than those of the server: they would seek in a pipe as they may in its file.
    for name, number in (("stdout", 1), ("stderr", 2)):
        os.dup2(descriptor, number)
        setattr(sys, name, os.fdopen(number, "w", buffering=1, encoding="utf-8", closefd=False))


class Started:
    """A running command, with the methods of a `subprocess.Popen`.

    What it prints is added to the file ``out``, or read from ``stdout``.
    """

    def __init__(self, arguments: tuple[str, ...], environment: Mapping[str, str], out: Path | None = None) -> None:
        self.stdout: IO[str] | None = None
        writer = None
        if out is None:
            reader, writer = _FORKS.Pipe(duplex=False)
            with reader:
                self.stdout = os.fdopen(os.dup(reader.fileno()), encoding="utf-8", errors="replace")
        else:
            out.touch()
        where = out or writer
        self._process = _FORKS.Process(target=_run, args=(arguments, os.environ | environment, where), daemon=True)
        self._process.start()
        if writer is not None:
            writer.close()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("vigie", timeout or 0)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)
