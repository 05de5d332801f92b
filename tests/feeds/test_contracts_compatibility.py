"""What was journaled once stays readable: frozen messages and effects, whose lines are added to, never changed."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import msgspec
import pytest

from alerts import effect_codec
from alerts.effects import EFFECT_TYPES
from streams import messages
from streams.messages import TYPE_OF_KIND
from tests.feeds.contract_validators import complaints

FROZEN = Path(__file__).parent / "compatibility"


def lines(folder: str) -> list[tuple[str, bytes]]:
    files = sorted((FROZEN / folder).glob("*.jsonl"))
    return [(file.stem, line) for file in files for line in file.read_bytes().splitlines()]


def forgotten(before: object, after: object) -> list[str]:
    """Return the members and values of ``before`` that ``after`` does not hold; it may hold more."""
    if isinstance(before, dict) and isinstance(after, dict):
        lost = [str(name) for name in before if name not in after]
        return lost + [f"{n}.{path}" for n in before if n in after for path in forgotten(before[n], after[n])]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = enumerate(zip(before, after, strict=True))
        return [f"{number}.{path}" for number, pair in pairs for path in forgotten(*pair)]
    return [] if before == after else [f"{before!r} became {after!r}"]


@pytest.mark.parametrize(("kind", "line"), lines("messages"))
def test_a_message_journaled_once_is_read_whole(kind: str, line: bytes) -> None:
    message = messages.decode(kind, line)
    assert isinstance(message, TYPE_OF_KIND[kind])
    assert forgotten(msgspec.json.decode(line), msgspec.json.decode(messages.encode(message)[1])) == []


@pytest.mark.parametrize(("kind", "line"), lines("messages"))
def test_a_message_journaled_once_follows_its_schema(kind: str, line: bytes) -> None:
    assert complaints(kind, msgspec.json.decode(line)) == []


@pytest.mark.parametrize(("kind", "line"), lines("effects"))
def test_an_effect_stored_once_is_read_whole_and_follows_the_schema(kind: str, line: bytes) -> None:
    effect = effect_codec.decode(line)
    assert effect.kind == kind
    assert forgotten(msgspec.json.decode(line), msgspec.json.decode(effect_codec.encode(effect))) == []
    assert complaints("effect", msgspec.json.decode(line)) == []


@pytest.mark.parametrize(("folder", "types"), [("messages", TYPE_OF_KIND), ("effects", EFFECT_TYPES)])
def test_a_frozen_line_has_every_member_of_each_type(folder: str, types: dict[str, Any]) -> None:
    found = lines(folder)
    assert {kind for kind, _ in found} == types.keys()
    for kind, type_ in types.items():
        members = {field.name for field in fields(type_)}
        known = [msgspec.json.decode(line).keys() for name, line in found if name == kind]
        assert any(members <= each for each in known), f"add a line to {folder}/{kind}.jsonl that has every member"


@pytest.mark.parametrize(
    ("before", "after"), [({"a": 1}, {}), ({"a": 1}, {"a": 2}), ([1, 2], [1]), ({"a": [{"b": 1}]}, {"a": [{"c": 1}]})]
)
def test_a_member_lost_in_reading_is_seen(before: object, after: object) -> None:
    assert forgotten(before, after)
