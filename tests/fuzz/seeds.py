"""Small valid files of each format, to be damaged: those of the tests, and the public samples when they are there."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from streams.opendata.layouts import LAYOUTS
from streams.rpu.layout import WORTH_A_LAYOUT
from streams.signals.cap_xml import NAMESPACE
from tests.feeds import capacity_examples as beds
from tests.feeds.hub_sante_examples import RPIS, envelope
from tests.feeds.oscour_files import VISIT, document, element, encoded, patient

LARGEST: Final = 6_000
"""Bytes: a longer sample costs time in every input made of it, and adds no shape."""

_SAMPLES: Final = {
    "oscour": "rpu/*.xml",
    "ror": "ror/*.json",
    "saner": "saner/MeasureReport-*.json",
    "vigilance": "meteo/vigilance_*.json",
    "hub-sante": "hubsante/R?-*_*.json",
}
_SIGNAL: Final = {
    "id": "2026-001",
    "nature": "arbovirose",
    "territoire": "DEP-44",
    "titre": "Cas groupés de dengue autochtone",
    "date": "2026-01-14T08:12:00+01:00",
    "source": "Cellule régionale",
    "criteres": {"agent": "dengue"},
}
_MDO: Final = {"maladie": "Rougeole", "departement": "44", "date": "2026-01-13", "source": "Laboratoire", "numero": 2}
_REGULATION: Final = {
    "territoire": "DEP-44",
    "debut": "2026-01-14T08:00",
    "fin": "2026-01-14T09:00",
    "source": "SAMU 44",
    "appels": 41,
    "dossiers": 30,
}
_FORM: Final = {"finess": beds.NANTES, "nature": "rea", "installes": 20, "occupes": 18, "maj": "2026-01-14T08:00"}


def seeds(format_: str, data: Path | None = None) -> list[bytes]:
    """Return the seeds of a format; ``data`` is the folder of the public data sets."""
    found = sorted(data.glob(_SAMPLES[format_])) if data and format_ in _SAMPLES else []
    samples = [path.read_bytes() for path in found if path.stat().st_size <= LARGEST]
    return [*(each if isinstance(each, bytes) else _json(each) for each in _EXAMPLES[format_]), *samples]


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _oscour() -> Iterator[bytes]:
    late = {"ENTREE": "26/10/2025 02:30", "SORTIE": "26/10/2025 02:10", "DP": "j10.1", "GRAVITE": "9"}
    yield encoded(document(patient() + patient({"ENTREE": "30/02/2025 08:12"}) + patient(extra="<DA>I10</DA>")))
    yield encoded(document(patient(late) + patient(VISIT | {"CP": "", "SORTIE": ""})), "UTF-8")
    short = {name: VISIT[name] for name in ("CP", "NAISSANCE", "SEXE", "ENTREE", "DP")}
    rows = "".join(element(name, text) for name, text in short.items())
    yield encoded(document(f"<PATIENT>{rows}<LISTE_DA><DA>I10</DA></LISTE_DA></PATIENT>" * WORTH_A_LAYOUT))
    yield encoded(document(f"<!-- {patient()} -->{patient()}", {"DATEFIN": ""}), "UTF-8")


def _saner() -> dict[str, Any]:
    counts = {"numTotBeds": 500, "numICUBeds": 20, "numICUBedsOcc": 18}
    populations = [{"code": beds.concept(code, "Population"), "count": count} for code, count in counts.items()]
    return {
        "resourceType": "MeasureReport",
        "status": "complete",
        "subject": {"identifier": beds.finess_identifier()},
        "date": "2026-01-14T08:00:00+01:00",
        "group": [{"code": beds.concept("Beds"), "population": populations}],
    }


def _vigilance() -> dict[str, Any]:
    slot = {"begin_time": "2025-06-30T14:00:00Z", "end_time": "2025-06-30T20:00:00Z", "color_id": 3}
    items = [
        {"phenomenon_id": "6", "phenomenon_max_color_id": 3, "timelaps_items": [slot]},
        {"phenomenon_id": "1", "phenomenon_max_color_id": 1},
    ]
    domains = [{"domain_id": code, "max_color_id": 3, "phenomenon_items": items} for code in ("44", "4410", "FRA")]
    period = {
        "echeance": "J",
        "begin_validity_time": "2025-06-30T14:00:00Z",
        "end_validity_time": "2025-06-30T22:00:00Z",
        "timelaps": {"domain_ids": [*domains, {"domain_id": "49", "max_color_id": 1}]},
    }
    return {"product": {"update_time": "2025-06-30T14:00:00Z", "periods": [period, {**period, "echeance": "J1"}]}}


def _cap(kind: str = "Alert", references: str = "", severity: str = "Severe") -> bytes:
    code = "<geocode><valueName>INSEE_DEP</valueName><value>44</value></geocode>"
    info = (
        "<info><language>fr-FR</language><category>Met</category><event>Submersion</event><urgency>Expected</urgency>"
        f"<severity>{severity}</severity><certainty>Likely</certainty><expires>2026-01-15T09:00:00+01:00</expires>"
        f"<headline>Vagues</headline><area><areaDesc>zone</areaDesc>{code}</area></info>"
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><alert xmlns="{NAMESPACE}"><identifier>A1</identifier>'
        "<sender>cap@prefecture.example</sender><sent>2026-01-14T09:00:00+01:00</sent><status>Actual</status>"
        f"<msgType>{kind}</msgType><scope>Public</scope><references>{references}</references>{info}</alert>"
    ).encode()


def _csv(*rows: dict[str, Any], delimiter: str = ";") -> bytes:
    lines = [rows[0], *(row.values() for row in rows)]
    return "\n".join(delimiter.join(map(str, line)) for line in lines).encode()


def _open_data(name: str) -> Iterator[bytes]:
    layout = LAYOUTS[name]
    for shape in layout.shapes:
        place = {"DEP": ("44", "2A", "975"), "REG": ("52",)}[shape.prefix]
        days = ("2020-03-24", "2020-03-25") if layout.day else ("",)
        ages = ("0", "E") if layout.age else ("",)
        written = [
            {layout.day or "": day, layout.age or "": age, shape.territory: code}
            for code in place
            for day in days
            for age in ages
        ]
        rows = [[row.get(column, "7") for column in shape.columns] for row in written]
        yield "\n".join(layout.delimiter.join(line) for line in [shape.header, *rows]).encode()


_ACCUSE: Final = {
    "notification": "06912f14-a24d-58d2-ab7a-b424494fc972",
    "etape": "remis",
    "instant": "2026-01-14T08:12:00+01:00",
    "source": "passerelle",
}
_EXAMPLES: Final[dict[str, list[Any]]] = {
    "accuse": [_ACCUSE, [_ACCUSE, _ACCUSE | {"etape": "lu", "detail": "code 200"}]],
    "oscour": list(_oscour()),
    "ror": [
        beds.managed(beds.capacity("01", 15), beds.capacity("02", 3, genderCapacityAvailable="03")),
        beds.bundle(
            beds.location(beds.capacity("01", 15), beds.capacity("06", 4, crisisType="02")),
            beds.service("001"),
            beds.organization(),
        ),
    ],
    "lits-form-json": [_FORM, [_FORM, {**_FORM, "nature": "usc", "fermes": None, "maj": "2026-01-14"}]],
    "lits-form-csv": [_csv(_FORM, {**_FORM, "occupes": ""}), _csv(_FORM, delimiter=",")],
    "saner": [_saner(), beds.bundle(_saner(), beds.organization())],
    "signal": [_SIGNAL, [_SIGNAL, {**_SIGNAL, "statut": "exercice", "ouvert": False, "fin": "2026-01-15T08:00"}]],
    "mdo": [[_MDO, {**_MDO, "maladie": "cholera", "ouvert": "non"}], _csv(_MDO), _csv(_MDO, delimiter=",")],
    "regulation": [[_REGULATION, {**_REGULATION, "statut": "test"}], _csv(_REGULATION, {**_REGULATION, "appels": ""})],
    "vigilance": [_vigilance()],
    "cap": [_cap(), _cap("Update", "cap@prefecture.example,A0,2026-01-14T08:00:00+01:00"), _cap("Cancel", "a,b,c d,e")],
    "hub-sante": [envelope({"rpis": RPIS})],
    **{name: list(_open_data(name)) for name in LAYOUTS},
}
