"""Two processes on one journal: the second is told so, and changes nothing."""

import os
from pathlib import Path

import pytest

from streams.adapters.sqlite_journal import SqliteJournal, verify_file
from streams.adapters.writer_lock import JournalInUse, only_writer
from tests.feeds.oscour_files import document, encoded, patient
from tests.vigie.monitored import Place, eventually, vigie_process


def visits(folder: Path) -> Path:
    path = folder / "rpu.xml"
    path.write_bytes(encoded(document(patient())))
    return path


def test_a_journal_that_a_monitor_watches_takes_no_other_writer(tmp_path: Path) -> None:
    place = Place(tmp_path)
    sent = visits(tmp_path)
    with place.monitor() as monitor:
        monitor.base()
        pid = str(monitor.process.pid)
        head = _head(place)
        other = ("--journal", place.journal, "--drop", tmp_path / "autre", "--port", "0", "--region", "52")
        for command in (("ingest", sent, "--into", place.journal), ("run", *other)):
            refused = vigie_process(*command)
            assert refused.returncode == 1, refused.stderr
            assert f"vigie run, process {pid}, is writing this journal" in refused.stderr
            assert "Traceback" not in refused.stderr
        assert _head(place) == head
        assert not (tmp_path / "autre").exists()
        assert vigie_process("feeds", "status", "--journal", place.journal).returncode == 0

        (place.drop / "rpu.xml").write_bytes(sent.read_bytes())
        eventually(lambda: not place.dropped(), "the file taken")
        monitor.kill()
    assert verify_file(place.journal) == []
    after = vigie_process("ingest", sent, "--into", place.journal)
    assert "duplicates=1" in after.stdout, after.stderr  # a killed monitor holds nothing


def _head(place: Place) -> int:
    with SqliteJournal.open(place.journal, read_only=True) as journal:
        return journal.head("52").seq


def test_a_lock_is_let_go_and_taken_again(tmp_path: Path) -> None:
    journal = tmp_path / "J.db"
    for _ in range(2):
        with only_writer(journal, "essai"):
            pass
    lock = tmp_path / "J.db.verrou"
    assert lock.read_text() == f"essai, process {os.getpid()}"
    assert lock.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["J.db", "lien.db"])
def test_a_held_lock_is_refused_at_once_by_any_name_of_the_journal(tmp_path: Path, name: str) -> None:
    (tmp_path / "lien.db").symlink_to(tmp_path / "J.db")
    held = only_writer(tmp_path / "J.db", "le premier")
    with held, pytest.raises(JournalInUse, match=f"{name}: le premier, process {os.getpid()}, is writing"):
        only_writer(tmp_path / name, "le second").__enter__()


def test_two_journals_have_two_locks(tmp_path: Path) -> None:
    with only_writer(tmp_path / "a.db", "un"), only_writer(tmp_path / "b.db", "deux"):
        assert sorted(path.name for path in tmp_path.iterdir()) == ["a.db.verrou", "b.db.verrou"]
