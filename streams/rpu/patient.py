"""One PATIENT element of an OSCOUR file: the texts of the fields that Vigie reads, as written."""

from collections.abc import Sequence
from typing import Final

from streams.rpu.values import LISTS

FREE: Final = ("ENTREE", "SORTIE", "NAISSANCE", "CP", "DP")
"""The fields that are read once and have no list of values."""
FIELDS: Final = (*FREE, *LISTS)
"""The fields that are read once; associated diagnoses (DA) may come many times."""


class Patient:
    """The texts of one record, not stripped, empty when absent.

    ``free`` and ``coded`` follow the order of `FREE` and of `LISTS`; ``diagnoses`` are the associated ones;
    ``repeated`` names those of `FIELDS` that came again with another text. ``written`` is the element itself and the
    space after it, or where its opening and its closing tag start in the file (bytes).
    """

    __slots__ = ("coded", "diagnoses", "free", "repeated", "written")

    def __init__(
        self,
        free: tuple[str, ...],
        coded: tuple[str, ...],
        diagnoses: Sequence[str],
        repeated: Sequence[str],
        written: str | tuple[int, int],
    ) -> None:
        self.free = free
        self.coded = coded
        self.diagnoses = diagnoses
        self.repeated = repeated
        self.written = written


class Fields:
    """The fields of a record as they come."""

    __slots__ = ("_again", "texts")

    def __init__(self, texts: dict[str, str] | None = None) -> None:
        self.texts = {} if texts is None else texts
        self._again: list[tuple[str, str]] = []

    def add(self, name: str, text: str) -> None:
        """Keep a field; of two that are not empty, the first stands."""
        if not self.texts.get(name, "").strip():
            self.texts[name] = text
        elif text.strip():
            self._again.append((name, text))

    def patient(self, written: str | tuple[int, int]) -> Patient:
        """Return the record, once it is whole."""
        text = self.texts.get
        return Patient(
            tuple([text(name, "") for name in FREE]),
            tuple([text(name, "") for name in LISTS]),
            [text("DA", ""), *(again for name, again in self._again if name == "DA")],
            [name for name, _ in self._again if name in FIELDS],
            written,
        )
