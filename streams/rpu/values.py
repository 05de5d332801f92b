"""The value lists of the RPU fields, and how a diagnosis is written.

Lists: IMAGE-ET/mediboard_save @2452b64, modules/dPurgences/locales/fr.php L579-633; hkara2/gpmsi @8794a77,
script-templates/groovy/rpu_fusion_fichiers.groovy, which quotes the InVS specification. PROVENANCE 6 and 7 were added
on 16/09/2013.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

from streams.messages.visits import Orient

Sexe = Literal["M", "F", "I"]
ModeEntree = Literal["6", "7", "8"]
Provenance = Literal["1", "2", "3", "4", "5", "6", "7", "8"]
Transport = Literal["PERSO", "AMBU", "VSAB", "SMUR", "HELI", "FO"]
TransportPec = Literal["MED", "PARAMED", "AUCUN"]
Gravite = Literal["1", "2", "3", "4", "5", "P", "D"]
ModeSortie = Literal["6", "7", "8", "9"]
Destination = Literal["1", "2", "3", "4", "6", "7"]

SEXE: Final[Mapping[Sexe, str]] = MappingProxyType({"M": "masculin", "F": "féminin", "I": "inconnu"})
MODE_ENTREE: Final[Mapping[ModeEntree, str]] = MappingProxyType({"6": "mutation", "7": "transfert", "8": "domicile"})
PROVENANCE: Final[Mapping[Provenance, str]] = MappingProxyType(
    {
        "1": "MCO",
        "2": "SSR (SMR)",
        "3": "SLD",
        "4": "PSY",
        "5": "prise en charge aux urgences autre qu'organisationnelle (PEA)",
        "6": "HAD",
        "7": "structure médico-sociale",
        "8": "prise en charge organisationnelle (PEO)",
    }
)
TRANSPORT: Final[Mapping[Transport, str]] = MappingProxyType(
    {
        "PERSO": "moyens personnels",
        "AMBU": "ambulance",
        "VSAB": "VSAV, sapeurs-pompiers",
        "SMUR": "SMUR terrestre",
        "HELI": "hélicoptère",
        "FO": "force de l'ordre",
    }
)
TRANSPORT_PEC: Final[Mapping[TransportPec, str]] = MappingProxyType(
    {"MED": "médicalisée", "PARAMED": "paramédicalisée", "AUCUN": "aucune"}
)
GRAVITE: Final[Mapping[Gravite, str]] = MappingProxyType(
    {
        "P": "CCMU P : problème psychiatrique dominant, stable",
        "1": "CCMU 1 : stable, pas d'acte",
        "2": "CCMU 2 : stable, acte décidé",
        "3": "CCMU 3 : peut s'aggraver, pronostic vital non engagé",
        "4": "CCMU 4 : pronostic vital engagé, pas de geste immédiat",
        "5": "CCMU 5 : pronostic vital engagé, réanimation immédiate",
        "D": "CCMU D : décédé à l'arrivée",
    }
)
MODE_SORTIE: Final[Mapping[ModeSortie, str]] = MappingProxyType(
    {"6": "mutation", "7": "transfert", "8": "domicile", "9": "décès"}
)
DESTINATION: Final[Mapping[Destination, str]] = MappingProxyType(
    {"1": "MCO", "2": "SSR (SMR)", "3": "SLD", "4": "PSY", "6": "HAD", "7": "structure médico-sociale (HMS)"}
)
ORIENT: Final[Mapping[Orient, str]] = MappingProxyType(
    {
        "HDT": "hospitalisation à la demande d'un tiers",
        "HO": "hospitalisation d'office",
        "SC": "surveillance continue",
        "SI": "soins intensifs",
        "REA": "réanimation",
        "UHCD": "UHCD",
        "MED": "médecine",
        "CHIR": "chirurgie",
        "OBST": "obstétrique",
        "FUGUE": "départ à l'insu",
        "SCAM": "sortie contre avis médical",
        "PSA": "parti sans attendre",
        "REO": "réorientation directe",
    }
)

LISTS: Final[Mapping[str, Mapping[Any, str]]] = MappingProxyType(
    {
        "SEXE": SEXE,
        "MODE_ENTREE": MODE_ENTREE,
        "PROVENANCE": PROVENANCE,
        "TRANSPORT": TRANSPORT,
        "TRANSPORT_PEC": TRANSPORT_PEC,
        "GRAVITE": GRAVITE,
        "MODE_SORTIE": MODE_SORTIE,
        "DESTINATION": DESTINATION,
        "ORIENT": ORIENT,
    }
)

_MODE_ENTREE, _PROVENANCE = (list(LISTS).index(field) for field in ("MODE_ENTREE", "PROVENANCE"))


class Codes(NamedTuple):
    """The coded fields of a visit, None when empty or unknown, and the rules that they break."""

    sexe: Sexe | None
    mode_entree: ModeEntree | None
    provenance: Provenance | None
    transport: Transport | None
    transport_pec: TransportPec | None
    gravite: Gravite | None
    mode_sortie: ModeSortie | None
    destination: Destination | None
    orient: Orient | None
    broken: tuple[str, ...]


# Provenance 1 to 4 (a transfer) with entry from home, 7 and 8 with mutation or transfer: jcrb/RPU_2013 @ccfab1d,
# doc/Commentaires sur les RPU/commentaires.md.
INCOMPATIBLE: Final[frozenset[tuple[object, object]]] = frozenset(
    {(provenance, "8") for provenance in "1234"} | {(provenance, mode) for provenance in "78" for mode in "67"}
)
"""Pairs (PROVENANCE, MODE_ENTREE) that contradict each other."""

_LONGEST_CODES: Final = 100


def read_codes(texts: tuple[str, ...]) -> Codes:
    """Read the texts of the fields of `LISTS`, in its order; space around them means nothing."""
    # A visit has few combinations, hence a memory of them; it must hold no long text.
    return _read_codes(texts) if len("".join(texts)) <= _LONGEST_CODES else _read_codes.__wrapped__(texts)


@lru_cache(maxsize=4096)
def _read_codes(texts: tuple[str, ...]) -> Codes:
    broken = []
    codes: list[Any] = []
    for (field, known), text in zip(LISTS.items(), map(str.strip, texts), strict=True):
        codes.append(text if text in known else None)
        if text and text not in known:
            broken.append(f"valeur_inconnue:{field}")
    if (codes[_PROVENANCE], codes[_MODE_ENTREE]) in INCOMPATIBLE:
        broken.append("provenance_incompatible")
    codes.append(tuple(broken))
    return Codes(*codes)


_CIM10: Final = re.compile(r"[A-Z][0-9]{2}[0-9A-Z]{0,5}", re.ASCII).fullmatch
_LONGEST_CODE: Final = 12


class Diagnosis(NamedTuple):
    """A diagnosis as kept (None when it is no CIM-10 code), and the rule that its writing breaks."""

    code: str | None
    rule: str | None


_INVALID: Final = Diagnosis(None, "cim10_invalide")


def read_cim10(text: str) -> Diagnosis:
    """Read a CIM-10 code, which OSCOUR writes without a dot; ``j10.1`` is corrected to ``J101`` and reported."""
    if len(text) > _LONGEST_CODE:  # what follows remembers its texts, which must stay small
        return _INVALID
    return _read_cim10(text)


@lru_cache(maxsize=20_000)
def _read_cim10(text: str) -> Diagnosis:
    if _CIM10(text):
        return Diagnosis(text, None)
    if text.isascii() and _CIM10(corrected := text.upper().replace(".", "", 1)):
        return Diagnosis(corrected, "cim10_corrige")
    return _INVALID
