"""The addresses of a roster file that may change while it is in use.

A tableau is published without stopping anything (`vigie roster publish`): whoever sends must then know the addresses of
the people it added. A file that cannot be read any more, or not yet, leaves the addresses as they were.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from threading import Lock

from alerts.adapters.roster_files import AddressBook, LoadedRoster, load_roster
from orsan_plans.adapters.located_yaml import DocumentError

_Version = tuple[int, int, int]


class FollowedAddresses(Mapping[str, str]):
    """The address of each contact as its file has it now; it may be asked from several threads.

    ``warn`` is told once of each version of the file that cannot be read; it is never told an address.
    """

    def __init__(self, loaded: LoadedRoster, environ: Mapping[str, str], warn: Callable[[str], object]) -> None:
        self._path = loaded.documents.main.path
        self._environ = environ
        self._warn = warn
        self._lock = Lock()
        self._book = loaded.address_book
        self._version = _version(self._path)

    def __getitem__(self, contact: str) -> str:
        return self._current()[contact]

    def __iter__(self) -> Iterator[str]:
        return iter(self._current())

    def __len__(self) -> int:
        return len(self._current())

    def __repr__(self) -> str:
        return f"FollowedAddresses({self._book!r})"

    def _current(self) -> AddressBook:
        with self._lock:
            version = _version(self._path)
            if version is not None and version != self._version:
                # Before the file is read: one that changes meanwhile is read again.
                self._version = version
                self._read_again()
            return self._book

    def _read_again(self) -> None:
        try:
            self._book = load_roster(self._path, self._environ).address_book
        except DocumentError as error:
            self._warn(f"the roster file has changed and cannot be read; addresses stay as they were. {error}")


def _version(path: Path) -> _Version | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_mtime_ns, stat.st_size
