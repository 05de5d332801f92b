"""Territories and how they nest: établissement → département → région → France.

A territory is written ``FR``, ``REG-52``, ``DEP-44`` or ``ETAB-440000271``: the INSEE code of a région or a
département, the nine characters of a geographic FINESS. That text is the identity everywhere (journal, plans,
metrics, CSV), so a territory needs no table to be compared or stored.
"""

import re
from enum import StrEnum
from functools import lru_cache
from typing import Annotated

from pydantic import Field

from orsan_plans.geography import DEPARTEMENTS, REGION_OF_DEPARTEMENT, REGIONS

PATTERN = r"^(FR|REG-\d{2}|DEP-(\d{2}|2[AB]|97\d)|ETAB-[0-9AB]{9})$"
_COMPILED = re.compile(PATTERN)

TerritoryId = Annotated[str, Field(pattern=PATTERN)]
"""A territory in its written form."""


class Level(StrEnum):
    """The four nested levels; the values are the words used in plan files."""

    ETABLISSEMENT = "etablissement"
    DEPARTEMENT = "departement"
    REGION = "region"
    FRANCE = "france"


_LEVEL_OF_PREFIX = {"ETAB": Level.ETABLISSEMENT, "DEP": Level.DEPARTEMENT, "REG": Level.REGION, "FR": Level.FRANCE}


def width(level: Level) -> int:
    """Return how wide a level is: 0 for an établissement, 3 for France."""
    return list(Level).index(level)


def is_territory(text: str) -> bool:
    """Tell whether ``text`` is the written form of a territory (its code may still be unknown to INSEE)."""
    return _COMPILED.match(text) is not None


@lru_cache(maxsize=4096)
def level_of(territory: str) -> Level:
    """Return the level of a written territory; ValueError if it is not one."""
    if not is_territory(territory):
        raise ValueError(f"not a territory: {territory!r} (expected FR, REG-52, DEP-44 or ETAB-440000271)")
    return _LEVEL_OF_PREFIX[territory.partition("-")[0]]


def code_of(territory: str) -> str:
    """Return the INSEE or FINESS code: ``44`` for ``DEP-44``, an empty string for ``FR``."""
    return territory.partition("-")[2]


def departement(code: str) -> str:
    """Return ``DEP-<code>``; ValueError when INSEE knows no such département."""
    if code not in DEPARTEMENTS:
        raise ValueError(f"unknown département {code!r}")
    return f"DEP-{code}"


def region_of(departement_code: str) -> str:
    """Return the INSEE code of the région of a département; ValueError when there is none."""
    try:
        return REGION_OF_DEPARTEMENT[departement_code]
    except KeyError:
        raise ValueError(f"unknown département {departement_code!r}") from None


def name_of(territory: str, etablissements: dict[str, str] | None = None) -> str:
    """Return the French name a person reads: ``Loire-Atlantique (44)``, ``CHU de Nantes``, ``Pays de la Loire``.

    ``etablissements`` maps a written établissement to its name; without it, its FINESS is shown.
    """
    code = code_of(territory)
    match level_of(territory):
        case Level.FRANCE:
            return "France"
        case Level.REGION:
            return REGIONS[code].name if code in REGIONS else f"région {code}"
        case Level.DEPARTEMENT:
            return f"{DEPARTEMENTS.get(code, 'département')} ({code})"
        case Level.ETABLISSEMENT:
            return (etablissements or {}).get(territory) or f"établissement {code}"
