"""What a record is to the ledger, one line of its table at a time, and the ledger's stores."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from streams.adapters import ledger_store
from streams.adapters.disk_keys import SpillingKeys
from streams.adapters.sqlite_journal import SqliteJournal
from streams.collecting.decoding import Window
from streams.collecting.ledger import (
    Collected,
    LedgerRow,
    MemoryKeys,
    Offer,
    Scope,
    Terms,
    Verdict,
    digest_of,
    horizon,
    reconcile,
    replaced,
)
from streams.entry import Status
from streams.journal import Batch
from streams.testing import EPOCH
from tests.feeds.collecting_builders import NOW, TODAY
from tests.live_database.store_fixtures import STORES, AnyJournal, journal_of

SCOPE = Scope("52", "rpu", "ETAB-440000271")
HOUR = timedelta(hours=1)


def offer(key: str = "a", content: bytes = b"1", day: date = TODAY) -> Offer:
    return Offer(Status.ACTUAL, key, day, digest_of(content))


def row(key: str = "a", content: bytes = b"1", day: date = TODAY, seq: int = 1) -> LedgerRow:
    return LedgerRow(Status.ACTUAL, key, day, digest_of(content), NOW, seq)


def verdict(terms: Terms, given: Offer, known: LedgerRow | None) -> Verdict:
    rows = {} if known is None else {(known.status, known.key): known}
    (found,) = reconcile(terms, [given], rows, MemoryKeys())
    return found


@pytest.mark.parametrize(
    ("terms", "given", "known", "expected"),
    [
        (Terms(NOW), offer(), None, Verdict.ADDED),
        (Terms(NOW), offer(), row(), Verdict.UNCHANGED),
        (Terms(NOW), offer(content=b"2"), row(), Verdict.CHANGED),
        (Terms(NOW - HOUR), offer(content=b"2"), row(), Verdict.OUTDATED),
        (Terms(NOW - HOUR), offer(), row(), Verdict.UNCHANGED),
        (Terms(NOW, is_older=True), offer(), None, Verdict.OUTDATED),
        (Terms(NOW, is_older=True), offer(content=b"2"), row(), Verdict.OUTDATED),
        (Terms(NOW, forgotten_before=TODAY), offer(), None, Verdict.ADDED),
        (Terms(NOW, forgotten_before=TODAY + timedelta(1)), offer(), None, Verdict.OUTDATED),
    ],
)
def test_a_record_is_judged_against_its_row(
    terms: Terms, given: Offer, known: LedgerRow | None, expected: Verdict
) -> None:
    assert verdict(terms, given, known) is expected


def test_the_first_of_a_key_given_twice_stands_across_calls() -> None:
    seen = MemoryKeys()
    assert reconcile(Terms(NOW), [offer(), offer(content=b"2")], {}, seen) == [Verdict.ADDED, Verdict.REPEATED]
    assert reconcile(Terms(NOW), [offer(content=b"3")], {}, seen) == [Verdict.REPEATED]


def test_an_exercise_never_meets_the_real_record_of_the_same_key() -> None:
    exercise = offer()._replace(status=Status.EXERCISE)
    assert verdict(Terms(NOW), exercise, row()) is Verdict.ADDED


def test_what_a_file_replaces() -> None:
    window = Window(TODAY - timedelta(6), TODAY)
    assert replaced(Terms(NOW), window) == window
    assert replaced(Terms(NOW, is_older=True), window) is None
    assert replaced(Terms(NOW, forgotten_before=TODAY), window) == Window(TODAY, TODAY)
    assert replaced(Terms(NOW, forgotten_before=TODAY + timedelta(1)), window) is None


@given(st.lists(st.sampled_from("abcdefgh"), max_size=60), st.integers(0, 6))
def test_keys_that_spill_to_the_disk_are_told_apart_as_in_memory(given_keys: list[str], room: int) -> None:
    memory, disk = MemoryKeys(), SpillingKeys(in_memory=room)
    keys = [(Status.ACTUAL, key) for key in given_keys]
    for start in range(0, len(keys), 3):
        some = keys[start : start + 3]
        assert disk.add_new(some) == memory.add_new(some)
    everything = [(status, key) for status in Status for key in "abcdefghij"]
    assert disk.missing(everything) == memory.missing(everything)
    disk.close()


@pytest.fixture(params=STORES)
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AnyJournal]:
    with journal_of(request, tmp_path) as made:
        yield made


def put(journal: AnyJournal, collected: Collected) -> None:
    journal.commit(Batch(journal.head("52"), journal.head("52").advanced_to or EPOCH, collected=collected))


def test_rows_come_back_by_key_and_by_day(journal: AnyJournal) -> None:
    rows = tuple(row(f"k{number:03}", day=TODAY - timedelta(number % 5), seq=number) for number in range(700))
    put(journal, Collected(SCOPE, rows))
    known = journal.ledger.known(SCOPE, [each.key for each in rows])
    assert known == {(each.status, each.key): each for each in rows}
    window = Window(TODAY - timedelta(2), TODAY - timedelta(1))
    inside = sorted((each.day, each.key) for each in rows if each.seq % 5 in {1, 2})
    assert list(journal.ledger.keys_within(SCOPE, Status.ACTUAL, window)) == [key for _, key in inside]
    assert list(journal.ledger.keys_within(SCOPE, Status.EXERCISE, window)) == []
    assert journal.ledger.known(replace(SCOPE, source="ETAB-440000016"), ["k001"]) == {}
    assert journal.verify() == []


def test_a_row_is_replaced_gone_or_forgotten(journal: AnyJournal) -> None:
    old = horizon(TODAY) - timedelta(1)
    put(journal, Collected(SCOPE, (row("a"), row("b"), row("c", day=old))))
    put(
        journal,
        Collected(SCOPE, (row("a", b"2", seq=9),), gone=((Status.ACTUAL, "b"),), forget_before=horizon(TODAY)),
    )
    assert journal.ledger.known(SCOPE, ["a", "b", "c"]) == {(Status.ACTUAL, "a"): row("a", b"2", seq=9)}
    assert journal.verify() == []


def test_an_altered_row_is_found(tmp_path: Path) -> None:
    with SqliteJournal.create(tmp_path / "journal.db") as journal:
        put(journal, Collected(SCOPE, (row(),)))
        with journal.database.writing() as connection:
            connection.execute(text("UPDATE ledger SET seq = 7"))
        assert [problem.part for problem in journal.verify()] == ["ledger"]


def test_a_key_is_looked_up_among_many_without_reading_them(tmp_path: Path) -> None:
    run = count()

    def steps(rows: int) -> int:
        """Return how many instructions SQLite runs to find one key among so many."""
        with SqliteJournal.create(tmp_path / f"{rows}.db") as journal:
            put(journal, Collected(SCOPE, tuple(row(f"k{number}") for number in range(rows))))
            with journal.database.reading() as connection:
                driver: Any = connection.connection.dbapi_connection
                start = next(run)
                driver.set_progress_handler(lambda: next(run) < 0, 1)
                found = ledger_store.known(connection, SCOPE, ["k7"])
                driver.set_progress_handler(None, 1)
            assert list(found) == [(Status.ACTUAL, "k7")]
            return next(run) - start

    assert steps(2000) == steps(10)
