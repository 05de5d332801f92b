"""`POST /v1/{feed}` over raw topics: what is promised, when, and to whom it is refused."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from streams.adapters.raw_topics import RawFile
from streams.collecting.api_keys import new_key
from streams.collecting.delivering import Delivery, NotTaken, guard_of
from streams.collecting.ledger import Collected
from tests.feeds.http_door import ETAB, NOW, RawDoor, rpu
from tests.feeds.test_http_intake import problem

COUNTS = ("received", "accepted", "duplicates", "quarantined", "journaled")


@pytest.fixture
def door(tmp_path: Path) -> Iterator[RawDoor]:
    opened = RawDoor(tmp_path)
    yield opened
    opened.close()


def collect(door: RawDoor, id_: str, refused: str = "") -> None:
    """Keep the receipt that collecting the delivery leaves."""
    promised = door.store.deliveries.find(id_)
    assert promised is not None
    count = 0 if refused else 1
    receipt = replace(promised, received=count, accepted=count, journaled=count, refused=refused)
    door.store.commit_collected("52", Collected(receipt=receipt), {})


def test_a_file_is_kept_as_it_came_and_promised_a_receipt(door: RawDoor) -> None:
    key = door.key("rpu")
    answer = door.post("rpu", rpu(), key)
    promised = answer.json()
    assert (answer.status_code, promised["is_pending"]) == (202, True)
    assert {promised[name] for name in COUNTS} == {0}
    assert (promised["feed"], promised["source"], promised["format"]) == ("rpu", ETAB, "oscour")
    [(feed, file)] = door.topics.sent
    assert (feed, file) == (
        "rpu",
        RawFile(ETAB, f"http:{ETAB}:{door.keys.all()[0].id}:rpu", "52", "oscour", rpu(), promised["id"]),
    )
    assert door.ask("GET", answer.headers["Location"], key).json() == promised


def test_the_receipt_is_final_once_the_file_is_collected(door: RawDoor) -> None:
    key = door.key("rpu")
    answer = door.post("rpu", rpu(), key, Idempotency_Key="nuit")
    collect(door, answer.json()["id"])
    final = door.ask("GET", answer.headers["Location"], key).json()
    assert (final["is_pending"], final["received"], final["id"]) == (False, 1, answer.json()["id"])
    assert door.post("rpu", rpu(), key, Idempotency_Key="nuit").json() == final
    problem(door.post("rpu", rpu(entree="14/01/2025 09:00"), key, Idempotency_Key="nuit"), 409)
    assert len(door.topics.sent) == 1


def test_a_file_found_unreadable_later_says_so_when_asked_or_sent_again(door: RawDoor) -> None:
    key = door.key("rpu")
    answer = door.post("rpu", b"<OSCOUR>", key, Idempotency_Key="nuit")
    collect(door, answer.json()["id"], refused="cut short")
    assert door.ask("GET", answer.headers["Location"], key).json()["refused"] == "cut short"
    again = problem(door.post("rpu", b"<OSCOUR>", key, Idempotency_Key="nuit"), 422)
    assert (again["detail"], again["receipt"]) == ("cut short", answer.json()["id"])


def test_without_kafka_nothing_is_accepted_and_the_same_delivery_passes_later(door: RawDoor) -> None:
    key = door.key("rpu")
    door.topics.is_away = True
    refused = door.post("rpu", rpu(), key, Idempotency_Key="nuit")
    assert "Kafka does not answer" in problem(refused, 503)["detail"]
    assert "9092" not in refused.text
    assert refused.headers["Retry-After"].isdigit()
    id_ = Delivery(door.keys.all()[0], "rpu", "oscour", "nuit", rpu()).receipt_id
    problem(door.ask("GET", f"/v1/receipts/{id_}", key), 404)
    door.topics.is_away = False
    assert door.post("rpu", rpu(), key, Idempotency_Key="nuit").json()["id"] == id_
    assert len(door.topics.sent) == 1


def test_without_the_database_nothing_is_sent(door: RawDoor) -> None:
    key = door.key("rpu")
    door.database.is_away = True
    for answer in (door.post("rpu", rpu(), key), door.ask("GET", "/v1/receipts/x", key)):
        assert "example.org" not in problem(answer, 503)["detail"]
        assert answer.headers["Retry-After"].isdigit()
    assert door.topics.sent == []


def test_a_promise_outlives_the_process(door: RawDoor, tmp_path: Path) -> None:
    key = door.key("rpu")
    first = door.post("rpu", rpu(), key, Idempotency_Key="nuit")
    again = RawDoor(tmp_path)
    assert again.ask("GET", first.headers["Location"], key).json() == first.json()
    assert again.post("rpu", rpu(), key, Idempotency_Key="nuit").json() == first.json()
    problem(again.post("rpu", rpu(entree="14/01/2025 09:00"), key, Idempotency_Key="nuit"), 409)
    assert again.topics.sent == []
    again.close()


def test_killed_before_the_answer_a_delivery_sent_again_keeps_its_receipt(door: RawDoor) -> None:
    key = door.key("rpu")
    door.database.writes_left = 1
    problem(door.post("rpu", rpu(), key, Idempotency_Key="nuit"), 503)
    door.database.writes_left = 10
    problem(door.post("rpu", rpu(entree="14/01/2025 09:00"), key, Idempotency_Key="nuit"), 409)
    promised = door.post("rpu", rpu(), key, Idempotency_Key="nuit").json()
    assert [file.receipt for _, file in door.topics.sent] == [promised["id"]] * 2


def test_only_so_many_wait_for_kafka_and_the_rest_is_told_to_come_back(door: RawDoor) -> None:
    answered = Event()
    door.topics.sending = lambda: answered.wait(60)
    door.limit(wait_seconds=0.01)
    key = door.key("rpu")
    details = [problem(door.post("rpu", rpu(), key), 503)["detail"] for _ in range(9)]
    assert [("busy" in each, "too many" in each) for each in details] == [(True, False)] * 8 + [(False, True)]
    answered.set()
    door.deliveries.close()
    assert len(door.topics.sent) == 8
    assert "stopping" in problem(door.post("rpu", rpu(), key), 503)["detail"]


def test_closing_waits_for_what_is_being_sent(door: RawDoor) -> None:
    begun, answered = Event(), Event()

    def slow() -> None:
        begun.set()
        answered.wait(60)

    door.topics.sending = slow
    key = door.key("rpu")
    with ThreadPoolExecutor(2) as pool:
        posted = pool.submit(door.post, "rpu", rpu(), key)
        assert begun.wait(60)
        closed = pool.submit(door.deliveries.close)
        assert not closed.done()
        answered.set()
        assert posted.result(60).status_code == 202
        closed.result(60)
    with pytest.raises(NotTaken):
        door.deliveries._submit(Delivery(new_key("s" * 43, "0123abcd", ETAB, ["rpu"], NOW)[1], "rpu", "", "1", b""))


def test_whoever_collects_it_holds_it_to_its_source(door: RawDoor) -> None:
    door.post("rpu", rpu(), door.key("rpu"))
    [(_, file)] = door.topics.sent
    assert guard_of(file.name, file.source) is not None
    assert guard_of("rpu.xml", "depot:52") is None
