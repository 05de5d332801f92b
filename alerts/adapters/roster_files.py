"""Reads a roster file and keeps its addresses apart: the tableau is journaled, the address book never is.

An address may hold ``${NAME}``: the value comes from the environment, so that a roster file can be shared
without the passwords of its gateways.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from alerts.adapters.french_holidays import public_holidays
from alerts.astreinte import Roster
from alerts.providers import Providers, provider_of
from alerts.roster_schema import RosterFile
from alerts.roster_turns import TurnsFile
from orsan_plans.adapters.located_yaml import DocumentError, LocatedDocument, load_document, validate
from orsan_plans.problem import KeyPath, Problem

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
class RosterDocuments:
    """The file of a tableau and its files of schedules, as written: where each part of the tableau is."""

    main: LocatedDocument = field(repr=False)
    form: RosterFile
    more: tuple[tuple[LocatedDocument, TurnsFile], ...] = field(default=(), repr=False)

    def place(self, path: KeyPath) -> str:
        """Return ``file:line`` of a part: schedules and replacements count on from one file to the next."""
        document, found = self.main, path
        if len(path) > 1 and path[0] in TurnsFile.model_fields and isinstance(path[1], int):
            document, position = self._file_of(str(path[0]), path[1])
            found = (path[0], position, *path[2:])
        return document.located(Problem("", found, "")).partition(": ")[0]

    def _file_of(self, key: str, position: int) -> tuple[LocatedDocument, int]:
        left = position
        for document, forms in ((self.main, self.form), *self.more):
            count = len(getattr(forms, key))
            if left < count:
                return document, left
            left -= count
        raise IndexError(f"{key}[{position}] is in none of the files")


@dataclass(frozen=True, slots=True)
class LoadedRoster:
    """A roster file, read: the tableau to journal, the addresses to keep in memory only, and where it says what.

    ``holidays`` are the public holidays that count, with their names: `Roster.holidays` holds their dates when a role
    changes hands on them.
    """

    roster: Roster
    address_book: AddressBook
    documents: RosterDocuments
    holidays: Mapping[date, str]

    @property
    def providers(self) -> Providers:
        """Who carries each contact: the provider that the file names, or that of the address."""
        named = {each.name: each.provider for person in self.roster.people for each in person.contacts if each.provider}
        found = {contact: provider_of(address) for contact, address in self.address_book.items()}
        return Providers({**found, **named}, self.roster)


def load_roster_form(path: Path) -> RosterFile:
    """Read a roster file as it is written, its addresses not filled in; DocumentError as `load_roster`."""
    return validate(load_document(path), RosterFile)


def load_roster(path: Path, environ: Mapping[str, str], *, needs_addresses: bool = True) -> LoadedRoster:
    """Read a roster file; DocumentError with one ``file:line: key: message`` line per mistake.

    Without ``needs_addresses`` the variables of addresses need not be set, and the address book is empty: who only
    looks at the tableau has no passwords.
    """
    document = load_document(path)
    form = validate(document, RosterFile)
    addresses = _addresses(document, form, environ) if needs_addresses else {}
    documents = RosterDocuments(document, form, tuple(_turns_files(document, form)))
    holidays = _holidays(form)
    dates = tuple(sorted(holidays)) if form.has_holidays else ()
    roster = form.to_roster(dates, [turns for _, turns in documents.more])
    return LoadedRoster(roster, AddressBook(addresses), documents, holidays)


def _addresses(document: LocatedDocument, form: RosterFile, environ: Mapping[str, str]) -> dict[str, str]:
    addresses: dict[str, str] = {}
    problems: list[Problem] = []
    for place, contact, written in form.written_addresses():
        try:
            addresses[contact] = _filled_in(written, environ)
        except ValueError as error:
            problems.append(Problem(str(document.path), place, str(error)))
    if problems:
        raise DocumentError(map(document.located, problems))
    return addresses


def _turns_files(main: LocatedDocument, form: RosterFile) -> Iterator[tuple[LocatedDocument, TurnsFile]]:
    for position, name in enumerate(form.fichiers_plannings):
        path = main.path.parent / name
        if not path.exists():
            message = f"{path} does not exist; make it, or take it out of the list"
            raise DocumentError([main.located(Problem("", ("fichiers_plannings", position), message))])
        document = load_document(path)
        turns = validate(document, TurnsFile)
        if mistakes := form.turns_mistakes(turns):
            raise DocumentError(document.located(Problem("", place, message)) for place, message in mistakes)
        yield document, turns


def _holidays(form: RosterFile) -> dict[date, str]:
    # Without a département to go by, those that all share: no role depends on them then.
    known = public_holidays(form.own_departement or "")
    if form.feries is None:
        return known
    days = form.feries.corrected(frozenset(known))
    return {day: known.get(day, "jour ajouté par le tableau") for day in days}


def _filled_in(written: str, environ: Mapping[str, str]) -> str:
    missing = sorted({name for name in _VARIABLE.findall(written) if not environ.get(name)})
    if missing:
        raise ValueError(f"set the environment variable {', '.join(missing)}, which this address needs")
    if "${" in _VARIABLE.sub("", written):
        raise ValueError("a variable is written ${NAME}, with letters, digits and underscores")
    return _VARIABLE.sub(lambda match: environ[match[1]], written)
