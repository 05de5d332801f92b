"""Alive and ready, in virtual time: work that waits and does not move, loops that stop, followers that catch up."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from streams.live.health import CatchUp, Heartbeat, Watchdog

SECOND = timedelta(seconds=1)
DELAY = 30 * SECOND


def test_work_that_waits_without_progress_is_told_after_the_delay() -> None:
    dog = Watchdog(DELAY)
    dog.saw({"j/0": 5, "j/1": 7}, {"j/0": 9, "j/1": 7}, 0 * SECOND)
    assert dog.stuck(30 * SECOND) == ()
    dog.saw({"j/0": 5, "j/1": 7}, {"j/0": 9, "j/1": 7}, 31 * SECOND)
    assert dog.stuck(31 * SECOND) == ("j/0",)
    dog.saw({"j/0": 6, "j/1": 7}, {"j/0": 9, "j/1": 7}, 32 * SECOND)
    assert dog.stuck(32 * SECOND) == ()


def test_the_delay_runs_from_when_the_work_came() -> None:
    dog = Watchdog(DELAY)
    for second in (0, 100, 200):
        dog.saw({"j/0": 5}, {"j/0": 5}, second * SECOND)
    dog.saw({"j/0": 5}, {"j/0": 6}, 201 * SECOND)
    assert dog.stuck(231 * SECOND) == ()
    assert dog.stuck(232 * SECOND) == ("j/0",)


def test_a_place_given_to_another_is_not_waited_for() -> None:
    dog = Watchdog(DELAY)
    dog.saw({"j/0": 5}, {"j/0": 6}, 0 * SECOND)
    dog.saw({}, {"j/0": 6}, 40 * SECOND)
    assert dog.stuck(41 * SECOND) == ()
    dog.saw({"j/0": 5}, {"j/0": 6}, 50 * SECOND)
    assert dog.stuck(60 * SECOND) == ()


LOOKS = st.lists(st.tuples(st.integers(1, 20), st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30)


@given(LOOKS)
def test_stuck_is_exactly_waiting_for_longer_than_the_delay_at_one_offset(looks: list[tuple[int, int, int]]) -> None:
    dog, now, done, end = Watchdog(DELAY), 0, 0, 0
    waiting_since: int | None = None
    for seconds, came, read in looks:
        now, end = now + seconds, end + came
        moved, done = done, min(end, done + read)
        if done == end:
            waiting_since = None
        elif waiting_since is None or done != moved:
            waiting_since = now
        dog.saw({"j/0": done}, {"j/0": end}, now * SECOND)
        is_stuck = waiting_since is not None and (now - waiting_since) * SECOND > DELAY
        assert dog.stuck(now * SECOND) == (("j/0",) if is_stuck else ())


def test_a_loop_is_stopped_once_it_says_nothing_for_the_delay() -> None:
    heart = Heartbeat(DELAY)
    assert not heart.is_stopped(1000 * SECOND)
    heart.beat(1000 * SECOND)
    assert not heart.is_stopped(1030 * SECOND)
    assert heart.is_stopped(1031 * SECOND)
    heart.beat(1032 * SECOND)
    assert not heart.is_stopped(1033 * SECOND)


def test_who_has_read_what_was_there_a_look_ago_keeps_up() -> None:
    catch_up = CatchUp()
    assert catch_up.behind({"52": 100}) is None
    catch_up.looked({"52": 100, "53": 0})
    assert catch_up.behind({"52": 0}) is None
    catch_up.looked({"52": 120, "53": 0})
    assert catch_up.behind({"52": 40}) == {"52": 60}
    assert catch_up.behind({"52": 100}) == {}
    catch_up.looked({"52": 140, "53": 2})
    assert catch_up.behind({"52": 110, "53": 0}) == {"52": 10}
