"""From signals to answers: the one link of a group and of a digest, as sent, answers every alert they were about."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import httpx
import pytest

from alerts.adapters.link_keys import load_or_make_link_keys
from alerts.channel import SENT, Outcome
from alerts.effects import Notify, Purpose
from alerts.volume.limits import Limits
from alerts.wording import Message as Sent
from dashboards.adapters.exporter import Exporter
from dashboards.adapters.gate import Door
from dashboards.adapters.web import build_app
from dashboards.recording import Recorded
from streams.adapters.sqlite_journal import SqliteJournal
from streams.entry import Status
from streams.messages import Message
from streams.messages.decisions import DecideVolet
from streams.messages.quiet import SilenceSet
from tests.core.builders import MINUTE, REGION, SITES, T0, catalogue, event, roster, roster_version, rule, signal
from tests.vigie.monitored import vigie
from vigie.embedded import Embedded
from vigie.link_settings import finding
from vigie.stage import AtOnce

RULES = [rule(name, ["departement"], event("accident")) for name in ("accident", "collision", "incendie")]


@dataclass
class Phones:
    """Everybody can be reached; ``texts`` by notification."""

    texts: dict[str, str] = field(default_factory=dict)

    def send(self, contact: str, message: Sent) -> Outcome:
        self.texts[message.id] = message.as_sent(contact)[1]
        return SENT


class Region:
    """A région's monitor and its pages, in virtual time."""

    def __init__(self, journal: SqliteJournal, keys: Path) -> None:
        self.now, self.phones = T0, Phones()
        links = load_or_make_link_keys(keys)
        self.embedded = Embedded(journal, self.phones, AtOnce(), "https://v.example", links=links)
        self.app = build_app(
            self.embedded.board,
            Exporter(self.embedded.board, "1"),
            lambda: self.now,
            Door(links, finding(journal.outbox), self, REGION),
        )

    def record(self, region: str, status: Status, message: Message, key: str) -> Recorded:
        del key
        self.embedded.say(region, message, self.now, status)
        return Recorded()

    def note(self, region: str, status: Status, message: Message) -> None:
        raise AssertionError((region, status, message))

    def say(self, *said: Message) -> None:
        for message in said:
            self.embedded.say(REGION, message, self.now)
        self.go_on(timedelta(seconds=2))

    def go_on(self, length: timedelta) -> None:
        until = self.now + length
        while self.now < until:
            self.now += timedelta(seconds=1)
            self.embedded.turn(self.now)

    def told(self) -> Iterator[Notify]:
        for stored in self.embedded.journal.effects(REGION):
            if isinstance(stored.effect, Notify):
                yield stored.effect

    def link_of(self, notify: Notify) -> str:
        [link] = re.findall(r"https://v\.example(/r/[\w-]{43})$", self.phones.texts[notify.id], re.MULTILINE)
        return str(link)

    def ask(self, method: str, path: str, fields: dict[str, str] | None = None) -> httpx.Response:
        async def answer() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://v.example") as client:
                body = urlencode(fields or {}).encode()
                headers = {"Content-Type": "application/x-www-form-urlencoded"}
                return await client.request(method, path, content=body, headers=headers)

        return asyncio.run(answer())

    def answer_all(self, link: str) -> int:
        """Open a list, then answer each of its alerts; return how many."""
        page = self.ask("GET", link).text
        paths = [urlsplit(unescape(each)).path for each in re.findall(rf'href="({link}/[^"]+)"', page)]
        for path in paths:
            form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', self.ask("GET", path).text))
            came = self.ask("POST", path, {**form, "decision": "prendre", "raison": "vu"})
            assert "Réponse enregistrée" in came.text
        assert "Plus aucune n&#39;attend de réponse." in self.ask("GET", link).text
        return len(paths)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqliteJournal]:
    with SqliteJournal.create(tmp_path / "J.db") as opened:
        yield opened


@pytest.fixture
def region(journal: SqliteJournal, tmp_path: Path) -> Region:
    played = Region(journal, tmp_path / "liens")
    limits = Limits(messages=1, window=20 * MINUTE, digest_every=5 * MINUTE)
    played.say(catalogue(*RULES), roster_version(replace(roster(participants=()), limits=limits)), SITES)
    return played


def holders(region: Region) -> dict[str, str]:
    return {each.brief.alert_id: each.acknowledged_by for each in region.embedded.board.alerts}


def test_a_group_then_a_digest_are_answered_by_their_own_links(region: Region, tmp_path: Path) -> None:
    region.say(signal("s1"))
    [group] = region.told()
    assert len(group.grouped) == 2
    region.say(signal("s2", territory="DEP-49"))
    region.go_on(2 * MINUTE)
    [_, digest] = region.told()
    assert digest.purpose is Purpose.DIGEST
    assert [region.answer_all(region.link_of(each)) for each in (group, digest)] == [3, 3]
    assert set(holders(region).values()) == {"Cecile"}
    region.go_on(60 * MINUTE)
    assert [each.id for each in region.told()] == [group.id, digest.id]
    region.embedded.finish(region.now)
    shown = vigie("audit", "show", "--journal", tmp_path / "J.db").stdout
    for message in (group, digest):
        first, *others = message.alert_ids
        assert shown.count(f"; même message que pour l'alerte {first}") == len(others) == 2
    assert "2 messages (2 remis, 0 en échec, 0 en attente)" in shown
    verified = vigie("audit", "verify", "--journal", tmp_path / "J.db")
    assert verified.exit_code == 0, verified.output


def test_what_is_silenced_and_decided_is_shown_and_kept_when_the_monitor_starts_again(
    region: Region, journal: SqliteJournal, tmp_path: Path
) -> None:
    region.say(signal("s1"))
    [group] = region.told()
    decided = DecideVolet(group.brief.volet, "REG-52", "activer", "Directrice", "Confirmé")
    region.say(SilenceSet("s1", T0 + 60 * MINUTE, "Cécile Roux", "Travaux", territory="DEP-49"), decided)
    region.embedded.finish(region.now)
    again = Region(journal, tmp_path / "liens")
    again.embedded.load()
    again.now = region.now
    for each in (region, again):
        assert "Silence, Maine-et-Loire (49) (VIGILANCE seulement)" in each.ask("GET", "/").text
        page = unescape(each.ask("GET", f"/alertes/{group.brief.alert_id}").text)
        assert "Volet activé par l'autorité" in page
        assert "Directrice · Pays de la Loire : Confirmé" in page
