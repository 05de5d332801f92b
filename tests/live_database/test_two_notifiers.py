"""Two notifiers race for one outbox: whoever wins, each message leaves; once, unless one of them dies with it."""

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from threading import Barrier, Thread
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.adapters.sender import LEASE, Sender
from alerts.channel import SENT, Outcome, failed
from alerts.effects import Effect, Notify
from alerts.outbox import OutboxState
from alerts.wording import Message
from streams.adapters.live_store import LiveStore
from streams.testing import EPOCH, sample_notification
from tests.alerts.test_sender import LINK, Inline

Step = tuple[Literal["dispatch", "collect", "die", "wait"], int]
_NUMBERS = itertools.count()
STEPS = st.lists(st.tuples(st.sampled_from(["dispatch", "collect", "die", "wait"]), st.integers(0, 1)), max_size=40)


@dataclass
class Phone:
    """Keeps what rang, by text; fails when its script says so."""

    script: Iterator[bool] = field(default_factory=lambda: iter(()))
    rung: list[str] = field(default_factory=list)

    def send(self, contact: str, message: Message) -> Outcome:
        if not next(self.script, True):
            return failed(f"closed for {contact}")
        self.rung.append(message.id)
        return SENT


def calls_of(count: int) -> list[Notify]:
    """Return new calls, of ids never used: what was stored before stays stored."""
    return [sample_notification(("race", next(_NUMBERS))) for _ in range(count)]


def queued(store: LiveStore, calls: list[Notify]) -> None:
    effects: list[Effect] = [*calls]
    store.record_told([("52", effects)])


class Notifiers:
    """Two senders on one store, and a virtual clock."""

    def __init__(self, store: LiveStore, phone: Phone) -> None:
        self.store = store
        self.phone = phone
        self.now = EPOCH
        self.deaths = 0
        self.senders = [self._new(0), self._new(1)]

    def _new(self, which: int) -> Sender:
        # A new name each time: nobody takes back what the dead one had claimed, its lease has to end.
        return Sender(self.store.outbox, self.phone, Inline(), LINK, f"notifier-{which}-{self.deaths}")

    def do(self, step: Step) -> None:
        what, which = step
        match what:
            case "dispatch":
                self.senders[which].dispatch(self.now)
            case "collect":
                self.report(which)
            case "die":
                self.deaths += len(self.senders[which].futures)
                self.senders[which] = self._new(which)
            case _:
                self.now += timedelta(seconds=20)

    def report(self, which: int) -> None:
        for report in self.senders[which].collect(self.now):
            self.store.finish(report.delivery.region, [report.finished])

    def finish(self) -> None:
        """Go on until nothing is left to send."""
        for _ in range(100):
            for which in (0, 1):
                self.senders[which].dispatch(self.now)
                self.report(which)
            ready_at = self.store.outbox.next_ready_at()
            if ready_at is None:
                return
            self.now = max(self.now, ready_at)
        raise AssertionError("something is still waiting")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=30)
@given(steps=STEPS, outcomes=st.lists(st.booleans(), max_size=6), count=st.integers(1, 5))
def test_in_whatever_order_two_notifiers_work_no_message_is_lost(
    live_store: LiveStore, steps: list[Step], outcomes: list[bool], count: int
) -> None:
    calls = calls_of(count)
    queued(live_store, calls)
    race = Notifiers(live_store, Phone(iter(outcomes)))
    for step in steps:
        race.do(step)
    race.finish()
    rung = Counter(race.phone.rung)
    for call in calls:
        item = live_store.outbox.find("52", call.id)
        assert item is not None
        assert item.state is (OutboxState.DONE if rung[call.id] else OutboxState.FAILED)
    # A message goes out twice only for a notifier that died with it.
    assert sum(rung.values()) - len(rung) <= race.deaths


def test_two_threads_on_one_outbox_send_each_message_once(live_store: LiveStore) -> None:
    calls = calls_of(60)
    queued(live_store, calls)
    phone, ready = Phone(), Barrier(2)

    def notifier(which: int) -> None:
        sender = Sender(live_store.outbox, phone, Inline(), LINK, f"notifier-{which}")
        ready.wait(30)
        while live_store.outbox.next_ready_at() is not None:
            sender.dispatch(EPOCH)
            for report in sender.collect(EPOCH):
                live_store.finish(report.delivery.region, [report.finished])

    threads = [Thread(target=notifier, args=(which,)) for which in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert Counter(phone.rung) == Counter(call.id for call in calls)
    assert live_store.outbox.counts()[OutboxState.DONE] == len(calls)


@pytest.mark.parametrize("seed", range(3))
def test_a_notifier_that_dies_is_replaced_by_the_other_once_its_lease_ends(live_store: LiveStore, seed: int) -> None:
    calls, random = calls_of(9), Random(seed)
    queued(live_store, calls)
    race = Notifiers(live_store, Phone())
    race.senders[0].dispatch(EPOCH)
    if random.random() < 0.5:
        race.report(0)
    race.do(("die", 0))
    race.senders[1].dispatch(EPOCH + LEASE)
    race.report(1)
    race.finish()
    assert set(race.phone.rung) == {call.id for call in calls}
