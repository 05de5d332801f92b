"""Workers suspended past their session, workers that come and go: nothing stale is told, no page is doubled."""

import time
from pathlib import Path

import pytest

from streams.adapters.kafka_clients import KafkaAccess
from tests.live.campaign.campaign_stage import Load, Stage, staged
from tests.live.campaign.campaign_verdict import judge
from tests.live.processes import until
from tests.vigie.monitored import Phones

SESSION = 6.0
"""Seconds; the brokers refuse less."""


def under_load(stage: Stage, load: Load, seconds: float) -> None:
    """Send for a while, and until something came of it."""
    before, over = stage.written(), time.monotonic() + seconds

    def is_over() -> bool:
        load.go_on()
        return time.monotonic() >= over and stage.written() > before

    until(is_over)


@pytest.mark.timeout(600)
def test_a_worker_suspended_past_its_session_tells_nothing_stale(
    access: KafkaAccess, postgres_url: str, phones: Phones, tmp_path: Path
) -> None:
    with staged(access, postgres_url, tmp_path, phones, "27") as stage:
        load = Load(stage, 27)
        workers, notifier = [stage.start("worker"), stage.start("worker")], stage.start("notifier")
        under_load(stage, load, 2)
        for worker in workers:
            worker.pause()
            under_load(stage, load, SESSION + 2)
            worker.go_on()
            under_load(stage, load, 1)
        last = stage.visits("27", load.latest, load.visits)
        figures = judge(stage, workers, [notifier], lambda: stage.send("rpu", last))
        _assert_nothing_new(stage, last.receipt)
        assert figures.notifications > 0


def _assert_nothing_new(stage: Stage, receipt_id: str | None) -> None:
    """What was sent last is known: no ledger went back to an older version."""
    receipt = stage.store.receipts.find(receipt_id or "")
    assert receipt is not None
    assert (receipt.accepted, receipt.duplicates) == (0, receipt.received)


@pytest.mark.timeout(600)
def test_workers_that_come_and_go_neither_lose_nor_double_a_page(
    access: KafkaAccess, postgres_url: str, phones: Phones, tmp_path: Path
) -> None:
    with staged(access, postgres_url, tmp_path, phones, "28", "32") as stage:
        load = Load(stage, 28)
        workers, notifier = [stage.start("worker")], stage.start("notifier")
        under_load(stage, load, 1)
        workers.append(stage.start("worker"))
        workers[1].wait_for("given to this worker")
        under_load(stage, load, 2)
        assert workers[0].stop() == 0, workers[0].said()
        under_load(stage, load, 2)
        figures = judge(stage, workers[1:], [notifier])
    assert figures.calls == figures.notifications > 0
