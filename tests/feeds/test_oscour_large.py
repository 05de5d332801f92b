"""Files far larger than they should be: constant memory, and nothing journaled when they are cut short."""

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from io import BytesIO
from pathlib import Path

import pytest

from streams.collecting.collector import Collector, Incoming
from streams.collecting.decoding import Context
from streams.collecting.pseudonyms import Pseudonyms
from streams.known_formats import all_formats
from streams.monitor import Monitor
from streams.testing import MemoryJournal
from tests.bench.oscour_workload import RECEIVED_AT, REGION, oscour_file
from tests.feeds.oscour_files import RING

MOST_MIB = 150


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_memory_does_not_follow_the_size_of_a_file(repository: Path, tmp_path: Path, soak: bool) -> None:
    megabytes = 1024 if soak else 24
    script = repository / "tests" / "bench" / "large_file.py"
    command = [sys.executable, str(script), "--megabytes", str(megabytes), "--work", str(tmp_path)]
    measured = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert measured["bytes"] > 0.9 * megabytes * 2**20
    assert measured["received"] == measured["journaled"] > 1900 * megabytes
    assert measured["peak_mib"] < MOST_MIB


def cut_in_the_middle(data: bytes) -> bytes:
    return data[: len(data) // 2]


def without_its_end(data: bytes) -> bytes:
    return data.removesuffix(b"</PASSAGES>\n</OSCOUR>\n")


def with_a_stray_element(data: bytes) -> bytes:
    return data.replace(b"</PASSAGES>", b"<AUTRE/></PASSAGES>")


def with_another_encoding(data: bytes) -> bytes:
    return data.replace(b"ISO-8859-1", b"UTF-8")


@pytest.mark.parametrize("damage", [cut_in_the_middle, without_its_end, with_a_stray_element, with_another_encoding])
def test_a_file_of_several_transactions_that_is_damaged_changes_nothing(damage: Callable[[bytes], bytes]) -> None:
    journal = MemoryJournal()
    collector = Collector(Monitor(journal), all_formats(Pseudonyms(RING)), at_once=50)
    data = damage(oscour_file(400))
    receipt = collector.collect(Incoming("f.xml", lambda: nullcontext(BytesIO(data))), Context(REGION, RECEIVED_AT))
    assert receipt.refused.startswith("f.xml:")
    assert receipt.received == 0
    assert list(journal.entries(REGION)) == []


@pytest.mark.parametrize("visits", [49, 50, 51, 100, 400])
def test_a_file_of_several_transactions_is_journaled_whole(visits: int) -> None:
    collector = Collector(Monitor(MemoryJournal()), all_formats(Pseudonyms(RING)), at_once=50)
    data = oscour_file(visits)
    receipt = collector.collect(Incoming("f.xml", lambda: nullcontext(BytesIO(data))), Context(REGION, RECEIVED_AT))
    assert (receipt.received, receipt.journaled) == (visits, visits)
