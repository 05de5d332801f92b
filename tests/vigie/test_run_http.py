"""A real `vigie run` that takes files over HTTP."""

from pathlib import Path

import httpx

from streams.adapters.sqlite_journal import SqliteJournal, verify_file
from tests.vigie.monitored import PATIENCE_SECONDS, Place, vigie


def test_the_sample_posted_twice_is_journaled_once(tmp_path: Path, shared_data: Path) -> None:
    place = Place(tmp_path)
    sample = (shared_data / "rpu" / "sample_oscour_synthetique.xml").read_bytes()
    token = vigie("keys", "add", "ORU-PDL", "--feed", "rpu", "--journal", place.journal).stdout.strip()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/xml"}
    with place.monitor() as monitor, httpx.Client(trust_env=False, timeout=PATIENCE_SECONDS) as client:
        base = monitor.base()
        first, second = (client.post(f"{base}/v1/rpu", content=sample, headers=headers) for _ in range(2))
        assert (first.status_code, second.status_code) == (202, 202), first.text
        receipt = client.get(base + second.headers["Location"], headers=headers).json()
        assert client.get(f"{base}/metrics").status_code == 200
        assert client.get(f"{base}/v1/receipts/x").status_code == 401
        assert monitor.stop() == 0
    assert receipt == second.json()
    assert (first.json()["accepted"], first.json()["journaled"]) == (2, 2)
    assert (receipt["duplicates"], receipt["journaled"]) == (2, 0)
    assert "Traceback" not in monitor.text
    assert token not in monitor.text
    assert verify_file(place.journal) == []
    with SqliteJournal.open(place.journal, read_only=True) as journal:
        assert [entry.kind for entry in journal.entries("52")].count("rpu.passage") == 2
