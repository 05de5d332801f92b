"""A worker finds a région again wherever it was left; effects are told once they are handed over, never for a gap."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.effects import Effect
from streams import engine
from streams.entry import Draft, Entry, Status
from streams.live.keeping import (
    SAVE_APART,
    SAVE_EVERY,
    SAVE_RECORDS,
    TICK_AGAIN,
    TICK_EVERY,
    BrokerClock,
    Keeper,
    SpoiltRecord,
    is_tick_due,
)
from streams.live.record import LogRecord, UnreadableRecord, encode_draft
from streams.live.region_log import NOTHING, Applied, RegionLog
from streams.region.fold import Observer
from tests.core.builders import EVERY_KIND, HOUR, MINUTE, NANTES, REGION, T0, journal, passage, setting, signal
from tests.core.generated import FEWER, JOURNALS


class Log:
    """A log in memory; ``fails`` makes the next reading break half-way."""

    def __init__(self, records: list[LogRecord]) -> None:
        self.records = records
        self.fails = False

    def read(self, region: str, from_offset: int = 0, to_offset: int | None = None) -> Iterator[LogRecord]:
        assert region == REGION
        found = [each for each in self.records if from_offset <= each.offset < (to_offset or 10**9)]
        if self.fails:
            self.fails = False
            yield from found[: len(found) // 2]
            raise OSError("the broker went away")
        yield from found


class States:
    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def latest(self, region: str) -> bytes | None:
        return self.kept.get(region)

    def put(self, region: str, state: bytes) -> None:
        self.kept[region] = state


def records_of(entries: list[Entry]) -> list[LogRecord]:
    drafts = [Draft(each.occurred_at, each.status, each.region, each.kind, each.payload) for each in entries]
    return [
        LogRecord(number, entry.recorded_at, encode_draft(draft), f"id-{number}")
        for number, (entry, draft) in enumerate(zip(entries, drafts, strict=True))
    ]


def save(keeper: Keeper, states: States) -> None:
    log = keeper.log(REGION)
    if log is not None:
        states.put(REGION, log.snapshot())
        keeper.saved(REGION, timedelta())


@FEWER
@given(JOURNALS, st.data())
def test_whoever_takes_over_tells_each_effect_once(entries: list[Entry], data: st.DataObject) -> None:
    records, states = records_of(entries), States()
    log = Log(records)
    told, warned = list[Effect](), list[str]()
    keeper = Keeper(log, states, warned.append)
    for record in records:
        told += keeper.take(REGION, record).effects
        what = data.draw(st.sampled_from(["", "", "save", "lost", "dropped", "repeat", "damaged"]))
        if what == "save":
            save(keeper, states)
        if what == "lost":
            keeper = Keeper(log, states, warned.append)
        if what == "dropped":
            keeper.drop(REGION)
        if what == "repeat":
            assert keeper.take(REGION, record) is NOTHING
        if what == "damaged" and states.kept:
            states.kept[REGION] = states.kept[REGION][:-9]
    whole = RegionLog.start(REGION)
    assert told == [effect for record in records for effect in whole.apply(record).effects]


def kept() -> tuple[Keeper, list[LogRecord], States]:
    records, states = (
        records_of(journal(*setting(*EVERY_KIND), (T0, passage(NANTES, T0)), (T0 + MINUTE, signal()))),
        States(),
    )
    keeper = Keeper(Log(records), states, lambda _: None)
    return keeper, records, states


def test_a_gap_is_read_from_the_log_and_told_to_nobody() -> None:
    keeper, records, _ = kept()
    told = keeper.take(REGION, records[-1]).effects
    whole = RegionLog.start(REGION)
    assert told == [whole.apply(record) for record in records][-1].effects


def test_a_reading_that_breaks_half_way_is_begun_again() -> None:
    keeper, records, _ = kept()
    assert isinstance(keeper.journal, Log)
    keeper.journal.fails = True
    with pytest.raises(OSError, match="went away"):
        keeper.take(REGION, records[-1])
    assert keeper.log(REGION) is None
    assert keeper.take(REGION, records[-1]).effects


def test_a_record_that_cannot_be_read_is_said_and_passed_over() -> None:
    keeper, records, _ = kept()
    keeper.take(REGION, records[0])
    with pytest.raises(UnreadableRecord):
        keeper.take(REGION, LogRecord(1, T0, b"{}"))
    log = keeper.log(REGION)
    assert log is not None
    assert log.next_offset == 2


def test_a_damaged_snapshot_is_said_and_the_log_read_from_its_beginning() -> None:
    warned: list[str] = []
    _, records, states = kept()
    states.put(REGION, b"{}")
    keeper = Keeper(Log(records), states, warned.append)
    keeper.take(REGION, records[-1])
    assert len(warned) == 1
    assert "read again" in warned[0]


def test_a_snapshot_is_due_after_some_minutes_or_many_records() -> None:
    keeper, records, _ = kept()
    for record in records:
        keeper.take(REGION, record)
    assert keeper.save_due(REGION, HOUR) is None
    assert keeper.save_due(REGION, HOUR + SAVE_EVERY) is not None
    keeper.saved(REGION, HOUR + SAVE_EVERY)
    assert keeper.save_due(REGION, 2 * HOUR) is None
    last = records[-1]
    keeper.take(REGION, LogRecord(last.offset + 1, last.appended_at + HOUR, last.value, "new"))
    assert keeper.save_due(REGION, HOUR + 3 * SAVE_EVERY / 2) is None
    keeper.take(REGION, LogRecord(last.offset + SAVE_RECORDS, last.appended_at + HOUR, last.value, "far"))
    assert keeper.save_due(REGION, HOUR + 3 * SAVE_EVERY / 2) is not None


def test_snapshots_of_regions_that_came_together_are_kept_apart() -> None:
    keeper, records, _ = kept()
    for record in records:
        keeper.take(REGION, record)
    assert keeper.save_due(REGION, HOUR) is None
    due = HOUR + SAVE_EVERY
    keeper.saved("53", due - SAVE_APART / 2)
    assert keeper.save_due(REGION, due) is None
    assert keeper.save_due(REGION, due + SAVE_APART) is not None


def test_the_brokers_time_is_told_by_the_record_that_came_fastest() -> None:
    clock = BrokerClock()
    assert clock.now(timedelta(0), T0) is None
    clock.saw(T0 + HOUR, timedelta(seconds=5), T0)
    clock.saw(T0 + HOUR, timedelta(seconds=9), T0)
    assert clock.now(timedelta(seconds=10), T0) == T0 + HOUR + timedelta(seconds=5)


def test_a_tick_is_due_when_a_deadline_came_or_nothing_was_heard() -> None:
    keeper, records, _ = kept()
    for record in records:
        keeper.take(REGION, record)
    log = keeper.log(REGION)
    assert log is not None
    deadline = log.next_deadline
    assert deadline is not None
    assert log.head.advanced_to is not None
    assert not is_tick_due(log, min(deadline, log.head.advanced_to + TICK_EVERY) - timedelta(seconds=1), None)
    assert is_tick_due(log, deadline, None)
    assert not is_tick_due(log, deadline, deadline - TICK_AGAIN / 2)
    assert is_tick_due(log, log.head.advanced_to + TICK_EVERY, None)
    assert not is_tick_due(RegionLog.start(REGION), T0, None)


BROKEN = "fait.en.panne"


class Faulty(RegionLog):
    """A log with a defect: one kind of record spoils what is in memory, then fails."""

    def apply(self, record: LogRecord, observer: Observer | None = None) -> Applied:
        applied = super().apply(record, observer)
        if applied.entry is not None and applied.entry.kind == BROKEN:
            engine.advance(self.fold, T0 + 1000 * HOUR)
            raise ZeroDivisionError
        return applied


@FEWER
@given(JOURNALS, st.data())
def test_a_record_on_which_the_fold_fails_stops_nothing_else(entries: list[Entry], data: st.DataObject) -> None:
    where = data.draw(st.integers(0, len(entries)))
    sound = records_of(entries)
    value = encode_draft(Draft(T0, Status.ACTUAL, REGION, BROKEN, b"{}"))
    at = sound[max(0, where - 1)].appended_at
    records = [*sound[:where], LogRecord(where, at, value, "broken"), *(moved(each) for each in sound[where:])]
    states, told = States(), list[Effect]()
    keeper = Keeper(Log(records), states, lambda _: None, Faulty)
    for record in records:
        if record.offset == where:
            with pytest.raises(SpoiltRecord, match="ZeroDivisionError"):
                keeper.take(REGION, record)
            continue
        told += keeper.take(REGION, record).effects
        if data.draw(st.booleans()):
            # Another worker takes over, from an older snapshot or none.
            keeper = Keeper(Log(records), states, lambda _: None, Faulty)
        elif data.draw(st.booleans()):
            save(keeper, states)
    whole = RegionLog.start(REGION)
    assert told == [effect for record in sound for effect in whole.apply(record).effects]


def moved(record: LogRecord) -> LogRecord:
    return replace(record, offset=record.offset + 1)


def test_a_region_that_went_while_it_was_saved_is_not_kept() -> None:
    log = Log(records_of(journal(*setting(*EVERY_KIND))))
    keeper = Keeper(log, States(), print)
    keeper.take(REGION, log.records[0])
    keeper.keep_only([REGION])
    assert keeper.regions() == [REGION]
    keeper.keep_only(["53"])
    keeper.saved(REGION, HOUR)
    assert keeper.regions() == []
