"""The log of a région: whoever reads the same records, in whatever pieces, decides the same."""

from collections import OrderedDict
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.effects import Effect
from streams.entry import Draft, Entry, Status
from streams.live.log_reader import RECENT_IDS, LogReader
from streams.live.record import TICK, LogRecord, UnreadableRecord, decode_draft, encode_draft, fact_id
from streams.live.region_log import NOTHING, RegionLog, UnreadableState
from streams.live.topics import JOURNAL, REGION_CODES, TOPICS, partition_of, raw_topic_of, region_of
from streams.messages import encode
from streams.replay import replay
from tests.core.builders import MINUTE, NANTES, REGION, T0, beds, journal, passage, setting, signal
from tests.core.generated import FEWER, JOURNALS

GARBAGE = (b"", b"{}", b"\xff", b'{"kind":"rpu.passage"}', b"[" * 100_000)


def draft_of(entry: Entry) -> Draft:
    return Draft(entry.occurred_at, entry.status, entry.region, entry.kind, entry.payload)


@st.composite
def logs(draw: st.DrawFn) -> list[LogRecord]:
    """Turn a journal into a log: repeats, ticks, garbage, gaps between offsets, a broker's clock that goes back."""
    records: list[LogRecord] = []
    offset = 0

    def add(at: datetime, value: bytes, id_: str | None = None) -> None:
        nonlocal offset
        offset += draw(st.sampled_from([1, 1, 1, 2, 7]))
        records.append(LogRecord(offset, at + draw(st.sampled_from([0, 0, 0, -10, 3])) * MINUTE, value, id_))

    for entry in draw(JOURNALS):
        id_ = f"id-{entry.seq}"
        add(entry.recorded_at, encode_draft(draft_of(entry)), id_)
        what = draw(st.sampled_from(["", "", "repeat", "tick", "garbage"]))
        if what == "repeat":
            add(entry.recorded_at, encode_draft(draft_of(entry)), id_)
        if what == "tick":
            add(entry.recorded_at + 4 * MINUTE, TICK)
        if what == "garbage":
            add(entry.recorded_at, draw(st.sampled_from(GARBAGE)))
    return records


def read(log: RegionLog, records: list[LogRecord]) -> tuple[list[Entry], list[Effect]]:
    entries, effects = list[Entry](), list[Effect]()
    for record in records:
        try:
            applied = log.apply(record)
        except UnreadableRecord:
            continue
        entries += [applied.entry] if applied.entry is not None else []
        effects += applied.effects
    return entries, effects


@FEWER
@given(logs())
def test_an_embedded_replay_of_the_entries_gives_the_digests_of_the_log(records: list[LogRecord]) -> None:
    log, effects = RegionLog.start(REGION), list[Effect]()
    entries, decided = read(log, records)
    again = replay(REGION, entries, log.head.advanced_to, on_effect=effects.append)
    assert again.head == log.head
    assert effects == decided


@FEWER
@given(logs())
def test_a_reader_that_does_not_fold_has_the_same_entries(records: list[LogRecord]) -> None:
    log, reader = RegionLog.start(REGION), LogReader(REGION)
    assert list(reader.entries(records)) == read(log, records)[0]
    assert reader == log.reader
    assert reader.now == (log.head.advanced_to if reader.seq else None)


@FEWER
@given(logs(), st.data())
def test_reading_in_pieces_and_again_changes_nothing(records: list[LogRecord], data: st.DataObject) -> None:
    once = RegionLog.start(REGION)
    entries, effects = read(once, records)
    log = RegionLog.start(REGION)
    found: tuple[list[Entry], list[Effect]] = [], []
    for number, record in enumerate(records):
        back = data.draw(st.sampled_from([0, 0, 1, 3]))
        some = read(log, [*records[max(0, number - back) : number], record])
        found[0].extend(some[0])
        found[1].extend(some[1])
        if data.draw(st.booleans()):
            log = RegionLog.restore(log.snapshot())
    assert found == (entries, effects)
    assert log.snapshot() == once.snapshot()


def record(offset: int, message: object, at: datetime = T0, id_: str | None = None) -> LogRecord:
    kind, payload = encode(message)  # type: ignore[arg-type]  # any message
    return LogRecord(offset, at, encode_draft(Draft(at, Status.ACTUAL, REGION, kind, payload)), id_)


def test_a_deadline_fires_when_a_tick_is_read() -> None:
    log = RegionLog.start(REGION)
    entries = journal(*setting(), (T0, passage(NANTES, T0)))
    read(log, [LogRecord(each.seq, each.recorded_at, encode_draft(draft_of(each))) for each in entries])
    due = log.next_deadline
    assert due is not None
    log.apply(LogRecord(50, due - timedelta(seconds=1), TICK))
    assert log.next_deadline == due
    log.apply(LogRecord(51, due, TICK))
    assert log.next_deadline is not None
    assert log.next_deadline > due


def test_a_repeat_is_nothing() -> None:
    log = RegionLog.start(REGION)
    assert log.apply(record(0, signal(), id_="a")).entry is not None
    assert log.apply(record(1, signal(), id_="a")) is NOTHING
    assert log.apply(record(2, signal("s2"), id_="b")).entry is not None
    assert log.head.seq == 2


def test_ids_are_forgotten_in_the_end() -> None:
    log = RegionLog.start(REGION)
    log.reader.recent = OrderedDict.fromkeys(f"old-{n}" for n in range(RECENT_IDS))
    log.apply(record(0, signal(), id_="new"))
    assert len(log.reader.recent) == RECENT_IDS
    assert "old-0" not in log.reader.recent


def test_time_in_a_region_never_goes_back() -> None:
    log = RegionLog.start(REGION)
    log.apply(record(0, signal(), T0))
    applied = log.apply(record(1, signal("s2"), T0 - 10 * MINUTE))
    assert applied.entry is not None
    assert applied.entry.recorded_at == T0


@pytest.mark.parametrize("value", GARBAGE)
def test_garbage_is_refused_and_passed_over(value: bytes) -> None:
    log = RegionLog.start(REGION)
    with pytest.raises(UnreadableRecord):
        log.apply(LogRecord(0, T0, value))
    assert log.next_offset == 1


def test_a_draft_of_another_region_is_refused() -> None:
    kind, payload = encode(signal())
    value = encode_draft(Draft(T0, Status.ACTUAL, "76", kind, payload))
    with pytest.raises(UnreadableRecord, match="région 76 in the log of région 52"):
        RegionLog.start(REGION).apply(LogRecord(0, T0, value))


def test_a_payload_on_two_lines_is_refused() -> None:
    value = encode_draft(Draft(T0, Status.ACTUAL, REGION, "alert.acknowledge", b'{"alert_id":"a",\n"by":"b"}'))
    with pytest.raises(UnreadableRecord, match="canonical"):
        decode_draft(value)


def test_a_draft_comes_back_as_it_was() -> None:
    kind, payload = encode(beds(NANTES, T0, 3))
    draft = Draft(T0, Status.EXERCISE, REGION, kind, payload)
    assert decode_draft(encode_draft(draft)) == draft


def test_the_id_of_a_fact_depends_on_its_cause_and_content_alone() -> None:
    kind, payload = encode(signal())
    draft = Draft(T0.astimezone(UTC), Status.ACTUAL, REGION, kind, payload)
    assert fact_id("file", draft) == fact_id("file", draft)
    assert (
        len({fact_id("file", draft), fact_id("other", draft), fact_id("file", draft_of(journal((T0, signal()))[0]))})
        == 2
    )


@pytest.mark.parametrize("state", [b"", b"{}", b'{"version":0}', b"[]", b'{"version":1,"fold":"%%%"}'])
def test_a_state_that_cannot_be_read_is_refused(state: bytes) -> None:
    with pytest.raises(UnreadableState):
        RegionLog.restore(state)


def test_a_state_is_json() -> None:
    log = RegionLog.start(REGION)
    log.apply(record(0, signal(), id_="a"))
    assert msgspec.json.decode(log.snapshot())["recent"] == ["a"]


def test_each_region_has_its_partition() -> None:
    assert [partition_of(region) for region in REGION_CODES] == list(range(TOPICS[JOURNAL].partitions))
    assert all(region_of(partition_of(region)) == region for region in REGION_CODES)
    with pytest.raises(KeyError):
        partition_of("00")


def test_the_journal_is_dated_by_the_broker_and_kept_for_ever() -> None:
    config = TOPICS[JOURNAL].config
    assert (config["message.timestamp.type"], config["retention.ms"], config["cleanup.policy"]) == (
        "LogAppendTime",
        "-1",
        "delete",
    )


def test_each_feed_has_its_raw_topic() -> None:
    assert [raw_topic_of(feed) for feed in ("rpu", "lits", "signaux", "autre")] == [
        "vigie.raw.rpu",
        "vigie.raw.capacity",
        "vigie.raw.signals",
        "vigie.raw.signals",
    ]
