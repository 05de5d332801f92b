"""Who to call by telephone when nothing can be sent: the roles of a roster file, who holds them, their numbers.

Numbers are those of the roster file; they are printed, never journaled.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from alerts.astreinte import Canal
from alerts.roster_schema import PersonForm, RosterFile

NO_NUMBER: Final = "pas de numéro dans le tableau"
NOBODY: Final = "PERSONNE"
_NUMBER: Final = re.compile(r"/(\+?[0-9]{9,15})/?(?:\?|$)")
"""The last part of an address that is a telephone number: at most 15 digits (ITU-T E.164)."""
_DIALLED: Final = (Canal.APPEL, Canal.SMS)


@dataclass(frozen=True, slots=True)
class Callee:
    """One line: a role, who holds it now, the numbers to dial in order of preference."""

    role: str
    person: str
    numbers: tuple[str, ...] = ()

    @property
    def numbers_text(self) -> str:
        """The numbers as they are read, or that there is none."""
        return " · ".join(self.numbers) if self.numbers else NO_NUMBER


def call_list(file: RosterFile, at: datetime) -> tuple[Callee, ...]:
    """Return whom to call at an aware instant: roles in the order of the file, the fallback role last."""
    return tuple(_lines(file, at))


def _lines(file: RosterFile, at: datetime) -> Iterator[Callee]:
    roster = file.to_roster()
    forms = {form.id: form for form in file.personnes}
    fallback = roster.escalation.fallback
    for role in sorted(roster.roles, key=lambda each: each.id == fallback):
        title = f"{role.title} (dernier recours)" if role.id == fallback else role.title
        holders = roster.on_call(role.id, at)
        if not holders:
            yield Callee(title, NOBODY)
        for person in holders:
            yield Callee(title, person.name, tuple(dict.fromkeys(_numbers(forms[person.id]))))


def _numbers(form: PersonForm) -> Iterator[str]:
    if form.telephone is not None:
        yield form.telephone
    for contact in form.contacts:
        found = _NUMBER.search(contact.adresse) if contact.canal in _DIALLED else None
        if found is not None:
            yield found[1] if found[1].startswith(("+", "0")) else f"+{found[1]}"
