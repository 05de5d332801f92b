"""Commands that speak to the live processes, and the retex of their log, on a real Kafka."""

from pathlib import Path

import pytest
from typer.testing import Result

from alerts.adapters.roster_files import load_roster
from streams.adapters.journal_topic import JournalReader, JournalTopic
from streams.adapters.kafka_clients import KafkaAccess
from streams.adapters.sqlite_journal import SqliteJournal
from streams.entry import Draft, Entry, Status
from streams.live.log_reader import LogReader
from streams.live.record import fact_id
from streams.live.region_log import RegionLog
from streams.messages import decode, encode
from streams.messages.decisions import Acknowledge, DecideVolet
from streams.messages.reference import PlanCatalogue, RosterVersion
from streams.messages.signals import QualifySignal
from streams.testing import EPOCH
from tests.core.builders import signal
from tests.vigie.monitored import ROSTER, vigie

REGION = "94"
UNTOUCHED = "06"
"""A région where no other test puts plans in force."""


@pytest.fixture(autouse=True)
def _settings(access: KafkaAccess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_KAFKA_BOOTSTRAP", ",".join(access.bootstrap))
    monkeypatch.setenv("VIGIE_KAFKA_REPLICATION", "1")
    monkeypatch.setenv("VIGIE_LIVE", REGION)
    monkeypatch.setenv("COLUMNS", "200")


def done(*arguments: str | Path) -> Result:
    result = vigie(*arguments)
    assert result.exit_code == 0, result.output
    return result


def new_entries(access: KafkaAccess, start: int, region: str = REGION) -> list[Entry]:
    return list(JournalReader(access).entries(region, reader=LogReader(region, next_offset=start)))


def test_what_is_in_force_is_not_put_in_force_again(
    access: KafkaAccess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIGIE_LIVE", UNTOUCHED)
    start = JournalReader(access).end_offset(UNTOUCHED)
    file = tmp_path / "astreinte.yaml"
    file.write_text(ROSTER.format(veille="x", claire="y", anne="z").replace('"52"', f'"{UNTOUCHED}"'), encoding="utf-8")
    first = [done("plans", "publish"), done("roster", "publish", file)]
    again = [done("plans", "publish"), done("roster", "publish", file)]
    assert ["already in force" in each.stdout for each in (*first, *again)] == [False, False, True, True]
    plans, tableau = (decode(each.kind, each.payload) for each in new_entries(access, start, UNTOUCHED))
    assert isinstance(plans, PlanCatalogue)
    assert plans.sha256 in again[0].stdout
    assert isinstance(tableau, RosterVersion)
    assert tableau.sha256 == load_roster(file, {}).roster.sha256


def test_a_tableau_of_another_region_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "astreinte.yaml"
    file.write_text(ROSTER.format(veille="x", claire="y", anne="z"), encoding="utf-8")
    refused = vigie("roster", "publish", file)
    assert refused.exit_code == 2
    assert "région 52" in refused.output


def test_what_people_say_is_journaled(access: KafkaAccess) -> None:
    start = JournalReader(access).end_offset(REGION)
    with JournalTopic(access) as journal:
        fact = Draft(EPOCH, Status.ACTUAL, REGION, *encode(signal("v1", territory="DEP-2A")))
        journal.append([(fact_id("essai", fact), fact)])
    assert "v1" in done("signal", "list").stdout
    done("signal", "qualify", "v1", "--triage", "ecarte", "--by", "Veille", "--reason", "doublon")
    done("ack", "a-1", "--by", "Claire")
    done("decide", "activer", "AMAVI", "DEP-2A", "--author", "Directrice", "--reason", "afflux")
    said = [decode(each.kind, each.payload) for each in new_entries(access, start)[1:]]
    assert [type(each) for each in said] == [QualifySignal, Acknowledge, DecideVolet]
    assert "écarté" in done("signal", "list").stdout


def test_the_retex_of_the_log_decides_as_its_readers_do(access: KafkaAccess, tmp_path: Path) -> None:
    done("plans", "publish")
    into = tmp_path / "retex.db"
    imported = done("journal", "import", f"kafka={REGION}", "--into", into)
    log = RegionLog.start(REGION)
    for record in JournalReader(access).read(REGION):
        log.apply(record)
    with SqliteJournal.open(into, read_only=True) as opened:
        assert opened.heads() == [log.head]
    assert "identical" in done("retex", "replay", into).stdout
    again = vigie("journal", "import", f"kafka={REGION}", "--into", into)
    assert again.exit_code == 1
    assert "not empty" in again.output
    assert imported.stdout.startswith(f"{into}: received=")


def test_a_log_that_cannot_be_read_leaves_no_journal(
    nowhere: KafkaAccess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIGIE_KAFKA_BOOTSTRAP", nowhere.bootstrap[0])
    monkeypatch.setenv("VIGIE_KAFKA_PATIENCE_SECONDS", "1")
    into = tmp_path / "retex.db"
    refused = vigie("journal", "import", f"kafka={REGION}", "--into", into)
    assert refused.exit_code == 1
    assert not into.exists()
