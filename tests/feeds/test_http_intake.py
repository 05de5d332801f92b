"""`POST /v1/{feed}`: what is taken, what is refused, and that a refusal repeats nothing of what was sent."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from streams.adapters.handoff import HandedOver
from streams.adapters.http_intake import openapi
from streams.adapters.http_problems import HEADERS
from streams.collecting.api_keys import FEEDS
from streams.collecting.collector import Collector
from streams.collecting.delivering import Delivery
from streams.collecting.pseudonyms import KeyRing, Pseudonyms, SecretKey
from streams.collecting.receipts import Receipt
from streams.known_formats import all_formats
from tests.feeds.http_door import COMMUNE, ETAB, NOW, AnyDoor, Door, RawDoor, rpu


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path)


@pytest.fixture(params=[Door, RawDoor])
def any_door(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AnyDoor]:
    opened: AnyDoor = request.param(tmp_path)
    yield opened
    opened.close()


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert COMMUNE not in answer.text
    assert "Traceback" not in answer.text
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    return body


def test_a_file_is_journaled_and_its_receipt_given(door: Door) -> None:
    key = door.key("rpu")
    answer = door.post("rpu", rpu(), key)
    assert answer.status_code == 202, answer.text
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    receipt = answer.json()
    assert (receipt["received"], receipt["accepted"], receipt["journaled"]) == (1, 1, 1)
    assert (receipt["feed"], receipt["source"], receipt["format"]) == ("rpu", ETAB, "oscour")
    assert receipt["is_pending"] is False
    assert door.journaled() == ["rpu.passage"]
    assert door.ask("GET", answer.headers["Location"], key).json() == receipt


def test_the_same_file_again_journals_nothing(door: Door) -> None:
    key = door.key("rpu")
    first, second = (door.post("rpu", rpu(), key).json() for _ in range(2))
    assert first["id"] != second["id"]
    assert (second["duplicates"], second["journaled"]) == (1, 0)
    assert door.journaled() == ["rpu.passage"]


def test_an_idempotency_key_gives_the_same_receipt_and_no_other_body(any_door: AnyDoor) -> None:
    key = any_door.key("rpu")
    first, again = (any_door.post("rpu", rpu(), key, Idempotency_Key="nuit-14") for _ in range(2))
    assert (again.status_code, again.json()) == (202, first.json())
    assert any_door.taken() == 1
    problem(any_door.post("rpu", rpu(entree="14/01/2025 09:00"), key, Idempotency_Key="nuit-14"), 409)
    other = any_door.post("rpu", rpu(), any_door.key("rpu"), Idempotency_Key="nuit-14")
    assert (other.status_code, other.json()["id"] != first.json()["id"]) == (202, True)
    assert any_door.taken() == 2


@pytest.mark.parametrize("tag", ["", "a b", "x" * 256])
def test_a_malformed_idempotency_key_is_refused(any_door: AnyDoor, tag: str) -> None:
    assert "dempotency" in problem(any_door.post("rpu", rpu(), any_door.key("rpu"), Idempotency_Key=tag), 400)["detail"]


@pytest.mark.parametrize("given", [{}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp5"}])
def test_without_a_key_nothing_is_told(any_door: AnyDoor, given: dict[str, str]) -> None:
    for feed in ("rpu", "inconnu"):
        assert any_door.post(feed, rpu(), given).headers["WWW-Authenticate"] == "Bearer"
        problem(any_door.post(feed, rpu(), given), 401)
    problem(any_door.ask("GET", "/v1/receipts/x", given), 401)


def test_a_wrong_secret_or_a_revoked_key_opens_nothing(any_door: AnyDoor) -> None:
    key = any_door.key("rpu")
    token = key["Authorization"]
    last = "A" if token[-2] != "A" else "B"
    problem(any_door.post("rpu", rpu(), {"Authorization": f"{token[:-2]}{last}{token[-1]}"}), 401)
    assert any_door.post("rpu", rpu(), key).status_code == 202
    any_door.keys.revoke(any_door.keys.all()[0].id, NOW)
    problem(any_door.post("rpu", rpu(), key), 401)


def test_a_key_opens_its_feeds_only(any_door: AnyDoor) -> None:
    key = any_door.key("lits", "signaux")
    assert "lits, signaux" in problem(any_door.post("rpu", rpu(), key), 403)["detail"]
    problem(any_door.post("inconnu", rpu(), key), 404)


def test_an_establishment_only_speaks_of_itself(door: Door) -> None:
    key = door.key("rpu", "lits")
    problem(door.post("rpu", rpu(finess="490000031"), key), 403)
    form = [{"finess": "490000031", "nature": "rea", "maj": "2026-01-15T03:00:00+00:00", "installes": 10}]
    problem(door.post("lits", json.dumps(form).encode(), key, Content_Type="application/json"), 403)
    assert door.journaled() == []
    assert list(door.collector.destination.receipts.all()) == []
    relay = door.key("rpu", source="ORU-PDL")
    assert door.post("rpu", rpu(finess="490000031"), relay).status_code == 202


@pytest.mark.parametrize(
    ("feed", "body"),
    [
        ("rpu", b"<OSCOUR>ZORGLUBE"),
        ("rpu", b"\xff\xfe\x00"),
        ("rpu", b'<!DOCTYPE a [<!ENTITY b "ZORGLUBE">]><OSCOUR>&b;</OSCOUR>'),
        ("signaux", b'{"nature": "ZORGLUBE"'),
        ("lits", b"ZORGLUBE"),
        ("lits", rpu()),
        ("sursaud", b"ZORGLUBE;1941"),
        ("rpu", b""),
    ],
)
def test_an_unreadable_file_is_refused_without_repeating_it(door: Door, feed: str, body: bytes) -> None:
    key = door.key("rpu", "lits", "signaux", "sursaud")
    body_ = problem(door.post(feed, body, key), 422)
    assert door.journaled() == []
    if "receipt" in body_:
        refused = door.ask("GET", f"/v1/receipts/{body_['receipt']}", key).json()
        assert refused["refused"] == body_["detail"]


def test_a_bad_record_is_quarantined_and_the_file_taken(door: Door) -> None:
    receipt = door.post("rpu", rpu(entree="30/02/2025 08:00"), door.key("rpu")).json()
    assert (receipt["received"], receipt["quarantined"], receipt["journaled"]) == (1, 1, 0)


def test_a_body_too_large_is_refused_said_or_not(any_door: AnyDoor) -> None:
    any_door.limit(largest_body=1000)
    key = any_door.key("rpu")
    problem(any_door.post("rpu", b"x" * 1001, key), 413)

    async def unsaid() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b"x" * 100

    problem(any_door.post("rpu", unsaid(), key), 413)
    problem(any_door.post("rpu", b"", key, Content_Length="9" * 5000), 413)
    assert any_door.post("rpu", b"x" * 1000, key).status_code != 413


def test_a_body_that_does_not_come_is_not_waited_for(any_door: AnyDoor) -> None:
    any_door.limit(body_seconds=0.01)

    async def stuck() -> AsyncIterator[bytes]:
        yield b"<"
        await asyncio.Event().wait()

    problem(any_door.post("rpu", stuck(), any_door.key("rpu")), 408)


@pytest.mark.parametrize(
    "headers", [{"Content_Type": "application/pdf"}, {"Content_Type": ";"}, {"Content_Encoding": "gzip"}]
)
def test_other_content_types_are_refused(any_door: AnyDoor, headers: dict[str, str]) -> None:
    problem(any_door.post("rpu", rpu(), any_door.key("rpu"), **headers), 415)


def test_a_charset_beside_the_content_type_is_fine(any_door: AnyDoor) -> None:
    assert any_door.post("rpu", rpu(), any_door.key("rpu"), Content_Type="text/xml; charset=utf-8").status_code == 202


def test_each_key_has_its_own_rate(any_door: AnyDoor) -> None:
    any_door.slow_down(2)
    key, other = any_door.key("rpu"), any_door.key("rpu")
    assert [any_door.post("rpu", rpu(), key).status_code for _ in range(3)] == [202, 202, 429]
    answer = any_door.ask("GET", "/v1/receipts/x", key)
    problem(answer, 429)
    assert answer.headers["Retry-After"] == "2"
    assert any_door.post("rpu", rpu(), other).status_code == 202
    any_door.seconds += 2
    assert any_door.post("rpu", rpu(), key).status_code == 202


def test_a_busy_journal_says_when_to_come_back(tmp_path: Path) -> None:
    door = Door(tmp_path, writes=False)
    door.limit(wait_seconds=0.01)
    key = door.key("rpu")
    answer = door.post("rpu", rpu(), key, Idempotency_Key="1")
    problem(answer, 503)
    assert answer.headers["Retry-After"].isdigit()
    door.writes = True
    door.write()
    assert door.journaled() == []  # given up by then: nobody waits for it any more
    door.limit(wait_seconds=30)
    assert door.post("rpu", rpu(), key, Idempotency_Key="1").status_code == 202


def test_too_many_waiting_and_a_closed_monitor(tmp_path: Path) -> None:
    door = Door(tmp_path, writes=False)
    door.limit(wait_seconds=0.01)
    key = door.key("rpu")
    details = [problem(door.post("rpu", rpu(), key), 503)["detail"] for _ in range(9)]
    assert [("busy" in each, "too many" in each) for each in details] == [(True, False)] * 8 + [(False, True)]
    door.handoff.close()
    assert "stopping" in problem(door.post("rpu", rpu(), key), 503)["detail"]


def test_a_defect_is_a_500_that_says_nothing(door: Door) -> None:
    class Broken(Collector):
        def collect(self, *_: object) -> Receipt:
            raise RuntimeError(COMMUNE)

    door.collector = Broken(door.monitor, door.collector.formats)
    problem(door.post("rpu", rpu(), door.key("rpu")), 500)

    def lost(_: str) -> Receipt:
        raise RuntimeError(COMMUNE)

    door.limit(deliveries=HandedOver(door.handoff, lost))
    problem(door.ask("GET", "/v1/receipts/x", door.key("rpu")), 500)


def test_a_receipt_is_for_its_key_only(any_door: AnyDoor) -> None:
    location = any_door.post("rpu", rpu(), any_door.key("rpu")).headers["Location"]
    problem(any_door.ask("GET", location, any_door.key("rpu")), 404)


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/v1/rpu", 405), ("POST", "/v1/a/b", 404)])
def test_other_addresses_are_problems_too(any_door: AnyDoor, method: str, path: str, status: int) -> None:
    problem(any_door.ask(method, path, any_door.key("rpu")), status)


def test_the_openapi_describes_every_feed_and_problem(door: Door) -> None:
    answer = door.ask("GET", "/v1/openapi.json", {})
    schema = answer.json()
    assert schema["servers"] == [{"url": "/v1"}]
    post = schema["paths"]["/{feed}"]["post"]
    assert next(each for each in post["parameters"] if each["name"] == "feed")["schema"]["enum"] == list(FEEDS)
    assert {"202", "401", "403", "404", "409", "413", "422", "429", "503"} <= post["responses"].keys()
    assert "HTTPValidationError" not in answer.text
    assert "Problem" in schema["components"]["schemas"]
    assert post["security"]


def test_every_format_comes_in_by_one_feed() -> None:
    named = [format_ for formats in FEEDS.values() for format_ in formats]
    ring = KeyRing(SecretKey("k1", b"s" * 32, NOW.date()))
    assert sorted(named) == sorted(all_formats(Pseudonyms(ring)).by_name)


def test_a_delivery_never_shows_its_body(door: Door) -> None:
    door.key("rpu")
    assert COMMUNE not in repr(Delivery(door.keys.all()[0], "rpu", "oscour", "1", rpu()))


def test_what_is_served_is_what_is_published(any_door: AnyDoor, repository: Path) -> None:
    served = any_door.ask("GET", "/v1/openapi.json", {}).json()
    published = yaml.safe_load((repository / "docs" / "openapi.yaml").read_text(encoding="utf-8"))
    assert served == published == openapi()
    statuses = {status for operation in _operations(published) for status in operation["responses"]}
    guide = (repository / "docs" / "flux-http.md").read_text(encoding="utf-8")
    assert {status for status in statuses if status not in {"200", "202"} and f"| {status} |" not in guide} == set()


def _operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for path in document["paths"].values() for operation in path.values()]
