from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import outbox
from alerts.outbox import Finished, Item, OutboxState, RetryPolicy
from streams.testing import EPOCH, sample_notification

SECOND = timedelta(seconds=1)
LEASE = timedelta(minutes=1)
POLICY = RetryPolicy()
ITEM = outbox.queue("52", sample_notification("policy"))


def claimed(item: Item = ITEM) -> Item:
    result = outbox.claim(item, EPOCH, "worker", LEASE)
    assert result is not None
    return result


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 5), (2, 10), (3, 20), (6, 160), (7, 300), (8, 300), (10_000, 300)]
)
def test_waits_double_from_five_seconds_to_five_minutes(attempts: int, seconds: int) -> None:
    assert POLICY.delay(attempts) == seconds * SECOND


@given(attempts=st.integers(1, 100))
def test_waits_never_shrink(attempts: int) -> None:
    assert POLICY.first <= POLICY.delay(attempts) <= POLICY.delay(attempts + 1) <= POLICY.ceiling


def test_the_fourth_failure_is_the_last_unless_configured() -> None:
    assert [attempts for attempts in range(1, 6) if POLICY.is_exhausted(attempts)] == [4, 5]
    assert RetryPolicy(max_attempts=1).is_exhausted(1)


def test_a_new_item_is_due_at_the_decision() -> None:
    assert (ITEM.state, ITEM.ready_at, ITEM.attempts) == (OutboxState.PENDING, EPOCH, 0)
    assert outbox.claim(ITEM, EPOCH - SECOND, "worker", LEASE) is None


def test_a_claim_counts_an_attempt_and_expires() -> None:
    item = claimed()
    assert (item.attempts, item.ready_at) == (1, EPOCH + LEASE)
    assert outbox.claim(item, EPOCH + LEASE - SECOND, "other", LEASE) is None
    again = outbox.claim(item, EPOCH + LEASE, "other", LEASE)
    assert again is not None
    assert (again.worker, again.attempts) == ("other", 2)


def test_a_failed_attempt_waits() -> None:
    item = claimed()
    waiting = outbox.retry(item, outbox.delivery_of(item), EPOCH + SECOND, "timeout", POLICY)
    assert waiting is not None
    assert (waiting.state, waiting.ready_at, waiting.error) == (OutboxState.PENDING, EPOCH + 6 * SECOND, "timeout")


def test_a_lost_claim_cannot_be_retried() -> None:
    item = claimed()
    mine = outbox.delivery_of(item)
    theirs = outbox.claim(item, EPOCH + LEASE, "other", LEASE)
    assert theirs is not None
    assert outbox.retry(theirs, mine, EPOCH + LEASE, "timeout", POLICY) is None


def test_only_a_claimed_item_is_a_delivery() -> None:
    with pytest.raises(ValueError, match="pending, not claimed"):
        outbox.delivery_of(ITEM)


@pytest.mark.parametrize("is_sent", [True, False])
def test_a_finished_item_is_never_claimed_again(is_sent: bool) -> None:
    item = outbox.finish(claimed(), Finished(ITEM.notification.id, is_sent, EPOCH))
    assert item.state is (OutboxState.DONE if is_sent else OutboxState.FAILED)
    assert outbox.claim(item, EPOCH + timedelta(days=365), "worker", LEASE) is None


def test_what_was_sent_stays_sent() -> None:
    sent = outbox.finish(claimed(), Finished(ITEM.notification.id, is_sent=True, at=EPOCH, body="Afflux"))
    assert outbox.finish(sent, Finished(ITEM.notification.id, is_sent=False, at=EPOCH, error="timeout")) == sent


def test_sent_after_all_is_recorded_over_a_failure() -> None:
    failed = outbox.finish(claimed(), Finished(ITEM.notification.id, is_sent=False, at=EPOCH, error="timeout"))
    assert outbox.finish(failed, Finished(ITEM.notification.id, is_sent=True, at=EPOCH)).state is OutboxState.DONE


def recalled(item: Item) -> Item:
    result = outbox.recall(item)
    assert result is not None
    return result


def test_a_recalled_item_is_never_claimed() -> None:
    for item in (recalled(ITEM), recalled(claimed())):
        assert (item.state, item.ready_at) == (OutboxState.RECALLED, None)
        assert outbox.claim(item, EPOCH + timedelta(days=365), "worker", LEASE) is None
        assert outbox.release(item, "worker", EPOCH) is None
        assert outbox.recall(item) is None
    assert not recalled(ITEM).may_have_left
    assert recalled(claimed()).may_have_left


@pytest.mark.parametrize("is_sent", [True, False])
def test_what_is_finished_is_not_recalled(is_sent: bool) -> None:
    assert outbox.recall(outbox.finish(claimed(), Finished(ITEM.notification.id, is_sent, EPOCH))) is None


def test_an_attempt_under_way_ends_after_a_recall_and_is_the_last() -> None:
    item = recalled(claimed())
    ended = outbox.retry(item, outbox.delivery_of(item), EPOCH + SECOND, "timeout", POLICY)
    assert ended is not None
    assert (ended.state, ended.error, ended.ready_at, ended.may_have_left) == (
        OutboxState.RECALLED,
        "timeout",
        None,
        False,
    )
    assert outbox.retry(ended, outbox.delivery_of(item), EPOCH + SECOND, "timeout", POLICY) is None
    given_up = outbox.finish(item, Finished(ITEM.notification.id, is_sent=False, at=EPOCH, error="refused"))
    assert (given_up.state, given_up.error) == (OutboxState.RECALLED, "refused")


def test_what_was_sent_during_a_recall_is_sent() -> None:
    item = recalled(claimed())
    assert outbox.finish(item, Finished(ITEM.notification.id, is_sent=True, at=EPOCH)).state is OutboxState.DONE


def test_a_delivery_names_its_notification_and_contact() -> None:
    delivery = outbox.delivery_of(claimed())
    assert (delivery.notification_id, delivery.contact) == (ITEM.notification.id, "a.martin/sms")
