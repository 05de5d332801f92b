"""The indicators that plans may name: identity, unit and French label. How they are computed belongs to `streams`."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Indicator:
    """An indicator's public face. ``has_cases``: it rests on a number of cases, too few of which say nothing."""

    id: str
    label: str
    unit: str
    has_cases: bool


def _counts(*rows: tuple[str, str, str]) -> list[Indicator]:
    return [Indicator(id_, label, unit, has_cases=False) for id_, label, unit in rows]


def _ratios(*rows: tuple[str, str]) -> list[Indicator]:
    return [Indicator(id_, label, "%", has_cases=True) for id_, label in rows]


def _durations(*rows: tuple[str, str]) -> list[Indicator]:
    return [Indicator(id_, label, "minutes", has_cases=True) for id_, label in rows]


SYNDROMES: Final = {
    "grippe": "grippe",
    "bronchiolite": "bronchiolite",
    "asthme": "asthme",
    "ira": "infection respiratoire aiguë",
    "hyperthermie": "hyperthermie",
    "deshydratation": "déshydratation",
    "hyponatremie": "hyponatrémie",
    "icanicule": "iCanicule",
    "malaise": "malaise",
    "piqures_arthropodes": "piqûres d'arthropodes",
}
"""Syndromic groups whose code list is confirmed, in French; `streams.region.syndromes` has the codes."""

BED_KINDS: Final = {
    "rea": "réanimation",
    "si": "soins intensifs",
    "usc": "surveillance continue",
    "uhcd": "hospitalisation de courte durée",
    "medecine": "médecine",
    "chirurgie": "chirurgie",
}
"""Kinds of beds that have readings, as feeds write them, with their French labels; any other is journaled only."""

BED_COUNTS: Final = {
    "autorises": "autorisés",
    "installes": "installés",
    "armes": "armés",
    "disponibles": "disponibles",
    "occupes": "occupés",
    "fermes": "fermés",
}
"""What is counted of the beds of a kind: these numbers stay distinct, none is computed from another."""

INDICATORS: Final[dict[str, Indicator]] = {
    indicator.id: indicator
    for indicator in (
        *_ratios(
            ("rpu.part_suspicion_covid_7j", "Part des passages aux urgences pour suspicion de COVID-19, sur 7 jours"),
            ("sivic.taux_occupation_rea", "Patients COVID-19 en réanimation rapportés aux lits initiaux"),
            *(
                (f"lits.taux_occupation_{kind}", f"Taux d'occupation des lits de {label}")
                for kind, label in BED_KINDS.items()
            ),
            *(
                (f"lits.taux_occupation_armes_{kind}", f"Taux d'occupation des lits armés de {label}")
                for kind, label in BED_KINDS.items()
            ),
            ("rpu.taux_hospitalisation_24h", "Part des passages suivis d'une hospitalisation, sur 24 heures"),
            ("rpu.part_75_ans_24h", "Part des passages de 75 ans et plus, sur 24 heures"),
            ("rpu.part_ccmu_4_5_24h", "Part des passages CCMU 4 et 5, sur 24 heures"),
            *(
                (f"rpu.part_{group}_24h", f"Part des passages codés pour {label}, sur 24 heures")
                for group, label in SYNDROMES.items()
            ),
        ),
        *_durations(
            ("rpu.duree_mediane_hospitalises_veille", "Durée médiane aux urgences des hospitalisés de la veille"),
            ("rpu.duree_p90_hospitalises_veille", "Durée aux urgences de 9 hospitalisés sur 10 de la veille"),
        ),
        *_counts(
            ("rpu.passages_jour", "Passages aux urgences du jour", "passages"),
            ("rpu.passages_1h", "Passages aux urgences en une heure", "passages"),
            ("rpu.passages_24h", "Passages aux urgences en 24 heures", "passages"),
            ("rpu.passages_75_ans_24h", "Passages de 75 ans et plus en 24 heures", "passages"),
            ("rpu.passages_moins_1_an_24h", "Passages de moins d'un an en 24 heures", "passages"),
            ("rpu.passages_ccmu_4_5_24h", "Passages CCMU 4 et 5 en 24 heures", "passages"),
            ("rpu.hospitalisations_24h", "Hospitalisations depuis les urgences en 24 heures", "passages"),
            ("rpu.presents", "Patients présents aux urgences, entrés depuis 24 heures", "patients"),
            ("samu.appels_24h", "Appels au SAMU en 24 heures", "appels"),
            ("samu.dossiers_24h", "Dossiers de régulation du SAMU en 24 heures", "dossiers"),
            ("sas.appels_24h", "Appels au SAS en 24 heures", "appels"),
            ("samu.sorties_smur_24h", "Sorties SMUR en 24 heures", "sorties"),
            ("rpu.arrivees_smur_24h", "Arrivées par SMUR ou hélicoptère en 24 heures", "passages"),
            ("smur.interventions_24h", "Interventions SMUR en 24 heures", "interventions"),
            ("rpu.passages_veille", "Passages aux urgences de la veille", "passages"),
            ("rpu.presents_15h_veille", "Patients présents aux urgences la veille à 15 h", "patients"),
            *(
                (f"lits.{count}_{kind}", f"Lits {said} de {label}", "lits")
                for kind, label in BED_KINDS.items()
                for count, said in BED_COUNTS.items()
            ),
            ("sivic.hospitalises", "Patients COVID-19 hospitalisés", "patients"),
            ("sivic.admissions_7j", "Admissions COVID-19 sur 7 jours", "patients"),
            ("sivic.admissions_rea_7j", "Admissions COVID-19 en réanimation sur 7 jours", "patients"),
        ),
    )
}
