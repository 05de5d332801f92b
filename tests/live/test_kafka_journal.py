"""The journal, the snapshots and the files on a real broker: order, time, ids, bounded reading, what a failure says."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from threading import Event, Thread, active_count
from typing import Any

import pytest

from alerts.effects import Effect
from streams.adapters.journal_topic import JournalReader, JournalTopic
from streams.adapters.kafka_clients import KafkaAccess
from streams.adapters.partition_reader import PartitionReader
from streams.adapters.raw_topics import RawFile, RawTopics
from streams.adapters.state_topic import StateTopic
from streams.adapters.topic_sender import Message, TopicSender
from streams.entry import Draft, Entry, Status
from streams.live.log_reader import LogReader
from streams.live.problems import KafkaUnavailable, RecordsLost, TooLarge, TopicMissing
from streams.live.record import TICK, LogRecord, decode_draft, fact_id
from streams.live.region_log import RegionLog
from streams.live.topics import JOURNAL, LARGEST_FILE, RAW_RPU, REGION_CODES, STATE, partition_of
from streams.messages import encode
from streams.replay import replay
from tests.core.builders import REGION, T0, signal

# One région is left to the other modules.
_REGIONS = iter(region for region in REGION_CODES if region != REGION)
SKEW = timedelta(seconds=2)


@pytest.fixture
def region() -> str:
    """A région that no other test writes to."""
    return next(_REGIONS)


@pytest.fixture
def journal(access: KafkaAccess) -> Iterator[JournalTopic]:
    with JournalTopic(access) as opened:
        yield opened


def draft(region: str, name: str = "s1") -> Draft:
    kind, payload = encode(signal(name))
    return Draft(T0, Status.ACTUAL, region, kind, payload)


def drafts(region: str, number: int) -> list[tuple[str, Draft]]:
    made = [draft(region, f"s{index}") for index in range(number)]
    return [(fact_id("file", each), each) for each in made]


def test_facts_come_back_in_order_dated_by_the_broker_with_their_ids(journal: JournalTopic, region: str) -> None:
    start, before = journal.end_offset(region), datetime.now(UTC)
    sent = drafts(region, 500)
    placed = journal.append(sent)
    records = list(journal.read(region, start))
    assert [(record.id, decode_draft(record.value)) for record in records] == sent
    assert [(each.offset, each.appended_at) for each in placed] == [(each.offset, each.appended_at) for each in records]
    assert [record.offset for record in records] == list(range(start, start + 500))
    instants = [record.appended_at for record in records]
    assert instants == sorted(instants)
    assert before - SKEW < instants[0] <= instants[-1] < datetime.now(UTC) + SKEW
    assert journal.end_offset(region) == start + 500


def test_the_ids_written_since_an_instant_are_found(journal: JournalTopic, region: str) -> None:
    assert list(journal.ids_since(region, T0)) == []
    placed = journal.append(drafts(region, 5))
    journal.append_tick(region)
    ids = [id_ for id_, _ in drafts(region, 5)]
    assert list(journal.ids_since(region, placed[0].appended_at)) == ids
    assert list(journal.ids_since(region, placed[-1].appended_at + timedelta(hours=1))) == []


def test_a_tick_is_dated_and_has_no_id(journal: JournalTopic, region: str) -> None:
    placed = journal.append_tick(region)
    assert list(journal.read(region, placed.offset)) == [LogRecord(placed.offset, placed.appended_at, TICK, None)]


def test_regions_do_not_mix(journal: JournalTopic, region: str) -> None:
    other = next(_REGIONS)
    start = journal.end_offset(region)
    journal.append([*drafts(region, 3), *drafts(other, 2)])
    assert len(list(journal.read(region, start))) == 3


def test_a_region_that_does_not_exist_is_refused(journal: JournalTopic) -> None:
    with pytest.raises(KeyError):
        journal.append([("id", draft("00"))])


def test_reading_stops_where_the_journal_ended_though_others_go_on(journal: JournalTopic, region: str) -> None:
    start = journal.end_offset(region)
    journal.append(drafts(region, 50))
    stop, wrote = Event(), Event()

    def write() -> None:
        for number in count():
            journal.append([(f"id-{number}", draft(region, f"more-{number}"))])
            wrote.set()
            if stop.is_set():
                return

    writer = Thread(target=write)
    writer.start()
    try:
        assert wrote.wait(30)
        end = journal.end_offset(region)
        read = [record.offset for record in journal.read(region, start)]
        assert len(read) >= end - start
        # It came to an end, and went on growing.
        wrote.clear()
        assert wrote.wait(30)
        assert journal.end_offset(region) > read[-1] + 1
    finally:
        stop.set()
        writer.join()


def test_reading_a_part(journal: JournalTopic, region: str) -> None:
    start = journal.end_offset(region)
    journal.append(drafts(region, 20))
    assert [record.offset - start for record in journal.read(region, start + 5, start + 9)] == [5, 6, 7, 8]
    assert [record.offset - start for record in journal.read(region, start + 18, start + 900)] == [18, 19]
    assert list(journal.read(region, start + 20)) == []
    assert list(journal.read(region, start + 5, start + 5)) == []
    assert [record.offset - start for record in islice(journal.read(region, start), 2)] == [0, 1]


def test_offsets_that_are_not_there_are_said_to_be_lost(journal: JournalTopic, region: str) -> None:
    end = journal.end_offset(region)
    with pytest.raises(RecordsLost, match=rf"vigie.journal, partition .*offset {end + 1} .*vigie topics check"):
        next(journal.read(region, end + 1))


def test_entries_are_those_of_the_engine_and_replay_to_the_same_digest(journal: JournalTopic, region: str) -> None:
    facts = drafts(region, 10)
    journal.append_tick(region)
    journal.append(facts)
    journal.append(facts[3:6])  # sent again after a failure
    with TopicSender(journal_access(journal)) as sender:
        sender.send(JOURNAL, [Message(region, b"garbage", (), partition_of(region))])
    journal.append([("more", draft(region, "more"))])
    journal.append_tick(region)
    log, effects = RegionLog.start(region), list[Effect]()
    for record in journal.read(region):
        if record.value != b"garbage":
            effects += log.apply(record).effects
    reader = LogReader(region)
    entries: list[Entry] = list(journal.entries(region, reader=reader))
    assert [entry.seq for entry in entries] == list(range(1, 12))
    again = replay(region, entries, reader.now, on_effect=None)
    assert again.head == log.head
    assert reader.next_offset == journal.end_offset(region)
    # Going on from there, later.
    journal.append([("later", draft(region, "later"))])
    assert [entry.seq for entry in journal.entries(region, reader=reader)] == [12]


def journal_access(journal: JournalTopic) -> KafkaAccess:
    return journal._records._access  # the broker of the fixture


def test_the_newest_snapshot_is_the_one_found(access: KafkaAccess, region: str) -> None:
    with StateTopic(access) as states:
        assert states.latest(region) is None
        for number in range(5):
            states.put(region, b"state %d" % number * 1000)
        states.put(next(_REGIONS), b"another region")
        assert states.latest(region) == b"state 4" * 1000


def test_a_snapshot_is_compressed(access: KafkaAccess, region: str) -> None:
    with StateTopic(access) as states:
        placed = states.put(region, b"the same again and again " * 1_000_000)
        kept = next(PartitionReader(access, STATE).read(placed.partition, placed.offset))
        assert len(kept.value) < 200_000
        assert kept.key == region.encode()
        assert states.latest(region) == b"the same again and again " * 1_000_000


def test_a_snapshot_that_cannot_be_read_is_none(access: KafkaAccess, region: str) -> None:
    with StateTopic(access) as states, TopicSender(access) as sender:
        states.put(region, b"state")
        sender.send(STATE, [Message(region, b"not compressed", (), partition_of(region))])
        assert states.latest(region) is None
        states.put(region, b"state again")
        assert states.latest(region) == b"state again"


def file(content: bytes = b"<OSCOUR/>", name: str = "rpu é.xml", receipt: str | None = None) -> RawFile:
    return RawFile("ETAB-440000271", name, "52", "oscour", content, receipt)


def sent_and_read(access: KafkaAccess, *files: RawFile) -> list[Any]:
    with RawTopics(access) as topics:
        placed = [topics.send("rpu", each) for each in files]
    assert len({each.partition for each in placed}) == 1
    return list(PartitionReader(access, RAW_RPU).read(placed[0].partition, placed[0].offset))


def test_files_of_a_source_come_back_byte_for_byte_in_order(access: KafkaAccess) -> None:
    files = [file(bytes([number]) * 1000, receipt="recu" if number % 2 else None) for number in range(20)]
    records = sent_and_read(access, *files)
    assert [RawFile.of(each.key, each.value, dict(each.headers)) for each in records] == files


def test_the_largest_file_passes(access: KafkaAccess) -> None:
    (record,) = sent_and_read(access, file(b"x" * LARGEST_FILE))
    assert len(record.value) == LARGEST_FILE


def test_a_larger_file_is_refused_with_what_to_do(access: KafkaAccess) -> None:
    with RawTopics(access) as topics, pytest.raises(TooLarge, match=r"rpu é.xml has 16,777,217 bytes.*cut it"):
        topics.send("rpu", file(b"x" * (LARGEST_FILE + 1)))


def test_a_name_that_is_no_text_passes(access: KafkaAccess) -> None:
    (record,) = sent_and_read(access, file(name="rpu-\udce9.xml"))
    assert RawFile.of(record.key, record.value, dict(record.headers)).name == "rpu-\\udce9.xml"


def test_a_message_without_its_headers_is_refused() -> None:
    with pytest.raises(ValueError, match="no header region"):
        RawFile.of(b"key", b"content", {"name": b"n"})


def test_what_does_not_answer_is_said(nowhere: KafkaAccess) -> None:
    with pytest.raises(KafkaUnavailable, match=r"127\.0\.0\.1:1 does not answer.*VIGIE_KAFKA_BOOTSTRAP"):
        JournalTopic(nowhere)
    with pytest.raises(KafkaUnavailable, match=r"reading vigie\.journal"):
        JournalReader(nowhere).end_offset("52")


def test_a_topic_that_does_not_exist_is_said(access: KafkaAccess) -> None:
    with pytest.raises(TopicMissing, match="vigie topics"):
        PartitionReader(access, "vigie.none").offsets(0)
    hasty = replace(access, patience=timedelta(seconds=5))
    with TopicSender(hasty) as sender, pytest.raises(KafkaUnavailable, match=r"writing to vigie\.none"):
        sender.send("vigie.none", [Message("52", b"x")])


def test_trying_in_vain_leaves_nothing_behind(nowhere: KafkaAccess) -> None:
    threads = active_count()
    for ask in (lambda: JournalTopic(nowhere), lambda: JournalReader(nowhere).end_offset("52")):
        with pytest.raises(KafkaUnavailable):
            ask()
    assert active_count() == threads
