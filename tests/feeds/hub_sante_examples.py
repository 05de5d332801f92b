"""A Hub Santé message as SAMU send it: the RS-RPIS of one call, every identity in it invented."""

from typing import Any

RPIS: dict[str, Any] = {
    "context": {
        "orgId": "fr.health.samu440",
        "senderCaseId": "DRFR154400000000001",
        "ressourceFinessLegal": "440000271",
        "ressourceFinessGeo": "440000289",
        "ressourceStructure": "0",
        "creationDate": "2026-01-14T08:15:00+01:00",
        "decisionDate": "2026-01-14T08:19:00+01:00",
    },
    "regulation": {"whatsHappen": {"code": "C02.05.02", "label": "MOTIF-IDENTIFIANT"}},
    "patient": {
        "patientId": "fr.health.samu440.patient.DRFR154400000000001.1",
        "birthDate": "1951-02-29",
        "sex": "F",
        "residentialAddress": {"city": "VILLE-IDENTIFIANTE", "inseeCode": "44109"},
    },
    "intervention": {"location": {"detailedAddress": {"city": "LIEU-IDENTIFIANT", "inseeCode": "44162"}}},
    "orientation": {"type": "OK", "destination": {"finess": "440000271"}},
}


def envelope(body: dict[str, Any], **more: str) -> dict[str, Any]:
    """Return a message in the envelope that the Hub Santé puts around it."""
    written = {
        "senderID": "fr.health.samu440",
        "distributionID": "fr.health.samu440_2608323d",
        "dateTimeSent": "2026-01-14T08:23:34+01:00",
        "dateTimeExpires": "2026-01-15T08:23:34+01:00",
        "distributionStatus": "Actual",
        "distributionKind": "Report",
        "descriptor": {
            "language": "fr-FR",
            "explicitAddress": {"explicitAddressScheme": "hubex", "explicitAddressValue": "fr.health.ars52"},
        },
        "content": [{"jsonContent": {"embeddedJsonContent": {"message": body}}}],
    }
    return {**written, **more}
