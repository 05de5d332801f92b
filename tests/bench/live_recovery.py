"""A région found again, and a journal replayed, from Kafka: a long log, and the same entries in an embedded journal."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from alerts.effect_codec import decode
from alerts.effects import AlertRaised
from orsan_plans.geography import REGIONS
from streams.adapters.journal_topic import JournalReader, JournalTopic
from streams.adapters.kafka_clients import KafkaAccess, KafkaConsumer, TopicPartition, opened
from streams.adapters.partition_reader import PartitionReader
from streams.adapters.sqlite_journal import SqliteJournal
from streams.adapters.state_topic import StateTopic
from streams.entry import Draft, Entry, Status
from streams.journal import JournalPurpose
from streams.live.keeping import SAVE_RECORDS, Keeper
from streams.live.record import fact_id
from streams.live.region_log import RegionLog
from streams.live.topics import EFFECTS, JOURNAL, partition_of
from streams.messages import Message, encode
from streams.monitor import Dated, Monitor
from streams.replay import replay
from tests.bench.live_log import REGION
from tests.bench.timing import Run, Timed, timed
from tests.core.builders import catalogue, event, rule, signal
from tests.live.processes import Process, fresh, until, vigie_process
from vigie.worker import ENGINE

_BATCH: Final = 2_000
_PATIENCE: Final = 600.0


def snapshot(access: KafkaAccess) -> int:
    """Fold the whole log, and keep the snapshot that is at the worst place: one more record and another is due.

    Returns how many records are read again from it.
    """
    journal = JournalReader(access)
    end = journal.end_offset(REGION)
    start, log = max(0, end - SAVE_RECORDS + 1), RegionLog.start(REGION)
    for record in journal.read(REGION, 0, start):
        log.apply(record)
    with StateTopic(access) as states:
        states.put(REGION, log.snapshot())
    return end - start


def finding(access: KafkaAccess) -> Callable[[], Timed]:
    """Find the région again as a worker does: its newest snapshot, then the rest of the log."""

    def work() -> int:
        journal = JournalReader(access)
        end = journal.end_offset(REGION)
        with StateTopic(access) as states:
            log = Keeper(journal, states, _refuse).reach(REGION, end)
        if log.next_offset != end:
            raise AssertionError("the région was not found again")
        return end

    return lambda: work


def _refuse(why: str) -> None:
    raise AssertionError(why)


def as_if_read(access: KafkaAccess) -> None:
    """Leave the journal as workers do that have read everything."""
    consumer = opened(KafkaConsumer, access, group_id=ENGINE, enable_auto_commit=False)
    place = TopicPartition(JOURNAL, partition_of(REGION))
    consumer.assign([place])
    consumer.seek_to_end(place)
    consumer.position(place)
    consumer.commit()
    consumer.close()


def taking_over(access: KafkaAccess, folder: Path, sessions: Sequence[int]) -> Iterator[tuple[int, float]]:
    """Yield the seconds from the start of a worker, another having just been killed, to the first effect it tells.

    ``sessions``: how many seconds the brokers wait for the one that was killed. A worker is killed for each.
    """
    departements = iter(REGIONS[REGION].departements)
    with JournalTopic(access) as journal:
        _say(journal, catalogue(rule("reprise", ["departement"], event("accident"))))
        for session in sessions:
            with _worker(access, folder, session) as first:
                _alert(access, journal, next(departements))
                first.kill()
            begin = time.perf_counter()
            with _worker(access, folder, session):
                _alert(access, journal, next(departements))
                yield session, time.perf_counter() - begin


def _worker(access: KafkaAccess, folder: Path, session: int) -> AbstractContextManager[Process]:
    own = {
        "VIGIE_SESSION_SECONDS": str(session),
        "VIGIE_DATABASE_URL": f"sqlite:///{folder / 'live.db'}",
    }
    arguments = ("worker", "--data", str(folder / "w"))
    return vigie_process(access, folder / "taking-over.log", *arguments, environment=own, start=fresh)


def _say(journal: JournalTopic, *facts: Message) -> None:
    now = datetime.now(UTC)
    drafts = [Draft(now, Status.ACTUAL, REGION, *encode(fact)) for fact in facts]
    journal.append([(fact_id(f"{now.isoformat()} {number}", each), each) for number, each in enumerate(drafts)])


def _alert(access: KafkaAccess, journal: JournalTopic, departement: str) -> None:
    territory = f"DEP-{departement}"
    effects, partition = PartitionReader(access, EFFECTS), partition_of(REGION)
    start = effects.offsets(partition)[1]
    _say(journal, signal(f"reprise-{territory}", territory=territory))

    def told() -> bool:
        found = [decode(record.value) for record in effects.read(partition, start)]
        return any(isinstance(each, AlertRaised) and each.brief.territory == territory for each in found)

    until(told, _PATIENCE)


def replaying(access: KafkaAccess, path: Path, records: int, times: int) -> Iterator[tuple[Run, Run]]:
    """Yield, ``times`` over, how long the replay of an embedded journal and that of the same log on Kafka took."""
    _copy(access, path, records)
    for _ in range(times):
        [embedded] = timed(lambda: lambda: _replay_embedded(path), 1)
        [on_kafka] = timed(lambda: lambda: _replay_kafka(access, records), 1)
        yield embedded, on_kafka


def _replay_embedded(path: Path) -> int:
    with SqliteJournal.open(path, read_only=True) as journal:
        head = journal.head(REGION)
        if replay(REGION, journal.entries(REGION), head.advanced_to).head != head:
            raise AssertionError("the replay does not give the stored digests")
        return head.seq


def _replay_kafka(access: KafkaAccess, records: int) -> int:
    log = RegionLog.start(REGION)
    for record in JournalReader(access).read(REGION, 0, records):
        log.apply(record)
    return log.head.seq


def _copy(access: KafkaAccess, path: Path, records: int) -> None:
    with SqliteJournal.create(path, JournalPurpose.RETEX) as journal:
        monitor = Monitor(journal)
        for some in _batches(JournalReader(access).entries(REGION, records)):
            monitor.record([Dated(each.recorded_at, _draft(each)) for each in some])


def _batches(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    some: list[Entry] = []
    for entry in entries:
        some.append(entry)
        if len(some) == _BATCH:
            yield some
            some = []
    yield some


def _draft(entry: Entry) -> Draft:
    return Draft(entry.occurred_at, entry.status, entry.region, entry.kind, entry.payload)


def new_path(directory: Path) -> Path:
    """Return where a journal can be made."""
    return Path(mkdtemp(dir=directory)) / "banc.db"
