"""`vigie signal`: what a veille team sees of the signals, and what it says of them."""

from datetime import timedelta
from pathlib import Path

import pytest

from streams import messages
from streams.adapters.dropped_files import read_dropped
from streams.adapters.sqlite_journal import SqliteJournal
from streams.entry import Draft, Status
from streams.messages import Message
from streams.messages.signals import QualifySignal, SignalSanitaire
from streams.monitor import Monitor
from streams.testing import EPOCH
from tests.vigie.monitored import vigie

PANNE = SignalSanitaire("SAMU:1", "panne_si", "DEP-44", "Panne du CHU", "SAMU", ends_at=EPOCH + timedelta(days=1))
SAME = SignalSanitaire("CHU:7", "panne_si", "DEP-44", "Réseau coupé [salle 2]", "CHU")
OTHER = SignalSanitaire("labo/3", "mdo.cholera", "DEP-72", "Choléra", "Labo")


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COLUMNS", "200")
    path = tmp_path / "J.db"
    append(path, OTHER, SAME, PANNE)
    append(path, PANNE, status=Status.EXERCISE)
    return path


def append(path: Path, *said: Message, status: Status = Status.ACTUAL) -> None:
    opened = SqliteJournal.open(path) if path.exists() else SqliteJournal.create(path)
    with opened as journal:
        Monitor(journal).append([Draft(EPOCH, status, "52", *messages.encode(each)) for each in said], EPOCH)


def rows(journal: Path, *options: str) -> list[list[str]]:
    listed = vigie("signal", "list", "--journal", journal, *options)
    assert listed.exit_code == 0, listed.output
    return [[cell.strip() for cell in line.strip("│").split("│")] for line in listed.stdout.splitlines() if "│" in line]


def test_signals_of_one_kind_and_place_are_shown_as_one_event(journal: Path) -> None:
    assert [row[:4] for row in rows(journal)] == [
        ["mdo.cholera", "Sarthe (72)", "labo/3", "Choléra"],
        ["panne_si", "Loire-Atlantique (44), 2 signaux", "CHU:7", "Réseau coupé [salle 2]"],
        ["", "", "SAMU:1", "Panne du CHU"],
        ["EXERCICE panne_si", "Loire-Atlantique (44)", "SAMU:1", "Panne du CHU"],
    ]
    assert [row[5:] for row in rows(journal)][2] == ["14/01 08:00", "15/01 08:00", "à qualifier"]


def test_what_the_team_says_is_taken_by_the_monitor_and_shown(journal: Path, tmp_path: Path) -> None:
    drop = tmp_path / "depot"
    drop.mkdir()
    said = (
        ("SAMU:1", "--triage", "retenu"),
        ("CHU:7", "--triage", "ecarte", "--reason", "doublon"),
        ("SAMU:1", "--triage", "retenu", "--exercise"),
    )
    for arguments in said:
        left = vigie("signal", "qualify", *arguments, "--by", "Veille", "--drop", drop)
        assert left.exit_code == 0, left.output
    drafts = [draft for path in sorted(drop.iterdir()) for draft in read_dropped(path, "52")]
    assert messages.decode(drafts[1].kind, drafts[1].payload) == QualifySignal("CHU:7", "ecarte", "Veille", "doublon")
    with SqliteJournal.open(journal) as opened:
        assert Monitor(opened).append(drafts, EPOCH) == []
    assert [row[-1] for row in rows(journal)] == ["à qualifier", "écarté", "retenu", "retenu"]
    assert [row[2] for row in rows(journal, "--triage", "a_qualifier")] == ["labo/3"]


@pytest.mark.parametrize("reason", [(), ("--reason", "  ")])
def test_nothing_is_put_aside_without_a_reason(tmp_path: Path, reason: tuple[str, ...]) -> None:
    refused = vigie("signal", "qualify", "SAMU:1", "--triage", "ecarte", "--by", "Veille", "--drop", tmp_path, *reason)
    assert refused.exit_code == 2
    assert "put aside for a reason" in refused.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("x", "--triage", "peut-etre", "--by", "Veille"), 2, "retenu"),
        (("x", "--triage", "retenu", "--by", ""), 2, "at least 1 character"),
        (("x", "--triage", "retenu", "--by", "Veille", "--drop", "absent"), 1, "no such drop directory"),
    ],
)
def test_mistakes_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    refused = vigie("signal", "qualify", *arguments)
    assert refused.exit_code == code
    assert words in refused.stderr


def test_no_signal_and_no_journal_are_said(tmp_path: Path) -> None:
    SqliteJournal.create(tmp_path / "vide.db").close()
    assert "Aucun signal ouvert." in vigie("signal", "list", "--journal", tmp_path / "vide.db").stdout
    assert vigie("signal", "list", "--journal", tmp_path / "absent.db").exit_code == 1
