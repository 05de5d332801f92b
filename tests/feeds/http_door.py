"""The HTTP way in over each of its two ends, without a network.

Over a memory journal, the writer takes a delivery as soon as it is handed over. Over raw topics, what was sent is held
in memory, and collected when the test says so.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import httpx
from fastapi import FastAPI

from streams.adapters.api_key_store import ApiKeyStore
from streams.adapters.handoff import HandedOver, Handoff
from streams.adapters.http_intake import MOUNTED_AT, Deliveries, Intake, build_intake
from streams.adapters.raw_intake import RawDeliveries
from streams.adapters.raw_topics import RawFile
from streams.collecting.collector import Collector
from streams.collecting.pseudonyms import KeyRing, Pseudonyms, SecretKey
from streams.collecting.rate_limit import RateLimit
from streams.known_formats import all_formats
from streams.live.problems import KafkaUnavailable
from streams.monitor import Monitor
from streams.recognising import recognise
from streams.testing import MemoryJournal
from tests.live_database.failing import failing_store
from vigie.http_deliveries import receive_delivery

NOW = datetime(2026, 1, 15, 4, 0, tzinfo=UTC)
ETAB = "ETAB-440000271"
COMMUNE = "ZORGLUBE"
RPU = """<?xml version="1.0" encoding="UTF-8"?>
<OSCOUR><ETABLISSEMENT><FINESS>{finess}</FINESS><ORDRE>0</ORDRE><EXTRACT>15/01/2025 04:00:00</EXTRACT>
<DATEDEBUT>14/01/2025</DATEDEBUT><DATEFIN>14/01/2025</DATEFIN></ETABLISSEMENT><PASSAGES>
<PATIENT><CP>44000</CP><COMMUNE>{commune}</COMMUNE><NAISSANCE>02/03/1941</NAISSANCE><SEXE>F</SEXE>
<ENTREE>{entree}</ENTREE></PATIENT></PASSAGES></OSCOUR>"""
XML = {"Content-Type": "application/xml"}


def rpu(finess: str = "440000271", entree: str = "14/01/2025 08:00") -> bytes:
    return RPU.format(finess=finess, entree=entree, commune=COMMUNE).encode()


class AnyDoor:
    """The application and its keys; requests without a network."""

    def __init__(self, path: Path, deliveries: Deliveries) -> None:
        self.keys = ApiKeyStore(path / "vigie.db.acces")
        self.seconds = 0.0
        self.intake = Intake(self.keys, deliveries, recognise, clock=lambda: self.seconds)

    def taken(self) -> int:
        """Return how many files went through."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of what it holds."""

    def limit(self, **changes: object) -> None:
        self.intake = replace(self.intake, **changes)  # type: ignore[arg-type]  # fields of Intake, by name

    def slow_down(self, capacity: int) -> None:
        self.limit(rate=RateLimit(capacity, 0.5))

    def key(self, *feeds: str, source: str = ETAB) -> dict[str, str]:
        token, _ = self.keys.add(source, feeds, NOW)
        return {"Authorization": f"Bearer {token}"}

    def app(self) -> FastAPI:
        app = FastAPI(openapi_url=None)
        app.mount(MOUNTED_AT, build_intake(self.intake))
        return app

    def post(
        self, feed: str, body: bytes | AsyncIterator[bytes], key: Mapping[str, str], **headers: str
    ) -> httpx.Response:
        given = {**XML, **key, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.ask("POST", f"/v1/{feed}", given, body)

    def ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | AsyncIterator[bytes] | None = None
    ) -> httpx.Response:
        async def answer() -> httpx.Response:
            transport = httpx.ASGITransport(self.app())
            async with httpx.AsyncClient(transport=transport, base_url="http://vigie") as client:
                return await client.request(method, path, headers=headers, content=body)

        return asyncio.run(answer())


class Door(AnyDoor):
    """Over a journal."""

    def __init__(self, path: Path, *, writes: bool = True) -> None:
        ring = KeyRing(SecretKey("k1", b"s" * 32, date(2000, 1, 1)))
        self.monitor = Monitor(MemoryJournal())
        self.collector = Collector(self.monitor, all_formats(Pseudonyms(ring)))
        self.writes = writes
        self.handoff = Handoff(self.write)
        super().__init__(path, HandedOver(self.handoff, self.collector.destination.receipts.find))

    def write(self) -> None:
        if self.writes:
            self.handoff.take(partial(receive_delivery, self.collector, "52"))

    def journaled(self) -> list[str]:
        return [entry.kind for entry in self.monitor.journal.entries("52")]

    def taken(self) -> int:
        return sum(not receipt.refused for receipt in self.monitor.journal.receipts.all())


class Topics:
    """Raw topics in memory; while ``is_away``, nothing answers."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, RawFile]] = []
        self.is_away = False
        self.sending: Callable[[], object] = lambda: None

    def send(self, feed: str, file: RawFile) -> None:
        self.sending()
        if self.is_away:
            raise KafkaUnavailable("k1:9092 does not answer")
        self.sent.append((feed, file))


class RawDoor(AnyDoor):
    """Over raw topics."""

    def __init__(self, path: Path) -> None:
        self.topics = Topics()
        self.database, self.store = failing_store(path)
        self.deliveries = RawDeliveries(self.topics, self.store, "52", lambda: NOW)
        super().__init__(path, self.deliveries)

    def taken(self) -> int:
        return len(self.topics.sent)

    def close(self) -> None:
        self.deliveries.close()
        self.store.close()
