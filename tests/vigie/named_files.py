"""Files of every feed that name the patients of `tests.vigie.identities`: readable, damaged and refused."""

import json
from datetime import date
from typing import Any

from tests.vigie.identities import Patient

_OSCOUR = """<?xml version="1.0" encoding="{encoding}"?>
<OSCOUR><ETABLISSEMENT><FINESS>{finess}</FINESS><ORDRE>0</ORDRE><EXTRACT>{extract}</EXTRACT>
<DATEDEBUT>14/01/2025</DATEDEBUT><DATEFIN>14/01/2025</DATEFIN></ETABLISSEMENT><PASSAGES>{visits}</PASSAGES></OSCOUR>"""


def _visit(who: Patient, entree: str, born: str, **more: str) -> str:
    fields = {
        "CP": who.postal_code, "COMMUNE": who.commune, "NAISSANCE": born, "SEXE": "F", "ENTREE": entree,
        "MOTIF": f"{who.name} {born}", "NOM": who.name, "NIR": who.nir, "IPP": who.record, **more,
    }  # fmt: skip
    elements = "".join(f"<{name}>{text}</{name}>" for name, text in fields.items())
    return f'<PATIENT><!-- {who.name} -->{elements}<LISTE_DA nom="{who.name}"><DA>{who.name}</DA></LISTE_DA></PATIENT>'


def _births(born: date) -> list[str]:
    return [f"{born:%d/%m/%Y}", f"{born:%Y-%m-%d}", f"{born:%d%m%Y}", f"{born:%Y%m%d}", f"{born:%d.%m.%Y}"]


def oscour(who: Patient, encoding: str = "UTF-8", **header: str) -> bytes:
    """Return a file of readable and refused visits, the birth date written in every way."""
    readable = [_visit(who, f"14/01/2025 0{n}:12", born) for n, born in enumerate(_births(who.born))]
    odd = _visit(who, "14/01/2025 09:00", who.name, GRAVITE=who.name, DP=who.nir, SORTIE=f"{who.born:%d/%m/%Y}")
    refused = [_visit(who, entree, f"{who.born:%d/%m/%Y}") for entree in (f"{who.born:%d/%m/%Y} 08:00", who.name, "")]
    given = {"finess": who.finess, "extract": "15/01/2025 04:00:00", **header}
    text = _OSCOUR.format(encoding=encoding, visits="".join([*readable, odd, *refused]), **given)
    return text.encode(encoding if encoding in {"UTF-8", "ISO-8859-1"} else "UTF-8")


def _xml(who: Patient) -> dict[str, bytes]:
    whole = oscour(who)
    return {
        "rpu-utf8.xml": whole,
        "rpu-latin1.xml": oscour(who, "ISO-8859-1", extract="15/01/2025 05:00:00"),
        "rpu-coupe.xml": whole[:-200],
        "rpu-finess.xml": oscour(who, finess=who.nir),
        "rpu-extrait.xml": oscour(who, extract=f"{who.born:%d/%m/%Y}"),
        "rpu-encodage.xml": oscour(who, "X-INCONNU"),
        "rpu-faux-encodage.xml": whole.replace(b"UTF-8", b"ISO-8859-1", 1).replace("È".encode(), b"\xff"),
        "rpu-entite.xml": whole.replace(b"\n", f'\n<!DOCTYPE OSCOUR [<!ENTITY a "{who.name}">]>'.encode(), 1),
        "rpu-element.xml": whole.replace(b"<PASSAGES>", f"<PASSAGES><{who.name}/>".encode()),
        "rpu-racine.xml": whole.replace(b"OSCOUR>", f"OSCOUR><{who.name}>".encode(), 1),
        "alerte.xml": (
            f'<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>1</identifier><sender>x</sender>'
            f"<sent>{who.born:%d/%m/%Y}</sent><status>{who.name}</status><msgType>{who.nir}</msgType></alert>"
        ).encode(),
    }


def _hub(who: Patient, *, kind: str = "rpis", **context: object) -> dict[str, Any]:
    about = {
        "orgId": "fr.health.samu440", "senderCaseId": who.record, "ressourceFinessGeo": "440000289",
        "decisionDate": "2026-01-14T08:19:00+01:00", **context,
    }  # fmt: skip
    patient = {"patientId": who.record, "birthDate": f"{who.born}", "nom": who.name, "inseeCode": who.postal_code}
    place = {"detailedAddress": {"city": who.commune, "inseeCode": who.postal_code}}
    body = {kind: {"context": about, "patient": patient, "intervention": {"location": place}}}
    return {
        "senderID": "fr.health.samu440", "distributionID": f"fr.health.samu440_{who.record}",
        "dateTimeSent": "2026-01-14T08:23:34+01:00", "dateTimeExpires": "2026-01-15T08:23:34+01:00",
        "distributionStatus": "Actual", "distributionKind": "Report",
        "descriptor": {
            "language": "fr-FR",
            "explicitAddress": {"explicitAddressScheme": "hubex", "explicitAddressValue": "fr.health.ars52"},
        },
        "content": [{"jsonContent": {"embeddedJsonContent": {"message": body}}}],
    }  # fmt: skip


def _signals(who: Patient) -> dict[str, Any]:
    mdo = {"maladie": "Choléra", "departement": "44", "date": "2026-01-13", "source": "Labo"}
    signal = {
        "id": "1", "nature": "panne", "territoire": "DEP-44", "titre": "Panne", "source": "SAMU",
        "date": "2026-01-14T08:00:00+01:00",
    }  # fmt: skip
    counts = {"territoire": "DEP-44", "debut": "2026-01-14T00:00", "fin": "2026-01-14T01:00", "source": "SAMU"}
    return {
        "mdo.json": [
            mdo,
            {**mdo, "numero": 2, "patient": who.name, "naissance": f"{who.born}", who.name: who.nir},
            {**mdo, "maladie": who.name, "departement": who.postal_code, "date": f"{who.born:%d/%m/%Y}"},
        ],
        "signal.json": [
            signal,
            {**signal, "id": "2", "criteres": {"nom": who.name, "commune": who.commune}},
            {**signal, "id": "3", "territoire": who.commune, "nature": who.name, who.record: 1},
        ],
        "regulation.json": [
            {**counts, "appels": 3},
            {**counts, "appels": f"{who.born:%d/%m/%Y}", "dossiers": who.nir, "fin": who.name},
        ],
        "vigilance.json": {"product": {"update_time": who.name, "periods": [{who.name: who.nir}]}, "meta": who.record},
    }


def _beds(who: Patient) -> dict[str, Any]:
    form = {"finess": "440000271", "nature": "rea", "maj": "2026-01-14T08:00:00+01:00", "installes": 10}
    location = {
        "resourceType": "Location", "name": who.name, "identifier": [{"value": who.nir}],
        "telecom": [{"value": who.record}], "extension": [{"url": who.name, "valueString": who.commune}],
    }  # fmt: skip
    return {
        "lits.json": [form, {**form, "finess": who.nir}, {**form, "installes": who.name, who.record: who.commune}],
        "ror.json": location,
        "saner.json": {"resourceType": "MeasureReport", "subject": {"display": who.name}, "date": f"{who.born}"},
    }


def _tables(who: Patient) -> dict[str, str]:
    stocks = "date,department_code,n_hospitalised_patients,n_icu_patients,n_hospital_healed,n_hospital_death\n"
    return {
        "mdo.csv": f"maladie;departement;date;source\n{who.name};{who.postal_code};{who.born:%d/%m/%Y};Labo\n",
        "mdo-colonne.csv": f"maladie;departement;date;source;{who.name}\nCholéra;44;2026-01-13;Labo;{who.nir}\n",
        "lits.csv": f"finess;nature;installes;maj\n{who.nir};{who.name};1;{who.born:%d/%m/%Y}\n",
        "stocks.csv": f"{stocks}2026-01-13,44,{who.name},1,2,3\n",
        "stocks-code.csv": f"{stocks}2026-01-13,{who.postal_code},1,1,2,3\n",
        "stocks-jour.csv": f"{stocks}{who.born:%d/%m/%Y},44,1,1,2,3\n",
        "inconnu.csv": f"{who.name};{who.nir}\n{who.born};{who.commune}\n",
    }


def _messages(who: Patient) -> dict[str, str]:
    def line(kind: str, payload: dict[str, Any], **more: Any) -> str:  # noqa: ANN401 - any JSON
        said = {"kind": kind, "occurred_at": "2026-01-14T08:00:00+01:00", "payload": payload, **more}
        return json.dumps(said, ensure_ascii=False) + "\n"

    visit = {"key": "k1.0", "finess": "440000271", "departement": "44", "entered_at": "2026-01-14T08:00:00+01:00"}
    named = {"naissance": f"{who.born}", "nom": who.name, who.record: who.nir}
    return {
        "passage.jsonl": line("rpu.passage", {**visit, **named}, commentaire=who.name),
        "refus-valeur.jsonl": line("rpu.passage", {**visit, "ccmu": who.name, "sex": who.nir}),
        "refus-sorte.jsonl": line(who.name, named),
        "refus-statut.jsonl": line("rpu.passage", visit, status=who.name),
        "refus-instant.jsonl": line("rpu.passage", visit, occurred_at=f"{who.born:%d/%m/%Y}"),
        "refus-cle.jsonl": line("reference.beds", {"territory": "DEP-44", "source": "s", "beds": {who.name: -1}}),
        "refus-json.jsonl": f"{who.name} {who.nir}\n",
    }


def named_files(who: Patient) -> dict[str, bytes]:
    """Return the files, by name; no name of a file names anybody."""
    hub = {
        "hub.json": _hub(who),
        "hub-refuse.json": _hub(who, decisionDate=f"{who.born:%d/%m/%Y}", ressourceFinessGeo=who.nir, orgId=who.name),
        "hub-autre.json": _hub(who, kind="patient"),
        "hub-sorte.json": {**_hub(who), "distributionKind": who.name, "dateTimeSent": f"{who.born}"},
    }
    documents = {**hub, **_signals(who), **_beds(who)}
    broken = {"hub-coupe.json": json.dumps(_hub(who))[:-9], "cle-double.json": f'{{"{who.name}":1,"{who.name}":2}}'}
    return {
        **_xml(who),
        **{name: json.dumps(value, ensure_ascii=False).encode() for name, value in documents.items()},
        **{name: text.encode() for name, text in (_tables(who) | _messages(who) | broken).items()},
    }
