"""The words of the audit: nothing is left out when a word is unknown, and no link in it opens anything."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from alerts.effects import Digest
from dashboards.audit_text import COLUMNS, Audit
from dashboards.testing import BRIEF
from streams.audit_records import Record, Said, What, records
from tests.dashboards.several import DIGEST, GROUP, OTHER

AT = datetime(2026, 7, 14, 22, 30, tzinfo=UTC)
TOKEN = "Az09-_" * 7 + "x"


def record(what: What = What.TOLD, **more: str) -> Record:
    base = {"alert_id": "a", "person": "jean.petit", "role": "cadre_astreinte", "channel": "sms"}
    return Record(region="52", at=AT, what=what, status="actual", **{**base, **more})  # type: ignore[arg-type]


def said(*records: Record) -> str:
    return "\n".join(Audit(records, {"jean.petit": "Jean Petit"}, "Europe/Paris").lines())


def test_days_and_hours_are_those_of_the_region() -> None:
    text = said(record(purpose="call", result="sent"))
    assert "mercredi 15\u00a0juillet 2026" in text
    assert "00:30:00  appel de Jean Petit (cadre astreinte) par SMS : envoyé" in text


@pytest.mark.parametrize("what", list(What))
def test_words_of_a_later_version_are_shown_as_they_are(what: What) -> None:
    unknown = record(what, purpose="mot_1", result="mot_2", decision="mot_3", detail="mot 4")
    assert "mot 4" in said(unknown)


@pytest.mark.parametrize("around", ["{}", "{}\n", "{}.", "voir {} vite"])
def test_a_link_of_a_message_opens_nothing_in_an_audit(around: str) -> None:
    text = around.format(f"https://v.example/r/{TOKEN}")
    told = record(text=text)
    rows = [cell for row in Audit([told], {}, "Europe/Paris").rows() for cell in row]
    assert TOKEN not in said(told)
    assert "https://v.example/r/…" in said(told)
    assert not any(TOKEN in cell for cell in rows)


def test_the_link_of_a_page_stays() -> None:
    page = "http://127.0.0.1:8044/alertes/546708b8-1b04-5a02-9fe8-bff4e1dd520b"
    assert page in said(record(text=page))


def test_a_cell_never_begins_as_a_formula() -> None:
    [row] = Audit([record(detail="=1+1", title="@x", text="-2")], {}, "Europe/Paris").rows()
    cells = dict(zip(COLUMNS, row, strict=True))
    assert (cells["detail"], cells["titre"], cells["texte"]) == ("'=1+1", "'@x", "'-2")


def test_what_concerns_no_alert_comes_last() -> None:
    text = said(record(What.EXERCISE, alert_id="", exercise="2026-03", decision="ouvert"), record())
    assert text.index("Alerte a") < text.index("Décisions de l'autorité, exercices") < text.index("exercice 2026-03")


def test_a_message_about_several_alerts_is_under_each_and_told_once() -> None:
    records = [record(alert_id=alert, message="m1", purpose="call", result="sent", text="TEXTE") for alert in "ab"]
    audit = Audit([*records, record(alert_id="b", message="m2", purpose="call", result="failed")], {}, "Europe/Paris")
    text = "\n".join(audit.lines())
    assert text.count("TEXTE") == 1
    assert text.index("TEXTE") < text.index("Alerte b") < text.index("; même message que pour l'alerte a")
    assert "2 messages (1 remis, 1 en échec, 0 en attente)" in audit.summary()
    cells = [dict(zip(COLUMNS, row, strict=True)) for row in audit.rows()]
    assert [(row["alerte"], row["message"], row["texte"]) for row in cells] == [
        ("a", "m1", "TEXTE"),
        ("b", "m1", ""),
        ("b", "m2", ""),
    ]
    alone = "\n".join(audit.only(lambda each: each.alert_id == "b").lines())
    assert alone.count("TEXTE") == 1
    assert "même message" not in alone


def test_a_message_is_a_record_of_each_alert_it_was_about() -> None:
    ends = replace(DIGEST, id="ends", digest=Digest((), (), ended=2))
    found = list(records("52", Said(), [GROUP, DIGEST, ends], lambda _: None))
    assert [(each.message, each.alert_id, each.brief) for each in found] == [
        (GROUP.id, BRIEF.alert_id, BRIEF),
        (GROUP.id, OTHER.alert_id, OTHER),
        (DIGEST.id, BRIEF.alert_id, BRIEF),
        (DIGEST.id, OTHER.alert_id, None),
        ("ends", BRIEF.alert_id, BRIEF),
    ]
    assert {each.person for each in found} == {"c.martin"}
