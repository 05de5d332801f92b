"""`vigie exercise`: what the commands leave for the monitor, and what they list and count of a journal."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from streams import messages
from streams.adapters.sqlite_journal import SqliteJournal
from streams.entry import Draft, Status
from streams.messages import Message
from streams.messages.decisions import DecideVolet
from streams.messages.exercises import ExerciseClosed, ExerciseOpened
from streams.messages.reference import RosterVersion
from streams.monitor import Monitor
from tests.vigie.monitored import vigie
from vigie.stage import roster

T0 = datetime(2026, 3, 12, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
OPEN = (
    *("exercise", "open", "2026-03", "--title", "Accident de car", "--plan", "AMAVI", "--volet", "AMAVI"),
    *("--participant", "claire.martin", "--participant", "anne.le-goff", "--author", "Cheffe"),
    *("--starts", "2026-03-12T09:00", "--ends", "2026-03-12 13:00"),
)


@pytest.fixture(autouse=True)
def _wide_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")


def left_in(drop: Path) -> tuple[str, Message]:
    [file] = drop.glob("*.jsonl")
    line = json.loads(file.read_text(encoding="utf-8"))
    file.unlink()
    return line["status"], messages.parse(line["kind"], json.dumps(line["payload"]).encode())


def test_what_is_opened_and_closed_is_left_for_the_monitor_in_local_time(tmp_path: Path) -> None:
    done = vigie(*OPEN, "--drop", tmp_path)
    assert done.exit_code == 0, done.output
    expected = ExerciseOpened(
        *("2026-03", "Accident de car", "AMAVI", ("claire.martin", "anne.le-goff"), T0, T0 + 4 * HOUR, "Cheffe"),
        volets=("AMAVI",),
    )
    assert left_in(tmp_path) == ("exercise", expected)
    assert vigie(*OPEN, "--region", "01", "--drop", tmp_path).exit_code == 0
    guadeloupe = left_in(tmp_path)[1]
    assert isinstance(guadeloupe, ExerciseOpened)
    assert guadeloupe.starts_at == T0 + 5 * HOUR
    close = vigie("exercise", "close", "2026-03", "--author", "Cheffe", "--summary", "Bien", "--drop", tmp_path)
    assert close.exit_code == 0, close.output
    assert left_in(tmp_path) == ("exercise", ExerciseClosed("2026-03", "Cheffe", "Bien"))


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        (("ack", "alerte", "--by", "Claire"), "Acknowledge"),
        (("decide", "activer", "AMAVI", "DEP-44", "--author", "DG", "--reason", "Joué"), "DecideVolet"),
    ],
)
def test_people_answer_and_decide_within_an_exercise(command: tuple[str, ...], kind: str, tmp_path: Path) -> None:
    for options, status in (((), "actual"), (("--exercise",), "exercise")):
        assert vigie(*command, *options, "--drop", tmp_path).exit_code == 0
        said, message = left_in(tmp_path)
        assert (said, type(message).__name__) == (status, kind)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (("--ends", "2026-03-12T08:00"), "ends before it starts"),
        (("--region", "99"), "unknown région"),
        (("--starts", "demain"), "demain"),
    ],
)
def test_what_cannot_be_is_refused_at_once(wrong: tuple[str, ...], why: str, tmp_path: Path) -> None:
    done = vigie(*OPEN, *wrong, "--drop", tmp_path)
    assert done.exit_code == 2
    assert why in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_number_that_an_sms_could_not_carry_is_refused(tmp_path: Path) -> None:
    for number in ("n° 3", "x" * 17, ""):
        done = vigie("exercise", "close", number, "--author", "Cheffe", "--drop", tmp_path)
        assert done.exit_code == 2, number
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path, people = tmp_path / "J.db", roster("52")
    opened = ExerciseOpened("2026-03", "Accident", "AMAVI", ("claire.martin",), T0, T0 + HOUR, "Cheffe")
    later = ExerciseOpened("2026-04", "Canicule", "EPI-CLIM", ("claire.martin",), T0 + 9 * HOUR, T0 + 12 * HOUR, "B")
    said: list[tuple[datetime, Status, Message]] = [
        (T0, Status.ACTUAL, RosterVersion(people.sha256, people.content)),
        (T0, Status.EXERCISE, opened),
        (T0, Status.EXERCISE, DecideVolet("AMAVI", "DEP-44", "activer", "DG", "Joué")),
        (T0 + 2 * HOUR, Status.EXERCISE, later),
    ]
    with SqliteJournal.create(path) as made:
        monitor = Monitor(made)
        for at, status, message in said:
            monitor.append([Draft(at, status, "52", *messages.encode(message))], at)
    return path


def test_exercises_are_listed_with_where_they_stand(journal: Path) -> None:
    shown = vigie("exercise", "list", "--journal", journal)
    assert shown.exit_code == 0, shown.output
    rows = [re.split(r"\s*│\s*", line.strip("│ ")) for line in shown.stdout.splitlines() if "2026-0" in line]
    assert [(row[0], row[6], row[7]) for row in rows] == [
        ("2026-03", "AMAVI", "terminé à son heure"),
        ("2026-04", "aucun", "à venir"),
    ]


def test_the_exercises_of_a_year_that_activated_a_volet_are_counted(journal: Path) -> None:
    counted = vigie("exercise", "count", "--year", "2026", "--journal", journal).stdout.splitlines()
    assert counted == [
        "Pays de la Loire, 2026 : 1 exercice(s) ayant activé un volet ORSAN, sur 2",
        "  2026-03 Accident : AMAVI",
        "  2026-04 Canicule : aucun volet activé",
    ]
    other = vigie("exercise", "count", "--year", "2025", "--journal", journal).stdout
    assert other == "Pays de la Loire, 2025 : 0 exercice(s) ayant activé un volet ORSAN, sur 0\n"


def test_a_journal_without_exercises_says_so(tmp_path: Path) -> None:
    SqliteJournal.create(tmp_path / "J.db").close()
    assert "Aucun exercice" in vigie("exercise", "list", "--journal", tmp_path / "J.db").stdout
    missing = vigie("exercise", "list", "--journal", tmp_path / "absent.db")
    assert missing.exit_code == 1
    assert missing.stderr.startswith("vigie: ")
