"""Nobody is named: identities seeded in every way in are looked for in every store, log, page and answer."""

import gzip
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from streams.adapters.sqlite_journal import SqliteJournal
from streams.adapters.vault import FernetVault, new_key
from streams.collecting.api_keys import FEEDS
from streams.collecting.quarantine import HeldState
from tests.vigie.identities import PATIENTS, Patient, found_in, found_in_texts, found_under
from tests.vigie.monitored import PATIENCE_SECONDS, MonitorProcess, Phones, Place, eventually, vigie
from tests.vigie.named_files import named_files

ONE, OTHER = PATIENTS
ORIGINALS = ("recus", "rejetes")


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    made = new_key()
    monkeypatch.setenv("VIGIE_QUARANTINE_KEY", made)
    monkeypatch.setenv("COLUMNS", "300")
    return made


def originals(place: Place) -> list[Path]:
    """Return the files kept as they came."""
    kept = [path for name in ORIGINALS for path in (place.drop / name).iterdir()]
    return [path for path in kept if not path.name.endswith(".raison.txt")]


def posted(base: str, token: str, who: Patient) -> dict[str, str]:
    """Send every file to every feed; return what was answered."""
    headers = {"Authorization": f"Bearer {token}"}
    answers = {}
    with httpx.Client(trust_env=False, timeout=PATIENCE_SECONDS, headers=headers) as client:
        for name, body in named_files(who).items():
            feeds = [feed for feed in FEEDS if feed[:3] == name[:3]] or ["rpu"]
            for feed in feeds:
                tag = {"Idempotency-Key": f"{ONE.name}-{name}"}
                answers[f"POST {feed} {name}"] = _seen(client.post(f"{base}/v1/{feed}", content=body, headers=tag))
        for path in (f"/v1/receipts/{ONE.name}", f"/v1/{ONE.name}", f"/{ONE.nir}?nom={ONE.name}"):
            answers[path.replace(ONE.name, "…").replace(ONE.nir, "…")] = _seen(client.get(base + path))
    return answers


def _seen(response: httpx.Response) -> str:
    return f"{response.status_code} {response.headers}\n{response.text}"


def pages(monitor: MonitorProcess) -> dict[str, str]:
    return {path: _seen(monitor.get(path)) for path in ("/", "/metrics", f"/alertes/{OTHER.record}")}


def said_of(journal: Path, folder: Path) -> dict[str, str]:
    """Run every command that looks at a journal; return what each says."""
    commands = {
        "quarantine list": ("quarantine", "list", "--all", "--journal", journal),
        "feeds status": ("feeds", "status", "--journal", journal),
        "keys list": ("keys", "list", "--journal", journal),
        "verify": ("journal", "verify", journal),
        "export": ("journal", "export", journal, folder / "archive.jsonl.gz"),
        "replay": (
            *("retex", "replay", journal, "--readings", folder / "mesures.csv"),
            *("--transitions", folder / "postures.csv", "--effects", folder / "effets.jsonl"),
        ),
    }
    return {name: vigie(*arguments).output for name, arguments in commands.items()}


def quarantine_commands(journal: Path) -> Iterator[tuple[str, str]]:
    """Read every record set aside again, and give the first one up."""
    with SqliteJournal.open(journal, read_only=True) as opened:
        ids = [held.id for held in opened.aside.all()]
    for id_ in ids:
        yield f"requeue {id_}", vigie("quarantine", "requeue", str(id_), "--journal", journal).output
    dropped = ("drop", str(ids[0]), "--reason", "essai", "--by", "Veille", "--journal", journal)
    yield "drop", vigie("quarantine", *dropped).output


def assert_seeds_came_in(place: Place, key: str) -> None:
    with SqliteJournal.open(place.journal, read_only=True) as journal:
        receipts = list(journal.receipts.all())
        held = [each.quarantined for each in journal.aside.all() if each.state is HeldState.HELD]
        kinds = {entry.kind for entry in journal.entries("52")}
    assert {"rpu.passage", "smur.intervention", "signal.sanitaire", "regulation.activity", "capacity.beds"} <= kinds
    assert sum(each.accepted for each in receipts) >= 15
    assert sum(bool(each.refused) for each in receipts) >= 15
    assert all(each.is_locked for each in held if each.record)
    kept = [FernetVault(key).unlock(each.record) for each in held if each.record]
    assert sum(bool(found_in(raw)) for raw in kept) >= 10


@pytest.mark.slow
def test_no_identity_is_in_any_store_log_page_or_answer(place: Place, phones: Phones, key: str) -> None:
    assert phones.port
    given = named_files(ONE)
    place.drop.mkdir()
    for name, data in given.items():
        (place.drop / name).write_bytes(data)
    token = vigie("keys", "add", "ORU-PDL", *(f"--feed={feed}" for feed in FEEDS), "--journal", place.journal)
    with place.monitor() as monitor:
        eventually(lambda: not place.dropped(), "every file taken")
        said = {**posted(monitor.base(), token.stdout.strip(), OTHER), **pages(monitor)}
        monitor.kill()  # the side files of the journal stay
        said["log"] = monitor.text
    assert place.journal.with_name("vigie.db-wal").stat().st_size > 0
    assert sorted(path.read_bytes() for path in originals(place)) == sorted(given.values())
    assert found_under(place.path, originals(place)) == {}

    assert_seeds_came_in(place, key)
    said |= dict(quarantine_commands(place.journal))
    said |= said_of(place.journal, place.path)
    assert found_in_texts(said) == {}
    assert found_under(place.path, originals(place)) == {}

    with place.monitor("--keep-days", "0") as monitor:
        eventually(lambda: not originals(place), "the originals deleted")
        assert monitor.stop() == 0
    assert found_under(place.path) == {}
    with SqliteJournal.open(place.journal, read_only=True) as journal:
        left = [held for held in journal.aside.all() if held.quarantined.is_locked and held.quarantined.record]
    assert left == []


def test_without_a_key_no_byte_of_what_is_ingested_and_refused_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VIGIE_QUARANTINE_KEY", raising=False)
    monkeypatch.setenv("COLUMNS", "300")
    sent, stores = tmp_path / "envois", tmp_path / "vigie"
    sent.mkdir()
    stores.mkdir()
    for name, data in named_files(ONE).items():
        (sent / name).write_bytes(data)
    ingested = vigie("ingest", *sorted(sent.iterdir()), "--into", stores / "J.db")
    assert ingested.exit_code == 1  # some are refused
    said = {"ingest": ingested.output, **said_of(stores / "J.db", stores)}
    assert "accepted=6" in ingested.output
    assert found_in_texts(said) == {}
    assert found_under(stores) == {}


def test_a_leak_is_found_wherever_it_is(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "magasin.db")
    with database:
        database.execute("PRAGMA page_size=512")
        database.execute("CREATE TABLE t (a TEXT, b BLOB)")
        long = "x" * 440
        for shift in range(40):  # one of them at least is cut in two by the end of a page
            database.execute("INSERT INTO t VALUES (?, ?)", (long + "y" * shift + ONE.commune, b""))
    database.close()
    (tmp_path / "archive.gz").write_bytes(gzip.compress(f'{{"d":"{OTHER.born:%Y-%m-%d}"}}'.encode()))
    (tmp_path / "windows.log").write_bytes(f"patient {OTHER.name.lower()}".encode("utf-16-le"))
    (tmp_path / "ancien.log").write_bytes(OTHER.commune.encode("latin-1"))
    (tmp_path / "echappe.json").write_bytes(b'"Qu\\u00c9zalco\\u00cbt"')
    (tmp_path / "cp.txt").write_text(f"CP={ONE.postal_code};")
    (tmp_path / "rien.txt").write_text(f"1{ONE.postal_code}0 {ONE.born.year}")
    assert found_under(tmp_path) == {
        "magasin.db": [ONE.commune],
        "archive.gz": [f"{OTHER.born:%Y-%m-%d}"],
        "windows.log": [OTHER.name],
        "ancien.log": [OTHER.commune],
        "echappe.json": [OTHER.name],
        "cp.txt": [ONE.postal_code],
    }
    assert found_in_texts({"sortie": f"refused: {ONE.name}", "autre": "refused"}) == {"sortie": [ONE.name]}
