"""Workers on a real broker: what they tell is what an embedded replay of the same journal decides, whoever dies."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alerts.effect_codec import decode
from alerts.effects import Effect
from streams.adapters.dead_letters import dead_letters
from streams.adapters.journal_topic import JournalTopic
from streams.adapters.kafka_clients import KafkaAccess
from streams.adapters.partition_reader import PartitionReader
from streams.adapters.topic_sender import Message, TopicSender
from streams.live.log_reader import LogReader
from streams.live.topics import EFFECTS, JOURNAL, partition_of
from streams.replay import replay
from tests.command_line import app
from tests.core.builders import (
    EVERY_KIND,
    NANTES,
    SITES,
    catalogue,
    event,
    passage,
    roster,
    roster_version,
    rule,
    signal,
)
from tests.live.broker import Kafka
from tests.live.processes import until, vigie_process
from tests.live.saying import say

REGION = "52"
HELD = rule("tenu", ["departement"], event("accident"), maintien="3 s")
"""Only time passing, a tick that is, can raise it."""


@pytest.fixture
def journal(access: KafkaAccess) -> Iterator[JournalTopic]:
    with JournalTopic(access) as opened:
        yield opened


def told(access: KafkaAccess) -> list[Effect]:
    """Return the effects told, in order, each once."""
    found = [decode(record.value) for record in PartitionReader(access, EFFECTS).read(partition_of(REGION), 0)]
    return list({each.id: each for each in found}.values())


def replayed(journal: JournalTopic) -> list[Effect]:
    effects, reader = list[Effect](), LogReader(REGION)
    entries = list(journal.entries(REGION, reader=reader))
    replay(REGION, entries, reader.now, on_effect=effects.append)
    return effects


def raised(access: KafkaAccess) -> int:
    return sum(each.kind == "alert_raised" for each in told(access))


@pytest.mark.timeout(300)
def test_a_worker_killed_is_followed_by_another_and_nothing_is_lost(
    access: KafkaAccess, journal: JournalTopic, tmp_path: Path
) -> None:
    say(journal, catalogue(*EVERY_KIND), roster_version(roster()), SITES)
    with vigie_process(access, tmp_path / "first.log", "worker", "--data", str(tmp_path / "a")) as first:
        say(journal, *[passage(NANTES, datetime.now(UTC), ccmu="5") for _ in range(3)], signal("s1"))
        until(lambda: raised(access) > 0)
        first.kill()
    say(journal, signal("s2", territory="DEP-49"), catalogue(HELD), signal("s3", territory="DEP-53"))
    before = raised(access)
    with vigie_process(access, tmp_path / "second.log", "worker", "--data", str(tmp_path / "b")) as second:
        until(lambda: any(each.kind == "alert_raised" and each.brief.rule == "tenu" for each in told(access)))
        assert second.stop() == 0, second.said()
    assert raised(access) > before
    assert told(access) == replayed(journal)


def test_what_cannot_be_read_is_set_aside_and_can_be_sent_again(
    access: KafkaAccess, journal: JournalTopic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIGIE_KAFKA_BOOTSTRAP", ",".join(access.bootstrap))
    with TopicSender(access) as sender:
        sender.send(JOURNAL, [Message(REGION, b'{"nom":"Jeanne"}', (), partition_of(REGION))])

    # Other tests of this broker leave unreadable records too, in other régions.
    def numbers() -> list[int]:
        return [each.number for each in dead_letters(access) if each.value == b'{"nom":"Jeanne"}']

    with vigie_process(access, tmp_path / "worker.log", "worker", "--data", str(tmp_path / "a")):
        until(lambda: bool(numbers()))
    [number] = numbers()
    shown = CliRunner().invoke(app, ["dlq", "list"]).stdout
    assert "not a draft" in shown
    assert "Jeanne" not in shown
    before = journal.end_offset(REGION)
    assert CliRunner().invoke(app, ["dlq", "requeue", "9999"]).exit_code == 1
    done = CliRunner().invoke(app, ["dlq", "requeue", str(number)])
    assert (done.exit_code, done.stdout) == (0, f"{number} sent again to vigie.journal\n")
    assert [record.value for record in journal.read(REGION, before)] == [b'{"nom":"Jeanne"}']
    assert "(sent again)" in CliRunner().invoke(app, ["dlq", "list"]).stdout


def test_a_worker_refuses_topics_that_are_not_there(nowhere: KafkaAccess, tmp_path: Path) -> None:
    with vigie_process(nowhere, tmp_path / "worker.log", "worker", "--data", str(tmp_path / "a")) as worker:
        assert worker.ended() == 1
        assert "does not answer" in worker.said()
        assert "Traceback" not in worker.said()


def test_a_worker_that_its_group_refuses_says_why_and_ends(kafka: Kafka, access: KafkaAccess, tmp_path: Path) -> None:
    if not kafka.brokers:
        pytest.skip("the broker that was given may allow sessions of five minutes")
    patience = {"VIGIE_SESSION_SECONDS": "300", "VIGIE_STUCK_SECONDS": "10"}
    started = vigie_process(access, tmp_path / "refused.log", "worker", "--data", str(tmp_path), environment=patience)
    with started as worker:
        assert worker.ended() == 70
        assert "InvalidSessionTimeoutError" in worker.said()
        assert "Faust does not start" in worker.said()
