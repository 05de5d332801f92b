"""A file that brings nothing new: what is said of its source, and when its bytes need no reading."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import BinaryIO

import pytest

from streams import messages
from streams.collecting.decoding import Accepted, Context, Decoding, Refused
from streams.collecting.formats import Format, Formats, Tools
from streams.entry import Draft, Status
from streams.messages.reference import Etablissement, EtablissementList
from streams.monitor import Monitor
from streams.testing import MemoryJournal
from tests.feeds.collecting_builders import (
    ETAB,
    FORMATS,
    NOW,
    TODAY,
    Collecting,
    collector,
    counts,
    decode,
    file,
    kinds,
    received,
    sent,
    wrap,
)

HOUR = timedelta(hours=1)
DAY = str(TODAY)


def test_a_newer_file_that_brings_nothing_new_says_that_its_source_lives() -> None:
    made = collector()
    made.collect(sent(file(f"a {DAY}")), received())
    receipt = made.collect(sent(file(f"a {DAY}", at=NOW + HOUR)), received(NOW + HOUR))
    assert counts(receipt) == (1, 0, 1, 0, 1)
    assert kinds(made) == ["rpu.passage", "feed.received"]
    assert counts(made.collect(sent(file(f"a {DAY}", at=NOW + HOUR)), received(NOW + 2 * HOUR)))[-1] == 0


def test_a_file_without_visits_says_that_its_source_lives() -> None:
    made = collector()
    assert counts(made.collect(sent(file()), received())) == (0, 0, 0, 0, 1)
    assert kinds(made) == ["feed.received"]


def test_a_file_of_which_nothing_could_be_read_says_nothing() -> None:
    made = collector()
    assert counts(made.collect(sent(file("!illisible")), received())) == (1, 0, 0, 1, 0)
    assert kinds(made) == []


@pytest.mark.parametrize("age", [timedelta(0), timedelta(39), timedelta(40), timedelta(400)])
def test_a_file_without_window_sent_again_journals_nothing_however_old(age: timedelta) -> None:
    made, data = collector(), file(f"a {DAY}", f"b {DAY}", feed="lits", at=NOW - age)
    assert made.collect(sent(data), received()).journaled == 2
    for day in range(1, 90, 13):
        assert made.collect(sent(data), received(NOW + timedelta(day))).journaled == 0


class Counting(Formats):
    """The formats of tests, which count the files they read."""

    def __init__(self) -> None:
        self.read = 0
        super().__init__([Format("essai", self._count, wrap)], FORMATS.recognise)

    def _count(self, stream: BinaryIO, source_name: str, context: Context, tools: Tools) -> Decoding:
        decoding = decode(stream, source_name, context, tools)

        def items() -> Iterator[Accepted | Refused]:
            self.read += 1
            yield from decoding.items

        return replace(decoding, items=items())


def test_the_same_bytes_are_not_read_again() -> None:
    formats = Counting()
    made = Collecting(Monitor(MemoryJournal()), formats)
    first = made.collect(sent(file(f"a {DAY} D")), received())
    again = made.collect(sent(file(f"a {DAY} D")), received(NOW + HOUR))
    assert formats.read == 1
    assert counts(again) == (1, 0, 1, 0, 0)
    assert (again.flags, again.visits, again.filled) == (first.flags, first.visits, first.filled)
    assert again.id != first.id


def test_the_same_bytes_are_read_again_when_they_may_be_read_otherwise() -> None:
    formats = Counting()
    made = Collecting(Monitor(MemoryJournal()), formats)
    made.collect(sent(file(f"a {DAY}")), received())
    kind, payload = messages.encode(EtablissementList((Etablissement(ETAB, "Nantes", "44"),)))
    made.monitor.append([Draft(NOW, Status.ACTUAL, "52", kind, payload)], NOW)
    made.collect(sent(file(f"a {DAY}")), received(NOW + HOUR))
    assert formats.read == 2
    made.collect(sent(file(f"a {DAY}", "!illisible")), received(NOW + HOUR))
    made.collect(sent(file(f"a {DAY}", "!illisible")), received(NOW + HOUR))
    assert formats.read == 4
