"""The first provider is down: whoever has another one is told by it within seconds, in one process, in virtual time."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from alerts.adapters.roster_files import load_roster
from alerts.channel import SENT, Outcome, failed
from alerts.wording import Message
from dashboards.board import Board
from orsan_plans.adapters.plan_files import shipped_catalogue
from streams.adapters.sqlite_journal import SqliteJournal
from streams.messages.reference import RosterVersion
from streams.messages.signals import SignalSanitaire
from streams.testing import EPOCH
from tests.alerts.test_sender import LINK, Inline
from vigie.embedded import Embedded
from vigie.past import catalogue_message

ROSTER = """\
astreinte: Essai
region: "52"
personnes:
  - id: claire
    nom: Claire Martin
    contacts:
      - {canal: sms, adresse: "json://sms.example.org/claire", fournisseur: sms}
      - {canal: courriel, adresse: "mailto://relais.example.org", fournisseur: relais}
  - id: anne
    nom: Anne Le Goff
    contacts: [{canal: sms, adresse: "json://sms.example.org/anne", fournisseur: sms}]
roles:
  veille: {titre: Veille, fixe: [claire]}
  cadre: {titre: Cadre, fixe: [claire]}
  medecin: {titre: Médecin, fixe: [anne]}
  directeur: {titre: Directrice, fixe: [anne]}
escalade: {delai: 10 min, repetition: 15 min, repli: directeur}
"""


@dataclass
class Services:
    """Carries what is asked of it, except by SMS."""

    tried: list[str] = field(default_factory=list)

    def send(self, contact: str, message: Message) -> Outcome:
        self.tried.append(contact)
        return failed(f"no answer to {message.id}") if contact.endswith("/sms") else SENT


def panne(departement: str) -> SignalSanitaire:
    return SignalSanitaire(departement, "panne_majeure_du_systeme_d_information", departement, "Panne", "SAMU")


def test_the_other_provider_is_used_as_soon_as_the_first_is_known_to_be_down(tmp_path: Path) -> None:
    path = tmp_path / "astreinte.yaml"
    path.write_text(ROSTER, encoding="utf-8")
    loaded, services, board = load_roster(path, {}), Services(), Board(regions=("52",))
    with SqliteJournal.create(tmp_path / "vigie.db") as journal:
        monitor = Embedded(journal, services, Inline(), LINK, board=board, providers=loaded.providers)
        monitor.load()
        content = RosterVersion(loaded.roster.sha256, loaded.roster.content)
        for message in (catalogue_message(shipped_catalogue()), content):
            monitor.say("52", message, EPOCH)
        for departement in ("DEP-44", "DEP-49", "DEP-53"):
            monitor.say("52", panne(departement), EPOCH)
        for seconds in range(8):
            monitor.turn(EPOCH + timedelta(seconds=seconds))
        # Three calls failed, which is enough: they are not tried again, the second contact of each is.
        assert services.tried == ["claire/sms"] * 3 + ["claire/courriel"] * 3
        assert board.delivering.down == {"relais": False, "sms": True}
        monitor.say("52", panne("DEP-72"), EPOCH + timedelta(seconds=8))
        for seconds in (8, 9, 10):
            monitor.turn(EPOCH + timedelta(seconds=seconds))
        assert services.tried[6:] == ["claire/courriel"]
        # Who has nothing else is called by it all the same.
        for minute in range(9, 14):
            monitor.turn(EPOCH + timedelta(minutes=minute))
        assert "anne/sms" in services.tried
