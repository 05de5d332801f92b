"""The guide of the collection is held to the code: counts, states, durations, sizes, columns."""

import re
from pathlib import Path

import pytest

from streams.adapters.http_intake import LARGEST_BODY
from streams.collecting import feed_json, source_quality
from streams.collecting.collector import TRANSACTION_RECORDS
from streams.collecting.flags import OUT_OF_LEDGER, UNKNOWN_ESTABLISHMENT
from streams.collecting.ledger import RETENTION
from streams.collecting.quarantine import PURGE_AFTER, HeldState
from streams.collecting.receipts import FILLED_FIELDS
from streams.collecting.source_quality import SourceState
from streams.opendata import feed as opendata_feed
from streams.signals import cap_xml, rows
from vigie.feeds_commands import STATE_WORDS

MEBIBYTE = 1024 * 1024
COUNTS = ("received", "accepted", "duplicates", "quarantined", "journaled", "corrected", "removed", "elsewhere")


@pytest.fixture(scope="module")
def guide(repository: Path) -> str:
    return (repository / "docs" / "collecte.md").read_text(encoding="utf-8")


def first_column(guide: str, header: str) -> list[str]:
    table = guide.partition(f"\n{header}")[2].partition("\n\n")[0].splitlines()[2:]
    return [row.split("|")[1].strip().strip("`") for row in table]


def test_every_count_and_state_is_explained(guide: str) -> None:
    assert first_column(guide, "| nombre |") == list(COUNTS)
    held, sources = guide.partition("\n## Suivre la qualité")[::2]
    assert first_column(held, "| état |") == [state.value for state in HeldState]
    assert first_column(sources, "| état |") == [STATE_WORDS[state] for state in SourceState]
    assert all(f"({name})" in guide for name in FILLED_FIELDS)
    assert all(f"`{flag}`" in guide for flag in (OUT_OF_LEDGER, UNKNOWN_ESTABLISHMENT))


def test_every_number_is_that_of_the_code(guide: str) -> None:
    assert f"**{RETENTION.days} jours**" in guide
    assert f"au bout de **{PURGE_AFTER.days} jours**" in guide
    assert f"{TRANSACTION_RECORDS:,}".replace(",", " ") in guide
    assert f"les {source_quality.LOOKED_AT} derniers fichiers" in guide
    assert f"à partir de {source_quality.FEWEST} fichiers" in guide
    limits = sorted({cap_xml.LARGEST, rows.LARGEST, feed_json.LIMITS.size, opendata_feed.LARGEST})
    assert f"({limits[0] // MEBIBYTE} à {limits[-1] // MEBIBYTE} Mio)" in guide
    assert f"HTTP : {LARGEST_BODY // MEBIBYTE} Mio" in guide


def test_the_line_of_a_receipt_is_the_one_printed(guide: str) -> None:
    (shown,) = re.findall(r"^rpu\.xml (.*)$", guide, re.MULTILINE)
    counts = dict(pair.split("=") for pair in shown.split())
    assert list(counts) == list(COUNTS[:5])
    assert int(counts["received"]) == sum(int(counts[name]) for name in COUNTS[1:4])
