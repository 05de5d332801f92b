"""Records twice, in the wrong order, or poisoned: counted once, judged as they came, set aside; all else goes on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from random import Random

import pytest
from typer.testing import CliRunner

from streams.adapters.dead_letters import DeadLetter, DeadLetters, dead_letters
from streams.adapters.kafka_clients import KafkaAccess
from streams.adapters.partition_reader import PartitionReader
from streams.adapters.pseudonym_keys import load_ring
from streams.adapters.raw_topics import RawFile
from streams.adapters.topic_sender import Message, TopicSender
from streams.collecting.collector import Collector, Incoming
from streams.collecting.decoding import Context
from streams.collecting.pseudonyms import Pseudonyms
from streams.entry import Draft, Status
from streams.known_formats import all_formats
from streams.live.log_reader import LogReader
from streams.live.topics import EFFECTS, JOURNAL, RAW_SIGNALS, STATE, partition_of
from streams.messages import encode
from streams.monitor import Monitor
from streams.synthetic.oscour_files import Extraction
from streams.synthetic.rhythm import ordinary_visits
from streams.testing import MemoryJournal
from tests.command_line import app
from tests.core.builders import signal
from tests.live.campaign.campaign_stage import BUSY, Stage, declaration, declared, staged, territories
from tests.live.campaign.campaign_verdict import judge
from tests.live.processes import until
from tests.vigie.monitored import Phones

NOT_TEXT = b"\xff\xfe\x00Jeanne"


@pytest.mark.timeout(600)
def test_what_is_delivered_twice_counts_once(
    access: KafkaAccess, postgres_url: str, phones: Phones, tmp_path: Path
) -> None:
    with staged(access, postgres_url, tmp_path, phones, "01") as stage:
        worker, notifier = stage.start("worker"), stage.start("notifier")
        [place, *_] = territories("01")
        said = stage.say(signal("deux-fois", territory=place))
        stage.journal.append(said)
        file = stage.signals("01", declaration("en-double", place, "cyberattaque"))
        for each in (file, file, replace(file, receipt=f"{file.receipt}-bis")):
            stage.send("signaux", each)
        until(lambda: not stage.missing() and len(phones.rung) >= 2)
        _tell_again(stage, "01")
        stage.say(signal("ensuite", nature="panne", territory=place))
        until(lambda: len(phones.rung) >= 3)
        figures = judge(stage, [worker], [notifier])
    assert figures.told > figures.effects
    assert figures.calls == figures.notifications == 3


def _tell_again(stage: Stage, region: str) -> None:
    found = list(PartitionReader(stage.access, EFFECTS).read(partition_of(region), 0))
    with TopicSender(stage.access) as sender:
        sender.send(EFFECTS, [Message(region, each.value, (), partition_of(region)) for each in found])


@pytest.mark.timeout(600)
def test_what_comes_in_the_wrong_order_is_judged_as_one_process_would(
    access: KafkaAccess, postgres_url: str, phones: Phones, tmp_path: Path
) -> None:
    with staged(access, postgres_url, tmp_path, phones, "03") as stage:
        start = stage.journal.end_offset("03")
        files = _in_the_wrong_order(stage, "03")
        worker, notifier = stage.start("worker"), stage.start("notifier")
        until(lambda: bool(stage.store.declared("03")))
        for feed, file in files:
            stage.send(feed, file)
        judge(stage, [worker], [notifier])
        entries = stage.journal.entries("03", reader=LogReader("03", next_offset=start))
        journaled = [(each.kind, each.payload) for each in entries if each.kind.split(".")[0] in {"rpu", "signal"}]
        expected = _in_one_process([file for _, file in files], tmp_path / "pseudonymes.cles")
        assert sorted(journaled) == sorted(expected)
        receipts = [stage.store.receipts.find(each) for each in stage.sent]
    assert [each is not None and each.is_older for each in receipts] == [False, True, False, False, False]


def _in_the_wrong_order(stage: Stage, region: str) -> list[tuple[str, RawFile]]:
    """Return visits as corrected, then as they were first sent; the end of a signal, then its beginning."""
    now = datetime.now(UTC).replace(microsecond=0)
    visits = list(ordinary_visits(Random(3), BUSY, now - timedelta(hours=6), now))
    days = (now - timedelta(hours=6)).date(), now.date()
    newer, older = (Extraction(now - late, *days) for late in (timedelta(), timedelta(hours=1)))
    [place, *_] = territories(region)
    ended = declaration("s", place, at=now, ouvert=False)
    begun = declaration("s", place, at=now - timedelta(minutes=5))
    return [
        ("rpu", stage.visits(region, newer, visits)),
        ("rpu", stage.visits(region, older, visits[: len(visits) // 2])),
        ("signaux", stage.signals(region, ended)),
        ("signaux", stage.signals(region, begun)),
        ("signaux", stage.signals(region, ended, begun)),
    ]


def _in_one_process(files: list[RawFile], keys: Path) -> list[tuple[str, bytes]]:
    """Return the facts of files collected in this order by one process that nobody disturbs."""
    journal, now = MemoryJournal(), datetime.now(UTC)
    monitor = Monitor(journal)
    region = files[0].region
    monitor.append([Draft(now, Status.ACTUAL, region, *encode(declared(region)))], now)
    collector = Collector(monitor, all_formats(Pseudonyms(load_ring(keys))))
    for file in files:
        collector.collect(Incoming(file.name, partial(BytesIO, file.content), file.format), Context(region, now))
    return [(each.kind, each.payload) for each in journal.entries(region, 1)]


@pytest.mark.timeout(600)
def test_poison_is_set_aside_and_all_else_goes_on(
    access: KafkaAccess, postgres_url: str, phones: Phones, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIGIE_KAFKA_BOOTSTRAP", ",".join(access.bootstrap))
    with staged(access, postgres_url, tmp_path, phones, "06") as stage:
        [place, *_] = territories("06")
        _poison(access, stage, "06")
        worker, notifier = stage.start("worker"), stage.start("notifier")
        stage.send("signaux", stage.signals("06", declaration("sain", place), source="poison"))
        until(lambda: not stage.missing() and bool(phones.rung))
        found = until_set_aside(access, 3)
        assert {letter.topic for letter in found} == {RAW_SIGNALS, JOURNAL, EFFECTS}
        assert "Jeanne" not in CliRunner().invoke(app, ["dlq", "list"]).stdout
        refused = stage.store.receipts.find("poison-illisible")
        assert refused is not None
        assert refused.refused
        rejected = [each for each in stage.told("06") if each.kind == "entry_rejected"]
        assert len(rejected) == 2
        _mended(access, stage, "06", place)
        figures = judge(stage, [worker], [notifier])
    assert figures.notifications >= 2


def _poison(access: KafkaAccess, stage: Stage, region: str) -> None:
    """Put bytes that mean nothing on every topic, and facts that no version of Vigie can take."""
    place = partition_of(region)
    now = datetime.now(UTC)
    unknown = Draft(now, Status.ACTUAL, region, "kind.inconnu", b"{}")
    invalid = Draft(now, Status.ACTUAL, region, "signal.sanitaire", b'{"signal_id":7}')
    with TopicSender(access) as sender:
        sender.send(RAW_SIGNALS, [Message("poison", NOT_TEXT, (("name", "poison"),))])
        for topic in (JOURNAL, EFFECTS, STATE):
            sender.send(topic, [Message(region, NOT_TEXT, (), place)])
    stage.journal.append([("poison-1", unknown), ("poison-2", invalid)])
    stage.raw.send("signaux", RawFile("poison", "poison.json", region, "signal", NOT_TEXT, "poison-illisible"))


def until_set_aside(access: KafkaAccess, count: int) -> list[DeadLetter]:
    """Wait for letters of the poison; return them."""
    found = list[DeadLetter]()

    def look() -> bool:
        found[:] = [each for each in dead_letters(access) if each.value == NOT_TEXT]
        return len(found) >= count

    until(look)
    return found


def _mended(access: KafkaAccess, stage: Stage, region: str, place: str) -> None:
    """Take again a file on which an older version of Vigie failed."""
    file = stage.signals(region, declaration("repris", place, "cyberattaque"), source="poison")
    with TopicSender(access) as sender:
        DeadLetters(sender).put(RAW_SIGNALS, file.source, 0, file.content, "a defect of Vigie", file.headers)
    number = next(each.number for each in dead_letters(access) if each.value == file.content)
    before = len(stage.phones.rung)
    done = CliRunner().invoke(app, ["dlq", "requeue", str(number)])
    assert done.stdout == f"{number} sent again to {RAW_SIGNALS}\n"
    until(lambda: len(stage.phones.rung) > before)
