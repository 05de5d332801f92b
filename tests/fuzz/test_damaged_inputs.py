"""The campaign in small: the same damaged inputs each time, and what the harness itself must notice."""

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import BinaryIO

import pytest

from streams.collecting.decoding import Accepted, Context, Decoding, Manifest, Refused, UnreadableFeed
from streams.collecting.formats import Format, Tools
from streams.messages.capacity import BedCapacity
from tests.fuzz import calendars
from tests.fuzz.campaign import NAMES, Campaign, plain
from tests.fuzz.invariants import CONTEXT, FORMATS, Finding, check, check_collected
from tests.fuzz.mutations import mutate
from tests.fuzz.seeds import seeds

INPUTS = 2000


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_damaged_inputs_are_accepted_or_refused(name: str, tmp_path: Path) -> None:
    campaign = Campaign(name, tmp_path)
    plain(campaign, INPUTS, seed=20260115)
    assert campaign.kinds == {}
    assert campaign.inputs == INPUTS


@pytest.mark.parametrize("name", FORMATS.by_name)
def test_each_seed_is_collected_whole_or_nearly(name: str) -> None:
    """A seed that its decoder refuses would lead the campaign nowhere."""
    for seed in seeds(name):
        outcome = check(FORMATS.by_name[name], seed)
        assert outcome.startswith("1"), outcome
        check_collected(FORMATS.by_name[name], seed)


def test_each_calendar_is_read_and_pieces_are_refused() -> None:
    assert {calendars.check_calendar(seed) for seed in calendars.calendar_seeds()} == {"read"}
    assert {calendars.check_calendar(seed) for seed in calendars.REFUSED_PIECES} == {"refused", "read"}


@pytest.mark.parametrize("text", ["", "a\n\nb", "x" * (calendars.LONGEST_LINE + 1), "« \x1b[2J » se répète"])
def test_a_refusal_that_is_no_sentence_is_found(text: str) -> None:
    with pytest.raises(Finding):
        calendars.check_sentence(text)


def test_the_same_seed_gives_the_same_damage() -> None:
    examples = seeds("ror")
    first, again = ([mutate(examples[0], Random(7), examples) for _ in range(20)] for _ in range(2))
    assert first == again
    assert mutate(examples[0], Random(8), examples) != first[0]


def a_format(items: Callable[[bytes], Iterator[Accepted | Refused]]) -> Format:
    def decode(stream: BinaryIO, name: str, context: Context, tools: Tools) -> Decoding:
        del name, context, tools
        return Decoding(Manifest("essai", "essai", CONTEXT.received_at), items(stream.read()))

    return Format("essai", decode)


def breaks(data: bytes) -> Iterator[Accepted | Refused]:
    yield Refused(1, data, "sans raison")
    raise KeyError(data)


def quotes(data: bytes) -> Iterator[Accepted | Refused]:
    yield Refused(1, data, f"not a name: {data.decode()[:13]}")


def quotes_whole(data: bytes) -> Iterator[Accepted | Refused]:
    yield from ()
    raise UnreadableFeed(f"f:1: {data.decode()}")


def invalid(_: bytes) -> Iterator[Accepted | Refused]:
    beds = BedCapacity("44", "44", "rea", CONTEXT.received_at)
    yield Accepted(beds, CONTEXT.received_at, "cle")


def without_place(data: bytes) -> Iterator[Accepted | Refused]:
    yield Refused(0, data, "ici")


@pytest.mark.parametrize("items", [breaks, quotes, quotes_whole, invalid, without_place])
def test_what_must_not_happen_is_found(items: Callable[[bytes], Iterator[Accepted | Refused]], tmp_path: Path) -> None:
    campaign = Campaign("ror", tmp_path / "ror")
    campaign.format = a_format(items)
    for _ in range(3):
        campaign.try_one(b"JEANNE MARTIN-DUPONT")
    assert len(campaign.kinds) == 1
    (kept,) = [path for path in campaign.directory.iterdir() if path.suffix != ".txt"]
    assert kept.read_bytes() == b"JEANNE MARTIN-DUPONT"


def test_a_short_quote_and_the_decoder_s_own_words_are_no_finding() -> None:
    def short(data: bytes) -> Iterator[Accepted | Refused]:
        yield Refused(1, data, f"not a FINESS: {data.decode()[:9]}: nine characters are expected")

    assert check(a_format(short), b"440000271 nine characters are expected") == "0 1"
