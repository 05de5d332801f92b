"""Files on a real Kafka, a real PostgreSQL, workers killed half-way: each visit journaled once, each file counted."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from random import Random

import pytest
from typer.testing import CliRunner

from streams.adapters.journal_topic import JournalTopic
from streams.adapters.kafka_clients import KafkaAccess
from streams.adapters.live_store import LiveStore
from streams.adapters.partition_reader import PartitionReader
from streams.adapters.pseudonym_keys import load_ring
from streams.adapters.raw_topics import RawFile, RawTopics
from streams.adapters.state_topic import StateTopic
from streams.adapters.topic_sender import Message, TopicSender
from streams.collecting.collector import TRANSACTION_RECORDS, Collector, Incoming
from streams.collecting.decoding import Context
from streams.collecting.pseudonyms import Pseudonyms
from streams.collecting.receipts import Receipt
from streams.entry import Draft, Head, Status
from streams.known_formats import all_formats
from streams.live.log_reader import LogReader
from streams.live.region_log import RegionLog
from streams.live.topics import EFFECTS, RAW_SIGNALS, partition_of
from streams.messages import encode
from streams.monitor import Monitor
from streams.replay import replay
from streams.synthetic.oscour_files import Extraction, file_name, oscour_file
from streams.synthetic.rhythm import ordinary_visits
from streams.synthetic.sites import NANTES
from streams.testing import MemoryJournal
from tests.command_line import app
from tests.core.builders import EVERY_KIND, SITES, catalogue, roster, roster_version, signal
from tests.live.processes import Process, until, vigie_process
from tests.live.saying import say

REGION = "52"
OTHER = "53"
BUSY = replace(NANTES, visits_per_day=400)


@pytest.fixture
def journal(access: KafkaAccess) -> Iterator[JournalTopic]:
    with JournalTopic(access) as opened:
        yield opened


@pytest.fixture
def store(postgres_url: str) -> Iterator[LiveStore]:
    with LiveStore.open(postgres_url) as opened:
        yield opened


def a_large_file(ago: timedelta = timedelta()) -> RawFile:
    """Return a month of a busy establishment, extracted so long ago: it is journaled in several transactions."""
    now = datetime.now(UTC).replace(microsecond=0) - ago
    extraction = Extraction(now, (now - timedelta(days=30)).date(), now.date())
    visits = list(ordinary_visits(Random(4), BUSY, now - timedelta(days=29), now))
    content = oscour_file(BUSY, extraction, visits)
    return RawFile(f"ETAB-{BUSY.finess}", file_name(BUSY, extraction), REGION, "oscour", content, "recu-1")


def in_one_process(file: RawFile, keys: Path) -> tuple[list[tuple[str, bytes]], Receipt]:
    """Return the facts of a file collected by one process that nobody disturbs."""
    journal, now = MemoryJournal(), datetime.now(UTC)
    monitor = Monitor(journal)
    monitor.append([Draft(now, Status.ACTUAL, REGION, *encode(SITES))], now)
    collector = Collector(monitor, all_formats(Pseudonyms(load_ring(keys))))
    receipt = collector.collect(Incoming(file.name, partial(BytesIO, file.content)), Context(REGION, now))
    return [(entry.kind, entry.payload) for entry in journal.entries(REGION, 1)], receipt


def digests(access: KafkaAccess, journal: JournalTopic) -> tuple[Head, Head]:
    """Return where a worker that stopped left the région, and where an embedded replay of the same records gets."""
    with StateTopic(access) as states:
        left = RegionLog.restore(states.latest(REGION) or b"")
    reader = LogReader(REGION)
    entries = list(journal.entries(REGION, left.next_offset, reader))
    return left.head, replay(REGION, entries, reader.now).head


@pytest.mark.timeout(600)
def test_a_file_is_collected_once_whoever_is_killed(
    access: KafkaAccess, journal: JournalTopic, store: LiveStore, postgres_url: str, tmp_path: Path
) -> None:
    say(journal, catalogue(*EVERY_KIND), roster_version(roster()), SITES)
    start, file, effects = journal.end_offset(REGION), a_large_file(), PartitionReader(access, EFFECTS)

    def started(name: str) -> AbstractContextManager[Process]:
        own = {"VIGIE_DATABASE_URL": postgres_url}
        return vigie_process(access, tmp_path / f"{name}.log", "worker", "--data", str(tmp_path), environment=own)

    def until_written(count: int) -> None:
        enough = journal.end_offset(REGION) + count
        until(lambda: journal.end_offset(REGION) >= enough)

    def told() -> int:
        return effects.offsets(partition_of(OTHER))[1]

    def sent(receipt: str) -> None:
        with RawTopics(access) as topics:
            topics.send("rpu", replace(file, receipt=receipt))

    with started("first") as worker:
        until(lambda: bool(store.declared(REGION)))
        sent("recu-1")
        until_written(1000)
        # The file goes on, decisions too.
        before = told()
        say(journal, signal(territory="DEP-44"), region=OTHER)
        until(lambda: told() > before)
        worker.kill()
    assert store.receipts.find("recu-1") is None
    with started("second") as worker:
        until_written(1000)
        worker.kill()
    assert store.receipts.find("recu-1") is None
    with started("third") as worker:
        until(lambda: store.receipts.find("recu-1") is not None)
        sent("recu-2")
        until(lambda: store.receipts.find("recu-2") is not None)
        assert worker.stop() == 0, worker.said()

    expected, alone = in_one_process(file, tmp_path / "pseudonymes.cles")
    entries = list(journal.entries(REGION, reader=LogReader(REGION, next_offset=start)))
    assert len(expected) > TRANSACTION_RECORDS
    assert sorted((each.kind, each.payload) for each in entries if each.kind.startswith("rpu.")) == sorted(expected)
    ids = [record.id for record in journal.read(REGION, start) if record.id is not None]
    assert len(ids) == len(set(ids))
    first, again = (store.receipts.find(id_) for id_ in ("recu-1", "recu-2"))
    assert first is not None
    assert again is not None
    assert (first.received, first.sha256, first.quarantined) == (alone.received, alone.sha256, 0)
    assert (again.received, again.accepted, again.duplicates) == (alone.received, 0, alone.received)
    left, replayed = digests(access, journal)
    assert left == replayed


@pytest.mark.timeout(400)
def test_visits_that_wait_hold_up_no_signal(
    access: KafkaAccess, store: LiveStore, postgres_url: str, tmp_path: Path
) -> None:
    own = {"VIGIE_DATABASE_URL": postgres_url}
    # More than a worker holds in memory; each is newer than the one before, or it would not even be read.
    many = [replace(a_large_file(timedelta(hours=12 - each)), receipt=f"visites-{each}") for each in range(12)]
    said = {"id": "s9", "nature": "accident", "territoire": "DEP-44", "titre": "Essai", "source": "SAMU"}
    content = json.dumps(said | {"date": datetime.now(UTC).isoformat()}).encode()
    with (
        vigie_process(access, tmp_path / "w.log", "worker", "--data", str(tmp_path), environment=own),
        RawTopics(access) as topics,
    ):
        for each in many:
            topics.send("rpu", each)
        until(lambda: store.receipts.find("visites-0") is not None)
        topics.send("signaux", RawFile("essai", "signal.json", REGION, "signal", content, "signal"))
        until(lambda: store.receipts.find("signal") is not None)
        assert store.receipts.find("visites-11") is None


def test_a_file_that_cannot_be_taken_is_set_aside_and_sent_again(
    access: KafkaAccess, store: LiveStore, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIGIE_KAFKA_BOOTSTRAP", ",".join(access.bootstrap))
    own = {"VIGIE_DATABASE_URL": postgres_url}
    with vigie_process(access, tmp_path / "w.log", "worker", "--data", str(tmp_path / "w"), environment=own):
        with TopicSender(access) as sender:
            headers = ("name", "Jeanne.json"), ("region", REGION), ("receipt", "recu-3")
            sender.send(RAW_SIGNALS, [Message("essai", b"Jeanne", headers)])
        until(lambda: store.receipts.find("recu-3") is not None)
        until(lambda: "no header format" in CliRunner().invoke(app, ["dlq", "list"]).stdout)
        shown = CliRunner().invoke(app, ["dlq", "list"]).stdout
        number = next(line.split()[0] for line in shown.splitlines() if "no header format" in line)
        assert "Jeanne" not in shown
        done = CliRunner().invoke(app, ["dlq", "requeue", number])
        assert (done.exit_code, done.stdout) == (0, f"{number} sent again to {RAW_SIGNALS}\n")
        until(lambda: CliRunner().invoke(app, ["dlq", "list"]).stdout.count("no header format") > 1)
