"""A real `vigie run` in a process of its own, the telephones of its people, and patient looks at both."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self, TypeVar

import httpx
from typer.testing import CliRunner, Result

from tests.command_line import app
from tests.started import Started

T = TypeVar("T")

PATIENCE_SECONDS = 60.0
VIGIE = (sys.executable, "-c", "from vigie.cli import main; main()")
ROSTER = """\
astreinte: Essai
region: "52"
personnes:
  - id: veille
    nom: Cellule de veille
    contacts: [{{canal: courriel, adresse: "{veille}"}}]
  - id: claire
    nom: Claire Martin
    contacts: [{{canal: courriel, adresse: "{claire}"}}]
  - id: anne
    nom: Anne Le Goff
    contacts: [{{canal: courriel, adresse: "{anne}"}}]
roles:
  veille: {{titre: Veille, fixe: [veille]}}
  cadre: {{titre: Cadre, fixe: [claire]}}
  medecin: {{titre: Médecin, fixe: [anne]}}
  directeur: {{titre: Directrice, fixe: [anne]}}
escalade: {{delai: 10 min, repetition: 15 min, repli: directeur}}
"""


def eventually(look: Callable[[], T | None], what: str) -> T:
    """Return the first true value of ``look``, within a time that no sane machine needs."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError(f"{what}: not within {PATIENCE_SECONDS} s")


def vigie(*arguments: str | Path) -> Result:
    """Run a command of Vigie in this process: a new one takes seconds to import everything."""
    return CliRunner().invoke(app, list(map(str, arguments)))


def vigie_process(*arguments: str | Path, **environ: str) -> "subprocess.CompletedProcess[str]":
    """Run a command of Vigie to its end, as a shell would."""
    return subprocess.run(
        [*VIGIE, *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, **environ},
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def closed_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Rung:
    """A message that reached a telephone."""

    person: str
    title: str
    text: str


@dataclass
class Phones:
    """A local web service that takes everybody's messages; it answers only while ``answering`` is set."""

    port: int = 0
    rung: list[Rung] = field(default_factory=list)
    answering: Event = field(default_factory=Event)

    def address(self, person: str) -> str:
        return f"json://127.0.0.1:{self.port}/{person}"


@contextmanager
def phones_ringing() -> Iterator[Phones]:
    phones = Phones()
    phones.answering.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            payload: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            phones.rung.append(Rung(self.path.strip("/"), payload["title"], payload["message"]))
            phones.answering.wait(PATIENCE_SECONDS)
            try:
                self.send_response(200)
                self.end_headers()
            except OSError:
                pass  # whoever called was killed meanwhile

        def log_message(self, *_: object) -> None:
            """Keep the test's output readable."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        phones.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield phones
        finally:
            phones.answering.set()
            server.shutdown()
            thread.join()


@dataclass
class Place:
    """The directory one monitor works in, from one start to the next."""

    path: Path

    @property
    def journal(self) -> Path:
        return self.path / "vigie.db"

    @property
    def drop(self) -> Path:
        return self.path / "depot"

    @property
    def roster(self) -> Path:
        return self.path / "astreinte.yaml"

    def people_at(self, address: Callable[[str], str]) -> None:
        """Write the roster: every person at an address."""
        addresses = {person: address(person) for person in ("veille", "claire", "anne")}
        self.roster.write_text(ROSTER.format(**addresses), encoding="utf-8")

    def leave(self, name: str, *lines: dict[str, object]) -> None:
        """Drop a file of messages, by rename as `vigie ack` does."""
        self.drop.mkdir(exist_ok=True)
        unfinished = self.drop / f".{name}.part"
        unfinished.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        unfinished.replace(self.drop / f"{name}.jsonl")

    def dropped(self) -> list[str]:
        """Return the names still in the drop directory."""
        return [path.name for path in self.drop.iterdir() if path.is_file()]

    @contextmanager
    def monitor(self, *options: str) -> Iterator["MonitorProcess"]:
        """Start the monitor; it is killed at the end of the block unless it ended before."""
        arguments = ["run", "--region", "52", "--port", "0", "--journal", self.journal, "--drop", self.drop, *options]
        if self.roster.exists():
            arguments += ["--roster", self.roster]
        with MonitorProcess(Started(tuple(map(str, arguments)), {})) as started:
            yield started


class MonitorProcess:
    """A running `vigie run`, its log, and its pages."""

    def __init__(self, process: Started) -> None:
        self.process = process
        self.log: list[str] = []
        # A pipe, and not a file: a limit on the size of files must not reach the log.
        self._reader = Thread(target=self._read)

    def __enter__(self) -> Self:
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.log.extend(iter(self.process.stdout.readline, ""))

    @property
    def text(self) -> str:
        return "".join(self.log)

    def base(self) -> str:
        """Wait until the monitor watches; return where its pages are."""

        def look() -> str | None:
            found = re.search(r"pages=(http://[0-9.:]+)/", self.text)
            assert found or self.process.poll() is None, self.text
            return found[1] if found else None

        return eventually(look, f"watching:\n{self.text}")

    def get(self, path: str) -> httpx.Response:
        with httpx.Client(trust_env=False, timeout=PATIENCE_SECONDS) as client:
            return client.get(self.base() + path)

    def kill(self) -> None:
        """kill -9, and wait until it is dead."""
        self.process.kill()
        self._end()

    def stop(self) -> int:
        """Ask it to end; return its exit code."""
        self.process.terminate()
        return self._end()

    def ended(self) -> int:
        """Wait until it ends by itself; return its exit code."""
        return self._end()

    def _end(self) -> int:
        code = self.process.wait(PATIENCE_SECONDS)
        self._reader.join(PATIENCE_SECONDS)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


def line(kind: str, payload: dict[str, object], occurred_at: datetime | None = None) -> dict[str, object]:
    """Return one line of a dropped file."""
    return {"kind": kind, "occurred_at": (occurred_at or datetime.now(UTC)).isoformat(), "payload": payload}


def signal_line(
    key: str, nature: str = "panne_majeure_du_systeme_d_information", territory: str = "DEP-44", **more: object
) -> dict[str, object]:
    """Return a signal as a dropped file holds it."""
    payload = {"signal_id": key, "nature": nature, "territory": territory, "title": "Panne", "source": "SAMU"}
    return line("signal.sanitaire", {**payload, **more})


def last_line(text: str) -> Sequence[str]:
    """Return the words of the last line of an output."""
    return text.rstrip("\n").rpartition("\n")[2].split(" ")
