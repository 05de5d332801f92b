"""`make live`: the demo's winter evening through Kafka, with every process, on this machine and without Docker.

A broker, a database, `vigie api`, `vigie worker` and `vigie notifier` are started on loopback and ended with the play.
The evening is yesterday's: its files are all sent now, in their order, and what they say is judged as they arrive. It
ends with two digests: that of the worker, and that of an embedded replay of the same journal.
"""

import math
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import uuid4

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # a script sees only its own folder

import httpx  # noqa: E402 - after the path
from rich.console import Console  # noqa: E402
from rich.progress import track  # noqa: E402
from rich.table import Table  # noqa: E402

from alerts.adapters.roster_files import load_roster  # noqa: E402
from alerts.outbox import OutboxState  # noqa: E402
from streams.adapters.api_key_store import ApiKeyStore  # noqa: E402
from streams.adapters.effects_topic import GROUP as NOTIFIERS  # noqa: E402
from streams.adapters.group_progress import GroupProgress, Place  # noqa: E402
from streams.adapters.journal_topic import JournalTopic  # noqa: E402
from streams.adapters.kafka_clients import KafkaAccess  # noqa: E402
from streams.adapters.live_store import LiveStore  # noqa: E402
from streams.adapters.state_topic import StateTopic  # noqa: E402
from streams.adapters.topic_admin import TopicAdmin  # noqa: E402
from streams.collecting.api_keys import FEEDS  # noqa: E402
from streams.collecting.delivering import feed_of  # noqa: E402
from streams.collecting.rate_limit import BURST  # noqa: E402
from streams.entry import Draft, Head, Status, combined_digest  # noqa: E402
from streams.live.log_reader import LogReader  # noqa: E402
from streams.live.record import fact_id  # noqa: E402
from streams.live.region_log import RegionLog  # noqa: E402
from streams.live.topics import EFFECTS, JOURNAL, SOURCES_AT_ONCE, partition_of  # noqa: E402
from streams.messages import Message, encode  # noqa: E402
from streams.messages.decisions import Acknowledge  # noqa: E402
from streams.messages.reference import RosterVersion  # noqa: E402
from streams.recognising import recognise  # noqa: E402
from streams.replay import replay  # noqa: E402
from streams.synthetic.evening import LASTS  # noqa: E402
from streams.synthetic.oscour_files import TimedFile  # noqa: E402
from streams.synthetic.sites import REGION  # noqa: E402
from tests.live.broker import NoKafka, cluster_of, free_ports, running, server_jars  # noqa: E402
from tests.live.processes import Process, fresh, until, vigie_process  # noqa: E402
from tests.live_database.postgres_server import NoPostgres  # noqa: E402
from tests.live_database.postgres_server import running as database_running  # noqa: E402
from tests.vigie.monitored import ROSTER, Phones, phones_ringing  # noqa: E402
from vigie.demo_scenarios import Scenario, winter_scenario  # noqa: E402
from vigie.past import catalogue_message  # noqa: E402
from vigie.worker import ENGINE, NORMALISERS  # noqa: E402

SEED: Final = 2026
_COUNTS: Final = {
    "enregistrements reçus": "received",
    "  nouveaux ou corrigés": "accepted",
    "  déjà connus": "duplicates",
    "  mis de côté": "quarantined",
}
READ_BYTES: Final = 8192


@dataclass(frozen=True, slots=True)
class Stage:
    """What was started, and where things are."""

    access: KafkaAccess
    database: str
    folder: Path
    phones: Phones
    port: int

    @property
    def keys(self) -> Path:
        return self.folder / "acces"

    @property
    def drop(self) -> Path:
        return self.folder / "depot"

    @property
    def settings(self) -> dict[str, str]:
        """The environment of every process."""
        return {
            "VIGIE_DATABASE_URL": self.database,
            "VIGIE_PSEUDONYM_KEYS": str(self.folder / "pseudonymes"),
            "VIGIE_ROSTER": str(self.folder / "astreinte.yaml"),
            "VIGIE_API_KEYS": str(self.keys),
            "VIGIE_DROP": str(self.drop),
            "VIGIE_PORT": str(self.port),
            "VIGIE_LINK_BASE": f"http://127.0.0.1:{self.port}",
        }

    @contextmanager
    def process(self, name: str, *arguments: str) -> Iterator[Process]:
        """Run one of Vigie's processes."""
        log = self.folder / f"{name}.log"
        with vigie_process(self.access, log, name, *arguments, environment=self.settings, start=fresh) as process:
            process.wait_for(f"{name} started")
            yield process

    def command(self, *arguments: str) -> None:
        """Run a command of Vigie to its end."""
        log = self.folder / "commandes.log"
        with vigie_process(self.access, log, *arguments, environment=self.settings, start=fresh) as process:
            if process.ended():
                raise SystemExit(process.said())


@contextmanager
def stage(console: Console) -> Iterator[Stage]:
    """Start a broker and a database, and lay them out."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="vigie-live-")))
        console.print("Kafka, PostgreSQL : démarrage…")
        kafka = stack.enter_context(running(cluster_of(1, server_jars(ROOT), folder)))
        server = stack.enter_context(database_running())
        database = stack.enter_context(server.database())
        phones = stack.enter_context(phones_ringing())
        (port,) = free_ports(1)
        made = Stage(kafka.access, database, folder, phones, port)
        addresses = {name: phones.address(name) for name in ("veille", "claire", "anne")}
        (folder / "astreinte.yaml").write_text(ROSTER.format(**addresses), encoding="utf-8")
        TopicAdmin(kafka.access, 1).create()
        made.command("database", "upgrade")
        made.command("keys", "pseudonyms", str(folder / "pseudonymes"))
        yield made


def say(journal: JournalTopic, *said: Message) -> None:
    """Journal what people say, now."""
    drafts = [Draft(datetime.now(UTC), Status.ACTUAL, REGION, *encode(each)) for each in said]
    journal.append([(fact_id(uuid4().hex, draft), draft) for draft in drafts])


def evening() -> Scenario:
    """Return the last winter evening that is over."""
    start = datetime.now(UTC) - timedelta(days=1)
    made = winter_scenario(SEED, start)
    return made if made.ends_at < datetime.now(UTC) else winter_scenario(SEED, start - LASTS)


def _tokens(stage: Stage, files: int) -> list[str]:
    """Return keys of the relay: enough that an evening sent in minutes is not slowed by the limit of each."""
    store, now = ApiKeyStore(stage.keys), datetime.now(UTC)
    return [store.add("relais-demo", list(FEEDS), now)[0] for _ in range(math.ceil(files / BURST))]


def send(stage: Stage, file: TimedFile, client: httpx.Client, headers: dict[str, str]) -> None:
    """Post a file, or drop it when it is one of Vigie's own messages."""
    format_ = recognise(file.content[:READ_BYTES])
    if format_ is None:
        unfinished = stage.drop / f".{file.name}"
        unfinished.write_bytes(file.content)
        unfinished.replace(stage.drop / file.name)
        until(lambda: not (stage.drop / file.name).exists())
        return
    answer = client.post(f"/v1/{feed_of(format_)}", content=file.content, headers=headers)
    if answer.status_code != httpx.codes.ACCEPTED:
        raise SystemExit(f"{file.name}: {answer.status_code} {answer.text}")


def answer_calls(stage: Stage, journal: JournalTopic, answered: set[str]) -> None:
    """Let the person called answer the first call of every other alert: the others escalate."""
    for rung in list(stage.phones.rung):
        for alert in re.findall(r"/alertes/([0-9a-f-]+)", rung.text):
            if alert not in answered:
                answered.add(alert)
                if len(answered) % 2:
                    say(journal, Acknowledge(alert, rung.person, "téléphone"))


def is_quiet(access: KafkaAccess) -> bool:
    """Tell whether every group has read everything."""
    raw: dict[str, list[Place]] = {
        group: [(topic, partition) for partition in range(SOURCES_AT_ONCE)] for topic, group in NORMALISERS.items()
    }
    region = partition_of(REGION)
    places = raw | {ENGINE: [(JOURNAL, region)], NOTIFIERS: [(EFFECTS, region)]}
    for group, read in places.items():
        with GroupProgress(access, group) as looking:
            seen = looking.look(read)
        # A tick may come at any time: it says nothing.
        if any(end - seen.done[place] > 1 for place, end in seen.ends.items()):
            return False
    return True


def play(stage: Stage, console: Console) -> None:
    """Play the evening and show what became of it."""
    scenario = evening()
    console.print(f"[bold]{scenario.title}[/bold], jouée à travers Kafka")
    stage.drop.mkdir()
    answered: set[str] = set()
    with ExitStack() as stack:
        journal = stack.enter_context(JournalTopic(stage.access))
        tableau = load_roster(stage.folder / "astreinte.yaml", {}).roster
        say(journal, catalogue_message(scenario.catalogue), RosterVersion(tableau.sha256, tableau.content))
        console.print("vigie worker, vigie notifier, vigie api : démarrage…")
        worker = stack.enter_context(stage.process("worker", "--data", str(stage.folder / "worker")))
        stack.enter_context(stage.process("api"))
        notifier = stack.enter_context(stage.process("notifier"))
        base = f"http://127.0.0.1:{stage.port}"
        client = stack.enter_context(httpx.Client(base_url=base, timeout=60, trust_env=False))
        files = [each for each in scenario.arrivals if isinstance(each, TimedFile)]
        tokens = cycle(_tokens(stage, len(files)))
        for number, file in enumerate(track(files, "fichiers envoyés", console=console, transient=True)):
            headers = {"Authorization": f"Bearer {next(tokens)}", "Idempotency-Key": f"fichier-{number}"}
            send(stage, file, client, headers)
            answer_calls(stage, journal, answered)
        with console.status("collecte, décisions, messages…"):
            until(lambda: is_quiet(stage.access))
            answer_calls(stage, journal, answered)
            until(lambda: is_quiet(stage.access) and not _waiting(stage.database))
        notifier.stop()
        until(lambda: is_quiet(stage.access))
        worker.stop()
        show(stage, journal, len(files), console)


def _waiting(database: str) -> int:
    with LiveStore.open(database) as store:
        counts = store.outbox.counts()
    return counts[OutboxState.PENDING] + counts[OutboxState.CLAIMED]


def show(stage: Stage, journal: JournalTopic, sent: int, console: Console) -> None:
    """Print what was received, decided and told, then the two digests; exit code 1 when they differ."""
    with StateTopic(stage.access) as states:
        state = states.latest(REGION)
    if state is None:
        raise SystemExit("the worker left no snapshot")
    live = RegionLog.restore(state)
    replayed = _replayed(journal, live.next_offset)
    with LiveStore.open(stage.database) as store:
        receipts = list(store.receipts.all())
    table = Table(show_header=False, box=None)
    table.add_row("fichiers envoyés", str(sent))
    table.add_row("reçus", str(len(receipts)))
    for label, name in _COUNTS.items():
        table.add_row(label, str(sum(getattr(each, name) for each in receipts)))
    table.add_row("faits au journal", str(live.head.seq))
    table.add_row("décisions", str(live.head.effects))
    table.add_row("messages arrivés", str(len(stage.phones.rung)))
    console.print(table)
    digests = [combined_digest([head]) for head in (live.head, replayed)]
    console.print(f"direct {digests[0]}\nrejeu  {digests[1]}", highlight=False)
    if digests[0] != digests[1]:
        raise SystemExit(1)


def _replayed(journal: JournalTopic, to_offset: int) -> Head:
    reader = LogReader(REGION)
    entries = list(journal.entries(REGION, to_offset, reader))
    return replay(REGION, entries, reader.now).head


def main() -> None:
    """Play, or say what this machine lacks."""
    console = Console()
    try:
        with stage(console) as ready:
            play(ready, console)
    except (NoKafka, NoPostgres) as why:
        raise SystemExit(f"make live: {why}") from None


if __name__ == "__main__":
    main()
