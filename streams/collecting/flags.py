"""What a receipt says of records that were accepted all the same."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

from streams.collecting.ledger import Terms, Verdict
from streams.messages import Message
from streams.messages.capacity import BedCapacity
from streams.messages.visits import PassageRPU

UNKNOWN_ESTABLISHMENT: Final = "etablissement_inconnu"
"""Flag of a record whose establishment is not declared; while none is declared, one outside the région's départements.
It is journaled, and counted where it says it comes from."""
OUT_OF_LEDGER: Final = "hors_registre"
"""Flag of a record too old to be compared with what its source gave before."""

_OF_AN_ESTABLISHMENT: Final = (PassageRPU, BedCapacity)


@dataclass(frozen=True, slots=True)
class Flags:
    """Flags the records of one file. ``declared`` holds FINESS numbers, ``departements`` the région's INSEE codes."""

    declared: Collection[str]
    departements: Collection[str]
    terms: Terms

    def of(self, message: Message, day: date, verdict: Verdict) -> tuple[str, ...]:
        """Return the flags of a record that the ledger keeps under ``day``."""
        unknown = () if self._is_known(message) else (UNKNOWN_ESTABLISHMENT,)
        forgotten = self.terms.forgotten_before
        if verdict is not Verdict.OUTDATED or forgotten is None or day >= forgotten:
            return unknown
        return (*unknown, OUT_OF_LEDGER)

    def _is_known(self, message: Message) -> bool:
        if not isinstance(message, _OF_AN_ESTABLISHMENT):
            return True
        if self.declared:
            return message.finess in self.declared
        return message.departement in self.departements
