"""The astreinte on a real Kafka and a real PostgreSQL: commands, calls, answers, proofs, and what looks at them."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from http import HTTPStatus
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerts.adapters.postgres import PostgresDatabase
from alerts.answers import AnswerDecision
from alerts.lifecycle import AlertState
from streams.adapters import migrating
from streams.adapters.journal_topic import JournalTopic
from streams.adapters.topic_admin import TopicAdmin
from streams.entry import Draft, Status
from streams.live.record import fact_id
from streams.messages import encode
from tests.core.builders import signal
from tests.live.astreinte_place import REGION, Astreinte, astreinte_running, eventually_well
from tests.live.broker import Kafka, clear_topics
from tests.live.front import Place
from tests.live.processes import until
from tests.live_database.postgres_server import Server
from tests.vigie.monitored import closed_port, phones_ringing

pytestmark = pytest.mark.timeout(400)
PEOPLE = ("veille/courriel", "claire/courriel", "anne/courriel")
WHO = ("--author", "Lucie Moreau", "--reason", "Essai")


@pytest.fixture(scope="module")
def astreinte(kafka: Kafka, postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Astreinte]:
    """One région at work for all the tests below: each has a département of its own."""
    clear_topics(kafka.access)
    TopicAdmin(kafka.access, kafka.replication).create()
    with postgres.database() as url, phones_ringing() as phones:
        database = PostgresDatabase.open(url)
        migrating.upgrade(database)
        database.close()
        with astreinte_running(Place(kafka.access, tmp_path_factory.mktemp("astreinte"), url), phones) as running:
            yield running


def accident(astreinte: Astreinte, territory: str, status: Status = Status.ACTUAL, nature: str = "accident") -> str:
    """Report an accident, or something else; return its title."""
    said, now = signal(f"{nature}-{territory}", nature, territory), datetime.now(UTC)
    draft = Draft(now, status, REGION, *encode(said))
    with JournalTopic(astreinte.access) as journal:
        journal.append([(fact_id(f"{now.isoformat()} {territory}", draft), draft)])
    return said.title


def activated(astreinte: Astreinte) -> dict[str, str]:
    return astreinte.fold().state.worlds[Status.ACTUAL].activated


def fields(html: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html)}


def alert_on(astreinte: Astreinte, territory: str) -> AlertState:
    alerts = astreinte.fold().state.worlds[Status.ACTUAL].book.alerts.values()
    [found] = [each for each in alerts if (each.brief.rule, each.brief.territory) == ("accident", territory)]
    return found


def test_an_answer_on_the_page_ends_the_calls(astreinte: Astreinte) -> None:
    link = astreinte.link(astreinte.wait_rung("claire", accident(astreinte, "DEP-44")), "r")
    until(lambda: astreinte.front.client.get(link).status_code == HTTPStatus.OK)
    page = astreinte.front.client.get(link)
    assert "Sans réponse, prochain appel à" in page.text
    given = {**fields(page.text), "decision": "prendre"}
    twice = [astreinte.front.client.post(link, data=given) for _ in range(2)]
    assert ["Réponse enregistrée" in each.text for each in twice] == [True, True], twice[0].text
    until(lambda: not alert_on(astreinte, "DEP-44").escalation.is_running)
    assert alert_on(astreinte, "DEP-44").answers == {"claire": AnswerDecision.TAKE}
    until(lambda: "Claire Martin a répondu" in astreinte.front.client.get(link).text)
    assert astreinte.front.client.get(f"{link[:-2]}{'AA' if link[-2:] != 'AA' else 'EE'}").status_code == 403


def test_an_answer_by_command_ends_the_calls(astreinte: Astreinte) -> None:
    astreinte.wait_rung("claire", accident(astreinte, "DEP-53"))
    given = ("--by", "Claire Martin", "--person", "claire", "--decision", "surveiller")
    assert "journaled: alert.acknowledge" in astreinte.vigie(
        "ack", alert_on(astreinte, "DEP-53").brief.alert_id, *given
    )
    until(lambda: not alert_on(astreinte, "DEP-53").escalation.is_running)
    assert alert_on(astreinte, "DEP-53").answers == {"claire": AnswerDecision.WATCH}


def test_a_silence_holds_the_calls_until_it_is_lifted(astreinte: Astreinte) -> None:
    what = ("--territory", "DEP-85", "--for", "1 h", "--including-alerte")
    [id_] = re.findall(r"^silence (\w+)$", astreinte.vigie("silence", "set", *what, *WHO), re.MULTILINE)
    title = accident(astreinte, "DEP-85")
    until(lambda: title in astreinte.front.alert_pages())
    assert id_ in astreinte.vigie("silence", "list")
    assert astreinte.rung("claire", title) == []
    astreinte.vigie("silence", "lift", id_, *WHO)
    astreinte.wait_rung("claire", title)
    assert "Aucun silence en cours" in astreinte.vigie("silence", "list")


def test_a_maintenance_is_planned_and_ended(astreinte: Astreinte) -> None:
    said = astreinte.vigie("maintenance", "plan", "rpu", "ETAB-440000271", "--for", "4 h", *WHO)
    [id_] = re.findall(r"^maintenance (\w+)$", said, re.MULTILINE)
    assert id_ in astreinte.vigie("maintenance", "list")
    astreinte.vigie("maintenance", "end", id_, *WHO)
    assert "Aucune maintenance prévue" in astreinte.vigie("maintenance", "list")
    assert "no maintenance nulle" in astreinte.vigie("maintenance", "end", "nulle", *WHO, code=2)


def test_a_contact_is_verified_and_tried(astreinte: Astreinte) -> None:
    astreinte.vigie("roster", "verify", astreinte.roster, "anne/courriel", "--send")
    code = re.search(r"[0-9]{6}", astreinte.wait_rung("anne", "code").text)
    assert code is not None
    astreinte.vigie("roster", "verify", astreinte.roster, "anne/courriel", "--code", code[0])
    astreinte.vigie("roster", "test", astreinte.roster, "--all")
    proofs = astreinte.fold().state.contacts
    assert [name for name, proof in proofs.items() if proof.verified_at] == ["anne/courriel"]
    assert sorted(name for name, proof in proofs.items() if proof.tested_at) == sorted(PEOPLE)
    checked = astreinte.vigie("roster", "check", astreinte.roster)
    assert re.findall(r"le contact (\S+) n'a jamais été vérifié", checked) == ["veille/courriel", "claire/courriel"]
    assert "personne en plus" not in astreinte.vigie("roster", "history")


def test_a_volet_is_proposed_then_activated_and_lifted(astreinte: Astreinte) -> None:
    volet = ("AMAVI", "DEP-49", *WHO)
    assert "journaled: decision.volet" in astreinte.vigie("decide", "proposer", *volet)
    astreinte.vigie("decide", "activer", *volet)
    assert activated(astreinte) == {"AMAVI@DEP-49": "Lucie Moreau"}
    until(lambda: "AMAVI" in astreinte.front.page())
    astreinte.vigie("decide", "lever", *volet)
    assert activated(astreinte) == {}


def test_an_exercise_reaches_its_participants_alone_and_is_counted(astreinte: Astreinte) -> None:
    now = datetime.now(ZoneInfo("Europe/Paris"))
    period = [f"{at:%Y-%m-%dT%H:%M}" for at in (now - timedelta(minutes=5), now + timedelta(hours=2))]
    plan = ("--title", "Nuit", "--plan", "Cahier", "--participant", "anne", "--volet", "AMAVI", "--author", "Lucie")
    astreinte.vigie("exercise", "open", "2026-07", *plan, "--starts", period[0], "--ends", period[1])
    astreinte.vigie("decide", "activer", "AMAVI", "DEP-72", "--exercise", *WHO)
    assert "AMAVI" in astreinte.vigie("exercise", "list")
    title = accident(astreinte, "DEP-72", Status.EXERCISE)
    assert "EXERCICE" in astreinte.wait_rung("anne", title).text
    astreinte.vigie("exercise", "close", "2026-07", "--author", "Lucie")
    assert "1 exercice(s) ayant activé un volet ORSAN, sur 1" in astreinte.vigie(
        "exercise", "count", "--year", now.year
    )
    assert astreinte.rung("claire", title) == []


def test_the_releve_is_sent_taken_and_shown(astreinte: Astreinte) -> None:
    astreinte.vigie("releve", "send", "medecin")
    link = astreinte.link(astreinte.wait_rung("anne", "/releve"), "a")
    page = astreinte.front.client.get(link).text
    assert "Relève confirmée" in astreinte.front.client.post(link, data={**fields(page), "role": "medecin"}).text
    until(lambda: "Dernière relève confirmée : Anne Le Goff" in astreinte.front.client.get(link).text)
    shown = astreinte.vigie("releve", "show", "anne")
    assert "Dernière relève confirmée : Anne Le Goff" in shown
    assert "/a/" in shown


def test_a_test_record_proves_the_chain_to_the_outside(astreinte: Astreinte) -> None:
    astreinte.wait_rung("preuve", "")
    until(lambda: astreinte.front.metric('vigie_chain_proof_late{region="52"}') == 0.0)


def test_the_auditor_and_health_look_from_outside(astreinte: Astreinte, tmp_path: Path) -> None:
    host, port = astreinte.settings["VIGIE_LINK_BASE"].removeprefix("http://").split(":")
    assert "en panne" not in eventually_well(lambda: astreinte.vigie("health", "--host", host, "--port", port))
    eventually_well(lambda: astreinte.vigie("auditor", "--once", "--memory", tmp_path / "dit"))
    told = len(astreinte.rung("auditeur", ""))
    away = tmp_path / "absent.yaml"
    astreinte.vigie("auditor", "--once", "--memory", tmp_path / "dit", "--roster", away, code=1)
    assert len(astreinte.rung("auditeur", "VIGIE EN PANNE")) == told + 1
    nowhere = ("--host", "127.0.0.1", "--port", closed_port())
    assert "ne répond pas" in astreinte.vigie("health", *nowhere, code=1)


def test_the_audit_shows_verifies_and_erases(astreinte: Astreinte) -> None:
    title = accident(astreinte, "DEP-49")
    astreinte.wait_rung("claire", title)
    assert "sound: région 52" in eventually_well(lambda: astreinte.vigie("audit", "verify"))
    alert = alert_on(astreinte, "DEP-49").brief.alert_id
    shown = eventually_well(lambda: astreinte.vigie("audit", "show", "--alert", alert))
    assert title in shown
    what = ("--before", f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%d}", "--by", "DPO")
    order = ("audit", "purge", *what, "--reason", "Registre, fiche 12")

    def purge() -> str:
        [code] = re.findall(r"--confirm ([0-9a-f]{8})$", astreinte.vigie(*order), re.MULTILINE)
        return astreinte.vigie(*order, "--confirm", code)

    assert "texts erased" in eventually_well(purge)
    assert "texte effacé, sha256" in astreinte.vigie("audit", "show", "--alert", alert)
    assert "sound" in eventually_well(lambda: astreinte.vigie("audit", "verify"))
    assert "nuit(s) au-dessus du budget" in astreinte.vigie("burden")


def test_an_api_with_a_rule_erases_texts_by_itself(astreinte: Astreinte, tmp_path: Path) -> None:
    title = accident(astreinte, "DEP-44", nature="panne")
    astreinte.wait_rung("claire", title)
    eventually_well(lambda: astreinte.vigie("audit", "verify"))
    assert title in astreinte.vigie("audit", "show")
    again = Place(astreinte.access, tmp_path, astreinte.settings["VIGIE_DATABASE_URL"])
    with again.api(**astreinte.settings | {"VIGIE_PORT": "0", "VIGIE_KEEP_TEXTS_DAYS": "0"}) as front:
        front.process.wait_for("texts kept as long as stated are erased")
        assert front.process.stop() == 0
    shown = astreinte.vigie("audit", "show")
    assert title not in shown
    assert "textes effacés par règle VIGIE_KEEP_TEXTS_DAYS" in shown
    assert "sound" in eventually_well(lambda: astreinte.vigie("audit", "verify"))
