"""Bounded JSON: whatever is sent, reading it costs no more than the limits, and refusing says where and never what."""

import json
import tracemalloc
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.collecting.decoding import UnreadableFeed
from streams.collecting.feed_json import LIMITS, Json, Limits, member, objects, raw_bytes, read_json, records, text

SMALL = Limits(size=1000, depth=4, tokens=100)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=20,
)


class Endless(BytesIO):
    """A hundred megabytes that never exist at once: what is asked for is counted."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.left, self.served = size, 0

    def read(self, size: int | None = -1) -> bytes:
        size = self.left if size is None or size < 0 else min(size, self.left)
        self.left -= size
        self.served += size
        return b"x" * size


def read(content: bytes, limits: Limits = LIMITS) -> Json:
    return read_json(BytesIO(content), "f.json", limits)


def refusal(content: bytes, limits: Limits = LIMITS) -> str:
    with pytest.raises(UnreadableFeed) as caught:
        read(content, limits)
    return str(caught.value)


@given(json_values)
def test_what_is_json_is_read_as_it_is(value: Json) -> None:
    assert read(json.dumps(value).encode()) == value


@given(st.binary(max_size=60) | st.text(alphabet='{}[]",:\\u0123eE.-ntf', max_size=60).map(str.encode))
def test_anything_else_is_refused_and_nothing_else_raised(content: bytes) -> None:
    try:
        read(content, SMALL)
    except UnreadableFeed as error:
        assert str(error).startswith("f.json:")  # noqa: PT017 (both outcomes are right)


def test_a_byte_order_mark_is_allowed() -> None:
    assert read(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b'{"a": 1,\n "b": }', "f.json:2: not JSON"),
        (b'{"a": 1}\n{"a": 1}', "f.json:2: not JSON"),
        (b'["\xe9"]', "f.json:1: not UTF-8"),
        (b'{"a": 1, "a": 1}', "same key is given twice"),
        (b'[{"b": {"a": 1, "\\u0061": 2}}]', "same key is given twice"),
        (b"[NaN]", "NaN"),
        (b"[-Infinity]", "infinity"),
        (b"[1e400]", "too large"),
        (b"[1" + b"0" * 5000 + b"]", "too large"),
        (b'["\\ud800"]', "surrogate"),
        (b'{"\\udfff": 1}', "surrogate"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(content: bytes, said: str) -> None:
    assert said in refusal(content)


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert read(b'["\\ud83d\\ude91"]') == ["🚑"]


def test_a_number_beyond_any_count_is_no_whole_number() -> None:
    assert isinstance(member(read(b'{"n": 99999999999999999999}'), "n"), float)


def test_depth_is_counted_outside_texts_only() -> None:
    assert read(b'[[[["[[[[[[[[\\"[["]]]]', SMALL) == [[[['[[[[[[[["[[']]]]
    assert "4 levels" in refusal(b"[[[[[1]]]]]", SMALL)
    assert "levels" in refusal(b"[" * 200_000)
    assert "levels" in refusal(b'{"a":' * 200_000)


def test_many_small_values_are_refused_before_they_exist() -> None:
    assert "more than 100 values" in refusal(b"[" + b"[]," * 200 + b"[]]", SMALL)
    assert len(objects(read(b"[" + b"{}," * 20 + b"{}]", SMALL))) == 21


def test_a_hundred_megabytes_are_refused_without_being_read() -> None:
    endless = Endless(100_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableFeed, match="larger than 1000000 bytes"):
            read_json(endless, "f.json", Limits(size=1_000_000))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert endless.served == 1_000_001
    assert peak < 5_000_000


def test_one_text_of_the_whole_size_is_read_once() -> None:
    assert len(text(read(b'"' + b"x" * 998 + b'"', SMALL), 1000) or "") == 998
    assert "larger" in refusal(b'"' + b"x" * 999 + b'"', SMALL)


@pytest.mark.parametrize("hostile", [b'"' + b"\\n" * 400_000, b'"\\"' * 400_000, b"\\" * 400_000, b'"' * 400_001])
def test_hostile_texts_take_no_time(hostile: bytes) -> None:
    assert refusal(hostile)


def test_no_content_is_repeated() -> None:
    for content in (b'{"nom": "MARTIN" "ne": 1}', b'{"MARTIN": 1, "MARTIN": 2}', b'["MARTIN', b'["MARTIN \\ud800"]'):
        assert "MARTIN" not in refusal(content)


def test_records_are_counted_from_one() -> None:
    assert list(records([5, 6])) == [(1, 5), (2, 6)]
    assert list(records({"a": 1})) == [(1, {"a": 1})]
    assert raw_bytes({"a": "é"}) == b'{"a":"\\u00e9"}'


def test_members_are_found_only_where_they_are() -> None:
    assert member([1], "a") is None
    assert objects({"a": 1}) == []
    assert objects([1, {"a": 1}, None]) == [{"a": 1}]
    assert text(" a ") == "a"
    assert text("  ") is None
    assert text("x" * 201) is None
    assert text(5) is None
