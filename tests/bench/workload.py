"""What the benchmarks fold: a plan on ten passage indicators at three levels, and a region's ordinary visits.

Thresholds lie four (vigilance) and six (alerte) standard deviations above the mean of their level: a few postures
move every day, alerts are rare.
"""

from collections.abc import Iterator
from datetime import datetime
from math import sqrt
from typing import Any, Final

from orsan_plans.catalogue import Catalogue
from streams import messages
from streams.entry import Draft, Entry, Status
from streams.messages import Message
from streams.messages.reference import Etablissement, EtablissementList, PlanCatalogue, PlanDocument
from streams.messages.visits import PassageRPU
from streams.synthetic.profiles import PASSAGES_PER_DAY
from streams.synthetic.traffic import STEADY_START, steady_passages

REGION: Final = "76"
SITES: Final = 30
SEED: Final = 20260112

# Thirty sites over thirteen départements: the busiest hold three.
VISITS: Final = {
    "etablissement": PASSAGES_PER_DAY / SITES,
    "departement": 3 * PASSAGES_PER_DAY / SITES,
    "region": PASSAGES_PER_DAY,
}

# Shares of `streams.synthetic.profiles.ORDINARY`; the first of a pair is divided by the second.
COUNTED: Final = {
    "rpu.passages_1h": 1 / 24,
    "rpu.passages_24h": 1.0,
    "rpu.passages_75_ans_24h": 0.159,
    "rpu.passages_moins_1_an_24h": 0.025,
    "rpu.passages_ccmu_4_5_24h": 0.02,
    "rpu.hospitalisations_24h": 0.155,
    "rpu.arrivees_smur_24h": 0.022,
}
DIVIDED: Final = {
    "rpu.taux_hospitalisation_24h": (0.155, 0.65),
    "rpu.part_75_ans_24h": (0.159, 1.0),
    "rpu.part_ccmu_4_5_24h": (0.02, 0.991),
}
DEVIATIONS: Final = {"vigilance": 4.0, "alerte": 6.0}
FEWEST: Final = 30


def catalogue() -> Catalogue:
    """Return one rule per passage indicator and level: ten at each level."""
    document = {
        "plan": "banc-d-essai",
        "volet": "BANC",
        "titre": "Banc d'essai",
        "regions": "toutes",
        "valide_du": "2026-01-01",
        "sources": {
            "banc": {
                "reference": "Nombres du banc d'essai",
                "auteur": "Vigie",
                "valide_du": "2026-01-01",
                "valide_au": "sans limite",
            }
        },
        "regles": [_rule(indicator, level) for indicator in (*COUNTED, *DIVIDED) for level in VISITS],
    }
    return Catalogue.from_documents([("banc-d-essai", document)])


def _rule(indicator: str, level: str) -> dict[str, Any]:
    mean, deviation = _spread(indicator, VISITS[level])
    condition: dict[str, Any] = {
        "indicateur": indicator,
        "seuils": {
            posture: {"a_partir_de": round(mean + deviations * deviation, 1), "source": "banc"}
            for posture, deviations in DEVIATIONS.items()
        },
        "marge": round(deviation / 2, 1),
        "completude_minimale": 80,
    }
    if indicator in DIVIDED:
        condition["effectif_minimal"] = FEWEST
    return {
        "regle": f"{indicator}-{level}".replace(".", "-").replace("_", "-"),
        "titre": f"{indicator}, {level}",
        "territoires": [level],
        "condition": condition,
        "retour": "1 h",
        "actions_reflexes": ["Vérifier la donnée."],
        "prevenir": {"alerte": {"roles": ["cadre", "medecin"]}},
    }


def _spread(indicator: str, visits: float) -> tuple[float, float]:
    """Return mean and standard deviation: Poisson for a count, binomial for a percentage."""
    if indicator in COUNTED:
        mean = visits * COUNTED[indicator]
        return mean, sqrt(mean)
    part, over = DIVIDED[indicator]
    share, cases = part / over, visits * over
    return 100 * share, 100 * sqrt(share * (1 - share) / cases)


def opening() -> list[Message]:
    """Return what the journal starts with: the catalogue, and the establishments that the visits come from."""
    plans = catalogue()
    documents = tuple(PlanDocument(name, content) for name, content in plans.documents)
    visits = (
        messages.decode(each.draft.kind, each.draft.payload) for each in steady_passages(REGION, 2000, SEED, SITES)
    )
    seen = sorted({(visit.finess, visit.departement) for visit in visits if isinstance(visit, PassageRPU)})
    declared = tuple(Etablissement(finess, f"Site {finess}", departement) for finess, departement in seen)
    return [PlanCatalogue(plans.sha256, documents), EtablissementList(declared)]


def dated(number: int) -> Iterator[tuple[datetime, Draft]]:
    """Yield the opening, then ``number`` visits, with the instants at which they are recorded."""
    for message in opening():
        yield STEADY_START, Draft(STEADY_START, Status.ACTUAL, REGION, *messages.encode(message))
    for each in steady_passages(REGION, number, SEED, SITES):
        yield each.at, each.draft


def entries(number: int) -> Iterator[Entry]:
    """Yield the opening and ``number`` visits as journal entries."""
    for seq, (at, draft) in enumerate(dated(number), 1):
        yield Entry(seq, at, draft.occurred_at, draft.status, draft.region, draft.kind, draft.payload)
