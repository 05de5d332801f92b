"""What is wrong with a topic, and the command that mends it, without a broker."""

from dataclasses import replace

import pytest

from streams.adapters.topic_admin import explain
from streams.live.topic_checks import Asked, Complaint, FoundTopic, complaints
from streams.live.topics import JOURNAL, RAW_RPU, STATE, TOPICS, TopicSpec, required_config

ASKED = Asked(("k1:9092", "k2:9092"), 3, (1, 2, 3))


def right(spec: TopicSpec) -> FoundTopic:
    return FoundTopic(spec.name, ((1, 2, 3),) * spec.partitions, required_config(spec, 3))


def found_wrong(name: str, found: FoundTopic | None, asked: Asked = ASKED) -> list[Complaint]:
    topics = {spec.name: right(spec) for spec in TOPICS.values() if spec.name != name}
    return complaints(TOPICS.values(), topics if found is None else {**topics, name: found}, asked)


def with_config(name: str, setting: str, value: str) -> FoundTopic:
    topic = right(TOPICS[name])
    return replace(topic, config={**topic.config, setting: value})


def test_topics_as_they_must_be_are_not_complained_about() -> None:
    assert found_wrong(JOURNAL, right(TOPICS[JOURNAL])) == []


def test_a_missing_topic_is_made_by_vigie() -> None:
    assert found_wrong(STATE, None) == [Complaint(STATE, "", "", "", "vigie topics create")]


@pytest.mark.parametrize("name", TOPICS)
def test_each_setting_is_held(name: str) -> None:
    for setting, expected in required_config(TOPICS[name], 3).items():
        (complaint,) = found_wrong(name, with_config(name, setting, "1"))
        assert (complaint.setting, complaint.found, complaint.expected) == (setting, "1", expected)
        assert complaint.mend == (
            f"kafka-configs.sh --bootstrap-server k1:9092,k2:9092 --alter --entity-type topics --entity-name {name} "
            f"--add-config {setting}={expected}"
        )


def test_more_is_fine_where_it_does_no_harm() -> None:
    assert found_wrong(JOURNAL, with_config(JOURNAL, "max.message.bytes", "99999999")) == []
    assert found_wrong(JOURNAL, with_config(JOURNAL, "min.insync.replicas", "3")) == []
    raw, journal = right(TOPICS[RAW_RPU]), right(TOPICS[JOURNAL])
    assert found_wrong(RAW_RPU, replace(raw, replicas=(*raw.replicas, (1, 2, 3)))) == []
    assert found_wrong(JOURNAL, replace(journal, replicas=((1, 2, 3, 4),) * journal.partitions)) == []


def test_files_that_may_name_people_are_not_kept_longer() -> None:
    (complaint,) = found_wrong(RAW_RPU, with_config(RAW_RPU, "retention.ms", "-1"))
    assert complaint.expected == str(7 * 24 * 3600 * 1000)


def test_too_many_partitions_are_not_mended_without_a_warning() -> None:
    topic = right(TOPICS[JOURNAL])
    (complaint,) = found_wrong(JOURNAL, replace(topic, replicas=(*topic.replicas, (1, 2, 3))))
    assert complaint.found == str(topic.partitions + 1)
    assert "ONLY when it holds nothing" in complaint.mend


def test_partitions_kept_by_too_few_brokers_are_copied_to_the_others() -> None:
    spec = TopicSpec("t", 3)
    topic = FoundTopic("t", ((1,), (2, 3), (3, 1, 2)), {"min.insync.replicas": "2"})
    (complaint,) = complaints([spec], {"t": topic}, ASKED)
    assert (complaint.setting, complaint.found, complaint.expected) == ("replication", "1", "3")
    assert '{"topic":"t","partition":0,"replicas":[1,2,3]}' in complaint.mend
    assert '{"topic":"t","partition":1,"replicas":[2,3,1]}' in complaint.mend
    assert '{"topic":"t","partition":2,"replicas":[3,1,2]}' in complaint.mend


def test_copies_need_brokers() -> None:
    topic = replace(right(TOPICS[JOURNAL]), replicas=((1,),) * TOPICS[JOURNAL].partitions)
    (complaint,) = found_wrong(JOURNAL, topic, replace(ASKED, brokers=(1,)))
    assert "start more brokers (1 run)" in complaint.mend
    assert "VIGIE_KAFKA_REPLICATION=1" in complaint.mend


def test_tools_of_a_closed_cluster_are_told_how_to_get_in() -> None:
    (complaint,) = found_wrong(JOURNAL, with_config(JOURNAL, "retention.ms", "1"), replace(ASKED, is_secured=True))
    assert " --command-config client.properties " in complaint.mend


def test_an_explanation_stays_short() -> None:
    wrong = [Complaint("t", f"s{number}", "1", "2", "mend it") for number in range(30)]
    text = explain([Complaint("a", "", "", "", "vigie topics create"), *wrong])
    assert len(text.splitlines()) < 40
    assert "missing: a\n    vigie topics create" in text
    assert "t: s0 is 1, must be 2\n    mend it" in text
    assert "18 more; to see all: vigie topics check" in text
