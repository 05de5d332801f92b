"""The posture of a rule in a territory: unknown, VEILLE, VIGILANCE, ALERTE; ACTIVATION is a human decision."""

from enum import StrEnum
from typing import Final


class Posture(StrEnum):
    """Graded postures, written as people read them.

    Software moves between the first four; only a recorded decision of the authority gives ACTIVATION.
    INCONNU is never shown green and never lowers a posture.
    """

    INCONNU = "INCONNU"
    VEILLE = "VEILLE"
    VIGILANCE = "VIGILANCE"
    ALERTE = "ALERTE"
    ACTIVATION = "ACTIVATION"

    @property
    def rank(self) -> int:
        """Severity used for comparisons; INCONNU and VEILLE weigh the same: neither asks for action."""
        return _RANK[self]


_RANK: Final = {
    Posture.INCONNU: 0,
    Posture.VEILLE: 0,
    Posture.VIGILANCE: 1,
    Posture.ALERTE: 2,
    Posture.ACTIVATION: 3,
}

RAISED: Final = (Posture.VIGILANCE, Posture.ALERTE)
"""The postures thresholds can ask for, mildest first."""
