"""The synthetic région: emergency departments of Pays de la Loire, their visits on an ordinary day, critical-care beds.

Daily visits per département are the means of 24 February to 8 March 2020 (SurSaUD open data), critical-care beds are
those of the SAE 2018 (DREES), the FINESS codes are emergency departments of 2014-2015; how they spread over sites is
Vigie's own choice, and so is everything that happens in them.
"""

from dataclasses import dataclass
from typing import Final, Literal

REGION: Final = "52"

Encoding = Literal["ISO-8859-1", "UTF-8"]


@dataclass(frozen=True, slots=True)
class Site:
    """A synthetic emergency department.

    ``visits_per_day`` on an ordinary day, ``encoding`` of its OSCOUR files, ``coded_share`` of its visits that get a
    diagnosis (sources: 0 to nearly 100 % in jcrb/InformatisationSU, 2015; the share of each site here is Vigie's own).
    """

    finess: str
    name: str
    departement: str
    visits_per_day: int
    encoding: Encoding = "ISO-8859-1"
    coded_share: float = 0.85


NANTES: Final = Site("440000271", "Nantes (démo)", "44", 250)
NANTES_2: Final = Site("440000396", "Loire-Atlantique, site 2 (démo)", "44", 150, "UTF-8")
NANTES_3: Final = Site("440041580", "Loire-Atlantique, site 3 (démo)", "44", 128, coded_share=0.6)
ANGERS: Final = Site("490000049", "Angers (démo)", "49", 200)
CYBER: Final = Site("490000635", "Maine-et-Loire, site 2 (démo)", "49", 119, "UTF-8")
ANGERS_3: Final = Site("490001765", "Maine-et-Loire, site 3 (démo)", "49", 70, coded_share=0.4)
MAYENNE: Final = Site("530000017", "Mayenne, site 1 (démo)", "53", 72)
LE_MANS: Final = Site("720000033", "Le Mans (démo)", "72", 218)
SARTHE_2: Final = Site("720000520", "Sarthe, site 2 (démo)", "72", 120, "UTF-8")
LA_ROCHE: Final = Site("850000142", "La Roche-sur-Yon (démo)", "85", 175)
SILENT: Final = Site("850000118", "Vendée, site 2 (démo)", "85", 110)
VENDEE_3: Final = Site("850000175", "Vendée, site 3 (démo)", "85", 80, "UTF-8", coded_share=0.0)

SITES: Final = (
    *(NANTES, NANTES_2, NANTES_3),
    *(ANGERS, CYBER, ANGERS_3),
    MAYENNE,
    *(LE_MANS, SARTHE_2),
    *(LA_ROCHE, SILENT, VENDEE_3),
)

CRITICAL_CARE_BEDS: Final = {"44": 77, "49": 61, "53": 8, "72": 17, "85": 18}
CRITICAL_CARE_SITES: Final = {NANTES: 55, NANTES_2: 22, ANGERS: 61, MAYENNE: 8, LE_MANS: 17, LA_ROCHE: 18}
"""The installed beds of each; the sites without ROR are `WITHOUT_ROR`."""
WITHOUT_ROR: Final = (NANTES_2, MAYENNE)
