"""Receipts add up, and the quality of a source is read from them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from streams.adapters.sqlite_journal import SqliteJournal
from streams.collecting.decoding import Manifest, Window
from streams.collecting.delays import spread
from streams.collecting.ledger import Collected
from streams.collecting.receipts import Receipt
from streams.collecting.source_quality import SourceState, SourceStatus, statuses
from streams.journal import Batch
from streams.testing import EPOCH
from tests.feeds.collecting_builders import NOW, TODAY
from tests.live_database.store_fixtures import STORES, AnyJournal, journal_of

DAY = timedelta(days=1)
RECEIPT = Receipt(
    id="r1",
    region="52",
    received_at=NOW,
    name="rpu.xml",
    sha256="0" * 64,
    format="oscour",
    feed="rpu",
    source="ETAB-440000271",
    extracted_at=NOW,
    window=Window(TODAY - 6 * DAY, TODAY),
    received=100,
    accepted=98,
    duplicates=0,
    quarantined=2,
    journaled=98,
    visits=98,
    filled={"DP": 90, "GRAVITE": 95, "SORTIE": 60},
    flags={"drapeau": 3},
    delay_median_s=7200,
    delay_max_s=9000,
)


def test_a_receipt_that_does_not_add_up_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="does not add up"):
        replace(RECEIPT, duplicates=1)


@pytest.fixture(params=STORES)
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AnyJournal]:
    with journal_of(request, tmp_path) as made:
        yield made


def test_receipts_come_back_whole_and_say_what_is_newest(journal: AnyJournal) -> None:
    older = replace(RECEIPT, id="r2", extracted_at=NOW + DAY, is_older=True)
    refused = Receipt("r3", "76", NOW, "x", "1" * 64, refused="not a known file")
    for receipt in (RECEIPT, older, refused):
        head = journal.head(receipt.region)
        journal.commit(Batch(head, EPOCH, collected=Collected(receipt=receipt)))
    assert list(journal.receipts.all()) == [RECEIPT, older, refused]
    assert list(journal.receipts.all("76")) == [refused]
    assert journal.receipts.find("r2") == older
    assert journal.receipts.newest("52", RECEIPT.manifest) == NOW
    for window in (Window(TODAY + DAY, TODAY + DAY), Window(TODAY - 9 * DAY, TODAY - 7 * DAY)):
        assert journal.receipts.newest("52", Manifest("rpu", RECEIPT.source, NOW, window)) is None
    assert journal.receipts.newest("52", Manifest("rpu", "ETAB-440000016", NOW, RECEIPT.window)) is None
    assert journal.verify() == []


def test_an_altered_receipt_is_found(tmp_path: Path) -> None:
    with SqliteJournal.create(tmp_path / "j.db") as journal:
        journal.commit(Batch(journal.head("52"), EPOCH, collected=Collected(receipt=RECEIPT)))
        with journal.database.writing() as connection:
            connection.execute(text("UPDATE receipts SET is_older = 1"))
        assert [problem.part for problem in journal.verify()] == ["receipt"]


def status(*receipts: Receipt, after: timedelta = timedelta(hours=1)) -> SourceStatus:
    (found,) = statuses(receipts, (), receipts[-1].received_at + after, lambda _: timedelta(hours=26))
    return found


def days(count: int, **changes: object) -> list[Receipt]:
    return [replace(RECEIPT, received_at=NOW + n * DAY, **changes) for n in range(count)]  # type: ignore[arg-type]  # fields of a Receipt


@pytest.mark.parametrize(
    ("after", "state"),
    [(24, SourceState.ON_TIME), (25, SourceState.LATE), (26, SourceState.SILENT)],
)
def test_a_daily_file_is_on_time_then_late_then_silent(after: int, state: SourceState) -> None:
    found = status(RECEIPT, after=timedelta(hours=after))
    assert found.state is state
    assert found.expected_at == NOW + DAY


def test_another_feed_is_expected_at_its_usual_interval() -> None:
    hourly = [replace(RECEIPT, feed="lits", received_at=NOW + n * timedelta(hours=1)) for n in range(7)]
    assert status(*hourly).expected_at == hourly[-1].received_at + timedelta(hours=1)
    assert status(*hourly[:3]).expected_at is None


def test_rejects_beyond_the_control_limit() -> None:
    last = replace(RECEIPT, received_at=NOW + 6 * DAY, accepted=90, quarantined=10, journaled=90)
    found = status(*days(6), last)
    assert found.state is SourceState.REJECTING
    assert found.reject_rate == 0.1
    assert found.reject_limit == pytest.approx(0.02 + 3 * (0.02 * 0.98 / 100) ** 0.5)
    usual = replace(last, accepted=95, quarantined=5, journaled=95)
    assert status(*days(6), usual).state is SourceState.ON_TIME


def test_delays_are_those_of_the_last_files_together() -> None:
    short, long = spread({1800: 90}), spread({86_400: 10})
    found = status(*(replace(each, delays=short, delay_max_s=1800) for each in days(3)))
    assert (found.delay_median_s, found.delay_p90_s) == (1350, 1710)
    mixed = [replace(each, delays=delays) for each, delays in zip(days(2), (short, long), strict=True)]
    assert status(*mixed).delay_p90_s == 1800
    many = [replace(each, delays=long if n else short) for n, each in enumerate(days(40))]
    assert status(*many).delay_median_s == round(64_800 + 21_600 / 2)  # the oldest files are forgotten
    assert (status(RECEIPT).delay_median_s, status(RECEIPT).delay_p90_s) == (None, None)


def test_a_field_less_filled_than_ever() -> None:
    before = [replace(each, filled={**each.filled, "DP": 88 + n % 3}) for n, each in enumerate(days(6))]
    low = replace(RECEIPT, received_at=NOW + 6 * DAY, filled={"DP": 40, "GRAVITE": 95, "SORTIE": 60})
    assert status(*before, low).poorly_filled == ("DP",)
    assert status(*before, before[-1]).poorly_filled == ()


def test_who_is_expected_and_never_sent_anything_is_listed() -> None:
    expected = [("52", "rpu", "ETAB-440000016"), ("52", "rpu", RECEIPT.source)]
    found = statuses([RECEIPT, replace(RECEIPT, refused="x")], expected, NOW, lambda _: DAY)
    assert [(each.source, each.state) for each in found] == [
        ("ETAB-440000016", SourceState.NEVER),
        (RECEIPT.source, SourceState.ON_TIME),
    ]
