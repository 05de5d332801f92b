"""Files of the raw topics reach the journal as they reach that of one process, once, wherever a worker dies."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.outbox import StorageError, StorageRefused
from streams import messages
from streams.adapters.live_store import LiveStore
from streams.adapters.raw_topics import RawRecord
from streams.collecting.decoding import Context
from streams.collecting.ledger import Collected, LedgerRow, Scope
from streams.collecting.quarantine import HeldState
from streams.collecting.receipts import Receipt
from streams.entry import Draft, Status
from streams.live.log_reader import RECENT_IDS
from streams.live.problems import KafkaProblem, KafkaUnavailable
from streams.live.record import UnreadableRecord
from streams.live.region_log import RegionLog
from streams.messages.reference import Etablissement
from streams.testing import MemoryJournal
from tests.core.builders import signal
from tests.feeds.collecting_builders import (
    ETAB,
    NOW,
    TODAY,
    Collecting,
    collector,
    file,
    sent,
)
from tests.live.normalising import REGION, Engine, Fact, Killed, engine, raw

HOUR = timedelta(hours=1)
DAY = str(TODAY)
BEFORE = str(TODAY - timedelta(1))
MANY = tuple(f"k{number} {DAY}" for number in range(12))

SCENARIOS: dict[str, tuple[bytes, ...]] = {
    "a file": (file(f"a {DAY}", f"b {DAY} 3", f"x:e {DAY}"),),
    "sent again": (file(f"a {DAY}"), file(f"a {DAY}")),
    "corrected twice": tuple(file(f"a {DAY} {number}", at=NOW + number * HOUR) for number in range(1, 4)),
    "corrected then removed": (file(f"a {DAY}"), file(f"a {DAY} 2", at=NOW + HOUR), file(at=NOW + 2 * HOUR)),
    "removed, then back": (file(f"a {DAY}"), file(at=NOW + HOUR), file(f"a {DAY}", at=NOW + 2 * HOUR)),
    "older": (file(f"a {DAY}"), file(f"a {DAY} 2", f"z {BEFORE}", at=NOW - HOUR)),
    "nothing new": (file(f"a {DAY}"), file(f"a {DAY}", at=NOW + HOUR)),
    "quarantined": (file(f"a {DAY}", "!illisible", "!autre"), file("!illisible", at=NOW + HOUR)),
    "large": (file(*MANY), file(*MANY[:5], "!illisible", f"n {DAY}", at=NOW + HOUR)),
    "large and cut short": (file(*MANY, "#"),),
    "of another feed": (file(f"a {DAY}", feed="lits"), file(f"a {DAY} 2", feed="lits", at=NOW + HOUR)),
    "of no format": (b"\x00\xff",),
}
AT_ONCE = 4


@pytest.fixture
def live(live_store: LiveStore) -> Engine:
    return Engine(live_store, at_once=AT_ONCE)


def records(files: tuple[bytes, ...]) -> list[RawRecord]:
    return [raw(data, number, NOW + number * HOUR) for number, data in enumerate(files)]


def embedded(files: tuple[bytes, ...]) -> tuple[list[Fact], Collecting]:
    journal = MemoryJournal()
    made = collector(journal, at_once=AT_ONCE)
    for number, data in enumerate(files):
        made.collect(sent(data), Context(REGION, NOW + number * HOUR))
    facts = [(each.kind, each.payload, each.occurred_at, each.status) for each in journal.entries(REGION)]
    return facts, made


def nameless(receipts: list[Receipt]) -> list[Receipt]:
    return [replace(each, id="") for each in receipts]


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_journal_is_that_of_one_process(live: Engine, name: str) -> None:
    facts, made = embedded(SCENARIOS[name])
    for record in records(SCENARIOS[name]):
        live.take(record)
    assert live.facts() == facts
    assert nameless(live.receipts()) == nameless(list(made.destination.receipts.all()))
    assert [each.quarantined.sha256 for each in live.held()] == [
        each.quarantined.sha256 for each in made.destination.aside.all()
    ]


RECORDS = st.sampled_from([f"{key} {day}{ccmu}" for key in "abc" for day in (DAY, BEFORE) for ccmu in ("", " 2")])


@given(st.lists(st.tuples(st.lists(RECORDS, max_size=6), st.integers(0, 3)), max_size=5))
def test_whatever_is_sent_the_journal_is_that_of_one_process(
    tmp_path_factory: pytest.TempPathFactory, sendings: list[tuple[list[str], int]]
) -> None:
    files = tuple(file(*lines, at=NOW + extracted * HOUR) for lines, extracted in sendings)
    facts, made = embedded(files)
    with engine(tmp_path_factory.mktemp("live"), at_once=AT_ONCE) as live:
        for record in records(files):
            live.take(record)
        assert live.facts() == facts
        assert nameless(live.receipts()) == nameless(list(made.destination.receipts.all()))


def counted(live: Engine) -> list[Fact]:
    """Return what the fold of the région counts, in order."""
    log, found = RegionLog.start(REGION), list[Fact]()
    for record in live.log.read(REGION):
        try:
            entry = log.apply(record).entry
        except UnreadableRecord:
            continue
        if entry is not None:
            found.append((entry.kind, entry.payload, entry.occurred_at, entry.status))
    return found


def steps_of(path: Path, files: tuple[bytes, ...], at_once: int) -> tuple[int, list[Fact], list[Receipt]]:
    """Return how many steps the files take when nothing fails, and what they leave."""
    with engine(path, at_once=at_once) as live:
        for record in records(files):
            live.take(record)
        return live.steps.passed, live.facts(), live.receipts()


def again_and_again(live: Engine, files: tuple[bytes, ...], step: int, error: BaseException) -> None:
    """Fail once at a step; then another process takes the same file again, and the others."""
    live.steps.left, live.steps.error = step, error
    waiting, may_be_begun = records(files), False
    while waiting:
        try:
            live.take(waiting[0], may_be_begun=may_be_begun)
        except type(error):
            may_be_begun = True
            continue
        waiting.pop(0)


@pytest.mark.parametrize("error", [Killed(), KafkaUnavailable("away"), StorageError("away")], ids=repr)
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_failure_anywhere_changes_neither_facts_nor_receipts(tmp_path: Path, name: str, error: BaseException) -> None:
    files = SCENARIOS[name]
    steps, facts, receipts = steps_of(tmp_path, files, at_once=1000)
    for step in range(steps):
        place = tmp_path / str(step)
        place.mkdir()
        with engine(place) as live:
            again_and_again(live, files, step, error)
            assert counted(live) == facts
            assert live.receipts() == receipts
            assert live.aside.letters == []


@pytest.mark.parametrize("name", ["large", "corrected then removed"])
def test_a_file_in_several_transactions_loses_and_doubles_nothing(tmp_path: Path, name: str) -> None:
    files = SCENARIOS[name]
    steps, facts, receipts = steps_of(tmp_path, files, at_once=AT_ONCE)
    for step in range(steps):
        place = tmp_path / str(step)
        place.mkdir()
        with engine(place, at_once=AT_ONCE) as live:
            again_and_again(live, files, step, Killed())
            # What is not of the file says that its source lives: at most one more, when all of it was journaled.
            assert [each for each in counted(live) if each[0] != "feed.received"] == facts
            assert [each.received for each in live.receipts()] == [each.received for each in receipts]


def test_what_was_begun_is_found_whatever_was_written_meanwhile(live: Engine) -> None:
    """A reader remembers ten thousand ids: a file begun before them is not sent twice for all that."""
    record = raw(file(f"a {DAY}", f"b {DAY}"))
    live.steps.left = 1
    with pytest.raises(Killed):
        live.take(record)
    others = Draft(NOW, Status.ACTUAL, REGION, *messages.encode(signal()))
    live.log.append((str(number), others) for number in range(RECENT_IDS))
    live.take(record, may_be_begun=True)
    assert [kind for kind, *_ in live.facts()].count("rpu.passage") == 2
    assert [each.accepted for each in live.receipts()] == [2]


def test_a_file_collected_before_is_not_collected_again(live: Engine) -> None:
    record = raw(file(f"a {DAY}"), receipt="recu-1")
    assert live.take(record) is not None
    assert live.take(record, may_be_begun=True) is None
    # Sent again under the same receipt: its sender was not answered the first time.
    assert live.take(replace(record, offset=9)) is None
    assert [each.id for each in live.receipts()] == ["recu-1"]


def test_two_records_that_say_the_same_are_two_facts(live: Engine) -> None:
    draft = Draft(NOW, Status.ACTUAL, REGION, *messages.encode(signal()))
    destination = live.destination("one file")
    rows = [
        LedgerRow(Status.ACTUAL, key, TODAY, b"", NOW, destination.number(REGION, ahead))
        for ahead, key in enumerate("ab")
    ]
    destination.collect(REGION, [draft, draft], NOW, Collected(Scope(REGION, "signaux", "essai"), tuple(rows)))
    assert len(live.facts()) == 2


def test_the_establishments_declared_are_those_of_the_database(live: Engine) -> None:
    live.store.declare(REGION, [Etablissement("440000016", "CH", "44")], 1)
    receipt = live.take(raw(file(f"a {DAY}")))
    assert receipt is not None
    assert receipt.flags == {"etablissement_inconnu": 1}


def test_a_file_that_speaks_for_another_is_refused(live: Engine) -> None:
    receipt = live.take(raw(file(f"a {DAY}"), source="ETAB-750000001", name="http:ETAB-750000001:k1:rpu"))
    assert receipt is not None
    assert "only speaks of ETAB-750000001" in receipt.refused
    assert live.facts() == []
    assert live.take(raw(file(f"a {DAY}"), 1, source=f"ETAB-{ETAB}", name=f"http:ETAB-{ETAB}:k1:rpu")) is not None
    assert len(live.facts()) == 1


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (replace(raw(b"secret"), headers={"name": b"n", "region": b"52"}), "no header format"),
        (replace(raw(b"secret"), headers={"name": b"n", "region": b"99", "format": b""}), "no région"),
        (replace(raw(b"secret"), key=b"\xff"), "key is no text"),
    ],
)
def test_what_is_no_file_is_set_aside_and_the_next_one_collected(live: Engine, record: RawRecord, reason: str) -> None:
    assert live.take(record) is None
    [(said, value, headers)] = live.aside.letters
    assert reason in said
    assert "secret" not in said
    assert value == b"secret"
    assert dict(headers)["name"]
    assert live.receipts() == []
    assert live.take(raw(file(f"a {DAY}"), 1)) is not None


def test_who_was_told_a_receipt_is_told_of_it(live: Engine) -> None:
    live.take(replace(raw(b"x"), headers={"name": b"n", "region": b"52", "receipt": b"recu-2"}))
    [receipt] = live.receipts()
    assert receipt.id == "recu-2"
    assert "kept it aside" in receipt.refused


@pytest.mark.parametrize("error", [RuntimeError("Jeanne"), StorageRefused("Jeanne")])
def test_a_defect_sets_the_file_aside_without_quoting_it(live: Engine, error: Exception) -> None:
    live.steps.left, live.steps.error = 2, error  # before its transaction: its fact is journaled
    assert live.take(raw(file(f"a {DAY}"), receipt="recu-3")) is None
    [(reason, value, _)] = live.aside.letters
    assert type(error).__name__ in reason
    assert "Jeanne" not in reason
    assert value == file(f"a {DAY}")
    assert ["kept it aside" in each.refused for each in live.receipts()] == [True]


def test_a_record_read_again_is_journaled_first(live: Engine) -> None:
    live.take(raw(file(f"a {DAY}", f"!lisible secret {DAY}")))
    again = live.collecting(live.destination("quarantine 1"))
    live.steps.left, live.steps.error = 2, Killed()
    with pytest.raises(Killed):
        again.requeue(1, Context(REGION, NOW + HOUR))
    assert [each.state for each in live.held()] == [HeldState.HELD]
    live.collecting(live.destination("quarantine 1")).requeue(1, Context(REGION, NOW + 2 * HOUR))
    assert [each.state for each in live.held()] == [HeldState.REQUEUED]
    assert [kind for kind, *_ in live.facts()] == ["rpu.passage", "rpu.passage"]


def test_a_problem_of_the_brokers_is_no_defect(live: Engine) -> None:
    live.steps.left, live.steps.error = 0, KafkaProblem("away")
    with pytest.raises(KafkaProblem):
        live.take(raw(file(f"a {DAY}")))
    assert (live.aside.letters, live.receipts()) == ([], [])


@pytest.mark.xdist_group("servers")
def test_two_ways_in_at_once_give_a_visit_once(postgres_url: str) -> None:
    """A source may send by HTTP and drop the same days: two workers then collect it at the same moment."""
    with LiveStore.open(postgres_url) as store, ThreadPoolExecutor(2) as workers:
        live = Engine(store)
        for round_ in range(10):
            data = file(*(f"k{number} {DAY}" for number in range(10 * round_ + 10)), at=NOW + round_ * HOUR)
            both = [raw(data, 2 * round_ + way, NOW + round_ * HOUR, source=f"way {way}") for way in range(2)]
            receipts = list(workers.map(live.take, both))
            assert sorted(each.accepted for each in receipts if each is not None) == [0, 10]
        assert len(live.facts()) == 100


def test_who_wakes_in_the_middle_of_a_file_finished_by_another_writes_nothing(live: Engine) -> None:
    first, corrected = records((file(f"a {DAY}"), file(f"a {DAY} 2", at=NOW + HOUR)))
    asleep = live.destination(first.place, receipt="recu-1")
    scope, number = Scope(REGION, "rpu", ETAB), asleep.number(REGION, 0)
    live.take(raw(first.value or b"", first.offset, receipt="recu-1"))
    live.take(corrected)
    ledger, facts = live.store.ledger.known(scope, ("a",)), live.facts()
    stale = LedgerRow(Status.ACTUAL, "a", TODAY, b"old", NOW, number)
    draft = Draft(NOW, Status.ACTUAL, REGION, *messages.encode(signal()))
    assert len(facts) > 1
    asleep.collect(REGION, [draft], NOW, Collected(scope, (stale,)))
    assert (live.store.ledger.known(scope, ("a",)), live.facts()) == (ledger, facts)
    live.store.commit_collected(REGION, Collected(scope, (stale,)), {}, (), "recu-1")
    assert live.store.ledger.known(scope, ("a",)) == ledger
    live.store.commit_collected(REGION, Collected(scope, (stale,)), {}, (), "another")
    assert live.store.ledger.known(scope, ("a",)) != ledger
