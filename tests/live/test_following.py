"""Who follows a log sees what its worker decided, from the beginning or from a snapshot."""

from hypothesis import given
from hypothesis import strategies as st

from alerts.effects import Effect
from dashboards.board import Board
from streams.live.following import follow, told_before
from streams.live.record import LogRecord
from streams.live.region_log import RegionLog
from tests.core.builders import REGION
from tests.core.generated import FEWER
from tests.live.test_region_log import logs, read
from vigie.showing import Showing


@FEWER
@given(logs(), st.data())
def test_following_decides_what_the_worker_decided(records: list[LogRecord], data: st.DataObject) -> None:
    worker, follower = RegionLog.start(REGION), RegionLog.start(REGION)
    entries, effects = read(worker, records)
    cut = data.draw(st.integers(0, len(records)))
    parts = [follow(follower, some) for some in (records[:cut], records[cut:])]
    assert [each for part in parts for each in part.entries] == entries
    assert [each for part in parts for each in part.effects] == effects
    assert follower.head == worker.head


@FEWER
@given(logs(), st.data())
def test_from_a_snapshot_the_board_has_the_same_alerts_and_postures(
    records: list[LogRecord], data: st.DataObject
) -> None:
    whole, worker = RegionLog.start(REGION), RegionLog.start(REGION)
    cut = data.draw(st.integers(0, len(records)))
    before = follow(worker, records[:cut])
    later = RegionLog.restore(worker.snapshot())
    after = follow(worker, records[cut:])
    # As the topic keeps them: some twice, and those told since the snapshot too.
    told = data.draw(with_repeats([*before.effects, *after.effects]))
    assert told_before(later, told) == list(before.effects)

    first, second = Board(), Board()
    showing = Showing(first)
    showing.committed(follow(whole, records), whole.fold)
    again = Showing(second)
    again.begin(later.fold, told_before(later, told))
    again.committed(follow(later, records[cut:]), later.fold)
    assert second.alerts == first.alerts
    assert second.postures == first.postures
    assert second.feeds == first.feeds
    assert second.decisions == first.decisions
    assert second.regions == first.regions


@st.composite
def with_repeats(draw: st.DrawFn, effects: list[Effect]) -> list[Effect]:
    told = list[Effect]()
    for effect in effects:
        told.append(effect)
        if draw(st.booleans()):
            told.append(draw(st.sampled_from(told)))
    return told
