"""From the web's threads to the writer: order, refusals, a journal that fails, a monitor that stops."""

from typing import NoReturn

import pytest

from alerts.outbox import StorageFull
from streams.adapters.handoff import Handoff, HandoffClosed, HandoffFailed
from streams.collecting.api_keys import NotItsSource, new_key
from streams.collecting.delivering import Delivery, IdempotencyConflict
from streams.collecting.receipts import Receipt
from tests.feeds.http_door import ETAB, NOW

KEY = new_key("s" * 43, "0123abcd", ETAB, ["rpu"], NOW)[1]


def delivery(tag: str) -> Delivery:
    return Delivery(KEY, "rpu", "oscour", tag, b"x")


def receipt(delivered: Delivery) -> Receipt:
    return Receipt(delivered.tag, "52", NOW, "x", "")


def test_the_writer_is_woken_and_takes_in_order() -> None:
    woken, taken = [], []
    handoff = Handoff(lambda: woken.append(1))
    futures = [handoff.submit(delivery(tag)) for tag in "abc"]
    assert futures[1].cancel()

    def deliver(delivered: Delivery) -> Receipt:
        taken.append(delivered.tag)
        return receipt(delivered)

    handoff.take(deliver)
    assert (len(woken), taken) == (3, ["a", "c"])
    assert futures[2].result(0).id == "c"


@pytest.mark.parametrize("refusal", [NotItsSource("no"), IdempotencyConflict("no"), HandoffFailed()])
def test_a_refusal_goes_to_its_sender_and_the_next_one_passes(refusal: Exception) -> None:
    handoff = Handoff(lambda: None)
    futures = [handoff.submit(delivery(tag)) for tag in "ab"]

    def deliver(delivered: Delivery) -> Receipt:
        if delivered.tag == "a":
            raise refusal
        return receipt(delivered)

    handoff.take(deliver)
    assert futures[0].exception(0) is refusal
    assert futures[1].result(0).id == "b"


def test_a_journal_that_fails_stops_the_writer_and_nobody_waits() -> None:
    handoff = Handoff(lambda: None)
    futures = [handoff.submit(delivery(tag)) for tag in "ab"]

    def deliver(_: Delivery) -> NoReturn:
        raise StorageFull("the disk is full")

    with pytest.raises(StorageFull):
        handoff.take(deliver)
    handoff.close()
    assert [type(each.exception(0)) for each in futures] == [HandoffClosed, HandoffClosed]
    with pytest.raises(HandoffClosed, match="stopping"):
        handoff.submit(delivery("c"))
