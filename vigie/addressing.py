"""The addresses a process sends to: those of its roster file, as the file has them now, and the outside heartbeat's."""

import os
from collections.abc import Callable, Iterator, Mapping

from alerts.adapters.followed_addresses import FollowedAddresses
from alerts.adapters.roster_files import LoadedRoster
from vigie.proving import heartbeat_book


class Addresses(Mapping[str, str]):
    """The addresses of people, and beside them that of the outside heartbeat; shows how many, never which."""

    def __init__(self, people: Mapping[str, str], heartbeat: Mapping[str, str]) -> None:
        self._people = people
        self._heartbeat = heartbeat

    def __getitem__(self, contact: str) -> str:
        return self._heartbeat[contact] if contact in self._heartbeat else self._people[contact]

    def __iter__(self) -> Iterator[str]:
        yield from self._heartbeat
        yield from self._people

    def __len__(self) -> int:
        return len(self._heartbeat) + len(self._people)

    def __repr__(self) -> str:
        return f"Addresses({len(self)})"


def addresses_of(roster: LoadedRoster | None, heartbeat: str | None, warn: Callable[[str], object]) -> Addresses:
    """Return the addresses in use; ``warn`` is told when the roster file cannot be read any more."""
    people = {} if roster is None else FollowedAddresses(roster, os.environ, warn)
    return Addresses(people, heartbeat_book(heartbeat))
