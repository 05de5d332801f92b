"""`vigie auditor` and `vigie health`: what they find in a real journal, whom they tell, how they end."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from alerts.adapters.roster_files import load_roster
from alerts.channel import SENT, failed
from alerts.testing import RecordingChannel
from orsan_plans.adapters.plan_files import shipped_catalogue
from streams import messages
from streams.adapters.sqlite_journal import SqliteJournal
from streams.auditing import GRACE, Check, Level
from streams.entry import Draft, Status
from streams.messages.decisions import Acknowledge
from streams.messages.reference import RosterVersion
from streams.messages.signals import SignalSanitaire
from streams.monitor import Monitor
from tests.vigie.monitored import Phones, Place, closed_port, eventually, phones_ringing, signal_line, vigie
from vigie.auditor_commands import ADDRESS_VARIABLE, Auditor, Memory
from vigie.examining import Examined, SeenJournal
from vigie.past import catalogue_message

HOUR = timedelta(hours=1)
PANNE = SignalSanitaire("s", "panne_majeure_du_systeme_d_information", "DEP-44", "Panne", "SAMU")


@pytest.fixture
def phones() -> Iterator[Phones]:
    with phones_ringing() as ringing:
        yield ringing


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    made.people_at(lambda person: f"json://127.0.0.1:{closed_port()}/{person}")
    return made


def journaled(place: Place, at: datetime) -> str:
    """Journal an evening with an alert that nobody answers; return the alert's id."""
    roster = load_roster(place.roster, {}).roster
    with SqliteJournal.create(place.journal) as journal:
        monitor = Monitor(journal)
        said = (catalogue_message(shipped_catalogue()), RosterVersion(roster.sha256, roster.content), PANNE)
        monitor.append([Draft(at, Status.ACTUAL, "52", *messages.encode(each)) for each in said], at)
        monitor.advance(at)
        (alert_id,) = monitor.fold("52").state.worlds[Status.ACTUAL].book.alerts
    return alert_id


NOW = datetime(2026, 1, 14, 19, tzinfo=UTC)


def examined(place: Place, silence: timedelta = HOUR) -> Examined:
    return Examined(SeenJournal(place.journal, "52"), place.roster, silence)


def checks(found: Examined, now: datetime) -> list[Check]:
    return [each.check for each in found.findings(now) if each.level is Level.BROKEN]


def test_a_monitor_killed_with_an_open_alert_is_found_within_minutes(place: Place) -> None:
    journaled(place, NOW)
    look = examined(place)
    assert checks(look, NOW + GRACE) == []
    assert set(checks(look, NOW + timedelta(minutes=15))) == {Check.TIME, Check.ALERTS, Check.MESSAGES}
    assert Check.PROOF in checks(look, NOW + 2 * HOUR)


def test_each_look_reads_what_is_new(place: Place) -> None:
    alert_id = journaled(place, NOW)
    look = examined(place, timedelta())
    later = NOW + timedelta(minutes=15)
    assert Check.ALERTS in checks(look, later)
    with SqliteJournal.open(place.journal) as journal:
        monitor = Monitor(journal)
        monitor.load()
        answer = messages.encode(Acknowledge(alert_id, "Claire"))
        monitor.append([Draft(later, Status.ACTUAL, "52", *answer)], later)
        monitor.advance(later)
    assert Check.ALERTS not in checks(look, later)
    assert look.seen.fold.state.seq == 4


def test_a_roster_file_that_is_not_the_one_in_force_is_to_be_seen(place: Place) -> None:
    journaled(place, NOW)
    changed = place.roster.read_text(encoding="utf-8").replace("Anne Le Goff", "Anne Le Gall")
    place.roster.write_text(changed, encoding="utf-8")
    found = [each for each in examined(place).findings(NOW) if each.check is Check.ROSTER]
    assert [each.level for each in found] == [Level.WATCH]
    place.roster.write_text("astreinte: [", encoding="utf-8")
    found = [each for each in examined(place).findings(NOW) if each.check is Check.ROSTER]
    assert [each.level for each in found] == [Level.BROKEN]


def test_a_journal_that_cannot_be_read_is_a_problem_and_not_a_crash(place: Place) -> None:
    assert checks(examined(place), NOW) == [Check.JOURNAL]


def test_a_problem_is_told_once_then_as_a_reminder_then_that_it_is_over(place: Place) -> None:
    journaled(place, NOW)
    channel = RecordingChannel()
    auditor = Auditor(examined(place, timedelta()), channel, Memory(), HOUR)
    late = NOW + timedelta(minutes=15)
    assert auditor.turn(NOW)
    assert not auditor.turn(late)
    assert not auditor.turn(late + timedelta(minutes=1))
    assert len(channel.sent) == 1
    assert "VIGIE EN PANNE" in channel.sent[0].message.title
    assert len(channel.sent[0].message.sms) <= 160
    auditor.turn(late + HOUR)
    assert len(channel.sent) == 2
    with SqliteJournal.open(place.journal) as journal:
        monitor = Monitor(journal)
        monitor.load()
        monitor.advance(late + HOUR)
    auditor.turn(late + HOUR)
    assert "résolu" in channel.sent[-1].message.title


def test_what_could_not_be_told_is_told_at_the_next_look(place: Place) -> None:
    journaled(place, NOW)
    channel = RecordingChannel([failed("closed"), SENT])
    auditor = Auditor(examined(place), channel, Memory(), HOUR)
    late = NOW + timedelta(minutes=15)
    for minutes in range(3):
        auditor.turn(late + timedelta(minutes=minutes))
    assert [attempt.outcome.is_sent for attempt in channel.attempts] == [False, True]


def test_what_was_told_is_remembered_from_one_process_to_the_next(place: Place, tmp_path: Path) -> None:
    journaled(place, NOW)
    channel, late = RecordingChannel(), NOW + timedelta(minutes=15)
    for _ in range(2):
        memory = Memory(tmp_path / "dit.json")
        memory.load()
        Auditor(examined(place), channel, memory, HOUR).turn(late)
    assert len(channel.sent) == 1
    (tmp_path / "dit.json").write_text("{", encoding="utf-8")
    memory = Memory(tmp_path / "dit.json")
    memory.load()
    Auditor(examined(place), channel, memory, HOUR).turn(late)
    assert len(channel.sent) == 2


def test_once_ends_with_1_and_pages_by_its_own_channel(
    place: Place, phones: Phones, monkeypatch: pytest.MonkeyPatch
) -> None:
    journaled(place, NOW)
    monkeypatch.setenv(ADDRESS_VARIABLE, f"http://127.0.0.1:{phones.port}/alarme")
    ended = vigie("auditor", "--once", "--journal", place.journal, "--roster", place.roster)
    assert ended.exit_code == 1, ended.output
    (rung,) = phones.rung
    assert rung.person == "alarme"
    assert "n'a pas eu lieu" in rung.text


def test_health_of_a_monitor_that_is_not_running(place: Place) -> None:
    journaled(place, NOW)
    told = vigie("health", "--journal", place.journal, "--roster", place.roster, "--port", str(closed_port()))
    assert told.exit_code == 1
    lines = {line[9:].partition(" : ")[0]: line[:9].strip() for line in told.stdout.splitlines()}
    assert lines["Moniteur"] == "en panne"
    assert lines["Alertes sans réponse"] == "en panne"
    assert lines["Personnes joignables"] == "ok"
    assert lines["Journal"] == "ok"


def test_health_of_live_processes_without_a_broker_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_KAFKA_BOOTSTRAP", f"127.0.0.1:{closed_port()}")
    monkeypatch.setenv("VIGIE_KAFKA_PATIENCE_SECONDS", "1")
    monkeypatch.setenv("VIGIE_PORT", str(closed_port()))
    told = vigie("health", "--live", "52")
    assert told.exit_code == 1, told.output
    assert "en panne Kafka : ne répond pas" in told.stdout
    assert "Traceback" not in told.output


@pytest.mark.slow
def test_a_running_monitor_is_well_and_proves_it(place: Place, phones: Phones, monkeypatch: pytest.MonkeyPatch) -> None:
    place.people_at(phones.address)
    monkeypatch.setenv("VIGIE_HEARTBEAT", f"http://127.0.0.1:{phones.port}/battement")
    with place.monitor() as monitor:
        base = httpx.URL(monitor.base())
        eventually(lambda: [each for each in phones.rung if each.person == "battement"], "the proof of life")
        eventually(lambda: "vigie_chain_proof_seconds" in monitor.get("/metrics").text, "the proof in the metrics")
        assert monitor.get("/health/ready").status_code == 200
        place.leave("panne", signal_line("panne"))
        eventually(lambda: [each for each in phones.rung if each.person == "claire"], "a call")
        where = ("--journal", place.journal, "--roster", place.roster)
        told = vigie("health", *where, "--host", str(base.host), "--port", str(base.port))
        assert told.exit_code == 0, told.stdout
        assert "à voir   Alertes sans réponse : 1 alerte(s) attendent une réponse" in told.stdout
        assert vigie("auditor", "--once", *where).exit_code == 0
        assert monitor.stop() == 0
    with SqliteJournal.open(place.journal, read_only=True) as journal:
        kinds = [each.effect.kind for each in journal.effects("52") if each.effect.status == "test"]
    # The plans put in force are judged in every world; what the record itself causes is one message.
    assert (kinds.count("notify"), kinds.count("alert_raised")) == (1, 0)
