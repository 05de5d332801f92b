"""Garbage of a process that lives long: looked for between turns, and found even in what had been set aside."""

import gc
from collections.abc import Iterator
from weakref import ref

import pytest

from vigie.garbage import LOOK_AFTER, keep_out_of_turns, look_between_turns


@pytest.fixture(autouse=True)
def python_as_it_was() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


class Ring:
    """Refers to itself: only a look for garbage finds that nobody else does."""

    def __init__(self) -> None:
        self.self = self


def much_is_made() -> None:
    for _ in range(LOOK_AFTER):
        gc.collect(1)


def test_what_is_loaded_is_set_aside_and_full_looks_wait() -> None:
    keep_out_of_turns()
    assert gc.get_freeze_count() > 1000
    assert gc.get_threshold()[2] > LOOK_AFTER


def test_nothing_is_looked_through_while_little_was_made() -> None:
    keep_out_of_turns()
    ring = Ring()
    gone = ref(ring)
    gc.freeze()
    del ring
    look_between_turns()
    assert gone() is not None


def test_what_was_set_aside_is_not_kept_for_ever() -> None:
    ring = Ring()
    gone = ref(ring)
    keep_out_of_turns()
    del ring
    much_is_made()
    assert gone() is not None
    look_between_turns()
    assert gone() is None
