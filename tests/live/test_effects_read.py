"""Effects as a notifier reads them: what is no effect is kept aside, the others are told."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from alerts.effect_codec import encode
from alerts.effects import Effect
from streams.adapters.effects_topic import told
from streams.testing import sample_notification


@dataclass(frozen=True)
class Record:
    """A record as kafka-python gives it."""

    offset: int
    value: bytes | None
    timestamp: int = 1000


EFFECTS: list[Effect] = [sample_notification(number) for number in range(2)]


def test_what_is_no_effect_is_kept_aside_and_the_others_are_told() -> None:
    values = [encode(EFFECTS[0]), b'{"nom":"Jeanne"}', None, b'{"kind":"notify"}', encode(EFFECTS[1])]
    read = told("52", [Record(number, value) for number, value in enumerate(values)])
    assert read.effects == tuple(EFFECTS)
    assert [each.offset for each in read.unreadable] == [1, 2, 3]
    assert read.unreadable[0].value == b'{"nom":"Jeanne"}'
    assert not any("Jeanne" in each.reason for each in read.unreadable)


@given(st.binary(max_size=60) | st.sampled_from([b"[" * 5000, b'{"kind":' * 3000, b'{"kind":"\xff"}']))
def test_nothing_that_is_read_stops_a_notifier(value: bytes) -> None:
    read = told("52", [Record(7, value)])
    assert len(read.effects) + len(read.unreadable) == 1
