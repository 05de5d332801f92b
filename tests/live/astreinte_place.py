"""Every process of the live engine for one région, its people's telephones, and commands given to it."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from streams.adapters.journal_topic import JournalTopic
from streams.adapters.kafka_clients import KafkaAccess
from streams.region.fold import Fold
from tests.command_line import app
from tests.core.builders import SITES, catalogue, event, rule
from tests.live.front import Front, Place
from tests.live.processes import until, vigie_process
from tests.live.saying import say
from tests.vigie.monitored import ROSTER, Phones, Rung, closed_port
from vigie.standing import standing

REGION = "52"
LIMITS = "limites: {messages: 60, duree: 10 min, resume: 5 min}\n"
RULES = (rule("accident", ["departement"], event("accident")), rule("panne", ["departement"], event("panne")))


@dataclass(frozen=True, slots=True)
class Astreinte:
    """A running région: its settings as commands read them, its telephones, and the phone of whoever answers."""

    access: KafkaAccess
    settings: dict[str, str]
    phones: Phones
    front: Front
    path: Path

    @property
    def roster(self) -> Path:
        return Path(self.settings["VIGIE_ROSTER"])

    def vigie(self, *words: object, code: int = 0, **settings: str) -> str:
        """Run a command as an operator who has these settings; return what it said."""
        done = CliRunner().invoke(app, [str(word) for word in words], env={**self.settings, **settings})
        assert done.exit_code == code, done.output
        assert "Traceback" not in done.output
        return done.output

    def fold(self) -> Fold:
        return standing(self.access, REGION).fold

    def rung(self, person: str, text: str) -> list[Rung]:
        """Return the messages that rang at a person's and hold a text, in order."""
        return [each for each in self.phones.rung if each.person == person and text in each.title + each.text]

    def wait_rung(self, person: str, text: str, count: int = 1) -> Rung:
        """Wait until so many messages rang; return the latest."""
        until(lambda: len(self.rung(person, text)) >= count)
        return self.rung(person, text)[-1]

    def link(self, rung: Rung, scope: str) -> str:
        found = re.search(rf"{self.settings['VIGIE_LINK_BASE']}/{scope}/[\w-]{{43}}\S*", rung.text)
        assert found is not None, rung.text
        return found[0]


def _settings(place: Place, phones: Phones) -> dict[str, str]:
    people = {name: phones.address(name) for name in ("veille", "claire", "anne")}
    (place.path / "astreinte.yaml").write_text(ROSTER.format(**people) + LIMITS, encoding="utf-8")
    port = closed_port()
    return {
        "COLUMNS": "200",
        "VIGIE_LIVE": REGION,
        "VIGIE_KAFKA_BOOTSTRAP": ",".join(place.access.bootstrap),
        "VIGIE_KAFKA_REPLICATION": "1",
        "VIGIE_DATABASE_URL": place.database,
        "VIGIE_ROSTER": str(place.path / "astreinte.yaml"),
        "VIGIE_LINK_KEYS": str(place.path / "liens"),
        "VIGIE_LINK_BASE": f"http://127.0.0.1:{port}",
        "VIGIE_PORT": str(port),
        "VIGIE_CONTACT_CODES": str(place.path / "contacts"),
        "VIGIE_HEARTBEAT": f"http://127.0.0.1:{phones.port}/preuve",
        "VIGIE_AUDITOR_ADDRESS": phones.address("auditeur"),
    }


@contextmanager
def astreinte_running(place: Place, phones: Phones) -> Iterator[Astreinte]:
    """Start a worker, a notifier and an api that share one région; whatever happens, they are ended."""
    settings, runner = _settings(place, phones), CliRunner()
    place.drop.mkdir()
    made = runner.invoke(app, ["keys", "links", settings["VIGIE_LINK_KEYS"]])
    assert made.exit_code == 0, made.output
    with JournalTopic(place.access) as journal:
        say(journal, catalogue(*RULES), SITES)
    worker, notifier = (place.path / f"{name}.log" for name in ("worker", "notifier"))
    with (
        vigie_process(place.access, worker, "worker", "--data", str(place.path / "w"), environment=settings),
        vigie_process(place.access, notifier, "notifier", environment=settings),
        place.api(**settings) as front,
    ):
        made_place = Astreinte(place.access, settings, phones, front, place.path)
        made_place.vigie("roster", "publish", made_place.roster)
        until(lambda: made_place.fold().roster is not None)
        yield made_place


def eventually_well(run: Callable[[], str]) -> str:
    """Return what a command says once nothing is on its way any more."""
    said: list[str] = []

    def look() -> bool:
        try:
            said.append(run())
        except AssertionError:
            return False
        return True

    until(look)
    return said[-1]
