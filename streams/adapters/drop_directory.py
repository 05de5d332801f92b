"""A directory where files are dropped: what an SFTP server or a person puts there is taken, once it is whole.

A file is taken when it has stopped growing. Names that start with a dot or end with ``.part``, ``.tmp`` or
``.filepart`` are uploads in progress and are left alone. What was read goes to ``recus/``, what could not be read to
``rejetes/`` beside a text that says why. Both hold health data as it came: only Vigie's account can enter them, and
what was kept for as long as stated is deleted.
"""

import os
import re
from datetime import datetime
from pathlib import Path
from stat import S_ISREG
from threading import Event, Thread
from typing import Final

from watchfiles import watch

UNFINISHED: Final = (".part", ".tmp", ".filepart")
SETTLE_SECONDS: Final = 1.0
"""A file that has not changed for this long is whole: Vigie's choice, upload by rename needs none of it."""
_STAMP: Final = "%Y%m%dT%H%M%S%fZ"
_STAMPED: Final = re.compile(r"([0-9]{8}T[0-9]{12}Z)-")
_OWNER_ONLY: Final = 0o700
_NAME_BYTES: Final = 200
_WATCH_AGAIN_SECONDS: Final = 5.0


class DropDirectory:
    """The directory, and what was seen of its files so far."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.received = path / "recus"
        self.rejected = path / "rejetes"
        path.mkdir(parents=True, exist_ok=True)
        for directory in (self.received, self.rejected):
            # Only when it is made: what an operator then decides on its rights stands.
            directory.mkdir(mode=_OWNER_ONLY, exist_ok=True)
        self._seen: dict[Path, tuple[tuple[int, int], float]] = {}

    def ready(self, clock: float) -> list[Path]:
        """Return the files that have not changed for `SETTLE_SECONDS`, oldest name first; ``clock`` in seconds."""
        seen, ready = {}, []
        for path in sorted(self.path.iterdir()):
            if path.name.startswith(".") or path.suffix.lower() in UNFINISHED:
                continue
            size = _size(path)
            if size is None:
                continue
            known, since = self._seen.get(path, (None, clock))
            seen[path] = (size, since if known == size else clock)
            if clock - seen[path][1] >= SETTLE_SECONDS:
                ready.append(path)
        self._seen = seen
        return ready

    @property
    def is_waiting(self) -> bool:
        """True while some file has been seen that is not settled yet."""
        return bool(self._seen)

    def accept(self, path: Path, at: datetime) -> Path:
        """Put a file that was journaled away."""
        return self._move(path, self.received, at)

    def reject(self, path: Path, at: datetime, reason: str) -> Path:
        """Put a file that could not be read away, with the reason beside it."""
        moved = self._move(path, self.rejected, at)
        moved.with_name(f"{moved.name}.raison.txt").write_text(f"{reason}\n", encoding="utf-8", errors="replace")
        return moved

    def purge(self, before: datetime) -> int:
        """Delete what was put away before an instant (UTC), reasons included; return how many files. OSError.

        A file that Vigie did not put there, which bears no instant, stays.
        """
        limit, count = before.strftime(_STAMP), 0
        for directory in (self.received, self.rejected):
            for path in sorted(directory.iterdir()):
                stamped = _STAMPED.match(path.name)
                if stamped is not None and stamped[1] < limit:
                    path.unlink(missing_ok=True)
                    count += 1
        return count

    def _move(self, path: Path, directory: Path, at: datetime) -> Path:
        stamp = at.strftime(_STAMP)
        # A name as long as the file system allows has no room for the stamp: its end tells the format.
        name = os.fsdecode(os.fsencode(path.name)[-_NAME_BYTES:])
        return path.replace(directory / f"{stamp}-{name}")


def printable(path: Path) -> str:
    """Return a file's name as any log or table takes it: bytes that are no UTF-8 are shown as U+FFFD."""
    return os.fsencode(path.name).decode(errors="replace")


def _size(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None  # taken back, or renamed, since the directory was listed
    return (stat.st_size, stat.st_mtime_ns) if S_ISREG(stat.st_mode) else None


def wake_on_change(path: Path, wake: Event, stop: Event) -> Thread:
    """Set ``wake`` whenever something changes in a directory, from a thread that ends with ``stop``.

    It only saves time: whoever waits also looks now and then, as a network file system tells nothing.
    """

    def follow() -> None:
        while not stop.is_set():
            try:
                for _ in watch(path, stop_event=stop, recursive=False):
                    wake.set()
            except Exception:  # noqa: BLE001 - a name that is no UTF-8, no watch left: the others must still wake us
                wake.set()
                stop.wait(_WATCH_AGAIN_SECONDS)

    thread = Thread(target=follow, name="vigie-drop", daemon=True)
    thread.start()
    return thread
