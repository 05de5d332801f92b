"""Files through the collector: what is journaled, what is not, and that every receipt adds up."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams import messages
from streams.adapters.sqlite_journal import SqliteJournal
from streams.collecting.collector import Collector
from streams.collecting.decoding import Context
from streams.collecting.delays import spread
from streams.collecting.ledger import Scope
from streams.collecting.receipts import line
from streams.entry import Draft, Entry, Head, Status
from streams.journal import Batch, Journal
from streams.messages.reference import Etablissement, EtablissementList
from streams.messages.visits import PassageCorrected, PassageRemoved, PassageRPU
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
    file,
    kinds,
    received,
    sent,
)

HOUR = timedelta(hours=1)
DAY = str(TODAY)
BEFORE = str(TODAY - timedelta(1))


def entries(found: Collecting) -> list[Entry]:
    return list(found.monitor.journal.entries("52"))


def test_a_file_sent_again_journals_nothing() -> None:
    made = collector()
    data = file(f"a {DAY}", f"b {DAY} 3", "!illisible")
    first = made.collect(sent(data), received())
    again = made.collect(sent(data), received(NOW + HOUR))
    assert counts(first) == (3, 2, 0, 1, 2)
    assert counts(again) == (3, 0, 2, 1, 0)
    assert kinds(made) == ["rpu.passage", "rpu.passage"]
    assert line(first) == "rpu.txt received=3 accepted=2 duplicates=0 quarantined=1 journaled=2"
    assert list(made.destination.receipts.all("52")) == [first, again]
    # The same unreadable record is kept once, however often it comes.
    assert len(list(made.destination.aside.all())) == 1


def test_a_newer_file_journals_what_it_adds_changes_and_no_longer_holds() -> None:
    made = collector()
    made.collect(sent(file(f"a {DAY}", f"b {DAY}", f"c {DAY}")), received())
    newer = file(f"a {DAY}", f"b {DAY} 4", f"d {DAY}", at=NOW + HOUR)
    receipt = made.collect(sent(newer), received(NOW + HOUR))
    assert counts(receipt) == (3, 2, 1, 0, 3)
    assert (receipt.corrected, receipt.removed) == (1, 1)
    corrected, added, removed = [messages.decode(entry.kind, entry.payload) for entry in entries(made)[3:]]
    at = datetime.fromisoformat(f"{DAY}T08:00+00:00")
    b = PassageRPU("b", ETAB, "44", at)
    assert corrected == PassageCorrected(b, PassageRPU("b", ETAB, "44", at, ccmu="4"))
    assert added == PassageRPU("d", ETAB, "44", at)
    assert removed == PassageRemoved(PassageRPU("c", ETAB, "44", at))


def test_a_visit_corrected_twice_then_removed_carries_its_latest_version() -> None:
    made = collector()
    for number, ccmu in enumerate(("1", "2", "3")):
        made.collect(sent(file(f"a {DAY} {ccmu}", at=NOW + number * HOUR)), received(NOW + number * HOUR))
    made.collect(sent(file(at=NOW + 3 * HOUR)), received(NOW + 3 * HOUR))
    read = [messages.decode(entry.kind, entry.payload) for entry in entries(made)]
    assert [(each.before.ccmu, each.after.ccmu) for each in read if isinstance(each, PassageCorrected)] == [
        ("1", "2"),
        ("2", "3"),
    ]
    assert [each.before.ccmu for each in read if isinstance(each, PassageRemoved)] == ["3"]


def test_corrected_payloads_are_canonical() -> None:
    made = collector()
    made.collect(sent(file(f"a {DAY}")), received())
    made.collect(sent(file(f"a {DAY} 2", at=NOW + HOUR)), received(NOW + HOUR))
    entry = entries(made)[1]
    assert messages.encode(messages.decode(entry.kind, entry.payload)) == (entry.kind, entry.payload)


def test_an_older_file_changes_nothing_and_is_reported() -> None:
    made = collector()
    made.collect(sent(file(f"a {DAY}", at=NOW)), received())
    older = file(f"a {DAY} 2", f"z {BEFORE}", at=NOW - HOUR, last=TODAY - timedelta(1))
    receipt = made.collect(sent(older), received(NOW + HOUR))
    assert receipt.is_older
    assert counts(receipt) == (2, 0, 2, 0, 0)
    assert kinds(made) == ["rpu.passage"]


def test_an_older_file_of_other_days_is_journaled() -> None:
    made = collector()
    made.collect(sent(file(f"a {DAY}", first=TODAY)), received())
    older = file(f"z {BEFORE}", at=NOW - HOUR, first=TODAY - timedelta(1), last=TODAY - timedelta(1))
    receipt = made.collect(sent(older), received(NOW + HOUR))
    assert not receipt.is_older
    assert receipt.accepted == 1


def test_an_older_file_does_not_make_a_later_one_older() -> None:
    made = collector()
    made.collect(sent(file(f"a {DAY}", at=NOW)), received())
    made.collect(sent(file(f"a {DAY}", at=NOW - HOUR)), received())
    assert made.collect(sent(file(f"a {DAY} 2", at=NOW)), received()).corrected == 1


def test_only_the_window_is_replaced() -> None:
    made = collector()
    made.collect(sent(file(f"a {BEFORE}", f"b {DAY}")), received())
    receipt = made.collect(sent(file(first=TODAY, at=NOW + HOUR)), received(NOW + HOUR))
    assert (receipt.removed, receipt.received) == (1, 0)
    assert [each.key for each in made.destination.ledger.known(_scope(), ["a", "b"]).values()] == ["a"]


def _scope() -> Scope:
    return Scope("52", "rpu", f"ETAB-{ETAB}")


def test_an_exercise_file_never_removes_a_real_visit() -> None:
    made = collector()
    made.collect(sent(file(f"a {DAY}")), received())
    receipt = made.collect(sent(file(f"x:e {DAY}", at=NOW + HOUR)), received(NOW + HOUR))
    assert (receipt.accepted, receipt.removed) == (1, 0)
    assert entries(made)[-1].status is Status.EXERCISE


def test_the_first_of_a_key_given_twice_stands() -> None:
    made = collector()
    assert counts(made.collect(sent(file(f"a {DAY}", f"a {DAY} 2")), received())) == (2, 1, 1, 0, 1)


def test_other_feeds_add_and_update_and_remove_nothing() -> None:
    made = collector()
    made.collect(sent(file(f"a {DAY}", f"b {DAY}", feed="lits")), received())
    receipt = made.collect(sent(file(f"a {DAY} 2", feed="lits", at=NOW + HOUR)), received())
    assert (receipt.accepted, receipt.removed) == (1, 0)
    assert kinds(made)[-1] == "rpu.corrected"  # a visit is corrected whatever brought it


def test_an_older_record_of_a_feed_without_window_changes_nothing_even_after_an_unchanged_one() -> None:
    made = collector()
    made.collect(sent(file(f"a {DAY} 1", feed="lits")), received())
    made.collect(sent(file(f"a {DAY} 1", feed="lits", at=NOW + 2 * HOUR)), received())
    receipt = made.collect(sent(file(f"a {DAY} 2", feed="lits", at=NOW + HOUR)), received())
    assert receipt.is_older
    assert counts(receipt) == (1, 0, 1, 0, 0)


def test_a_file_cut_short_changes_nothing() -> None:
    made = collector()
    receipt = made.collect(sent(file(f"a {DAY}", "#")), received())
    assert receipt.refused == "rpu.txt:2: cut short"
    assert counts(receipt) == (0, 0, 0, 0, 0)
    assert entries(made) == []
    assert list(made.destination.receipts.all()) == [receipt]


@pytest.mark.parametrize(("data", "format_"), [(b"\x00\xff", None), (b"", None), (file(), "inconnu")])
def test_a_file_of_no_known_format_gets_a_receipt(data: bytes, format_: str | None) -> None:
    receipt = collector().collect(sent(data, format_=format_), received())
    assert "format" in receipt.refused or "not a known file" in receipt.refused


def test_a_large_file_cut_short_changes_nothing() -> None:
    made = collector(at_once=4)
    receipt = made.collect(sent(file(*(f"k{n} {DAY}" for n in range(20)), "#")), received())
    assert receipt.refused
    assert entries(made) == []


class Dying(MemoryJournal):
    """A journal whose process is killed at its n-th commit."""

    lives = 10**9

    def commit(self, batch: Batch) -> Head:
        self.lives -= 1
        if self.lives < 0:
            raise KeyboardInterrupt
        return super().commit(batch)


@pytest.mark.parametrize("lives", range(1, 8))
def test_a_large_file_interrupted_anywhere_is_collected_again_without_loss_or_double(lives: int) -> None:
    journal = Dying()
    collector(journal, at_once=4).collect(sent(file(*(f"old{n} {DAY}" for n in range(9)))), received())
    data = file(*(f"k{n} {DAY}" for n in range(20)), "!illisible", at=NOW + HOUR)
    journal.lives = lives
    with pytest.raises(KeyboardInterrupt):
        collector(journal, at_once=4).collect(sent(data), received(NOW + HOUR))
    journal.lives = 10**9
    receipt = collector(journal, at_once=4).collect(sent(data), received(NOW + 2 * HOUR))
    assert receipt.received == 21
    found = [(entry.kind, messages.decode(entry.kind, entry.payload)) for entry in journal.entries("52")]
    added = [each.key for _, each in found if isinstance(each, PassageRPU)]
    removed = [each.before.key for _, each in found if isinstance(each, PassageRemoved)]
    assert sorted(added) == sorted([*(f"old{n}" for n in range(9)), *(f"k{n}" for n in range(20))])
    assert sorted(removed) == [f"old{n}" for n in range(9)]
    assert len(list(journal.aside.all())) == 1


@pytest.fixture(params=["memory", "sqlite"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MemoryJournal | SqliteJournal]:
    made: MemoryJournal | SqliteJournal = (
        MemoryJournal() if request.param == "memory" else SqliteJournal.create(tmp_path / "journal.db")
    )
    with made:
        yield made


def test_any_journal_gives_the_same(journal: Journal) -> None:
    made = Collector(Monitor(journal), FORMATS)
    made.collect(sent(file(f"a {DAY}", f"b {DAY}", "!illisible")), received())
    made.collect(sent(file(f"a {DAY} 2", f"c {DAY}", at=NOW + HOUR)), received(NOW + HOUR))
    assert [entry.kind for entry in journal.entries("52")] == [
        "rpu.passage",
        "rpu.passage",
        "rpu.corrected",
        "rpu.passage",
        "rpu.removed",
    ]
    found = list(journal.receipts.all())
    assert [counts(receipt) for receipt in found] == [(3, 2, 0, 1, 2), (2, 2, 0, 0, 3)]
    assert journal.receipts.find(found[1].id) == found[1]
    assert journal.verify() == []


@pytest.mark.parametrize(
    ("declared", "flagged"),
    [((), 1), (("440000016",), 2), ((ETAB,), 1)],
)
def test_an_unknown_establishment_is_accepted_and_flagged(declared: tuple[str, ...], flagged: int) -> None:
    made = collector()
    if declared:
        message = EtablissementList(tuple(Etablissement(finess, "CH", "44") for finess in declared))
        kind, payload = messages.encode(message)
        made.monitor.append([Draft(NOW, Status.ACTUAL, "52", kind, payload)], NOW)
    receipt = made.collect(sent(file(f"a {DAY}", f"paris {DAY}")), received())
    assert receipt.accepted == 2
    assert receipt.flags == {"etablissement_inconnu": flagged}


def test_a_receipt_counts_flags_filled_fields_and_delays() -> None:
    receipt = collector().collect(
        sent(file(f"a {DAY} D", f"b {DAY}")), received(datetime.fromisoformat(f"{DAY}T10:00Z"))
    )
    assert receipt.flags == {"drapeau": 1}
    assert receipt.filled == {"DP": 0, "GRAVITE": 1, "SORTIE": 0}
    assert (receipt.visits, receipt.delay_median_s, receipt.delay_max_s) == (2, 7200, 7200)
    assert receipt.delays == spread({7200: 2})


def test_days_the_ledger_forgot_are_not_journaled_twice() -> None:
    made = collector()
    past = TODAY - timedelta(60)
    data = file(f"a {past}", first=past, last=past, at=NOW - timedelta(59))
    first, again = (made.collect(sent(data), received(NOW + n * HOUR)) for n in range(2))
    assert counts(first) == (1, 1, 0, 0, 1)
    assert counts(again) == (1, 0, 1, 0, 0)
    assert again.flags == {"hors_registre": 1}


RECORDS = st.sampled_from(
    [f"{key} {day}{ccmu}" for key in "abc" for day in (DAY, BEFORE) for ccmu in ("", " 2")] + ["!x"]
)


@given(st.lists(st.tuples(st.lists(RECORDS, max_size=5), st.integers(0, 3)), max_size=6))
def test_conservation_and_truth(files: list[tuple[list[str], int]]) -> None:
    """Whatever is sent in whatever order: receipts add up, and the journal tells the newest file's visits."""
    made = collector()
    newest: tuple[int, list[str]] = (-1, [])
    for number, (records, extracted) in enumerate(files):
        receipt = made.collect(sent(file(*records, at=NOW + extracted * HOUR)), received(NOW + number * HOUR))
        assert receipt.received == len(records)
        assert receipt.is_older is (extracted < newest[0])
        if extracted >= newest[0]:
            newest = (extracted, records)
    standing: dict[str, str] = {}
    for entry in entries(made):
        match messages.decode(entry.kind, entry.payload):
            case PassageRPU() as visit:
                assert visit.key not in standing
                standing[visit.key] = _told(visit)
            case PassageCorrected(before, after):
                assert standing[before.key] == _told(before)
                standing[after.key] = _told(after)
            case PassageRemoved(before):
                assert standing.pop(before.key) == _told(before)
    expected: dict[str, str] = {}
    for record in newest[1]:
        if record != "!x":
            expected.setdefault(record[0], record)
    assert standing == expected
    assert sum(receipt.journaled for receipt in made.destination.receipts.all()) == len(entries(made))


def _told(visit: PassageRPU) -> str:
    return " ".join(filter(None, (visit.key, str(visit.entered_at.date()), visit.ccmu)))


def test_the_region_s_own_days_are_those_of_its_zone() -> None:
    """A file received at 22:00 UTC in La Réunion is received the next day there: the ledger's horizon follows."""
    made = collector()
    context = Context("04", datetime(2026, 1, 14, 22, tzinfo=NOW.tzinfo))
    past = date(2026, 1, 15) - timedelta(40)
    data = file(f"a {past}", first=past, last=past, at=NOW - timedelta(59))
    made.collect(sent(data), context)
    assert made.collect(sent(data), context).flags.get("hors_registre") is None
