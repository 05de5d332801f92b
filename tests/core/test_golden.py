"""Golden journals: past decisions come out the same, on any machine; a wrong one is detected."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from streams.adapters.archive import ArchiveError, check_archive, read_archive
from streams.entry import Entry, Head, combined_digest
from streams.replay import replay

GOLDEN = Path(__file__).parent / "golden"
EXPECTED: dict[str, dict[str, str | int]] = json.loads((GOLDEN / "digests.json").read_text(encoding="utf-8"))
NAMES = sorted(EXPECTED)


def archive(name: str) -> Path:
    return GOLDEN / f"{name}.vigie.gz"


def by_region(entries: list[Entry]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for each in entries:
        found.setdefault(each.region, []).append(each)
    return found


def replayed(heads: tuple[Head, ...], entries: list[Entry]) -> list[Head]:
    regions = by_region(entries)
    return [replay(head.region, regions[head.region], head.advanced_to).head for head in heads]


@pytest.mark.parametrize("name", NAMES)
def test_a_golden_journal_gives_its_digest(name: str) -> None:
    contents = check_archive(archive(name))
    heads = replayed(contents.heads, list(read_archive(archive(name))))
    assert combined_digest(heads) == EXPECTED[name]["digest"]
    assert sum(head.seq for head in heads) == EXPECTED[name]["entries"]
    assert sum(head.effects for head in heads) == EXPECTED[name]["effects"]
    assert tuple(heads) == contents.heads


@pytest.mark.parametrize("name", NAMES)
def test_another_last_entry_gives_another_digest(name: str) -> None:
    contents = check_archive(archive(name))
    entries = list(read_archive(archive(name)))
    last = entries[-1]
    altered = [*entries[:-1], replace(last, payload=last.payload.replace(b"1", b"2", 1))]
    assert altered != entries
    assert combined_digest(replayed(contents.heads, altered)) != EXPECTED[name]["digest"]


def test_a_journal_whose_stated_decisions_are_not_those_of_the_fold_is_detected() -> None:
    """Every byte of this archive is sealed and sound; only its effects digest is one that no replay gives."""
    wrong = GOLDEN / "decisions-fausses.vigie.gz"
    contents = check_archive(wrong)
    heads = replayed(contents.heads, list(read_archive(wrong)))
    assert [head.entries_digest for head in heads] == [head.entries_digest for head in contents.heads]
    assert [head.effects_digest for head in heads] != [head.effects_digest for head in contents.heads]


def test_a_journal_with_an_altered_entry_is_refused_by_name() -> None:
    with pytest.raises(ArchiveError, match="entry 12 of région 52"):
        check_archive(GOLDEN / "entree-alteree.vigie.gz")


_REPLAY = """
import sys
from pathlib import Path
from streams.adapters.archive import check_archive, read_archive
from streams.entry import combined_digest
from streams.replay import replay
for name in sys.argv[1:]:
    heads = check_archive(Path(name)).heads
    entries = list(read_archive(Path(name)))
    done = [replay(h.region, [e for e in entries if e.region == h.region], h.advanced_to).head for h in heads]
    print(combined_digest(done))
"""


@pytest.mark.parametrize(
    ("seed", "zone", "locale"),
    [("0", "UTC", "C"), ("1", "Pacific/Auckland", "tr_TR.UTF-8"), ("4242", "America/Cayenne", "fr_FR.UTF-8")],
)
def test_the_digest_does_not_depend_on_the_machine(seed: str, zone: str, locale: str) -> None:
    machine = {"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale, "LANG": locale}
    kept = {key: value for key, value in os.environ.items() if key in ("PATH", "PYTHONPATH", "PYTHONSAFEPATH", "HOME")}
    command = [sys.executable, "-c", _REPLAY, *(str(archive(name)) for name in NAMES)]
    done = subprocess.run(command, env=kept | machine, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [EXPECTED[name]["digest"] for name in NAMES]
