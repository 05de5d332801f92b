"""Syndromic groups of diagnoses (CIM-10), only those whose code list was confirmed in a source.

Rates are per hundred *coded* passages, as Santé publique France counts them (odisse, "passages avec au moins un
diagnostic codé"), not per inhabitant. Groups whose list could only be remembered (gastro-enteritis, trauma, burns…) are
absent on purpose.
"""

from dataclasses import dataclass
from typing import Final

from streams.messages.visits import PassageRPU

CANICULE: Final = "liste canicule de l'InVS (jcrb/RPU_2013, RPU_2013_Annalyse.Rmd)"


@dataclass(frozen=True, slots=True)
class SyndromicGroup:
    """A group: its slug, CIM-10 prefixes, whether associated diagnoses count, and the list's source."""

    id: str
    prefixes: tuple[str, ...]
    source: str
    counts_associated: bool = False

    def holds(self, passage: PassageRPU) -> bool:
        """Tell whether a visit belongs to the group."""
        if passage.diagnosis_cim10 is not None and passage.diagnosis_cim10.startswith(self.prefixes):
            return True
        return self.counts_associated and any(code.startswith(self.prefixes) for code in passage.associated_cim10)


GROUPS: Final = (
    SyndromicGroup("grippe", ("J09", "J10", "J11"), "BEH 32-33/2016"),
    SyndromicGroup("bronchiolite", ("J21",), "jcrb/RPU_2013, diag_principal.Rmd"),
    SyndromicGroup("asthme", ("J45", "J46"), CANICULE),
    SyndromicGroup(
        "ira",
        (
            *("B342", "B972", "B974", "J09", "J10", "J11", "J12", "J13", "J14", "J15", "J16", "J17", "J18"),
            *("J20", "J21", "J22", "U049", "U071", "U0710", "U0711", "U0712", "U0714", "U0715"),
        ),
        "Santé publique France, odisse, IRA par département",
        counts_associated=True,
    ),
    SyndromicGroup("hyperthermie", ("T67", "X30"), CANICULE),
    SyndromicGroup("deshydratation", ("E86",), CANICULE),
    SyndromicGroup("hyponatremie", ("E871",), CANICULE),
    SyndromicGroup("icanicule", ("T67", "X30", "E86", "E871"), "BEH 2025-11 ; " + CANICULE),
    SyndromicGroup("malaise", ("R42", "R53", "R55"), CANICULE),
    SyndromicGroup(
        "piqures_arthropodes",
        ("T63", "W57", *(f"X{number}" for number in range(20, 30))),
        CANICULE,
    ),
)


def is_coded(passage: PassageRPU) -> bool:
    """Tell whether a visit has at least one coded diagnosis: the denominator of every group."""
    return passage.diagnosis_cim10 is not None or bool(passage.associated_cim10)
