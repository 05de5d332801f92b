"""The quality rules of RPU: each flags a visit, none refuses it.

A flag is ``<rule>`` or ``<rule>:<FIELD>``. Sources: exit before entry, stay over 30 days, age over 120
(hkara2/gpmsi @8794a77, rpu_analyser.groovy); incompatible provenances (jcrb/RPU_2013 @ccfab1d, commentaires.md);
FINESS of 8 characters (Urgences-Ara/rUrgAra @d6b09d7, R/clean_FINESS.R). The others are Vigie's own.
"""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Final

LONGEST_STAY: Final = timedelta(days=30)

RULES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "valeur_inconnue": "valeur absente de la liste du RPU : le champ est laissé vide",
        "date_illisible": "date illisible ou impossible : le champ est laissé vide",
        "cim10_invalide": "code qui n'est pas de la CIM-10 : le diagnostic est laissé de côté",
        "cim10_corrige": "code CIM-10 écrit avec un point ou en minuscules : il est corrigé",
        "heure_ambigue": "heure comptée deux fois au passage à l'heure d'hiver : la première est retenue",
        "heure_inexistante": "heure sautée au passage à l'heure d'été : elle est avancée d'autant",
        "sortie_avant_entree": "la sortie précède l'entrée",
        "sejour_sup_30_jours": "le séjour dépasse 30 jours",
        "age_sup_120_ans": "l'âge dépasse 120 ans : la classe d'âge est inconnue",
        "naissance_apres_entree": "la naissance est postérieure à l'entrée : la classe d'âge est inconnue",
        "provenance_incompatible": "la provenance et le mode d'entrée se contredisent",
        "champ_repete": "un champ figure plusieurs fois dans le passage : le premier est retenu",
        "finess_complete": "FINESS de 8 caractères dans le fichier : un zéro est ajouté devant",
        "doublon": "même entrée, naissance, sexe et code postal qu'un autre passage du fichier : les deux sont gardés",
        "entree_hors_fenetre": "l'entrée est en dehors de la période DATEDEBUT–DATEFIN du fichier",
        "entree_apres_extraction": "l'entrée est postérieure à l'extraction du fichier",
        "sortie_apres_extraction": "la sortie est postérieure à l'extraction du fichier",
    }
)
"""Rule → the sentence a quality correspondent reads."""

OF_THE_FILE: Final = frozenset(
    {"finess_complete", "doublon", "entree_hors_fenetre", "entree_apres_extraction", "sortie_apres_extraction"}
)
"""Rules about how a visit sits in its file: the same visit may break them in one file and not in the next."""


def explain(flag: str) -> str:
    """Return the sentence of a flag, with its field when it names one; KeyError for an unknown rule."""
    rule, _, field = flag.partition(":")
    return f"{field} : {RULES[rule]}" if field else RULES[rule]
