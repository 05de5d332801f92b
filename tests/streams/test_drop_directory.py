"""The drop directory: only whole files are taken; what was read is kept for a time and by its owner only."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from streams.adapters.drop_directory import SETTLE_SECONDS, DropDirectory, printable
from streams.testing import EPOCH

LATER = SETTLE_SECONDS


@pytest.fixture
def drop(tmp_path: Path) -> DropDirectory:
    return DropDirectory(tmp_path / "depot")


def names(paths: list[Path]) -> list[str]:
    return [path.name for path in paths]


def write(drop: DropDirectory, name: str, text: str = "x") -> Path:
    path = drop.path / name
    path.write_text(text)
    return path


def test_the_directories_are_made_and_an_empty_one_waits_for_nothing(drop: DropDirectory) -> None:
    assert drop.received.is_dir()
    assert drop.rejected.is_dir()
    assert drop.ready(0.0) == []
    assert not drop.is_waiting
    DropDirectory(drop.path)


def test_a_file_is_taken_once_it_has_not_changed_for_a_while(drop: DropDirectory) -> None:
    write(drop, "b.csv")
    write(drop, "a.csv")
    assert drop.ready(0.0) == []
    assert drop.is_waiting
    assert drop.ready(LATER - 0.01) == []
    assert names(drop.ready(LATER)) == ["a.csv", "b.csv"]


def test_a_growing_file_is_left_alone(drop: DropDirectory) -> None:
    growing = write(drop, "a.csv")
    clock = 0.0
    for size in range(2, 10):
        assert drop.ready(clock) == []
        growing.write_text("x" * size)
        clock += LATER
    assert drop.ready(clock) == []
    assert names(drop.ready(clock + LATER)) == ["a.csv"]


def test_a_file_rewritten_at_the_same_size_has_changed(drop: DropDirectory) -> None:
    path = write(drop, "a.csv", "aaa")
    drop.ready(0.0)
    path.write_text("bbb")
    os.utime(path, ns=(1, 1))
    assert drop.ready(LATER) == []
    assert names(drop.ready(2 * LATER)) == ["a.csv"]


@pytest.mark.parametrize("name", [".a.csv", "a.csv.part", "a.csv.tmp", "a.csv.filepart", "A.CSV.PART"])
def test_uploads_in_progress_are_left_alone_until_they_are_renamed(drop: DropDirectory, name: str) -> None:
    unfinished = write(drop, name)
    for clock in (0.0, LATER, 9.0):
        assert drop.ready(clock) == []
    assert not drop.is_waiting
    unfinished.rename(drop.path / "a.csv")
    assert drop.ready(10.0) == []
    assert names(drop.ready(10.0 + LATER)) == ["a.csv"]


def test_what_is_no_file_is_left_alone(drop: DropDirectory) -> None:
    (drop.path / "sous-dossier").mkdir()
    os.mkfifo(drop.path / "tube.csv")
    (drop.path / "nulle-part.csv").symlink_to(drop.path / "absent")
    drop.ready(0.0)
    assert drop.ready(LATER) == []


def test_a_file_taken_back_is_forgotten(drop: DropDirectory) -> None:
    write(drop, "a.csv").unlink()
    write(drop, "b.csv")
    drop.ready(0.0)
    (drop.path / "b.csv").unlink()
    assert drop.ready(LATER) == []
    write(drop, "b.csv")
    assert drop.ready(2 * LATER) == []


def test_accepted_and_rejected_files_are_kept_whole_with_the_reason(drop: DropDirectory) -> None:
    accepted = drop.accept(write(drop, "a.csv", "lu"), EPOCH)
    rejected = drop.reject(write(drop, "b.csv", "illisible"), EPOCH, "b.csv:1: pas à lire")
    assert accepted == drop.received / "20260114T070000000000Z-a.csv"
    assert accepted.read_text() == "lu"
    assert rejected.parent == drop.rejected
    assert rejected.read_text() == "illisible"
    assert (drop.rejected / f"{rejected.name}.raison.txt").read_text(encoding="utf-8") == "b.csv:1: pas à lire\n"


def test_a_file_dropped_again_is_read_again_and_keeps_the_first(drop: DropDirectory) -> None:
    drop.reject(write(drop, "a.csv", "faux"), EPOCH, "faux")
    write(drop, "a.csv", "juste")
    assert drop.ready(0.0) == []
    (again,) = drop.ready(LATER)
    drop.accept(again, EPOCH + timedelta(seconds=1))
    assert [path.read_text() for path in drop.received.iterdir()] == ["juste"]
    assert len(list(drop.rejected.iterdir())) == 2


@pytest.mark.parametrize(
    "name", [b"long" * 62 + b".jsonl", b"\xff\xfe\x00"[:2] + b".csv", "é".encode() * 120 + b".csv"]
)
def test_no_name_is_too_long_or_too_strange_to_be_put_away(drop: DropDirectory, name: bytes) -> None:
    path = drop.path / os.fsdecode(name)
    path.write_text("x")
    drop.ready(0.0)
    (ready,) = drop.ready(LATER)
    moved = drop.reject(ready, EPOCH, f"{ready.name}: refusé")
    assert moved.suffix == path.suffix
    assert len(list(drop.rejected.iterdir())) == 2
    printable(moved).encode()


def test_what_is_put_away_can_be_entered_by_its_owner_only(drop: DropDirectory) -> None:
    for directory in (drop.received, drop.rejected):
        assert directory.stat().st_mode & 0o077 == 0


def test_rights_an_operator_gave_stand(drop: DropDirectory) -> None:
    drop.received.chmod(0o750)
    assert DropDirectory(drop.path).received.stat().st_mode & 0o777 == 0o750


def test_what_was_kept_long_enough_is_deleted_and_nothing_else(drop: DropDirectory) -> None:
    old, recent = EPOCH, EPOCH + timedelta(days=1)
    drop.accept(write(drop, "vieux.xml"), old)
    drop.reject(write(drop, "refuse.xml"), old, "pourquoi")
    kept = [drop.accept(write(drop, "recent.xml"), recent), drop.received / "note.txt", write(drop, "arrive.xml")]
    kept[1].write_text("d'un exploitant")
    assert drop.purge(recent) == 3
    assert sorted(path for path in drop.path.rglob("*") if path.is_file()) == sorted(kept)
    assert drop.purge(recent) == 0
