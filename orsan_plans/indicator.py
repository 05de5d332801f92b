"""The indicators that plans may name: identity, unit and French label. How they are computed belongs to `streams`."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Indicator:
    """An indicator's public face. ``is_ratio`` is True for percentages of two counts."""

    id: str
    label: str
    unit: str
    is_ratio: bool


def _counts(*rows: tuple[str, str, str]) -> list[Indicator]:
    return [Indicator(id_, label, unit, is_ratio=False) for id_, label, unit in rows]


def _ratios(*rows: tuple[str, str]) -> list[Indicator]:
    return [Indicator(id_, label, "%", is_ratio=True) for id_, label in rows]


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

INDICATORS: Final[dict[str, Indicator]] = {
    indicator.id: indicator
    for indicator in (
        *_ratios(
            ("rpu.part_suspicion_covid_7j", "Part des passages aux urgences pour suspicion de COVID-19, sur 7 jours"),
            ("sivic.taux_occupation_rea", "Patients COVID-19 en réanimation rapportés aux lits initiaux"),
            ("lits.taux_occupation_rea", "Taux d'occupation des lits de réanimation"),
            ("rpu.taux_hospitalisation_24h", "Part des passages suivis d'une hospitalisation, sur 24 heures"),
            ("rpu.part_75_ans_24h", "Part des passages de 75 ans et plus, sur 24 heures"),
            ("rpu.part_ccmu_4_5_24h", "Part des passages CCMU 4 et 5, sur 24 heures"),
            *(
                (f"rpu.part_{group}_24h", f"Part des passages codés pour {label}, sur 24 heures")
                for group, label in SYNDROMES.items()
            ),
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
            ("sivic.hospitalises", "Patients COVID-19 hospitalisés", "patients"),
            ("sivic.admissions_7j", "Admissions COVID-19 sur 7 jours", "patients"),
            ("sivic.admissions_rea_7j", "Admissions COVID-19 en réanimation sur 7 jours", "patients"),
        ),
    )
}
