"""A database that goes away when the test says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection

from alerts.adapters.database import Database
from alerts.outbox import StorageError
from streams.adapters.live_store import LiveStore


class Failing:
    """Over another one. ``is_away``: nothing answers. ``writes_left``: it goes after that many changes."""

    def __init__(self, under: Database) -> None:
        self.name = under.name
        self.is_away = False
        self.writes_left = 10**9
        self._under = under

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        self._answer()
        with self._under.reading() as connection:
            yield connection

    @contextmanager
    def asking(self) -> Iterator[Connection]:
        self._answer()
        with self._under.asking() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        self._answer()
        if not self.writes_left:
            raise StorageError("db.example.org is stopping")
        self.writes_left -= 1
        with self._under.writing() as connection:
            yield connection

    @contextmanager
    def alone(self, what: str) -> Iterator[None]:
        self._answer()
        with self._under.alone(what):
            yield

    def close(self) -> None:
        self._under.close()

    def _answer(self) -> None:
        if self.is_away:
            raise StorageError("db.example.org does not answer")


def failing_store(folder: Path) -> tuple[Failing, LiveStore]:
    """Return a live store in a file of a folder, and what makes it fail."""
    database = Failing(LiveStore.open(f"sqlite:///{folder / 'live.db'}").database)
    return database, LiveStore(database)
