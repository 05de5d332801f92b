"""Health of workers and notifiers on a real Kafka and a real PostgreSQL."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from streams.adapters.group_progress import GroupProgress
from streams.adapters.journal_topic import JournalTopic
from streams.adapters.kafka_clients import KafkaAccess
from streams.entry import Draft, Status
from streams.live.health import Watchdog
from streams.live.problems import KafkaUnavailable
from streams.live.record import fact_id
from streams.live.topics import EFFECTS, JOURNAL, partition_of
from streams.messages import encode
from tests.core.builders import signal
from tests.live.broker import Kafka
from tests.live.processes import PATIENCE_SECONDS, Process, until, vigie_process
from tests.live_database.postgres_server import Server
from vigie.group_health import GroupWatch

pytestmark = pytest.mark.timeout(400)
OWN = {"VIGIE_HEALTH_PORT": "0", "VIGIE_KAFKA_PATIENCE_SECONDS": "2"}


class Asked:
    """What a process says of itself."""

    def __init__(self, process: Process) -> None:
        process.wait_for("/health/ready")
        found = re.search(r"at=(http://[0-9.:]+)/health", process.said())
        assert found is not None, process.said()
        self._base = found[1]

    def __call__(self, what: str) -> str:
        """Return the reasons, an empty text when all is well."""
        answer = httpx.get(f"{self._base}/health/{what}", timeout=PATIENCE_SECONDS, trust_env=False)
        return "" if answer.status_code == 200 else str(answer.json()["detail"])


def test_a_worker_is_ready_once_it_has_partitions(access: KafkaAccess, tmp_path: Path) -> None:
    arguments = ("worker", "--data", str(tmp_path / "w"))
    with vigie_process(access, tmp_path / "worker.log", *arguments, environment=OWN) as worker:
        ask = Asked(worker)
        until(lambda: ask("ready") == "")
        assert ask("live") == ""
        assert worker.stop() == 0, worker.said()


def test_a_notifier_without_its_database_or_kafka_is_alive_and_not_ready(
    access: KafkaAccess, kafka: Kafka, postgres: Server, postgres_url: str, tmp_path: Path
) -> None:
    own = OWN | {"VIGIE_DATABASE_URL": postgres_url}
    with vigie_process(access, tmp_path / "notifier.log", "notifier", environment=own) as notifier:
        ask = Asked(notifier)
        until(lambda: ask("ready") == "")
        if postgres.programs is not None:
            postgres.stop()
            until(lambda: "the database" in ask("ready"))
            assert ask("live") == ""
            postgres.start()
            until(lambda: ask("ready") == "")
        if kafka.brokers:
            kafka.brokers[0].pause()
            try:
                until(lambda: "Kafka" in ask("ready"))
                assert ask("live") == ""
            finally:
                kafka.brokers[0].go_on()
            until(lambda: ask("ready") == "")
        assert notifier.stop() == 0, notifier.said()


def test_a_member_that_does_nothing_with_what_waits_is_stuck(access: KafkaAccess) -> None:
    place = (JOURNAL, partition_of("53"))
    now = datetime.now(UTC)
    draft = Draft(now, Status.ACTUAL, "53", *encode(signal("s", territory="DEP-35")))
    with JournalTopic(access) as journal:
        journal.append([(fact_id(now.isoformat(), draft), draft)])
    watch = GroupWatch(access, "vigie-nobody", lambda: {place}, Watchdog(timedelta(0)))
    until(lambda: has_answered(watch.look))
    assert list(watch.stuck()) == []
    until(lambda: has_answered(watch.look))
    assert list(watch.stuck()) == [
        f"events wait and nothing was done with them for 0 s: {JOURNAL}/{partition_of('53')}"
    ]
    watch.close()
    assert list(GroupWatch(access, "vigie-nobody", set).unassigned()) == [
        "the group vigie-nobody gave it no partition yet"
    ]


def has_answered(ask: Callable[[], object]) -> bool:
    """Ask the coordinator of a group, which a new broker takes a moment to name."""
    try:
        ask()
    except KafkaUnavailable:
        return False
    return True


def test_a_group_that_is_not_there_has_done_nothing(access: KafkaAccess) -> None:
    with GroupProgress(access, "vigie-nobody") as progress:
        until(lambda: has_answered(lambda: progress.look([])))
        assert progress.look([]).ends == {}
        assert progress.look([(EFFECTS, 17)]).done == {f"{EFFECTS}/17": 0}
