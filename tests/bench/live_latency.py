"""From a record that Kafka accepted to a person told, and beside it the least that Kafka itself takes.

The processes are real: one `vigie worker`, one `vigie notifier`. Signals go to their raw topic one by one; each opens
an alert of its own, which calls at once; a local web service stamps the arrival of the call. Meanwhile visits come at a
multiple of the national peak. The floor is measured in the same seconds by a process of its own: the bytes of a signal
from a bare producer (acks=all) to a bare consumer, over a topic of the same broker. All senders are open loops.
"""

import json
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

FLOOR: Final = "vigie.bench.floor"
GAP: Final = 0.25
"""Seconds between two signals, on average."""
LATE: Final = 60.0
"""Seconds after which a call is said to be lost."""
_LEAD: Final = 1.0
_WARM_UP: Final = 20
_PATIENCE: Final = 600.0


@dataclass(frozen=True, slots=True)
class Latencies:
    """Seconds of each sample at one rate, and how many files of visits were sent and not collected yet at the end."""

    times: int
    told: list[float]
    floor: list[float]
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
        for name, *arguments in (("worker", "--data", str(folder / "worker")), ("notifier",)):
            stack.enter_context(
                vigie_process(access, folder / f"{name}.log", name, *arguments, environment=own, start=fresh)
            )
        store = stack.enter_context(LiveStore.open(url))
        until(lambda: all(store.declared(region) for region in REGION_CODES), _PATIENCE)
        pool = stack.enter_context(ProcessPoolExecutor(2, mp_context=get_context("spawn")))
        bench = _Bench(access, calls, store, pool)
        # Every process warms up: connections, caches, the code that is imported at its first use.
        bench.run(1, range(_WARM_UP))
        for turn, times in enumerate(rates):
            first = _WARM_UP + turn * samples
            yield bench.run(times, range(first, first + samples))


class _Bench:
    def __init__(self, access: KafkaAccess, calls: Calls, store: LiveStore, pool: ProcessPoolExecutor) -> None:
        self._access, self._calls, self._store, self._pool = access, calls, store, pool
        self._hospitals = Hospitals(seed=20260112)

    def run(self, times: int, probes: range) -> Latencies:
        seconds = GAP * len(probes)
        files = list(self._hospitals.files(times * NATIONAL_PEAK, seconds))
        before = sum(1 for _ in self._store.receipts.all())
        starts = {region: self._ends(region) for region in REGION_CODES}
        begin = time.time() + _LEAD
        load = self._pool.submit(send_files, self._access, files, begin)
        floor = self._pool.submit(floor_latencies, self._access, len(probes), begin)
        accepted = self._send(probes, begin)
        load.result()
        waiting = before + len(files) + len(probes) - sum(1 for _ in self._store.receipts.all())
        deadline = time.time() + LATE
        while time.time() < deadline and any(number not in self._calls.at for number in probes):
            time.sleep(0.05)
        told = {number: self._calls.at[number] for number in probes if number in self._calls.at}
        return Latencies(
            times,
            [at - accepted[number] for number, at in told.items()],
            floor.result(),
            self._parts(starts, accepted, told),
            len(files),
            max(0, waiting),
            len(probes) - len(told),
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

    def _parts(
        self, starts: dict[str, tuple[int, int]], accepted: dict[int, float], told: dict[int, float]
    ) -> dict[str, list[float]]:
        """Return where the time went, by the brokers' own stamps (to the millisecond)."""
        journaled, decided = dict[int, float](), dict[int, float]()
        for region, (entries, effects) in starts.items():
            for record in JournalReader(self._access).read(region, entries):
                number = _number_of_draft(record.value)
                if number is not None:
                    journaled.setdefault(number, record.appended_at.timestamp())
            for each in PartitionReader(self._access, EFFECTS).read(partition_of(region), effects):
                effect = decode(each.value)
                if isinstance(effect, Notify) and effect.brief.territory_name.startswith("Sonde "):
                    number = int(effect.brief.territory_name.split()[1])
                    decided.setdefault(number, instant(each.timestamp).timestamp())
        return {
            "collected": [journaled[n] - accepted[n] for n in told],
            "judged": [decided[n] - journaled[n] for n in told],
            "told": [told[n] - decided[n] for n in told],
        }


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
