"""A real `vigie run` answered through the link of its message, over HTTP."""

import re
from html import unescape
from pathlib import Path

import httpx
import pytest

from alerts.answers import AnswerDecision
from streams import messages
from streams.adapters.sqlite_journal import SqliteJournal
from streams.messages.decisions import Acknowledge, ReleveAcknowledged
from streams.messages.deliveries import LinkRefused
from tests.vigie.monitored import PATIENCE_SECONDS, Phones, Place, eventually, last_line, signal_line, vigie


def _journaled(place: Place) -> list[messages.Message]:
    with SqliteJournal.open(place.journal, read_only=True) as journal:
        return [messages.decode(entry.kind, entry.payload) for entry in journal.entries("52")]


def _fields(html: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html)}


def test_the_link_of_a_message_is_opened_by_a_scanner_then_answered_by_its_person(place: Place, phones: Phones) -> None:
    with place.monitor() as monitor, httpx.Client(trust_env=False, timeout=PATIENCE_SECONDS) as phone:
        base = monitor.base()
        place.leave("signal", signal_line("panne"))
        text = eventually(lambda: next(iter(phones.rung), None), "a call").text
        found = re.search(rf"{re.escape(base)}/r/([\w-]{{43}})$", text, re.MULTILINE)
        assert found, text
        link = found[0]
        assert phone.get(link, headers={"User-Agent": "scanner"}).status_code == 200
        page = phone.get(link)
        assert "Claire Martin" in page.text
        assert "Répondre" in page.text
        assert "Sans réponse, prochain appel à" in page.text
        fields = {**_fields(page.text), "decision": "surveiller", "raison": "vu avec l'astreinte du GHT"}
        origin = {"Origin": base}
        first, second = (phone.post(link, data=fields, headers=origin) for _ in range(2))
        assert (first.status_code, second.status_code) == (200, 200), first.text
        assert "Réponse enregistrée" in first.text
        answers = [each for each in _journaled(place) if isinstance(each, Acknowledge)]
        assert [(each.by, each.via, each.decision, each.person) for each in answers] == [
            ("Claire Martin", "page", AnswerDecision.WATCH, "claire")
        ]
        assert "Claire Martin a répondu" in phone.get(link).text
        assert phone.post(link, data=fields, headers={"Origin": "http://elsewhere.example"}).status_code == 403
        forged = link[:-2] + ("AA" if not link.endswith("AA") else "EE")
        assert phone.get(forged).status_code == 403
        eventually(lambda: sum(isinstance(each, LinkRefused) for each in _journaled(place)) == 2, "both refusals")
        assert monitor.stop() == 0
    refusals = [each for each in _journaled(place) if isinstance(each, LinkRefused)]
    assert [each.reason for each in refusals] == ["foreign", "forged"]
    assert "Traceback" not in monitor.text
    assert found[1] not in monitor.text
    secret = place.journal.with_name("vigie.db.liens").read_text().split()[-1]
    assert secret not in monitor.text
    assert last_line(vigie("journal", "verify", place.journal).stdout)[:2] == ["sound:", "digest"]
    assert "identical to what the journal decided" in vigie("retex", "replay", place.journal).stdout


def test_the_releve_is_sent_read_and_taken(place: Place, phones: Phones) -> None:
    with place.monitor() as monitor, httpx.Client(trust_env=False, timeout=PATIENCE_SECONDS) as phone:
        options = ("--roster", place.roster, "--journal", place.journal, "--link-base", monitor.base())
        sent = vigie("releve", "send", "cadre", *options)
        assert sent.exit_code == 0, sent.output
        [rung] = phones.rung
        assert rung.person == "claire"
        [link] = re.findall(r"http://\S+/a/[\w-]{43}/releve", rung.text)
        shown = phone.get(link)
        assert "Aucune relève" in shown.text
        why = ("--author", "Cécile Roux", "--reason", "Travaux électriques", "--drop", place.drop)
        assert vigie("silence", "set", "--territory", "DEP-44", "--for", "2 h", *why).exit_code == 0
        assert vigie("maintenance", "plan", "rpu", "DEP-49", "--for", "4 h", *why).exit_code == 0
        eventually(lambda: "Maintenance du flux rpu" in monitor.get("/").text or None, "what is silenced")
        shown = phone.get(link)
        for page in (shown, phone.get(link.removesuffix("/releve")), monitor.get("/")):
            assert "Silence, Loire-Atlantique (44) (VIGILANCE seulement)" in page.text
            assert "par Cécile Roux : Travaux électriques" in page.text
        taken = phone.post(link, data={**_fields(shown.text), "role": "cadre"})
        assert "Relève confirmée" in taken.text, taken.text
        assert "Dernière relève confirmée : Claire Martin" in phone.get(link).text
        assert monitor.stop() == 0
    [said] = [each for each in _journaled(place) if isinstance(each, ReleveAcknowledged)]
    assert (said.role, said.by, said.person, said.via) == ("cadre", "Claire Martin", "claire", "page")
    again = vigie("releve", "show", "claire", *options)
    assert again.exit_code == 0, again.output
    assert "Dernière relève confirmée : Claire Martin" in again.stdout
    assert "- Silence, Loire-Atlantique (44)" in again.stdout
    assert "- Maintenance du flux rpu, Maine-et-Loire (49)" in again.stdout
    assert "/a/" in again.stdout


@pytest.mark.parametrize(
    ("arguments", "why"),
    [(("send", "pompier"), "no role 'pompier'"), (("show", "personne"), "nobody has the id 'personne'")],
)
def test_a_releve_of_nobody_is_explained(place: Place, arguments: tuple[str, str], why: str) -> None:
    done = vigie("releve", *arguments, "--roster", place.roster, "--journal", place.journal, "--link-base", "http://v")
    assert done.exit_code == 1
    assert why in done.stderr


def test_a_header_to_believe_needs_the_proxies_that_give_it(tmp_path: Path) -> None:
    done = vigie("run", "--journal", tmp_path / "j.db", "--drop", tmp_path / "d", "--identity-header", "X-Remote-User")
    assert done.exit_code == 2
    assert "VIGIE_PROXIES" in done.stderr
