"""What a collector needs of a format: how a file is recognised, read, and how one record of it is read again."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final

from streams.collecting.decoding import Context, Decoding, Manifest
from streams.collecting.ledger import Ledger, Scope
from streams.messages.reference import Etablissement

READING: Final = 1
"""To be raised when any format is read otherwise than before: a file that comes again is then read again."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What a decoder may ask beside the file: the région's declared establishments, what the ledger holds."""

    region: str
    ledger: Ledger
    etablissements: Mapping[str, Etablissement]

    def departement_of(self, finess: str) -> str | None:
        """Return the département of a declared establishment."""
        declared = self.etablissements.get(finess)
        return declared.departement if declared else None

    @property
    def reader(self) -> str:
        """What may read the same bytes otherwise: this version of the formats, the establishments declared."""
        declared = sorted(f"{each.finess} {each.departement}" for each in self.etablissements.values())
        return f"{READING} {hashlib.blake2b(' '.join(declared).encode(), digest_size=8).hexdigest()}"

    def is_known(self, feed: str, source: str, key: str) -> bool:
        """Tell whether a source gave a record with this key."""
        return bool(self.ledger.known(Scope(self.region, feed, source), (key,)))


Decode = Callable[[BinaryIO, str, Context, Tools], Decoding]
Wrap = Callable[[Manifest, Context, bytes], bytes | None]


@dataclass(frozen=True, slots=True)
class Format:
    """One format.

    ``wrap`` makes a file of one record that was set aside, None when it says nothing apart from its file.
    ``is_checked``: the decoder already holds its values to the messages' types, they need no second validation.
    """

    name: str
    decode: Decode
    wrap: Wrap | None = None
    is_checked: bool = False


class Formats:
    """The formats a collector reads, by name."""

    def __init__(self, formats: Iterable[Format], recognise: Callable[[bytes], str | None]) -> None:
        self.by_name: Final = {format_.name: format_ for format_ in formats}
        self._recognise = recognise

    def recognise(self, head: bytes) -> str | None:
        """Return the format that a file's first kilobytes look like, None for none."""
        name = self._recognise(head)
        return name if name in self.by_name else None
