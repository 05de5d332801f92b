"""One live engine under fire: what it is given, its processes, and what is known of how far it is."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from operator import attrgetter
from pathlib import Path
from random import Random

from alerts.adapters.roster_files import load_roster
from alerts.effects import Effect
from alerts.outbox import OutboxState
from orsan_plans.geography import REGIONS
from streams.adapters.effects_topic import told
from streams.adapters.journal_topic import JournalTopic
from streams.adapters.kafka_clients import KafkaAccess
from streams.adapters.live_store import LiveStore
from streams.adapters.partition_reader import PartitionReader
from streams.adapters.pseudonym_keys import load_or_make_ring
from streams.adapters.raw_topics import RawFile, RawTopics
from streams.adapters.topic_sender import Placed
from streams.entry import Draft, Status
from streams.live.record import fact_id
from streams.live.topics import EFFECTS, partition_of
from streams.messages import Message, encode
from streams.messages.reference import Etablissement, EtablissementList, RosterVersion
from streams.synthetic.oscour_files import Extraction, file_name, oscour_file
from streams.synthetic.rhythm import ordinary_visits
from streams.synthetic.sites import NANTES
from streams.synthetic.visits import Visit
from tests.core.builders import catalogue, event, indicator, rule
from tests.live.processes import Process, forked, fresh, until, vigie_process
from tests.vigie.monitored import ROSTER, Phones

PEOPLE = ("veille", "claire", "anne")
NATURES = ("accident", "panne", "cyberattaque")
BUSY = replace(NANTES, visits_per_day=400)
_CALLED = {"alerte": {"roles": ["cadre", "medecin"]}}
PLANS = catalogue(
    rule("accident", ["departement", "region"], event("accident")),
    # Only time passing, a tick that is, can raise it.
    rule("panne", ["departement"], event("panne"), maintien="2 s"),
    rule("cyber", ["departement"], event("cyberattaque"), retour="3 s"),
    rule("afflux", ["etablissement", "departement"], indicator("rpu.passages_24h", 100, 250), prevenir=_CALLED),
)


def territories(region: str) -> tuple[str, ...]:
    """Return the places of a région that signals are about."""
    return tuple(f"DEP-{each}" for each in REGIONS[region].departements[:5])


def declared(region: str) -> EtablissementList:
    """Return the establishments of a région."""
    return EtablissementList((Etablissement(BUSY.finess, "Grand hôpital", REGIONS[region].departements[0]),))


@dataclass
class Stage:
    """Régions that nobody else uses, a database of their own, the phones of their people."""

    access: KafkaAccess
    database: str
    path: Path
    phones: Phones
    regions: tuple[str, ...]
    journal: JournalTopic
    raw: RawTopics
    store: LiveStore
    running: ExitStack
    environment: dict[str, str] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)
    """The receipts of the files that were sent."""
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def roster(self) -> Path:
        return self.path / "astreinte.yaml"

    def open(self) -> None:
        """Put plans, roster and establishments in force."""
        load_or_make_ring(self.path / "pseudonymes.cles")
        people = {person: self.phones.address(person) for person in PEOPLE}
        for region in reversed(self.regions):
            text = ROSTER.format(**people).replace('region: "52"', f'region: "{region}"')
            self.roster.write_text(text, encoding="utf-8")
            tableau = load_roster(self.roster, {}).roster
            self.say(PLANS, RosterVersion(tableau.sha256, tableau.content), declared(region), region=region)

    def say(self, *facts: Message, region: str = "") -> list[tuple[str, Draft]]:
        """Append facts to a région's journal, as the commands do; return what was sent."""
        now, cause = datetime.now(UTC), f"campaign {next(self._numbers)} {self.path}"
        drafts = [Draft(now, Status.ACTUAL, region or self.regions[0], *encode(fact)) for fact in facts]
        sent = [(fact_id(f"{cause} {number}", each), each) for number, each in enumerate(drafts)]
        self.journal.append(sent)
        return sent

    def send(self, feed: str, file: RawFile) -> Placed:
        """Leave a file on its raw topic, and expect its receipt."""
        if file.receipt is not None and file.receipt not in self.sent:
            self.sent.append(file.receipt)
        return self.raw.send(feed, file)

    def signals(self, region: str, *records: dict[str, object], source: str = "") -> RawFile:
        """Return a file of signals."""
        number = next(self._numbers)
        content = json.dumps(list(records)).encode()
        source = source or f"samu-{region}"
        return RawFile(source, f"signaux-{number}.json", region, "signal", content, f"{self.path.name}-s{number}")

    def visits(self, region: str, extraction: Extraction, known: list[Visit], source: str = "") -> RawFile:
        """Return a file of visits."""
        number, content = next(self._numbers), oscour_file(BUSY, extraction, known)
        source, name = source or f"etab-{region}", file_name(BUSY, extraction)
        return RawFile(source, name, region, "oscour", content, f"{self.path.name}-v{number}")

    def start(self, *arguments: str, **environment: str) -> Process:
        """Start a process that is killed at the end of the test, unless it ended before."""
        number = next(self._numbers)
        log = self.path / f"{arguments[0]}-{number}.log"
        if arguments[0] == "worker":
            arguments = (*arguments, "--data", str(self.path / f"data-{number}"))
        process = forked(arguments, self._settings() | environment, log)
        self.running.callback(process.kill)
        return process

    def start_apart(self, *arguments: str, **environment: str) -> Process:
        """Start one with an interpreter of its own, as an operator does: a library may be loaded before it."""
        log = self.path / f"{arguments[0]}-{next(self._numbers)}.log"
        if arguments[0] == "worker":
            arguments = (*arguments, "--data", str(self.path / log.stem))
        own = self._settings() | environment
        started = vigie_process(self.access, log, *arguments, environment=own, start=fresh)
        return self.running.enter_context(started)

    def _settings(self) -> dict[str, str]:
        return {
            "VIGIE_DATABASE_URL": self.database,
            "VIGIE_PSEUDONYM_KEYS": str(self.path / "pseudonymes.cles"),
            "VIGIE_KAFKA_BOOTSTRAP": ",".join(self.access.bootstrap),
            "VIGIE_KAFKA_REPLICATION": "1",
            "VIGIE_SESSION_SECONDS": "6",
            "VIGIE_ROSTER": str(self.roster),
            **self.environment,
        }

    def written(self) -> int:
        """Return how many records the journals of the régions hold."""
        return sum(map(self.journal.end_offset, self.regions))

    def missing(self) -> list[str]:
        """Return the files that have no receipt yet."""
        return [each for each in self.sent if self.store.receipts.find(each) is None]

    def told(self, region: str) -> list[Effect]:
        """Return the effects told of a région, in order, each as often as it was told."""
        records = PartitionReader(self.access, EFFECTS).read(partition_of(region), 0)
        return list(told(region, records).effects)

    def waiting(self) -> int:
        """Return how many messages are not sent and reported yet."""
        counts = self.store.outbox.counts()
        return counts[OutboxState.PENDING] + counts[OutboxState.CLAIMED]


def declaration(
    id_: str, territory: str, nature: str = "accident", at: datetime | None = None, **more: object
) -> dict[str, object]:
    """Return what a source says of a signal."""
    said_at = (at or datetime.now(UTC)).isoformat()
    said = {"id": id_, "nature": nature, "territoire": territory, "titre": f"Signal {id_}", "date": said_at}
    return {**said, "source": "SAMU", **more}


class Load:
    """Files and signals without end, the same for the same seed; never more than ``most`` files are waiting."""

    def __init__(self, stage: Stage, seed: int, most: int = 12) -> None:
        self._stage = stage
        self._random = Random(seed)
        self._most = most
        self._turn = 0
        self._since = datetime.now(UTC).replace(microsecond=0) - timedelta(days=8)
        self.latest = Extraction(self._since, self._since.date(), self._since.date())
        self.visits = list(ordinary_visits(Random(seed), BUSY, self._since, self._since + timedelta(days=8)))

    def go_on(self) -> None:
        """Send something, unless enough is waiting."""
        if len(self._stage.missing()) >= self._most:
            return
        for region in self._stage.regions:
            self.send(region)

    def send(self, region: str) -> None:
        """Send a file of signals and a file of visits."""
        self._turn += 1
        self._signals(region)
        self._file(region)

    def _signals(self, region: str) -> None:
        chosen = self._random.sample([(nature, place) for nature in NATURES for place in territories(region)], 2)
        said = [
            declaration(f"{nature}-{place}", place, nature, ouvert=self._random.random() < 0.6)
            for nature, place in chosen
        ]
        self._stage.send("signaux", self._stage.signals(region, *said))

    def _file(self, region: str) -> None:
        at = self._since + timedelta(hours=1, minutes=20 * (self._turn // len(self._stage.regions)) % (190 * 60))
        extraction = Extraction(at, (at - timedelta(hours=12)).date(), at.date())
        self.latest = max(self.latest, extraction, key=attrgetter("at"))
        self._stage.send("rpu", self._stage.visits(region, extraction, self.visits))


@contextmanager
def staged(access: KafkaAccess, database: str, path: Path, phones: Phones, *regions: str) -> Iterator[Stage]:
    """Set the stage for the length of the block; every process is ended with it."""
    with (
        LiveStore.open(database) as store,
        JournalTopic(access) as journal,
        RawTopics(access) as raw,
        ExitStack() as running,
    ):
        stage = Stage(access, database, path, phones, regions, journal, raw, store, running)
        stage.open()
        yield stage


def until_quiet(look: Callable[[], object], seconds: float = 300.0) -> None:
    """Wait until there is nothing left to be seen."""
    until(lambda: not look(), seconds)
