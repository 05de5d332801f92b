"""Files of synthetic signals: Vigie's own forms (signals, notifiable diseases, SAMU counts), and the opening files.

``statut`` is ``reel`` or ``exercice``: these forms can say that what they tell is an exercise.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from streams.messages import encode
from streams.messages.reference import Etablissement, EtablissementList
from streams.synthetic.sites import CRITICAL_CARE_BEDS, SITES
from streams.synthetic.visits import ZONE

_DEPARTEMENTS: Final = {
    "44": "Loire-Atlantique",
    "49": "Maine-et-Loire",
    "53": "Mayenne",
    "72": "Sarthe",
    "85": "Vendée",
}


@dataclass(frozen=True, slots=True)
class Said:
    """A statement about a signal."""

    id: str
    nature: str
    territory: str
    title: str
    source: str
    criteria: Mapping[str, str] = field(default_factory=dict)
    is_open: bool = True
    statut: str = "reel"


def signal_json(at: datetime, said: Said) -> bytes:
    """Return a signal as its form in JSON."""
    form = {
        "id": said.id,
        "nature": said.nature,
        "territoire": said.territory,
        "titre": said.title,
        "date": at.astimezone(ZONE).isoformat(),
        "source": said.source,
        "criteres": dict(said.criteria),
        "ouvert": said.is_open,
        "statut": said.statut,
    }
    return json.dumps(form, ensure_ascii=False).encode()


def mdo_csv(disease: str, departement: str, day: date, source: str) -> bytes:
    """Return the notification of a disease, as its form in CSV."""
    return f"maladie;departement;date;source;numero\n{disease};{departement};{day};{source};1\n".encode()


@dataclass(frozen=True, slots=True)
class Calls:
    """What a SAMU counted over a period; None was not counted."""

    departement: str
    starts_at: datetime
    ends_at: datetime
    calls: int
    cases: int
    sas_calls: int | None = None
    departures: int | None = None


def regulation_csv(counted: Iterable[Calls], statut: str = "reel") -> bytes:
    """Return the counts of several SAMU, as their form in CSV; an empty cell was not counted."""
    lines = ["territoire;debut;fin;source;appels;dossiers;appels_sas;departs_smur;statut"]
    for each in counted:
        period = f"{each.starts_at.astimezone(ZONE).isoformat()};{each.ends_at.astimezone(ZONE).isoformat()}"
        counts = (each.calls, each.cases, each.sas_calls, each.departures)
        cells = ";".join("" if count is None else str(count) for count in counts)
        lines.append(f"DEP-{each.departement};{period};SAMU {each.departement} (fictif);{cells};{statut}")
    return "\n".join([*lines, ""]).encode()


def etablissements_jsonl(at: datetime) -> bytes:
    """Return the list of the région's establishments, as a line of Vigie's own messages: no official file holds it."""
    listed = EtablissementList(tuple(Etablissement(each.finess, each.name, each.departement) for each in SITES))
    kind, payload = encode(listed)
    return b'{"kind":"%b","occurred_at":"%b","payload":%b}\n' % (kind.encode(), at.isoformat().encode(), payload)


def reference_beds_csv() -> bytes:
    """Return the critical-care beds of the région's départements, laid out as the SAE file of the DREES."""
    rows = [f"{code},{_DEPARTEMENTS[code]},{beds},,,,," for code, beds in CRITICAL_CARE_BEDS.items()]
    return "\n".join(["dep_id,dep,rea,si_usic,si_unv,si_autres,si_total,sc", *rows, ""]).encode()
