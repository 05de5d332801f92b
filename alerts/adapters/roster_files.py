"""Reads a roster file and keeps its addresses apart: the tableau is journaled, the address book never is.

An address may hold ``${NAME}``: the value comes from the environment, so that a roster file can be shared
without the passwords of its gateways.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alerts.astreinte import Roster
from alerts.providers import Providers, provider_of
from alerts.roster_schema import RosterFile
from orsan_plans.adapters.located_yaml import DocumentError, load_document, validate
from orsan_plans.problem import Problem

_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class AddressBook(Mapping[str, str]):
    """The address of each contact ``<person>/<canal>``; shows how many it holds, never which."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self._addresses = dict(addresses)

    def __getitem__(self, contact: str) -> str:
        return self._addresses[contact]

    def __iter__(self) -> Iterator[str]:
        return iter(self._addresses)

    def __len__(self) -> int:
        return len(self._addresses)

    def __repr__(self) -> str:
        return f"AddressBook({len(self)} addresses)"


@dataclass(frozen=True, slots=True)
class LoadedRoster:
    """A roster file, read: the tableau to journal, and the addresses to keep in memory only."""

    roster: Roster
    address_book: AddressBook

    @property
    def providers(self) -> Providers:
        """Who carries each contact: the provider that the file names, or that of the address."""
        named = {each.name: each.provider for person in self.roster.people for each in person.contacts if each.provider}
        found = {contact: provider_of(address) for contact, address in self.address_book.items()}
        return Providers({**found, **named}, self.roster)


def load_roster_form(path: Path) -> RosterFile:
    """Read a roster file as it is written, its addresses not filled in; DocumentError as `load_roster`."""
    return validate(load_document(path), RosterFile)


def load_roster(path: Path, environ: Mapping[str, str]) -> LoadedRoster:
    """Read a roster file; DocumentError with one ``file:line: key: message`` line per mistake."""
    document = load_document(path)
    form = validate(document, RosterFile)
    addresses: dict[str, str] = {}
    problems: list[Problem] = []
    for place, contact, written in form.written_addresses():
        try:
            addresses[contact] = _filled_in(written, environ)
        except ValueError as error:
            problems.append(Problem(str(path), place, str(error)))
    if problems:
        raise DocumentError(map(document.located, problems))
    return LoadedRoster(form.to_roster(), AddressBook(addresses))


def _filled_in(written: str, environ: Mapping[str, str]) -> str:
    missing = sorted({name for name in _VARIABLE.findall(written) if not environ.get(name)})
    if missing:
        raise ValueError(f"set the environment variable {', '.join(missing)}, which this address needs")
    if "${" in _VARIABLE.sub("", written):
        raise ValueError("a variable is written ${NAME}, with letters, digits and underscores")
    return _VARIABLE.sub(lambda match: environ[match[1]], written)
