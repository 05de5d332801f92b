"""From the pages' threads to the one that writes the journal: what is said to be written is, once."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from alerts.effects import Effect
from alerts.outbox import StorageFull
from dashboards.recording import NotRecorded, PerhapsRecorded, Recorded
from streams.entry import GENESIS, Draft, Head, Status
from streams.live.problems import KafkaUnavailable
from streams.messages import Message
from streams.messages.decisions import Acknowledge
from streams.messages.deliveries import LinkRefused
from streams.testing import sample_entries, sample_rejection
from vigie.said import MOST_WAITING, SaidToTopic, SaidToWriter

ANSWER = Acknowledge("a", "Claire", "page")
NOW = datetime(2026, 1, 14, 19, tzinfo=UTC)


class Written:
    """A journal's writer: keeps what it is told, or fails."""

    def __init__(self, effects: Sequence[Effect] = (), error: Exception | None = None) -> None:
        self.said: list[tuple[str, Message, Status]] = []
        self.effects = effects
        self.error = error

    def __call__(
        self, region: str, message: Message, now: datetime, status: Status = Status.ACTUAL
    ) -> Sequence[Effect]:
        assert now.tzinfo is not None
        if self.error is not None:
            raise self.error
        self.said.append((region, message, status))
        return self.effects


@contextmanager
def writing(said: SaidToWriter, wake: threading.Event, say: Written) -> Iterator[None]:
    """Write from a thread of its own, woken as the monitor is."""
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            wake.wait(60)
            wake.clear()
            said.take(say)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        wake.set()
        thread.join()


def pair(seconds: float = 60.0) -> tuple[SaidToWriter, threading.Event]:
    wake = threading.Event()
    return SaidToWriter(wake.set, seconds), wake


def test_an_answer_is_written_before_its_page_says_so() -> None:
    said, wake = pair()
    written = Written()
    with writing(said, wake, written):
        assert said.record("52", Status.EXERCISE, ANSWER, "k") == Recorded()
        assert written.said == [("52", ANSWER, Status.EXERCISE)]


def test_many_taps_at_once_are_one_answer() -> None:
    said, wake = pair()
    written = Written()
    with writing(said, wake, written), ThreadPoolExecutor(8) as taps:
        results = list(taps.map(lambda _: said.record("52", Status.ACTUAL, ANSWER, "k"), range(20)))
        assert results == [Recorded()] * 20
        assert len(written.said) == 1
        said.record("52", Status.ACTUAL, ANSWER, "another form")
        assert len(written.said) == 2


def test_what_the_engine_makes_nothing_of_is_told() -> None:
    rejection = sample_rejection(sample_entries(Head("52", 0, GENESIS, 0, GENESIS, None), 1)[0])
    said, wake = pair()
    with writing(said, wake, Written([rejection])):
        assert said.record("52", Status.ACTUAL, ANSWER, "k") == Recorded(rejection.reason)


def test_what_nobody_writes_in_time_is_not_written_later_and_may_be_said_again() -> None:
    said, _ = pair(0.0)
    with pytest.raises(NotRecorded):
        said.record("52", Status.ACTUAL, ANSWER, "k")
    written = Written()
    said.take(written)
    assert written.said == []
    with pytest.raises(NotRecorded):
        said.record("52", Status.ACTUAL, ANSWER, "k")


def test_what_is_being_written_when_patience_ends_may_be_written() -> None:
    said, wake = pair(0.0)
    begun, end = threading.Event(), threading.Event()

    class Slow(Written):
        def __call__(
            self, region: str, message: Message, now: datetime, status: Status = Status.ACTUAL
        ) -> Sequence[Effect]:
            begun.set()
            assert end.wait(60)
            return super().__call__(region, message, now, status)

    slow = Slow()
    patient = SaidToWriter(wake.set, 60.0)
    with ThreadPoolExecutor(2) as others:
        first = others.submit(patient.record, "52", Status.ACTUAL, ANSWER, "k")
        assert wake.wait(60)
        writer = others.submit(patient.take, slow)
        assert begun.wait(60)
        patient._wait_seconds = 0.0  # a second tap that has no patience left
        with pytest.raises(PerhapsRecorded):
            patient.record("52", Status.ACTUAL, ANSWER, "k")
        end.set()
        assert first.result() == Recorded()
        writer.result()
    assert len(slow.said) == 1
    said.close()


@pytest.mark.parametrize("error", [StorageFull("full"), ValueError("a defect")])
def test_what_could_not_be_written_is_said_and_a_failing_journal_stops_the_writer(error: Exception) -> None:
    said, wake = pair()
    with ThreadPoolExecutor(1) as page:
        asked = page.submit(said.record, "52", Status.ACTUAL, ANSWER, "k")
        assert wake.wait(60)
        if isinstance(error, StorageFull):
            with pytest.raises(StorageFull):
                said.take(Written(error=error))
        else:
            said.take(Written(error=error))
        with pytest.raises(NotRecorded):
            asked.result()


def test_a_monitor_that_stops_or_is_overwhelmed_takes_nothing_more() -> None:
    said, _ = pair()
    for _ in range(MOST_WAITING + 10):
        said.note("52", Status.ACTUAL, LinkRefused("forged"))
    with pytest.raises(NotRecorded):
        said.record("52", Status.ACTUAL, ANSWER, "k")
    written = Written()
    said.take(written)
    assert len(written.said) == MOST_WAITING
    said.close()
    with pytest.raises(NotRecorded):
        said.record("52", Status.ACTUAL, ANSWER, "k")


class Topic:
    def __init__(self) -> None:
        self.facts: list[tuple[str, Draft]] = []
        self.is_away = False

    def append(self, drafts: Iterable[tuple[str, Draft]]) -> None:
        if self.is_away:
            raise KafkaUnavailable("away")
        self.facts += drafts


def clock_of(*instants: datetime) -> Callable[[], datetime]:
    return iter(instants).__next__


def test_on_kafka_two_taps_are_one_fact() -> None:
    topic = Topic()
    later = NOW.replace(second=1)
    said = SaidToTopic(topic, clock_of(NOW, later, later))
    for key in ("k", "k", "another"):
        assert said.record("52", Status.ACTUAL, ANSWER, key) == Recorded()
    (first, draft), (second, _), (third, _) = topic.facts
    assert first == second != third
    assert (draft.kind, draft.region, draft.occurred_at) == ("alert.acknowledge", "52", NOW)


def test_brokers_that_are_away_may_have_taken_it() -> None:
    topic = Topic()
    topic.is_away = True
    said = SaidToTopic(topic, lambda: NOW)
    with pytest.raises(PerhapsRecorded):
        said.record("52", Status.ACTUAL, ANSWER, "k")
    said.note("52", Status.ACTUAL, LinkRefused("forged"))
