"""A real PostgreSQL server of the tests' own: the system's programs, a temporary directory, a free port of loopback.

The server refuses to run as root: it then runs as `nobody`.
"""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

ACCOUNT = "vigie_tests"
PASSWORD = "mot-de-passe d'essai/@:%"  # noqa: S105 - of a server that lives as long as the tests
_NOBODY = "nobody"
_PATIENCE = 60


class NoPostgres(Exception):
    """No server can be started here; the message says why."""


@dataclass(frozen=True)
class Programs:
    """The directory of the server's programs."""

    folder: Path

    @classmethod
    def find(cls) -> "Programs":
        # What is first on the path may be a link to one program without the others beside it.
        on_path = shutil.which("initdb")
        folders = [Path(on_path).resolve().parent] if on_path else []
        folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
        for folder in folders:
            if all((folder / name).exists() for name in ("initdb", "pg_ctl", "postgres")):
                return cls(folder)
        raise NoPostgres("initdb, pg_ctl and postgres are not installed (Debian: apt-get install postgresql)")

    def run(self, program: str, *arguments: str | Path) -> None:
        command = [str(self.folder / program), *map(str, arguments)]
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}
        done = subprocess.run(
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_PATIENCE,
            cwd="/",
            env=environment,
            **_account(),
        )
        if done.returncode:
            raise NoPostgres(f"{program} failed: {done.stdout.strip()}")


def _account() -> dict[str, Any]:
    """Return as whom the server's programs run, for `subprocess`: root's are refused."""
    return {"user": _NOBODY, "group": _group(), "extra_groups": []} if os.geteuid() == 0 else {}


def _group() -> int:
    import pwd  # noqa: PLC0415 - only POSIX systems have it, and only root needs it

    return pwd.getpwnam(_NOBODY).pw_gid


@dataclass(frozen=True)
class Server:
    """A running server, or how to make it run again. ``folder`` is None for a server that was given."""

    url: URL
    programs: Programs | None = None
    folder: Path | None = None

    def start(self) -> None:
        assert self.programs
        assert self.folder
        options = f"-p {self.url.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder}"
        data, log = self.folder / "data", self.folder / "log"
        self.programs.run(
            "pg_ctl", "start", "-D", data, "-l", log, "-w", "-t", str(_PATIENCE), "-o", f"{options} -c fsync=on"
        )

    def stop(self, mode: str = "immediate") -> None:
        """Stop; ``immediate`` is what a crash does: the next start recovers from the log of writes."""
        assert self.programs
        assert self.folder
        self.programs.run("pg_ctl", "stop", "-D", self.folder / "data", "-w", "-t", str(_PATIENCE), "-m", mode)

    @contextmanager
    def database(self) -> Iterator[str]:
        """Make an empty database; give its URL, with the password; drop it at the end."""
        name = f"vigie_test_{uuid4().hex}"
        self.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        try:
            yield self.url.set(database=name).render_as_string(hide_password=False)
        finally:
            self.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def execute(self, statement: sql.Composed, database: str | None = None) -> None:
        where = self.url.translate_connect_args(username="user", database="dbname")
        where["dbname"] = database or where["dbname"]
        with closing(psycopg.connect(**where, autocommit=True)) as connection:
            connection.execute(statement)


# A test process that is killed closes the pipe: the server then stops all the same, and nothing stays on the disk.
_GUARD = 'read -r _; "$1" stop -D "$2/data" -m immediate -w >/dev/null 2>&1; rm -rf "$2"'


def temporary(within: Path | None = None) -> Path:
    """Make a directory that the server may use."""
    # Not under pytest's own directory: only its owner may enter that one, and the server may run as somebody else.
    # Short: the path of a socket has 107 characters at most.
    return Path(tempfile.mkdtemp(prefix="vigie-pg-", dir=within))


@contextmanager
def running(within: Path | None = None) -> Iterator[Server]:
    """Start a server, in a directory of its own ``within`` another; stop and remove it at the end."""
    programs = Programs.find()
    folder = temporary(within)
    if os.geteuid() == 0:
        shutil.chown(folder, _NOBODY, _group())
    command = ["sh", "-c", _GUARD, "guard", str(programs.folder / "pg_ctl"), str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True, cwd="/", **_account()) as guard:
        try:
            server = _made(programs, folder)
            server.start()
            yield server
        finally:
            guard.communicate(timeout=_PATIENCE)


def _made(programs: Programs, folder: Path) -> Server:
    password = folder / "password"
    password.write_text(PASSWORD, encoding="utf-8")
    if os.geteuid() == 0:
        shutil.chown(password, _NOBODY, _group())
    arguments = ("--auth=scram-sha-256", f"--username={ACCOUNT}", f"--pwfile={password}", "--encoding=UTF8")
    programs.run("initdb", "-D", folder / "data", "--locale=C", *arguments)
    url = URL.create("postgresql+psycopg", ACCOUNT, PASSWORD, "127.0.0.1", _free_port(), "postgres")
    return Server(url, programs, folder)


def _free_port() -> int:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def given(url: str) -> Server:
    """Return a server that runs already; its account must be allowed to make databases."""
    return Server(make_url(url).set(drivername="postgresql+psycopg"))
