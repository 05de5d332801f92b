"""`vigie api` on a real Kafka and a real PostgreSQL: what it was given is held, whoever is killed or away."""

import contextlib
import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select

from streams.adapters.api_key_store import ApiKeyStore
from streams.adapters.delivery_store import DELIVERIES
from streams.adapters.journal_follower import JournalFollower
from streams.adapters.journal_topic import JournalTopic
from streams.adapters.kafka_clients import KafkaAccess
from streams.adapters.live_store import LiveStore
from streams.adapters.state_topic import StateReader
from streams.collecting.delivering import Delivery
from streams.live.following import follow
from streams.live.record import decode_draft
from streams.live.region_log import RegionLog
from tests.core.builders import SITES, catalogue, event, roster, roster_version, rule, signal
from tests.feeds.http_door import rpu
from tests.live.broker import Kafka
from tests.live.front import Place, raw_files
from tests.live.processes import until, vigie_process
from tests.live.saying import say
from tests.live_database.postgres_server import Server
from tests.vigie.monitored import signal_line

pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def place(access: KafkaAccess, tmp_path: Path, postgres_url: str) -> Place:
    return Place(access, tmp_path, postgres_url)


def test_what_was_answered_is_held_when_the_process_is_killed_at_once(place: Place) -> None:
    key = place.key("ETAB-440000271", "rpu")
    with place.api() as front:
        answer = front.post(rpu(), key, "nuit-14")
        front.process.kill()
    assert answer.status_code == 202, answer.text
    promised = answer.json()
    assert promised["is_pending"] is True
    [held] = raw_files(place.access, promised["id"])
    assert (held.content, held.region, held.format) == (rpu(), "52", "oscour")
    with place.api() as front:
        assert front.client.get(answer.headers["Location"], headers=key).json() == promised
        again = front.post(rpu(), key, "nuit-14")
        assert (again.status_code, again.json()) == (202, promised)
        assert front.post(rpu(entree="14/01/2025 09:00"), key, "nuit-14").status_code == 409
        assert front.process.stop() == 0, front.process.said()
        assert "Traceback" not in front.process.said()
    assert len(raw_files(place.access, promised["id"])) == 1


def test_while_kafka_is_away_nothing_is_accepted_and_all_is_taken_later(place: Place, kafka: Kafka) -> None:
    if not kafka.brokers:
        pytest.skip("the broker is not ours to stop")
    key = place.key("ETAB-440000271", "rpu")
    with place.api(VIGIE_KAFKA_PATIENCE_SECONDS="2") as front:
        front.wait_ready()
        kafka.brokers[0].pause()
        try:
            refused = front.post(rpu(), key, "nuit-15")
            leave(place, "rpu.xml", rpu())
            until(lambda: "to be done again" in front.process.said())
            until(lambda: "Kafka: has not answered" in front.unready())
            assert front.client.get("/health/live").status_code == 200
            assert [path.name for path in place.drop.glob("*.xml")] == ["rpu.xml"]
        finally:
            kafka.brokers[0].go_on()
        assert refused.status_code == 503
        assert refused.headers["Retry-After"].isdigit()
        front.wait_ready()
        answer = front.post(rpu(), key, "nuit-15")
        assert answer.status_code == 202, answer.text
        until(lambda: not list(place.drop.glob("*.xml")))
        assert front.process.stop() == 0
    assert {file.content for file in raw_files(place.access, answer.json()["id"])} == {rpu()}


def test_a_dropped_file_is_put_away_once_kafka_holds_it(place: Place) -> None:
    place.drop.mkdir()
    (place.drop / "rpu.xml.part").write_bytes(rpu())
    leave(place, "inconnu.txt", b"?")
    with JournalTopic(place.access) as journal:
        before = journal.end_offset("52")
        with place.api() as front:
            (place.drop / "rpu.xml.part").rename(place.drop / "rpu.xml")
            leave(place, "reponse.jsonl", json.dumps(signal_line(f"s-{uuid4()}")).encode())
            until(lambda: len(list((place.drop / "recus").iterdir())) == 2)
            until(lambda: len(list((place.drop / "rejetes").iterdir())) == 2)
            [receipt] = re.findall(r"file kept.*receipt=(\S+)", front.process.said())
        drafts = [decode_draft(record.value) for record in journal.read("52", before)]
    assert [draft.kind for draft in drafts if draft is not None] == ["signal.sanitaire"]
    [file] = raw_files(place.access, receipt)
    assert (file.name, file.format, file.content) == ("rpu.xml", "oscour", rpu())


def leave(place: Place, name: str, content: bytes) -> None:
    unfinished = place.drop / f".{name}"
    unfinished.write_bytes(content)
    unfinished.replace(place.drop / name)


def test_the_page_shows_what_the_workers_decided(place: Place, postgres: Server, tmp_path: Path) -> None:
    title = f"Collision {uuid4()}"
    with JournalTopic(place.access) as journal:
        say(journal, catalogue(rule("accident", ["departement"], event("accident"))), roster_version(roster()), SITES)
        with vigie_process(place.access, tmp_path / "worker.log", "worker", "--data", str(tmp_path / "w")) as worker:
            with place.api() as front:
                say(journal, replace(signal(f"s-{uuid4()}", territory="DEP-85"), title=title))
                until(lambda: title in front.alert_pages())
                front.wait_ready()
                if postgres.programs is None:
                    pytest.skip("the database is not ours to stop")
                assert front.metric('vigie_follower_lag_records{region="52"}') == 0.0
                postgres.stop()
                until(lambda: "the database" in front.unready())
                postgres.start()
                front.wait_ready()
                assert front.process.stop() == 0
            assert worker.stop() == 0, worker.said()
        with place.api() as front:
            until(lambda: title in front.alert_pages())
            assert "journal followed" in front.process.said()
        decided = RegionLog.restore(StateReader(place.access).latest("52") or b"")
        whole = RegionLog.start("52")
        told = follow(whole, journal.read("52", 0, decided.next_offset)).effects
    assert whole.head == decided.head
    with JournalFollower(place.access, {}) as follower:
        found = {log.region: effects for log, effects in follower.find()}
        assert [each.id for each in found["52"]] == [each.id for each in told]
        assert follower.logs["52"].head == decided.head


def is_begun(store: LiveStore, id_: str) -> bool:
    with store.database.reading() as connection:
        return bool(connection.execute(select(DELIVERIES.c.id).where(DELIVERIES.c.id == id_)).all())


def test_asked_to_stop_it_first_sends_what_it_has_in_hand(place: Place, kafka: Kafka) -> None:
    if not kafka.brokers:
        pytest.skip("the broker is not ours to stop")
    key = place.key("ETAB-440000271", "rpu")
    with LiveStore.open(place.database) as store, ThreadPoolExecutor(1) as pool:
        with place.api() as front:
            front.wait_ready()
            id_ = Delivery(ApiKeyStore(place.keys).all()[0], "rpu", "oscour", "nuit-16", rpu()).receipt_id
            kafka.brokers[0].pause()
            try:
                posted = pool.submit(front.post, rpu(), key, "nuit-16")
                until(lambda: is_begun(store, id_))
                front.process.popen.terminate()
                until(lambda: "api stopping" in front.process.said())
            finally:
                kafka.brokers[0].go_on()
            assert front.process.ended() == 0, front.process.said()
        assert store.deliveries.find(id_) is not None
    with contextlib.suppress(httpx.TransportError):
        assert posted.result(60).status_code == 202
    assert [file.content for file in raw_files(place.access, id_)] == [rpu()]
