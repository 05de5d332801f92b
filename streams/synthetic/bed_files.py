"""Bed files of synthetic sites: the bundle of the ROR, and the bed form of the sites without it.

The ROR says what beds are by the activity of a service (TRE_R211), whose codes a région declares. No sourced code for
critical care was found: the bundle uses one of its own, `ACTIVITY`, that no real activity bears.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from streams.synthetic.sites import Site
from streams.synthetic.visits import ZONE

ACTIVITY: Final = "DEMO-REA"
BED_KINDS: Final = {f"R211-{ACTIVITY}": "rea"}
"""What the région declares of its activities, for the decoder of the ROR."""

_NOS: Final = "https://mos.esante.gouv.fr/NOS"
_GUIDE: Final = "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition"
_COLUMNS: Final = "finess;nature;installes;disponibles;occupes;fermes;maj"


@dataclass(frozen=True, slots=True)
class Beds:
    """Critical-care beds of a site: installed, occupied, and the free ones between; none is closed."""

    site: Site
    installed: int
    occupied: int

    @property
    def available(self) -> int:
        """The beds left."""
        return self.installed - self.occupied


def ror_bundle(at: datetime, declared: Iterable[Beds]) -> bytes:
    """Return the answer of the ROR to a search of places: for each site, its place, service and organisation."""
    entries = [{"resource": each} for beds in declared for each in _resources(at, beds)]
    local = at.astimezone(ZONE).isoformat()
    bundle = {"resourceType": "Bundle", "type": "searchset", "timestamp": local, "entry": entries}
    return json.dumps(bundle, ensure_ascii=False).encode()


def bed_form_csv(at: datetime, declared: Iterable[Beds], statut: str | None = None) -> bytes:
    """Return a bed form in CSV; ``statut`` is written when it is given (``exercice``)."""
    extra = ("", "") if statut is None else (";statut", f";{statut}")
    lines = [
        f"{each.site.finess};rea;{each.installed};{each.available};{each.occupied};0;{_local(at)}{extra[1]}"
        for each in declared
    ]
    return "\n".join([_COLUMNS + extra[0], *lines, ""]).encode()


def bed_form_json(at: datetime, declared: Iterable[Beds], statut: str | None = None) -> bytes:
    """Return a bed form in JSON; the beds that are not occupied are left unknown."""
    said = {} if statut is None else {"statut": statut}
    rows = [
        {"finess": each.site.finess, "nature": "rea", "installes": each.installed, "occupes": each.occupied}
        | {"maj": _local(at)}
        | said
        for each in declared
    ]
    return json.dumps(rows, ensure_ascii=False).encode()


def _local(at: datetime) -> str:
    return at.astimezone(ZONE).isoformat(timespec="minutes")


def _resources(at: datetime, beds: Beds) -> list[dict[str, Any]]:
    finess = beds.site.finess
    counts = {"01": beds.installed, "02": beds.available, "03": beds.occupied, "05": 0}
    activity = _concept("TRE_R211-ActiviteOperationnelle", ACTIVITY)
    return [
        {
            "resourceType": "Location",
            "id": f"rea-{finess}",
            "status": "active",
            "managingOrganization": {"reference": f"Organization/{finess}"},
            "extension": [_capacity(at, status, count) for status, count in counts.items()],
        },
        {
            "resourceType": "HealthcareService",
            "id": f"rea-{finess}",
            "providedBy": {"reference": f"Organization/{finess}"},
            "location": [{"reference": f"Location/rea-{finess}"}],
            "specialty": [activity],
        },
        {
            "resourceType": "Organization",
            "id": finess,
            "identifier": [{"system": "https://finess.esante.gouv.fr", "value": finess}],
        },
    ]


def _capacity(at: datetime, status: str, count: int) -> dict[str, Any]:
    codes = {
        "capacityType": ("TRE_R329", "01"),
        "capacityStatus": ("TRE_R330", status),
        "temporalityCapacity": ("TRE_R331", "01"),
        "temporaryAssignement": ("TRE_R337", "01"),
    }
    parts: list[dict[str, Any]] = [
        {"url": name, "valueCodeableConcept": _concept(*code)} for name, code in codes.items()
    ]
    parts.append({"url": "nbCapacity", "valueInteger": count})
    parts.append({"url": "capacityUpdateDate", "valueDateTime": at.astimezone(ZONE).isoformat()})
    return {"url": f"{_GUIDE}/ror-location-supported-capacity", "extension": parts}


def _concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": f"{_NOS}/{system}", "code": code}]}
