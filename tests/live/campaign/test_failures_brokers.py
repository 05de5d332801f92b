"""Brokers killed and started again under load: each fact is on two at least, leaders move, nothing is lost."""

from pathlib import Path

import pytest

from streams.adapters.topic_admin import TopicAdmin
from streams.live.topics import JOURNAL
from tests.live.broker import Kafka, clear_topics
from tests.live.campaign.campaign_stage import Load, staged
from tests.live.campaign.campaign_verdict import judge
from tests.live.campaign.test_failures_group import under_load
from tests.vigie.monitored import Phones


@pytest.mark.timeout(900)
def test_a_broker_killed_moves_its_leaders_and_loses_nothing(
    kafka_of_three: Kafka, postgres_url: str, phones: Phones, tmp_path: Path, soak: bool
) -> None:
    clear_topics(kafka_of_three.access)
    TopicAdmin(kafka_of_three.access, 3).create()
    with staged(kafka_of_three.access, postgres_url, tmp_path, phones, "44") as stage:
        stage.environment["VIGIE_KAFKA_REPLICATION"] = "3"
        load = Load(stage, 44)
        workers, notifier = [stage.start("worker")], stage.start("notifier")
        under_load(stage, load, 2)
        for broker in kafka_of_three.brokers[: 3 if soak else 1]:
            broker.kill()
            under_load(stage, load, 4)
            broker.start()
            kafka_of_three.wait_ready()
            kafka_of_three.wait_copied(JOURNAL)
            under_load(stage, load, 2)
            if not workers[0].is_alive:
                # It could not write: it said so and left, systemd starts another.
                assert "the worker stops" in workers[0].said()
                workers = [stage.start("worker")]
        figures = judge(stage, workers, [notifier])
        assert figures.notifications > 0
