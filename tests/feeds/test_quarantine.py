"""Records set aside: counted, locked, shown only with the key, read again, given up for a reason, erased in time."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from streams import messages
from streams.adapters.sqlite_journal import SqliteJournal
from streams.adapters.vault import FernetVault, UnusableKey, new_key, vault_of
from streams.collecting.collector import NotRequeued
from streams.collecting.ledger import Collected
from streams.collecting.quarantine import HeldState, NoVault, Quarantined, Release, VaultClosed, readable
from streams.journal import Batch, JournalConflict
from streams.messages.feeds import QuarantineDropped
from streams.monitor import Monitor
from streams.testing import EPOCH
from tests.feeds.collecting_builders import (
    FORMATS,
    NOW,
    TODAY,
    Collecting,
    Reversing,
    collector,
    file,
    kinds,
    received,
    sent,
)
from tests.live_database.store_fixtures import STORES, AnyJournal, journal_of

DAY = str(TODAY)
SECRET = "!lisible secret " + DAY


@pytest.fixture(params=STORES)
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AnyJournal]:
    with journal_of(request, tmp_path) as made:
        yield made


def with_one_record(journal: AnyJournal, data: bytes | None = None) -> Collecting:
    made = Collecting(Monitor(journal), FORMATS, Reversing())
    made.collect(sent(data or file(f"a {DAY}", SECRET)), received())
    return made


def test_bytes_are_locked_and_read_back_with_the_key(journal: AnyJournal) -> None:
    with_one_record(journal)
    (held,) = journal.aside.all("52")
    assert SECRET.encode() not in held.quarantined.record
    assert readable(held, Reversing()) == SECRET.encode()
    assert (held.id, held.state, held.quarantined.line) == (1, HeldState.HELD, 2)
    with pytest.raises(VaultClosed, match="VIGIE_QUARANTINE_KEY"):
        readable(held, NoVault())


def test_without_a_key_nothing_of_a_record_is_kept_but_its_digest() -> None:
    made = collector()
    made.collect(sent(file(SECRET)), received())
    (held,) = made.destination.aside.all()
    assert held.quarantined.record == b""
    assert len(held.quarantined.sha256) == 64
    with pytest.raises(VaultClosed, match="were not kept"):
        readable(held, Reversing())


def test_a_record_read_again_is_journaled_and_its_bytes_erased(journal: AnyJournal) -> None:
    made = with_one_record(journal)
    receipt = made.requeue(1, received(NOW + timedelta(hours=1)))
    assert (receipt.name, receipt.received, receipt.accepted, receipt.journaled) == ("quarantine:1", 1, 1, 1)
    assert kinds(made) == ["rpu.passage", "rpu.passage"]
    held = journal.aside.find(1)
    assert held is not None
    assert (held.state, held.quarantined.record) == (HeldState.REQUEUED, b"")
    with pytest.raises(VaultClosed, match="requeued"):
        made.requeue(1, received())
    assert journal.verify() == []


def test_a_record_refused_again_stays(journal: AnyJournal) -> None:
    made = with_one_record(journal, file("!!toujours"))
    with pytest.raises(NotRequeued, match="refused again: cannot be read"):
        made.requeue(1, received())
    assert [held.state for held in journal.aside.all()] == [HeldState.HELD]


def test_a_record_that_says_nothing_apart_from_its_file_stays(journal: AnyJournal) -> None:
    made = Collecting(Monitor(journal), FORMATS, Reversing())
    made.collect(sent(file(SECRET), format_="sans-retour"), received())
    with pytest.raises(NotRequeued, match="send the file again"):
        made.requeue(1, received())


def test_giving_up_journals_the_reason_and_erases_the_bytes(journal: AnyJournal) -> None:
    made = with_one_record(journal)
    made.drop(1, "doublon d'un dossier papier", "Claire Martin", received())
    last = list(journal.entries("52"))[-1]
    assert messages.decode(last.kind, last.payload) == QuarantineDropped(
        1, "doublon d'un dossier papier", "Claire Martin"
    )
    held = journal.aside.find(1)
    assert held is not None
    assert (held.state, held.quarantined.record, held.quarantined.reason) == (
        HeldState.DROPPED,
        b"",
        "cannot be read",
    )
    # Sent again by the next day's file, it does not come back.
    receipt = made.collect(sent(file(f"a {DAY}", SECRET)), received(NOW + timedelta(hours=1)))
    assert receipt.quarantined == 1
    assert len(list(journal.aside.all())) == 1
    assert journal.verify() == []


@pytest.mark.parametrize("id_", [0, 2])
def test_a_record_that_does_not_exist_is_refused_in_words(journal: AnyJournal, id_: int) -> None:
    made = with_one_record(journal)
    with pytest.raises(VaultClosed, match="no record"):
        made.drop(id_, "r", "c", received())
    assert kinds(made) == ["rpu.passage"]


def test_releasing_what_is_not_held_undoes_the_whole_batch(journal: AnyJournal) -> None:
    with_one_record(journal)
    before = journal.heads()
    bad = Collected(releases=(Release(1, HeldState.DROPPED), Release(9, HeldState.DROPPED)))
    with pytest.raises(JournalConflict, match="record 9"):
        journal.commit(Batch(journal.head("52"), journal.head("52").advanced_to, collected=bad))
    assert journal.heads() == before
    assert [held.state for held in journal.aside.all()] == [HeldState.HELD]


@pytest.mark.parametrize(("days", "state"), [(30, HeldState.HELD), (31, HeldState.PURGED)])
def test_locked_bytes_are_erased_after_the_stated_delay(journal: AnyJournal, days: int, state: HeldState) -> None:
    made = with_one_record(journal)
    made.collect(sent(file(f"a {DAY}")), received(NOW + timedelta(days)))
    held = journal.aside.find(1)
    assert held is not None
    assert held.state is state
    assert bool(held.quarantined.record) is (state is HeldState.HELD)


def test_published_rows_set_aside_by_an_import_are_kept(journal: AnyJournal) -> None:
    row = Quarantined("lits.csv", 4, b"2X;rea;3", "no such departement", EPOCH)
    journal.commit(Batch(journal.head("52"), EPOCH, quarantine=(row,)))
    purge = Collected(purge_before=EPOCH + timedelta(365))
    journal.commit(Batch(journal.head("52"), EPOCH, collected=purge))
    assert list(journal.quarantined()) == [row]


def test_an_altered_or_missing_row_is_found(tmp_path: Path) -> None:
    for number, statement in enumerate(
        ("UPDATE quarantine SET state = 'dropped'", "DELETE FROM quarantine WHERE id = 1")
    ):
        with SqliteJournal.create(tmp_path / f"{number}.db") as journal:
            with_one_record(journal, file(SECRET, "!autre"))
            with journal.database.writing() as connection:
                connection.execute(text(statement))
            assert {problem.part for problem in journal.verify()} == {"quarantine"}


def test_fernet_keys_lock_and_are_replaced() -> None:
    old, new = new_key(), new_key()
    locked = FernetVault(old).lock(b"02/03/1941")
    assert b"1941" not in locked
    assert FernetVault(f"{new}, {old}").unlock(locked) == b"02/03/1941"
    with pytest.raises(VaultClosed, match="another key"):
        FernetVault(new).unlock(locked)


def test_an_unusable_key_is_never_shown() -> None:
    with pytest.raises(UnusableKey) as refusal:
        vault_of({"VIGIE_QUARANTINE_KEY": "azerty-secret"})
    assert "azerty" not in str(refusal.value)
    assert not vault_of({}).is_open
