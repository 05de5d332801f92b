"""A real `vigie api`, its key and what it answers."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from streams.adapters.kafka_clients import KafkaAccess
from streams.adapters.partition_reader import PartitionReader
from streams.adapters.raw_topics import RawFile
from streams.live.topics import RAW_RPU, SOURCES_AT_ONCE
from tests.live.processes import PATIENCE_SECONDS, Process, until, vigie_process
from tests.vigie.monitored import vigie


@dataclass
class Place:
    """The directory and database one api works in, from one start to the next."""

    access: KafkaAccess
    path: Path
    database: str

    @property
    def drop(self) -> Path:
        return self.path / "depot"

    @property
    def keys(self) -> Path:
        return self.path / "acces"

    def key(self, source: str, *feeds: str) -> dict[str, str]:
        options = [option for feed in feeds for option in ("--feed", feed)]
        token = vigie("keys", "add", source, *options, "--keys", self.keys).stdout.strip()
        return {"Authorization": f"Bearer {token}", "Content-Type": "application/xml"}

    @contextmanager
    def api(self, **settings: str) -> Iterator["Front"]:
        """Start it, and wait until it serves."""
        environment = {
            "VIGIE_DATABASE_URL": self.database,
            "VIGIE_API_KEYS": str(self.keys),
            "VIGIE_DROP": str(self.drop),
            "VIGIE_PORT": "0",
            **settings,
        }
        log = self.path / "api.log"
        log.unlink(missing_ok=True)
        with vigie_process(self.access, log, "api", environment=environment) as process:
            process.wait_for("api started")
            found = re.search(r"pages=(http://[0-9.:]+)/", process.said())
            assert found is not None, process.said()
            with httpx.Client(base_url=found[1], trust_env=False, timeout=PATIENCE_SECONDS) as client:
                yield Front(process, client)


@dataclass
class Front:
    """A running `vigie api`."""

    process: Process
    client: httpx.Client

    def post(self, body: bytes, key: Mapping[str, str], tag: str = "") -> httpx.Response:
        given = {**key, "Idempotency-Key": tag} if tag else key
        return self.client.post("/v1/rpu", content=body, headers=given)

    def page(self, path: str = "/") -> str:
        return self.client.get(path).text

    def alert_pages(self) -> str:
        """Return the pages of the alerts that the situation page leads to."""
        return "\n".join(map(self.page, re.findall(r'href="(/alertes/[^"]+)"', self.page())))

    def metric(self, name: str) -> float | None:
        """Return the value of a series, written as it is exposed."""
        found = re.search(rf"^{re.escape(name)} (\S+)$", self.page("/metrics"), re.MULTILINE)
        return float(found[1]) if found else None

    def unready(self) -> str:
        """Return why it is not ready, an empty text when it is."""
        answer = self.client.get("/health/ready")
        if answer.status_code == 200:
            return ""
        assert answer.headers["Content-Type"] == "application/problem+json"
        problem: dict[str, Any] = answer.json()
        return str(problem["detail"])

    def wait_ready(self) -> None:
        until(lambda: not self.unready())


def raw_files(access: KafkaAccess, receipt: str) -> list[RawFile]:
    """Return the files of the raw topic of visits that bear the id of a receipt."""
    reader = PartitionReader(access, RAW_RPU)
    records = [record for partition in range(SOURCES_AT_ONCE) for record in reader.read(partition, 0)]
    files = [RawFile.of(each.key, each.value, dict(each.headers)) for each in records]
    return [file for file in files if file.receipt == receipt]
