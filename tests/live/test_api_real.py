"""`vigie api` on a real Kafka and a real PostgreSQL: what it was given is held, whoever is killed or away."""

from datetime import timedelta
from pathlib import Path

import pytest

from streams.adapters.kafka_clients import KafkaAccess
from tests.feeds.http_door import rpu
from tests.live.broker import Kafka
from tests.live.front import Place, raw_files
from tests.live.processes import until

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
