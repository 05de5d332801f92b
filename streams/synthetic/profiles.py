"""What synthetic visits look like: daily rhythm, ages, severities, transports, exits, lateness.

Ages follow the SurSaUD visits of Pays de la Loire, 24 February to 8 March 2020 (open data; the split under one year
is not published there). Everything else is a plausible shape of Vigie's own choice, not a measure.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, Literal

from streams.messages import AgeClass

Ccmu = Literal["1", "2", "3", "4", "5", "P", "D"] | None
Transport = Literal["PERSO", "AMBU", "VSAB", "SMUR", "HELI", "FO"] | None
ModeSortie = Literal["6", "7", "8", "9"] | None

RHYTHM: Final = (
    *(0.55, 0.42, 0.35, 0.30, 0.28, 0.30, 0.40, 0.60, 0.95, 1.30, 1.50, 1.50),
    *(1.40, 1.40, 1.50, 1.45, 1.40, 1.45, 1.50, 1.45, 1.30, 1.10, 0.90, 0.70),
)
"""Visits of each local hour relative to the mean hour of the day."""

LATENESS: Final = timedelta(minutes=20)
"""The longest delay between a visit and its record reaching Vigie, outside a silence."""

PASSAGES_PER_DAY: Final = 5100
"""Occitanie's emergency departments: over 1,850,000 patients in 2022 (schéma territorial Lozère 2023-2028)."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A kind of visits: the weight of each value of each field."""

    ages: dict[AgeClass, float]
    ccmu: dict[Ccmu, float]
    transport: dict[Transport, float]
    mode_sortie: dict[ModeSortie, float]


ORDINARY: Final = Profile(
    ages={
        "moins_1_an": 2.5,
        "1_14_ans": 18.2,
        "15_44_ans": 36.0,
        "45_64_ans": 18.6,
        "65_74_ans": 8.8,
        "75_ans_et_plus": 15.9,
    },
    ccmu={"1": 14, "2": 66, "3": 15, "4": 1.5, "5": 0.5, "P": 2, "D": 0.1, None: 0.9},
    transport={"PERSO": 72, "AMBU": 12, "VSAB": 13, "SMUR": 2, "HELI": 0.2, "FO": 0.8},
    mode_sortie={None: 35, "8": 49, "6": 13, "7": 2.5, "9": 0.5},
)
INJURED_ADULTS: Final = Profile(
    ages={"15_44_ans": 40, "45_64_ans": 35, "65_74_ans": 25},
    ccmu={"2": 40, "3": 35, "4": 15, "5": 10},
    transport={"VSAB": 60, "SMUR": 25, "PERSO": 10, "HELI": 5},
    mode_sortie={None: 1},
)
INJURED_CHILDREN: Final = replace(INJURED_ADULTS, ages={"1_14_ans": 1})

CASUALTIES: Final = (*(INJURED_CHILDREN,) * 20, *(INJURED_ADULTS,) * 50)
"""As many as in the exercise of 25 February 2016 in Le Mans: 70 injured of whom 20 children (ARS Pays de la Loire)."""
