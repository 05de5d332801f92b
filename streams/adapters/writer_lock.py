"""One writer at a time for a journal: a lock that the system lets go of when its process ends, however it ends.

`flock` on a file beside the journal (SQLite keeps its own locks on the journal itself). Advisory: it stops Vigie's own
commands, not a foreign program. Readers need none.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from streams.journal import JournalError

_OWNER_ONLY: Final = 0o600
_LONGEST: Final = 200


class JournalInUse(JournalError):
    """Another process writes the journal; the message says which one and what to do."""


@contextmanager
def only_writer(journal: Path, who: str) -> Iterator[None]:
    """Hold the lock of a journal, in the name of a command (``who``); JournalInUse at once when it is held, OSError."""
    real = journal.resolve()
    handle = os.open(real.with_name(f"{real.name}.verrou"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _OWNER_ONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise JournalInUse(_held(journal, handle)) from None
        os.truncate(handle, 0)
        os.pwrite(handle, f"{who}, process {os.getpid()}".encode(), 0)
        yield
    finally:
        # The file stays: removing it would let two processes lock two files of one name.
        os.close(handle)


def _held(journal: Path, handle: int) -> str:
    holder = os.pread(handle, _LONGEST, 0).decode(errors="replace").strip() or "another process"
    return (
        f"{journal}: {holder}, is writing this journal, and only one may: drop the files in the directory it watches, "
        "or stop it first"
    )
