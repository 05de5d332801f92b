"""Files of synthetic alerts in their own formats: vigilance of Météo-France, CAP 1.2, SMUR summaries of the Hub Santé.

CAP and the Hub Santé say when an alert is an exercise (``status``, ``distributionStatus``); the vigilance cannot.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import Any, Final

from streams.synthetic.visits import ZONE, Visit

_COLOURS: Final = {1: "Vert", 2: "Jaune", 3: "Orange", 4: "Rouge"}
NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"


def vigilance_json(at: datetime, phenomenon: str, colours: dict[str, int], lasts: timedelta) -> bytes:
    """Return a cartevigilance bulletin: the colour (1 to 4) of one phenomenon in each département, others green."""
    begins, ends = _utc(at), _utc(at + lasts)
    domains = [_domain(code, phenomenon, colour, begins, ends) for code, colour in colours.items()]
    period = {
        "echeance": "J",
        "begin_validity_time": begins,
        "end_validity_time": ends,
        "timelaps": {"domain_ids": domains},
    }
    product = {"warning_type": "vigilance", "update_time": begins, "domain_id": "FRA", "periods": [period]}
    return json.dumps({"product": product}, ensure_ascii=False).encode()


def _domain(code: str, phenomenon: str, colour: int, begins: str, ends: str) -> dict[str, Any]:
    slot = {"begin_time": begins, "end_time": ends, "color_id": colour, "color_name": _COLOURS[colour]}
    item = {"phenomenon_id": phenomenon, "phenomenon_max_color_id": colour, "timelaps_items": [slot]}
    return {"domain_id": code, "max_color_id": colour, "phenomenon_items": [item]}


@dataclass(frozen=True, slots=True)
class CapAlert:
    """A CAP 1.2 alert of one département; ``replaces`` is what an Update or a Cancel refers to."""

    identifier: str
    sent_at: datetime
    kind: str
    event: str
    departement: str
    status: str = "Actual"
    severity: str = "Extreme"
    replaces: "CapAlert | None" = None


SENDER: Final = "alerte.fictive@vigie.invalid"


def cap_xml(alert: CapAlert) -> bytes:
    """Return the alert in XML."""
    before = alert.replaces
    refers = "" if before is None else f"{SENDER},{before.identifier},{_zoned(before.sent_at)}"
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="{NAMESPACE}">
  <identifier>{alert.identifier}</identifier><sender>{SENDER}</sender><sent>{_zoned(alert.sent_at)}</sent>
  <status>{alert.status}</status><msgType>{alert.kind}</msgType><scope>Restricted</scope>
  {f"<references>{refers}</references>" if refers else ""}
  <info>
    <language>fr-FR</language><category>Security</category><event>{escape(alert.event, quote=False)}</event>
    <urgency>Immediate</urgency><severity>{alert.severity}</severity><certainty>Observed</certainty>
    <area><areaDesc>Département {alert.departement}</areaDesc>
      <geocode><valueName>INSEE_DEP</valueName><value>{alert.departement}</value></geocode></area>
  </info>
</alert>
"""
    return text.encode()


def rpis_json(visit: Visit, number: int, smur_finess: str, *, is_exercise: bool = False) -> bytes:
    """Return the SMUR summary (RS-RPIS) of a visit brought by a SMUR, in its EDXL-DE envelope.

    It names an invented patient's birth date, sex and commune, as real ones do: the collector keeps none of it.
    """
    organisation = f"fr.health.samu{visit.departement}0"
    case = f"DRFR15{visit.departement}0{visit.entered_at:%y%j}{number:05d}"
    decided_at = visit.entered_at - timedelta(minutes=20)
    rpis = {
        "context": {
            "orgId": organisation,
            "senderCaseId": case,
            "ressourceFinessLegal": smur_finess,
            "ressourceFinessGeo": smur_finess,
            "ressourceStructure": "0",
            "creationDate": _zoned(decided_at - timedelta(minutes=3)),
            "decisionDate": _zoned(decided_at),
        },
        "regulation": {"whatsHappen": {"code": "C02.00.00", "label": "Accident"}, "medicalLevel": "MED"},
        "patient": {
            "patientId": f"{organisation}.patient.{case}.1",
            "birthDate": visit.person.birth.isoformat(),
            "sex": visit.person.sex,
            "residentialAddress": {"city": visit.person.commune},
        },
        "intervention": {
            "location": {"detailedAddress": {"city": visit.person.commune}},
            "team": {"doctor": True, "driver": True, "nurse": True},
            "mainDiagnosis": visit.diagnosis,
        },
        "orientation": {"type": "TEMP", "destination": {"destinationCategory": "ES", "finess": visit.finess}},
    }
    return json.dumps(_enveloped(visit, organisation, case, rpis, is_exercise=is_exercise), ensure_ascii=False).encode()


def _enveloped(
    visit: Visit, organisation: str, case: str, rpis: dict[str, Any], *, is_exercise: bool
) -> dict[str, Any]:
    status = "Exercise" if is_exercise else "Actual"
    sent_at = visit.entered_at + timedelta(minutes=30)
    message = {
        "messageId": f"{organisation}_{case}",
        "sender": {"name": organisation, "URI": f"hubex:{organisation}"},
        "sentAt": _zoned(sent_at),
        "kind": "Report",
        "status": status,
        "recipient": [{"name": "fr.vigie", "URI": "hubex:fr.vigie"}],
        "rpis": rpis,
    }
    return {
        "distributionID": f"{organisation}_{case}",
        "senderID": organisation,
        "dateTimeSent": _zoned(sent_at),
        "dateTimeExpires": _zoned(sent_at + timedelta(days=1)),
        "distributionStatus": status,
        "distributionKind": "Report",
        "descriptor": {
            "language": "fr-FR",
            "explicitAddress": {"explicitAddressScheme": "hubex", "explicitAddressValue": "fr.vigie"},
        },
        "content": [{"jsonContent": {"embeddedJsonContent": {"message": message}}}],
    }


def _zoned(at: datetime) -> str:
    return at.astimezone(ZONE).isoformat(timespec="seconds")


def _utc(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
