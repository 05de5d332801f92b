"""From a record that Kafka accepted to a message handed to its channel, and the least that Kafka itself takes.

The processes are real: two `vigie worker`, one `vigie notifier`. Signals go to their raw topic one by one; each opens
an alert of its own, which calls at once. The notifier's log says when it handed the message to its channel, a local web
service when the call arrived. Meanwhile visits come at a multiple of the national peak. The floor is measured in the
same seconds by a process of its own: the bytes of a signal from a bare producer (acks=all) to a bare consumer, over a
topic of the same broker. That floor has no commit: what the disk takes to flush one is measured beside it, by another
process. All senders are open loops.
"""

import json
import os
import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from pathlib import Path
from random import Random
from threading import Thread
from typing import Final

from alerts.effect_codec import decode
from alerts.effects import Notify
from streams import messages
from streams.adapters.journal_topic import JournalReader, JournalTopic
from streams.adapters.kafka_clients import (
    KafkaAccess,
    KafkaAdminClient,
    KafkaConsumer,
    KafkaProducer,
    TopicPartition,
    opened,
)
from streams.adapters.live_store import LiveStore
from streams.adapters.partition_reader import PartitionReader
from streams.adapters.raw_topics import RawTopics
from streams.adapters.topic_admin import TopicAdmin
from streams.adapters.topic_sender import instant
from streams.entry import Draft, Status
from streams.live.record import decode_draft, fact_id
from streams.live.topics import EFFECTS, partition_of
from streams.messages.signals import SignalSanitaire
from tests.bench import live_load
from tests.bench.live_load import NATIONAL_PEAK, REGION_CODES, Due, Hospitals
from tests.live.processes import fresh, until, vigie_process
from tests.vigie.monitored import Place
from vigie.noted_channel import HANDED

FLOOR: Final = "vigie.bench.floor"
GAP: Final = 0.25
"""Seconds between two signals, on average."""
LATE: Final = 60.0
"""Seconds after which a call is said to be lost."""
_HANDED: Final = re.compile(rf"^(\S+) .*{HANDED}\s+notification=(\S+)$", re.MULTILINE)
_LEAD: Final = 1.0
_PAGE: Final = b"0" * 8192
"""What PostgreSQL writes at least when it commits (its XLOG_BLCKSZ)."""
_WARM_UP: Final = 130
"""Signals before the first that counts, ten a région: connections, plans of queries, code imported at its first use."""
_PATIENCE: Final = 600.0


@dataclass(frozen=True, slots=True)
class Latencies:
    """Seconds of each sample at one rate, and how many files of visits were sent and not collected yet at the end."""

    times: int
    handed: list[float]
    """Until the notifier hands the message to its channel."""
    received: list[float]
    """Until the service has it: through apprise and its HTTP request."""
    floor: list[float]
    flushed: list[float]
    """A page of PostgreSQL's log written to the disk of the servers and flushed, by nobody else."""
    parts: dict[str, list[float]]
    files: int
    waiting: int
    lost: int


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value that a share of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


@dataclass(slots=True)
class Calls:
    """A web service that takes every call and stamps it (`time.time`) by the number of its signal."""

    port: int = 0
    at: dict[int, float] = field(default_factory=dict)


@contextmanager
def answering() -> Iterator[Calls]:
    """Take calls for the length of the block."""
    calls = Calls()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            at = time.time()
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            found = re.search(r"Sonde (\d+)", json.dumps(json.loads(body), ensure_ascii=False))
            if found:
                calls.at.setdefault(int(found[1]), at)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        calls.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield calls
        finally:
            server.shutdown()
            thread.join()


def measure(access: KafkaAccess, url: str, folder: Path, rates: Sequence[int], samples: int) -> Iterator[Latencies]:
    """Measure at each rate (multiples of the national peak) over ``samples`` signals."""
    TopicAdmin(access, 1).create()
    _make_floor_topic(access)
    with ExitStack() as stack:
        calls = stack.enter_context(answering())
        place = Place(folder)
        place.people_at(lambda person: f"json://127.0.0.1:{calls.port}/{person}")
        _open_journals(access, place, range(_WARM_UP + len(rates) * samples))
        own = {"VIGIE_DATABASE_URL": url, "VIGIE_ROSTER": str(place.roster)}
        for name, *arguments in (
            ("worker", "--data", str(folder / "worker")),
            ("worker", "--data", str(folder / "second")),
            ("notifier",),
        ):
            stack.enter_context(
                vigie_process(access, folder / f"{name}.log", name, *arguments, environment=own, start=fresh)
            )
        store = stack.enter_context(LiveStore.open(url))
        until(lambda: all(store.declared(region) for region in REGION_CODES), _PATIENCE)
        pool = stack.enter_context(ProcessPoolExecutor(3, mp_context=get_context("spawn")))
        bench = _Bench(access, calls, store, pool, folder / "notifier.log")
        bench.run(10, range(_WARM_UP))
        for turn, times in enumerate(rates):
            first = _WARM_UP + turn * samples
            yield bench.run(times, range(first, first + samples))


@dataclass(frozen=True, slots=True)
class _Steps:
    """When one signal passed each step (`time.time`)."""

    accepted: float
    journaled: float
    decided: float
    handed: float
    received: float


class _Bench:
    def __init__(
        self, access: KafkaAccess, calls: Calls, store: LiveStore, pool: ProcessPoolExecutor, log: Path
    ) -> None:
        self._access, self._calls, self._store, self._pool, self._log = access, calls, store, pool, log
        self._hospitals = Hospitals(seed=20260112)

    def run(self, times: int, probes: range) -> Latencies:
        seconds = GAP * len(probes)
        files = list(self._hospitals.files(times * NATIONAL_PEAK, seconds))
        before = sum(1 for _ in self._store.receipts.all())
        starts = {region: self._ends(region) for region in REGION_CODES}
        begin = time.time() + _LEAD
        load = self._pool.submit(send_files, self._access, files, begin)
        floor = self._pool.submit(floor_latencies, self._access, len(probes), begin)
        flushed = self._pool.submit(flush_latencies, self._log.parent, len(probes), begin)
        accepted = self._send(probes, begin)
        load.result()
        waiting = before + len(files) + len(probes) - sum(1 for _ in self._store.receipts.all())
        deadline = time.time() + LATE
        while time.time() < deadline and any(number not in self._calls.at for number in probes):
            time.sleep(0.05)
        steps = self._steps(starts, accepted, probes)
        return Latencies(
            times,
            [each.handed - each.accepted for each in steps],
            [each.received - each.accepted for each in steps],
            floor.result(),
            flushed.result(),
            {
                "collected": [each.journaled - each.accepted for each in steps],
                "judged": [each.decided - each.journaled for each in steps],
                "handed to the channel": [each.handed - each.decided for each in steps],
                "received by the service": [each.received - each.handed for each in steps],
            },
            len(files),
            max(0, waiting),
            len(probes) - len(steps),
        )

    def _send(self, probes: range, begin: float) -> dict[int, float]:
        random, accepted, due = Random(probes.start), dict[int, float](), begin
        with RawTopics(self._access) as topics:
            for number in probes:
                due += random.uniform(0, 2 * GAP)
                time.sleep(max(0.0, due - time.time()))
                topics.send("signaux", live_load.probe(number))
                accepted[number] = time.time()
        return accepted

    def _ends(self, region: str) -> tuple[int, int]:
        journal, effects = JournalReader(self._access), PartitionReader(self._access, EFFECTS)
        return journal.end_offset(region), effects.offsets(partition_of(region))[1]

    def _steps(self, starts: dict[str, tuple[int, int]], accepted: dict[int, float], probes: range) -> list[_Steps]:
        """Return when each signal that arrived passed each step: by brokers, notifier and service."""
        journaled, decided = dict[int, float](), dict[int, tuple[float, str]]()
        for region, (entries, effects) in starts.items():
            for record in JournalReader(self._access).read(region, entries):
                number = _number_of_draft(record.value)
                if number is not None:
                    journaled.setdefault(number, record.appended_at.timestamp())
            for each in PartitionReader(self._access, EFFECTS).read(partition_of(region), effects):
                effect = decode(each.value)
                if isinstance(effect, Notify) and effect.brief.territory_name.startswith("Sonde "):
                    number = int(effect.brief.territory_name.split()[1])
                    decided.setdefault(number, (instant(each.timestamp).timestamp(), effect.id))
        handed = handed_at(self._log)
        return [
            _Steps(accepted[number], journaled[number], decided[number][0], handed[decided[number][1]], at)
            for number, at in self._calls.at.items()
            if number in probes
        ]


def handed_at(log: Path) -> dict[str, float]:
    """Return when each notification was handed to its channel, by its id, as the log of a notifier says."""
    found = _HANDED.finditer(log.read_text(encoding="utf-8"))
    return {id_: datetime.fromisoformat(stamp).timestamp() for stamp, id_ in (each.groups() for each in found)}


def _number_of_draft(value: bytes) -> int | None:
    draft = decode_draft(value)
    if draft is None or draft.kind != "signal.sanitaire":
        return None
    message = messages.decode(draft.kind, draft.payload)
    return int(message.title.split()[1]) if isinstance(message, SignalSanitaire) else None


def send_files(access: KafkaAccess, files: Sequence[Due], begin: float) -> None:
    """Send files when they are due, in a process of its own."""
    with RawTopics(access) as topics:
        for each in files:
            time.sleep(max(0.0, begin + each.after - time.time()))
            topics.send("rpu", each.file)


def floor_latencies(access: KafkaAccess, samples: int, begin: float) -> list[float]:
    """Return the seconds from a bare producer's call to a bare consumer's hands, in a process of its own."""
    value, random, found = live_load.probe(0).content, Random(0), list[float]()
    place = TopicPartition(FLOOR, 0)
    producer = opened(KafkaProducer, access, acks="all")
    consumer = opened(KafkaConsumer, access, group_id=None, auto_offset_reset="latest")
    consumer.assign([place])
    consumer.seek_to_end(place)
    consumer.position(place)  # or the end would be looked up after the first message
    due = begin
    for number in range(samples):
        due += random.uniform(0, 2 * GAP)
        time.sleep(max(0.0, due - time.time()))
        sent = time.time()
        producer.send(FLOOR, value, str(number).encode(), partition=0)
        while not (records := consumer.poll(timeout_ms=1000).get(place)):
            pass
        found.append(time.time() - sent)
        assert records[-1].key == str(number).encode()
    producer.close()
    consumer.close()
    return found


def flush_latencies(folder: Path, samples: int, begin: float) -> list[float]:
    """Return the seconds that the disk takes to flush a page, in a process of its own."""
    random, found, due = Random(1), list[float](), begin
    with (folder / "page").open("wb", buffering=0) as file:
        for _ in range(samples):
            due += random.uniform(0, 2 * GAP)
            time.sleep(max(0.0, due - time.time()))
            file.seek(0)
            asked = time.time()
            file.write(_PAGE)
            os.fdatasync(file.fileno())
            found.append(time.time() - asked)
    return found


def _make_floor_topic(access: KafkaAccess) -> None:
    admin = opened(KafkaAdminClient, access)
    admin.create_topics({FLOOR: {"num_partitions": 1, "replication_factor": 1}})
    admin.close()


def _open_journals(access: KafkaAccess, place: Place, probes: range) -> None:
    now = datetime.now(UTC)
    with JournalTopic(access) as journal:
        for region in REGION_CODES:
            facts = live_load.opening(region, place, probes)
            drafts = [Draft(now, Status.ACTUAL, region, *messages.encode(fact)) for fact in facts]
            journal.append([(fact_id(f"banc {number}", draft), draft) for number, draft in enumerate(drafts)])
