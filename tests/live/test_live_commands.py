"""Commands on what the live processes keep: records set aside, read again, given up; how each source stands."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from streams.adapters.journal_topic import JournalTopic
from streams.adapters.kafka_clients import KafkaAccess
from streams.adapters.live_destination import LiveDestination
from streams.adapters.live_store import LiveStore
from streams.adapters.pseudonym_keys import load_or_make_ring
from streams.adapters.state_topic import StateTopic
from streams.adapters.vault import new_key
from streams.collecting.collector import Incoming
from streams.collecting.decoding import Context
from streams.live.log_reader import LogReader
from streams.live.region_log import RegionLog
from streams.messages import decode
from streams.messages.feeds import QuarantineDropped
from tests.command_line import app
from tests.feeds.oscour_files import HEADER, document, encoded, patient
from vigie.collecting import live_collecting
from vigie.live_settings import live_settings

REGION = "93"
FINESS = "130786049"
Vigie = Callable[..., Result]


@pytest.fixture
def vigie(access: KafkaAccess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Vigie:
    load_or_make_ring(tmp_path / "secrets")
    settings = {
        "KAFKA_BOOTSTRAP": ",".join(access.bootstrap),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'live.db'}",
        "PSEUDONYM_KEYS": str(tmp_path / "secrets"),
        "QUARANTINE_KEY": new_key(),
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"VIGIE_{name}", value)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200"})


def collect(access: KafkaAccess, *patients: str) -> None:
    settings, now = live_settings(), datetime.now(UTC)
    head = HEADER | {
        "FINESS": FINESS,
        "EXTRACT": f"{now:%d/%m/%Y %H:%M:%S}",
        "DATEDEBUT": f"{now - timedelta(days=2):%d/%m/%Y}",
        "DATEFIN": f"{now:%d/%m/%Y}",
    }
    file = Incoming("envoi.xml", partial(BytesIO, encoded(document("".join(patients), head))))
    with LiveStore.open(settings.database) as store, JournalTopic(access) as journal:
        collecting = live_collecting(settings)
        collecting(LiveDestination(store, journal, "essai", None)).collect(file, Context(REGION, now))


def visit(entered: str) -> str:
    day = datetime.now(UTC) - timedelta(days=1)
    return patient({"ENTREE": entered or f"{day:%d/%m/%Y} 08:00", "SORTIE": ""})


def test_records_set_aside_are_shown_read_again_and_given_up(access: KafkaAccess, vigie: Vigie) -> None:
    collect(access, visit(""), visit("30/02/2026 08:00"), visit("31/02/2026 09:00"))
    listed = vigie("quarantine", "list", "--live")
    assert listed.exit_code == 0, listed.output
    assert listed.stdout.count("envoi.xml") == 2
    shown = vigie("quarantine", "show", "--live", 1)
    assert "30/02/2026" in shown.stdout
    again = vigie("quarantine", "requeue", "--live", 1)
    assert again.exit_code == 1
    assert "refused again" in again.stderr
    done = vigie("quarantine", "drop", "--live", 2, "--reason", "saisie impossible", "--by", "Claire")
    assert (done.exit_code, done.stdout) == (0, "record 2 is dropped\n")
    with JournalTopic(access) as journal:
        last = list(journal.entries(REGION, reader=LogReader(REGION)))[-1]
    assert decode(last.kind, last.payload) == QuarantineDropped(2, "saisie impossible", "Claire")
    assert vigie("quarantine", "list", "--live").stdout.count("envoi.xml") == 1
    assert vigie("quarantine", "drop", "--live", 2, "--reason", "encore", "--by", "Claire").exit_code == 1


def test_sources_are_shown_with_and_without_a_snapshot(access: KafkaAccess, vigie: Vigie) -> None:
    assert "Aucun fichier" in vigie("feeds", "status", "--live").stdout
    collect(access, visit(""))
    for state in (RegionLog.start(REGION).snapshot(), b"of another version"):
        found = vigie("feeds", "status", "--live")
        assert found.exit_code == 0, found.output
        assert f"ETAB-{FINESS}" in found.stdout
        with StateTopic(access) as states:
            states.put(REGION, state)


def test_what_is_missing_is_said(vigie: Vigie, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VIGIE_PSEUDONYM_KEYS", str(tmp_path / "absent"))
    refused = vigie("quarantine", "requeue", "--live", 1)
    assert (refused.exit_code, "vigie keys pseudonyms" in refused.stderr) == (1, True)
    assert vigie("keys", "pseudonyms", tmp_path / "absent").exit_code == 0
    assert vigie("keys", "pseudonyms", tmp_path / "absent").exit_code == 1
    assert "no record 1" in vigie("quarantine", "requeue", "--live", 1).stderr
    monkeypatch.setenv("VIGIE_DATABASE_URL", "")
    assert "VIGIE_DATABASE_URL" in vigie("quarantine", "list", "--live").stderr
