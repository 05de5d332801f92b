"""From the journal to a person and back, on a real Kafka and a real PostgreSQL: decided, told, reported, once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.adapters.roster_files import load_roster
from streams.adapters.dead_letters import dead_letters
from streams.adapters.journal_topic import JournalTopic
from streams.adapters.kafka_clients import KafkaAccess
from streams.adapters.topic_sender import Message, TopicSender
from streams.live.log_reader import LogReader
from streams.live.topics import EFFECTS, partition_of
from streams.messages import decode
from streams.messages.deliveries import DeliveryReport
from streams.messages.reference import RosterVersion
from tests.bench.live_latency import handed_at
from tests.core.builders import SITES, catalogue, event, rule, signal
from tests.live.processes import until, vigie_process
from tests.live.saying import say
from tests.vigie.monitored import ROSTER, Phones, phones_ringing

REGION = "52"
OTHER = "94"
ACCIDENT = rule("accident", ["departement"], event("accident"))


@pytest.fixture
def phones() -> Iterator[Phones]:
    with phones_ringing() as ringing:
        yield ringing


@pytest.fixture
def journal(access: KafkaAccess) -> Iterator[JournalTopic]:
    with JournalTopic(access) as opened:
        yield opened


def reports(journal: JournalTopic, start: int) -> list[DeliveryReport]:
    entries = journal.entries(REGION, reader=LogReader(REGION, next_offset=start))
    found = [decode(entry.kind, entry.payload) for entry in entries]
    return [each for each in found if isinstance(each, DeliveryReport)]


@pytest.mark.timeout(400)
def test_a_signal_reaches_the_person_on_call_whoever_is_killed(
    access: KafkaAccess, journal: JournalTopic, postgres_url: str, phones: Phones, tmp_path: Path
) -> None:
    start = journal.end_offset(REGION)
    people = {name: phones.address(name) for name in ("veille", "claire", "anne")}
    file = tmp_path / "astreinte.yaml"
    file.write_text(ROSTER.format(**people), encoding="utf-8")
    tableau = load_roster(file, {}).roster
    say(journal, catalogue(ACCIDENT), RosterVersion(tableau.sha256, tableau.content), SITES)
    own = {"VIGIE_DATABASE_URL": postgres_url, "VIGIE_ROSTER": str(file)}
    with vigie_process(access, tmp_path / "worker.log", "worker", "--data", str(tmp_path / "w")):
        with vigie_process(access, tmp_path / "first.log", "notifier", environment=own) as first:
            with TopicSender(access) as sender:
                sender.send(EFFECTS, [Message(OTHER, b'{"nom":"Jeanne"}', (), partition_of(OTHER))])
            say(journal, signal("n1"))
            until(lambda: [each.person for each in phones.rung] == ["claire"])
            until(lambda: len(reports(journal, start)) == 1)
            first.kill()
        say(journal, signal("n2", territory="DEP-49"))
        with vigie_process(access, tmp_path / "second.log", "notifier", environment=own) as second:
            until(lambda: len(phones.rung) >= 2)
            until(lambda: len(reports(journal, start)) == 2)
            assert second.stop() == 0, second.said()
            [call] = handed_at(second.log)
    [letter] = [each for each in dead_letters(access) if each.topic == EFFECTS]
    assert (letter.key, letter.value) == (OTHER, b'{"nom":"Jeanne"}')
    assert {each.outcome for each in reports(journal, start)} == {"sent"}
    assert reports(journal, start)[-1].notification_id == call
    assert [each.person for each in phones.rung] == ["claire", "claire"]
