"""`vigie silence`, `vigie maintenance` and `vigie burden`: what is left for the monitor, and what is shown."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from streams import messages
from streams.adapters.dropped_files import read_dropped
from streams.adapters.sqlite_journal import SqliteJournal
from streams.entry import Draft, Status
from streams.messages import Message
from streams.messages.decisions import Acknowledge
from streams.messages.quiet import MaintenancePlanned, SilenceLifted, SilenceSet
from streams.monitor import Monitor
from tests.core.builders import T0, catalogue, event, roster, roster_version, rule, signal
from tests.vigie.monitored import vigie

WHO = ("--author", "Cécile", "--reason", "Travaux")
ACCIDENT = rule("accident", ["departement"], event("accident"))


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    (tmp_path / "depot").mkdir()
    return tmp_path / "depot"


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path / "J.db"


def append(path: Path, at: datetime, *said: Message) -> None:
    opened = SqliteJournal.open(path) if path.exists() else SqliteJournal.create(path)
    with opened as stored:
        Monitor(stored).append([Draft(at, Status.ACTUAL, "52", *messages.encode(each)) for each in said], at)


def left(drop: Path) -> list[Message]:
    drafts = [draft for path in sorted(drop.iterdir()) for draft in read_dropped(path, "52")]
    return [messages.decode(draft.kind, draft.payload) for draft in drafts]


def test_a_silence_is_left_for_the_monitor(drop: Path) -> None:
    before = datetime.now(UTC)
    asked = vigie("silence", "set", "--territory", "DEP-44", "--for", "2 h", "--id", "s1", *WHO, "--drop", drop)
    assert asked.exit_code == 0, asked.output
    said = left(drop)[0]
    assert isinstance(said, SilenceSet)
    assert (said.id, said.territory, said.includes_alerte, said.author) == ("s1", "DEP-44", False, "Cécile")
    assert timedelta(hours=2) <= said.until - before < timedelta(hours=2, minutes=1)


def test_a_silence_is_lifted(drop: Path) -> None:
    assert vigie("silence", "lift", "s1", *WHO, "--drop", drop).exit_code == 0
    assert left(drop) == [SilenceLifted("s1", "Cécile", "Travaux")]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--for", "2 h"), "nothing silences everything"),
        (("--volet", "REB", "--for", "deux heures"), "expected a duration"),
        (("--territory", "Nantes", "--for", "2 h"), "String should match"),
    ],
)
def test_a_silence_that_cannot_be_is_refused_with_its_reason(drop: Path, options: tuple[str, ...], why: str) -> None:
    refused = vigie("silence", "set", *options, *WHO, "--drop", drop)
    assert refused.exit_code == 2
    assert why in " ".join(refused.output.replace("│", " ").split())
    assert left(drop) == []


def test_what_is_silenced_and_planned_is_listed(journal: Path) -> None:
    until = T0 + timedelta(hours=3)
    append(journal, T0, SilenceSet("s1", until, "Cécile", "Travaux", volet="REB", includes_alerte=True))
    append(journal, T0, MaintenancePlanned("m1", "rpu", "DEP-44", T0, until, "DSI", "Bascule [serveur]"))
    silences = vigie("silence", "list", "--journal", journal).stdout
    assert all(text in silences for text in ("s1", "REB", "jusqu'à l'alerte comprise", "14/01 11:00", "Travaux"))
    windows = vigie("maintenance", "list", "--journal", journal).stdout
    assert all(text in windows for text in ("m1", "Loire-Atlantique (44)", "14/01 08:00", "Bascule [serveur]"))


def test_what_is_over_is_listed_no_more(journal: Path) -> None:
    until = T0 + timedelta(hours=3)
    append(journal, T0, SilenceSet("s1", until, "Cécile", "Travaux", volet="REB"))
    append(journal, T0, MaintenancePlanned("m1", "rpu", "DEP-44", T0, until, "DSI", "Bascule"))
    append(journal, until, catalogue())
    assert vigie("silence", "list", "--journal", journal).stdout.strip() == "Aucun silence en cours."
    assert vigie("maintenance", "list", "--journal", journal).stdout.strip() == "Aucune maintenance prévue."


def test_a_maintenance_is_planned_and_ended_by_its_id(drop: Path, journal: Path) -> None:
    start = ("--from", "2026-01-14T22:00+01:00", "--for", "4 h")
    planned = vigie("maintenance", "plan", "rpu", "ETAB-440000271", *start, "--id", "m1", *WHO, "--drop", drop)
    assert planned.exit_code == 0, planned.output
    window = left(drop)[0]
    assert isinstance(window, MaintenancePlanned)
    assert (window.starts_at, window.ends_at - window.starts_at) == (
        datetime(2026, 1, 14, 21, tzinfo=UTC),
        timedelta(hours=4),
    )
    append(journal, T0, window)
    assert vigie("maintenance", "end", "m1", *WHO, "--journal", journal, "--drop", drop).exit_code == 0
    ended = left(drop)[1]
    assert isinstance(ended, MaintenancePlanned)
    assert (ended.feed, ended.territory) == ("rpu", "ETAB-440000271")
    assert ended.ends_at <= datetime.now(UTC)


def test_a_window_that_nobody_planned_is_not_ended(drop: Path, journal: Path) -> None:
    append(journal, T0, catalogue())
    refused = vigie("maintenance", "end", "m1", *WHO, "--journal", journal, "--drop", drop)
    assert refused.exit_code == 2
    assert "vigie maintenance list" in refused.output


def test_an_instant_without_its_time_zone_is_refused(drop: Path) -> None:
    start = ("--from", "2026-01-14T22:00", "--for", "4 h")
    refused = vigie("maintenance", "plan", "rpu", "DEP-44", *start, *WHO, "--drop", drop)
    assert refused.exit_code == 2
    assert "time zone" in refused.output


def test_the_burden_of_a_night_is_shown_against_the_budget(journal: Path) -> None:
    evening = T0 + timedelta(hours=14)
    append(journal, T0, catalogue(ACCIDENT), roster_version(roster(participants=())))
    append(journal, evening, signal())
    append(journal, evening + timedelta(hours=4), catalogue(ACCIDENT))
    shown = vigie("burden", "--journal", journal)
    assert shown.exit_code == 0, shown.output
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in shown.stdout.splitlines() if "│" in line]
    assert ["14/01/2026", "cecile", "1", "5 : tenu"] in rows
    assert ["14/01/2026", "denis", "8", "5 : dépassé"] in rows
    assert "1 nuit(s) au-dessus du budget" in shown.stdout
    assert "Aucun message de nuit" in vigie("burden", "--journal", journal, "--since", "2026-01-15").stdout


def test_several_alerts_are_answered_at_once(drop: Path) -> None:
    assert vigie("ack", "a", "b", "--by", "Cécile", "--drop", drop).exit_code == 0
    assert left(drop) == [Acknowledge("a", "Cécile", "vigie ack"), Acknowledge("b", "Cécile", "vigie ack")]
