"""Who carries a contact's messages: what fails together, and what does not.

A provider is named by the roster file (``fournisseur``), or else after the address: its scheme and a digest of its
host. The host itself is not shown, because for some services it is a secret.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from alerts.astreinte import Roster
from alerts.effects import Notify, Purpose

_ADDRESS: Final = re.compile(r"([A-Za-z0-9]+)://(?:[^/?@]*@)?([^/?:]*)")
_RELAY: Final = re.compile(r"[?&]smtp=([^&:/]+)")
_DIGEST_LENGTH: Final = 6


def provider_of(address: str) -> str:
    """Return the name of the provider of an apprise address: two addresses of one service give one name."""
    found = _ADDRESS.match(address)
    if found is None:
        return "unknown"
    scheme, host = found[1].lower(), found[2].lower()
    relay = _RELAY.search(address)
    digest = hashlib.sha256((relay[1].lower() if relay else host).encode()).hexdigest()
    return f"{scheme}-{digest[:_DIGEST_LENGTH]}"


@dataclass(frozen=True, slots=True)
class Providers:
    """The provider of each contact ``<person>/<canal>``, and the roster that says what else a person has."""

    by_contact: Mapping[str, str] = field(default_factory=dict)
    roster: Roster | None = None

    @property
    def names(self) -> frozenset[str]:
        """Every provider."""
        return frozenset(self.by_contact.values())

    def of(self, contact: str) -> str | None:
        """Return the provider of a contact, None when it has no address of the roster."""
        return self.by_contact.get(contact)

    def others(self, notification: Notify) -> tuple[str, ...]:
        """Return the contacts that the escalation uses after this one fails, in order.

        None for a message that no escalation follows up: nobody would be told otherwise.
        """
        person = self.roster.person(notification.person) if self.roster else None
        if self.roster is None or person is None or notification.purpose not in (Purpose.CALL, Purpose.INFORM):
            return ()
        contacts = [each.name for each in self.roster.contacts(person, notification.brief.posture)]
        if notification.contact not in contacts:
            return ()
        return tuple(contacts[contacts.index(notification.contact) + 1 :])
