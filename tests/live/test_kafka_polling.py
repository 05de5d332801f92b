"""What comes while a consumer asks for more is given at once, on a real broker."""

import time

import pytest

from streams.adapters.kafka_clients import KafkaAccess
from streams.adapters.topic_sender import Message, TopicSender
from streams.adapters.topic_tail import TopicTail
from streams.live.topics import EFFECTS

PARTITION = 3
FIRST, SECOND = (Message("key", value, partition=PARTITION) for value in (b"first", b"second"))
ANOTHER_ANSWER = 20
"""Seconds until the broker answers that nothing else came: far more than any machine needs for the test."""


def test_a_record_that_comes_while_more_is_asked_for_is_given_at_once(
    access: KafkaAccess, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TopicTail(access, EFFECTS) as tail, TopicSender(access) as sender:
        for partition, end in tail.ends().items():
            tail.seek(partition, end)
        fetcher = tail._consumer._fetcher  # the moment between looking and asking is nowhere else
        fetcher.config["fetch_max_wait_ms"] = ANOTHER_ANSWER * 1000
        sender.send(EFFECTS, [FIRST])
        assert tail.poll(ANOTHER_ANSWER)
        assert not tail.poll(0.1)  # it has asked, and waits for what changes
        ask = fetcher.send_fetches

        def ask_late() -> object:
            monkeypatch.setattr(fetcher, "send_fetches", ask)
            sender.send(EFFECTS, [SECOND])
            while not fetcher._completed_fetches:
                time.sleep(0.01)
            return ask()

        monkeypatch.setattr(fetcher, "send_fetches", ask_late)
        begun = time.monotonic()
        found = tail.poll(ANOTHER_ANSWER / 2)
        assert [record.value for record in found[PARTITION]] == [SECOND.value]
        assert time.monotonic() - begun < ANOTHER_ANSWER / 3
