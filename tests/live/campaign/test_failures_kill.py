"""Workers killed at random points under load, on a real Kafka and a real PostgreSQL: nothing lost, nothing changed."""

import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from alerts.adapters.sender import LEASE
from streams.adapters.kafka_clients import KafkaAccess
from tests.live.campaign.campaign_stage import Load, Stage, declaration, staged, territories
from tests.live.campaign.campaign_verdict import judge
from tests.live.processes import PATIENCE_SECONDS, Process, until
from tests.vigie.monitored import Phones

KILLS, KILLS_SHORT = 200, 4
SEED = 52
AFTER = 1.5
"""Seconds from the first sign of work to the kill, at most."""


class Victims:
    """Two workers and a notifier: whichever is killed is followed by another at once."""

    def __init__(self, stage: Stage, seed: int) -> None:
        self._stage, self._random, self._load = stage, Random(seed), Load(stage, seed)
        self.workers = [self._worker(), self._worker()]
        self.notifiers = [self._notifier()]

    def _worker(self) -> Process:
        return self._stage.start("worker")

    def _notifier(self) -> Process:
        return self._stage.start("notifier", "--name", "campaign")

    def kill_one(self) -> None:
        """Wait for work, then kill one worker; now and then the notifier too."""
        before = self._stage.written()
        self._work(lambda: self._stage.written() > before)
        over = time.monotonic() + self._random.random() * AFTER
        self._work(lambda: time.monotonic() >= over)
        place = self._random.randrange(2)
        assert self.workers[place].is_alive, self.workers[place].said()[-3000:]
        self.workers[place].kill()
        self.workers[place] = self._worker()
        if self._random.random() < 0.1:
            self.notifiers[0].kill()
            self.notifiers[0] = self._notifier()

    def _work(self, is_enough: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_enough():
            assert time.monotonic() < deadline, [each.said()[-2000:] for each in self.workers]
            self._load.go_on()
            time.sleep(0.02)


@pytest.mark.timeout(3600)
def test_workers_killed_at_random_points_lose_and_change_nothing(
    access: KafkaAccess, postgres_url: str, phones: Phones, tmp_path: Path, soak: bool
) -> None:
    with staged(access, postgres_url, tmp_path, phones, "11", "24") as stage:
        victims = Victims(stage, SEED)
        kills = KILLS if soak else KILLS_SHORT
        begun = time.monotonic()
        for number in range(kills):
            victims.kill_one()
            if soak:
                print(f"{number + 1} killed, {time.monotonic() - begun:.0f} s", flush=True)  # noqa: T201 - an hour
        figures = judge(stage, victims.workers, victims.notifiers)
        assert figures.notifications > kills
        print(f"{kills} kills in {time.monotonic() - begun:.0f} s: {figures}")  # noqa: T201 - for the one who ran it


@pytest.mark.timeout(600)
def test_a_notifier_killed_while_the_phone_rings_lets_it_ring_again_at_once(
    access: KafkaAccess, postgres_url: str, phones: Phones, tmp_path: Path
) -> None:
    with staged(access, postgres_url, tmp_path, phones, "44") as stage:
        phones.answering.clear()
        worker, first = stage.start("worker"), stage.start("notifier", "--name", "campaign")
        stage.send("signaux", stage.signals("44", declaration("accident", territories("44")[0])))
        until(lambda: len(phones.rung) == 1)
        first.kill()
        phones.answering.set()
        # Sooner than its claim ends.
        second = stage.start("notifier", "--name", "campaign")
        until(lambda: len(phones.rung) == 2, LEASE.total_seconds() / 2)
        figures = judge(stage, [worker], [second])
    assert (figures.notifications, figures.calls) == (1, 2)
