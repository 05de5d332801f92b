"""The rules that every outbox keeps: in memory, in the journal's file, in a live store's file, on PostgreSQL."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.outbox import Delivery, Finished, OutboxState, RetryPolicy
from streams.adapters.sqlite_journal import SqliteJournal
from streams.journal import Batch
from streams.testing import EPOCH, MemoryJournal, sample_batch, sample_notification, sample_recall
from tests.live_database.store_fixtures import STORES, AnyJournal, journal_of

SECOND = timedelta(seconds=1)
LEASE = timedelta(minutes=1)
LATER = EPOCH + timedelta(hours=1)


@pytest.fixture(params=STORES)
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AnyJournal]:
    with journal_of(request, tmp_path) as made:
        yield made


def queued(journal: AnyJournal, notifications: int, region: str = "52") -> set[str]:
    batch = sample_batch(journal.head(region), 1, notifications)
    journal.commit(batch)
    return {notification.id for notification in batch.outbox}


def report(journal: AnyJournal, delivery: Delivery, is_sent: bool) -> None:
    head = journal.head(delivery.region)
    finished = Finished(
        delivery.notification_id, is_sent, LATER, title="ALERTE", body="Afflux", error="" if is_sent else "x"
    )
    journal.commit(Batch(head, head.advanced_to, finished=(finished,)))


def test_what_is_claimed_is_what_was_decided(journal: AnyJournal) -> None:
    batch = sample_batch(journal.head("52"), 1, notifications=1)
    journal.commit(batch)
    (delivery,) = journal.outbox.claim(LATER, "worker", LEASE, 10)
    assert delivery == Delivery("52", batch.outbox[0], 1, batch.outbox[0].at, "worker", LATER + LEASE)


def test_nothing_is_claimed_before_it_is_due(journal: AnyJournal) -> None:
    queued(journal, 1)
    assert journal.outbox.next_ready_at() == EPOCH + SECOND
    assert journal.outbox.claim(EPOCH, "worker", LEASE, 10) == []


def test_the_longest_waiting_goes_first_within_the_limit(journal: AnyJournal) -> None:
    first, second = queued(journal, 1), queued(journal, 1)
    assert {d.notification_id for d in journal.outbox.claim(LATER, "worker", LEASE, 1)} == first
    assert {d.notification_id for d in journal.outbox.claim(LATER, "worker", LEASE, 1)} == second


def test_claimed_items_belong_to_one_worker_until_the_lease_ends(journal: AnyJournal) -> None:
    ids = queued(journal, 3)
    assert {d.notification_id for d in journal.outbox.claim(LATER, "one", LEASE, 10)} == ids
    assert journal.outbox.claim(LATER + LEASE - SECOND, "two", LEASE, 10) == []
    again = journal.outbox.claim(LATER + LEASE, "two", LEASE, 10)
    assert {(d.notification_id, d.attempts) for d in again} == {(id_, 2) for id_ in ids}


def test_same_id_in_two_regions_is_two_items(journal: AnyJournal) -> None:
    batch = sample_batch(journal.head("52"), 1, notifications=1)
    journal.commit(batch)
    other = journal.head("76")
    effects = tuple((notification, 0) for notification in batch.outbox)
    journal.commit(Batch(other, EPOCH, effects=effects, outbox=batch.outbox))
    assert {d.region for d in journal.outbox.claim(LATER, "worker", LEASE, 10)} == {"52", "76"}


def test_a_failed_attempt_comes_back_after_its_wait(journal: AnyJournal) -> None:
    queued(journal, 1)
    (delivery,) = journal.outbox.claim(LATER, "worker", LEASE, 10)
    assert journal.outbox.retry(delivery, LATER, "timeout")
    assert journal.outbox.next_ready_at() == LATER + 5 * SECOND
    (again,) = journal.outbox.claim(LATER + 5 * SECOND, "worker", LEASE, 10)
    assert again.attempts == 2
    item = journal.outbox.find("52", delivery.notification_id)
    assert item is not None
    assert item.error == "timeout"


def test_a_lost_lease_cannot_postpone_another_s_work(journal: AnyJournal) -> None:
    queued(journal, 1)
    (mine,) = journal.outbox.claim(LATER, "one", LEASE, 10)
    (theirs,) = journal.outbox.claim(LATER + LEASE, "two", LEASE, 10)
    assert not journal.outbox.retry(mine, LATER + LEASE, "timeout")
    assert journal.outbox.retry(theirs, LATER + LEASE, "timeout")
    assert not journal.outbox.retry(theirs, LATER + LEASE, "timeout")


def test_an_unknown_delivery_cannot_be_postponed(journal: AnyJournal) -> None:
    queued(journal, 1)
    (delivery,) = journal.outbox.claim(LATER, "worker", LEASE, 10)
    assert not journal.outbox.retry(replace(delivery, region="76"), LATER, "timeout")
    assert journal.outbox.find("76", delivery.notification_id) is None


@pytest.mark.parametrize("is_sent", [True, False])
def test_a_report_ends_the_item_and_keeps_what_was_sent(journal: AnyJournal, is_sent: bool) -> None:
    queued(journal, 1)
    (delivery,) = journal.outbox.claim(LATER, "worker", LEASE, 10)
    report(journal, delivery, is_sent)
    item = journal.outbox.find("52", delivery.notification_id)
    assert item is not None
    assert item.state is (OutboxState.DONE if is_sent else OutboxState.FAILED)
    assert (item.title, item.body, item.finished_at) == ("ALERTE", "Afflux", LATER)
    assert journal.outbox.next_ready_at() is None
    assert journal.outbox.claim(LATER + timedelta(days=1), "worker", LEASE, 10) == []
    assert journal.verify() == []


def test_counts_show_every_state(journal: AnyJournal) -> None:
    assert journal.outbox.counts() == dict.fromkeys(OutboxState, 0)
    queued(journal, 4)
    done, failed, _ = journal.outbox.claim(LATER, "worker", LEASE, 3)
    report(journal, done, is_sent=True)
    report(journal, failed, is_sent=False)
    recall(journal, *queued(journal, 1))
    assert journal.outbox.counts() == dict.fromkeys(OutboxState, 1)


def recall(journal: AnyJournal, *notifications: str, region: str = "52") -> None:
    """Write what the fold does when somebody answered."""
    head = journal.head(region)
    effects = tuple((sample_recall(each), head.seq) for each in notifications)
    journal.commit(Batch(head, head.advanced_to, effects=effects))


def test_what_is_recalled_is_not_sent_any_more(journal: AnyJournal) -> None:
    (waiting,) = queued(journal, 1)
    (other,) = queued(journal, 1)
    recall(journal, waiting)
    assert [each.notification_id for each in journal.outbox.claim(LATER, "worker", LEASE, 10)] == [other]
    item = journal.outbox.find("52", waiting)
    assert item is not None
    assert (item.state, item.attempts, item.may_have_left) == (OutboxState.RECALLED, 0, False)
    assert journal.verify() == []


def test_a_message_that_waits_for_its_next_attempt_is_recalled(journal: AnyJournal) -> None:
    queued(journal, 1)
    (delivery,) = journal.outbox.claim(LATER, "worker", LEASE, 10)
    journal.outbox.retry(delivery, LATER, "timeout")
    recall(journal, delivery.notification_id)
    assert journal.outbox.next_ready_at() is None
    assert journal.outbox.claim(LATER + timedelta(days=1), "worker", LEASE, 10) == []


@pytest.mark.parametrize("is_sent", [True, False])
def test_an_attempt_under_way_ends_and_says_what_became_of_it(journal: AnyJournal, is_sent: bool) -> None:
    queued(journal, 1)
    (delivery,) = journal.outbox.claim(LATER, "worker", LEASE, 10)
    recall(journal, delivery.notification_id)
    report(journal, delivery, is_sent)
    item = journal.outbox.find("52", delivery.notification_id)
    assert item is not None
    assert item.state is (OutboxState.DONE if is_sent else OutboxState.RECALLED)
    assert (item.title, item.finished_at) == ("ALERTE", LATER)


def test_an_attempt_that_fails_after_a_recall_is_the_last(journal: AnyJournal) -> None:
    queued(journal, 1)
    (delivery,) = journal.outbox.claim(LATER, "worker", LEASE, 10)
    recall(journal, delivery.notification_id)
    assert journal.outbox.retry(delivery, LATER, "timeout")
    item = journal.outbox.find("52", delivery.notification_id)
    assert item is not None
    assert (item.state, item.error, item.may_have_left) == (OutboxState.RECALLED, "timeout", False)
    assert journal.outbox.next_ready_at() is None


def test_a_sender_killed_during_a_recalled_attempt_does_not_send_it_again(journal: AnyJournal) -> None:
    queued(journal, 1)
    (delivery,) = journal.outbox.claim(LATER, "worker", LEASE, 10)
    recall(journal, delivery.notification_id)
    assert journal.outbox.release("worker", LATER) == 0
    assert journal.outbox.claim(LATER + timedelta(days=1), "worker", LEASE, 10) == []
    item = journal.outbox.find("52", delivery.notification_id)
    assert item is not None
    assert item.may_have_left


def test_recalling_again_or_nothing_changes_nothing(journal: AnyJournal) -> None:
    batch = sample_batch(journal.head("52"), 1, notifications=2)
    journal.commit(batch)
    sent, waiting = journal.outbox.claim(LATER, "worker", LEASE, 10)
    report(journal, sent, is_sent=True)
    recall(journal, sent.notification_id, waiting.notification_id, "never ordered")
    before = [journal.outbox.find("52", each.id) for each in batch.outbox]
    recall(journal, waiting.notification_id, region="76")
    recall(journal, sent.notification_id, waiting.notification_id)
    head = journal.head("52")
    journal.commit(
        Batch(head, head.advanced_to, effects=tuple((n, head.seq) for n in batch.outbox), outbox=batch.outbox)
    )
    assert [journal.outbox.find("52", each.id) for each in batch.outbox] == before
    assert {item.state for item in before if item} == {OutboxState.DONE, OutboxState.RECALLED}


def test_what_is_ordered_and_recalled_at_once_is_recalled(journal: AnyJournal) -> None:
    head = journal.head("52")
    call = sample_notification("at once")
    effects = ((call, 0), (sample_recall(call.id), 0))
    journal.commit(Batch(head, EPOCH, effects=effects, outbox=(call,)))
    assert journal.outbox.counts()[OutboxState.RECALLED] == 1


STEPS = ("claim", "die", "restart", "retry", "failed", "sent", "recall")


@given(steps=st.lists(st.sampled_from(STEPS), max_size=30))
def test_nothing_recalled_is_begun_again_and_what_was_sent_is_said(steps: list[str]) -> None:
    """Whatever senders do around a recall: no new attempt begins after it, and a sent message is never forgotten."""
    journal, now, held = MemoryJournal(policy=RetryPolicy(max_attempts=1000)), LATER, list[Delivery]()
    (id_,) = queued(journal, 1)
    is_recalled = is_sent = is_over = False
    for step in steps:
        now += timedelta(minutes=2)
        match step:
            case "claim":
                begun = journal.outbox.claim(now, "worker", LEASE, 2)
                assert not (begun and is_recalled)
                held += begun
            case "restart":
                journal.outbox.release("worker", now)
            case "recall":
                recall(journal, id_)
                is_recalled = is_recalled or not is_over
            case "retry" if held:
                journal.outbox.retry(held.pop(), now, "timeout")
            case "sent" | "failed" if held:
                report(journal, held.pop(), is_sent=step == "sent")
                is_sent, is_over = is_sent or step == "sent", True
            case "die" if held:
                held.pop()
    item = journal.outbox.find("52", id_)
    assert item is not None
    assert (item.state is OutboxState.DONE) is is_sent
    if is_recalled:
        assert item.state in {OutboxState.DONE, OutboxState.RECALLED}
        assert journal.outbox.next_ready_at() is None


@given(steps=st.lists(st.sampled_from(["claim", "die", "retry", "sent"]), max_size=30))
def test_no_history_loses_a_notification(steps: list[str]) -> None:
    """Whatever senders do, each item is finished or will be ready again."""
    journal, now, held = MemoryJournal(policy=RetryPolicy(max_attempts=1000)), LATER, list[Delivery]()
    ids = queued(journal, 3)
    for step in steps:
        now += timedelta(minutes=2)
        if step == "claim":
            held += journal.outbox.claim(now, "worker", LEASE, 2)
        elif held and step == "retry":
            journal.outbox.retry(held.pop(), now, "timeout")
        elif held and step == "sent":
            report(journal, held.pop(), is_sent=True)
        elif held:
            held.pop()
    remaining = journal.outbox.claim(now + timedelta(hours=1), "last", LEASE, 10)
    done = journal.outbox.counts()[OutboxState.DONE]
    assert len(remaining) + done == len(ids)


def test_threads_never_share_an_item(tmp_path: Path) -> None:
    with SqliteJournal.create(tmp_path / "journal.db", synchronous="NORMAL") as journal:
        ids = queued(journal, 60)
        with ThreadPoolExecutor(4) as pool:
            claims = pool.map(lambda worker: journal.outbox.claim(LATER, str(worker), LEASE, 5), range(12))
            taken = [delivery.notification_id for claim in claims for delivery in claim]
    assert len(taken) == 60
    assert set(taken) == ids


CLAIMER = """
import sys
from datetime import timedelta
from pathlib import Path
from streams.adapters.sqlite_journal import SqliteJournal
from streams.testing import EPOCH
now, lease = EPOCH + timedelta(hours=1), timedelta(minutes=1)
with SqliteJournal.open(Path(sys.argv[1])) as journal:
    print("ready", flush=True)
    sys.stdin.readline()
    while claimed := journal.outbox.claim(now, sys.argv[2], lease, 2):
        for delivery in claimed:
            print(delivery.notification_id)
"""


def test_processes_never_share_an_item(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with SqliteJournal.create(path) as journal:
        ids = queued(journal, 40)
    command = [sys.executable, "-c", CLAIMER, str(path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    one, two = (subprocess.Popen([*command, name], **pipes) for name in ("one", "two"))  # type: ignore[call-overload]
    for claimer in (one, two):
        assert claimer.stdout.readline() == "ready\n"
    for claimer in (one, two):
        claimer.stdin.write("\n")
        claimer.stdin.flush()
    taken = [line for claimer in (one, two) for line in _run(claimer)]
    assert len(taken) == 40
    assert set(taken) == ids


def _run(claimer: subprocess.Popen[str]) -> list[str]:
    out, _ = claimer.communicate(timeout=60)
    assert claimer.returncode == 0
    return out.split()
