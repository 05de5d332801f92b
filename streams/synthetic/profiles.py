"""What synthetic visits look like: rhythms, ages, severities, transports, diagnoses, stays and exits.

Ages follow the SurSaUD visits of Pays de la Loire, 24 February to 8 March 2020 (open data; the split under one year
is not published there). Everything else is a plausible shape of Vigie's own choice, not a measure. Codes are those of
the RPU value lists and of the CIM-10; which of them are drawn, and how often, is Vigie's own choice too.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, Literal

from streams.messages.visits import AgeClass

Ccmu = Literal["1", "2", "3", "4", "5", "P", "D"] | None
Transport = Literal["PERSO", "AMBU", "VSAB", "SMUR", "HELI", "FO"] | None
ModeSortie = Literal["6", "7", "8", "9"] | None

RHYTHM: Final = (
    *(0.55, 0.42, 0.35, 0.30, 0.28, 0.30, 0.40, 0.60, 0.95, 1.30, 1.50, 1.50),
    *(1.40, 1.40, 1.50, 1.45, 1.40, 1.45, 1.50, 1.45, 1.30, 1.10, 0.90, 0.70),
)
"""Visits of each local hour relative to the mean hour of the day."""

WEEK: Final = (1.09, 0.99, 0.97, 0.97, 0.99, 0.99, 1.00)
"""Visits of each day relative to the mean day of the week, Monday first."""

LATENESS: Final = timedelta(minutes=20)
"""The longest delay between a visit and its record reaching Vigie, in the steady traffic of the benchmarks."""

PASSAGES_PER_DAY: Final = 5100
"""Occitanie's emergency departments: over 1,850,000 patients in 2022 (schéma territorial Lozère 2023-2028)."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A kind of visits: the weight of each value of each field, None in ``mode_sortie`` being a patient still there.

    ``stay`` is the mean stay of those who go home; the others stay twice as long.
    """

    ages: dict[AgeClass, float]
    ccmu: dict[Ccmu, float]
    transport: dict[Transport, float]
    mode_sortie: dict[ModeSortie, float]
    diagnoses: dict[str, float]
    stay: timedelta = timedelta(hours=3)


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
    diagnoses={
        "S934": 9,
        "S610": 9,
        "S525": 4,
        "S060": 4,
        "S720": 2,
        "R104": 9,
        "R074": 7,
        "R55": 5,
        "R51": 4,
        "N390": 5,
        "K590": 3,
        "A099": 4,
        "J189": 4,
        "J459": 2,
        "J209": 3,
        "J101": 1,
        "J210": 0.5,
        "I500": 3,
        "I639": 2,
        "F419": 4,
        "F100": 3,
        "E86": 1,
        "T630": 0.3,
    },
)
INJURED_ADULTS: Final = Profile(
    ages={"15_44_ans": 40, "45_64_ans": 35, "65_74_ans": 25},
    ccmu={"2": 40, "3": 35, "4": 15, "5": 10},
    transport={"VSAB": 60, "SMUR": 25, "PERSO": 10, "HELI": 5},
    mode_sortie={"8": 45, "6": 50, "7": 4, "9": 1},
    diagnoses={"S060": 20, "S270": 10, "S367": 10, "S525": 20, "S720": 20, "S822": 20},
    stay=timedelta(hours=6),
)
INJURED_CHILDREN: Final = replace(INJURED_ADULTS, ages={"1_14_ans": 1})

CASUALTIES: Final = (*(INJURED_CHILDREN,) * 20, *(INJURED_ADULTS,) * 50)
"""As many as in the exercise of 25 February 2016 in Le Mans: 70 injured of whom 20 children (ARS Pays de la Loire)."""

GRIPPE: Final = replace(ORDINARY, ccmu={"1": 10, "2": 65, "3": 22, "4": 2, "5": 1}, diagnoses={"J101": 60, "J111": 40})
"""CIM-10 J09-J11 (BEH 32-33/2016)."""
BRONCHIOLITE: Final = replace(
    ORDINARY,
    ages={"moins_1_an": 85, "1_14_ans": 15},
    ccmu={"1": 5, "2": 65, "3": 26, "4": 3, "5": 1},
    diagnoses={"J210": 60, "J219": 40},
)
"""CIM-10 J21 (jcrb/RPU_2013, diag_principal.Rmd)."""
