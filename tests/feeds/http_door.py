"""The HTTP way in over a memory journal: the writer takes a delivery as soon as it is handed over."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import httpx
from fastapi import FastAPI

from streams.adapters.api_key_store import ApiKeyStore
from streams.adapters.handoff import Handoff
from streams.adapters.http_intake import MOUNTED_AT, Intake, build_intake
from streams.collecting.collector import Collector
from streams.collecting.formats import all_formats, recognise
from streams.collecting.pseudonyms import KeyRing, Pseudonyms, SecretKey
from streams.collecting.rate_limit import RateLimit
from streams.monitor import Monitor
from streams.testing import MemoryJournal
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


class Door:
    """The application, its keys, its journal; requests without a network."""

    def __init__(self, path: Path, *, writes: bool = True) -> None:
        self.keys = ApiKeyStore(path / "vigie.db.acces")
        ring = KeyRing(SecretKey("k1", b"s" * 32, date(2000, 1, 1)))
        self.monitor = Monitor(MemoryJournal())
        self.collector = Collector(self.monitor, all_formats(Pseudonyms(ring)))
        self.writes = writes
        self.seconds = 0.0
        self.handoff = Handoff(self.write)
        self.intake = Intake(
            self.keys, self.handoff, self.collector.destination.receipts.find, recognise, clock=lambda: self.seconds
        )

    def write(self) -> None:
        if self.writes:
            self.handoff.take(partial(receive_delivery, self.collector, "52"))

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

    def journaled(self) -> list[str]:
        return [entry.kind for entry in self.monitor.journal.entries("52")]
