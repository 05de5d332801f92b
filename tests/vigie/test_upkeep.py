"""What a running monitor erases, on a clock of the test's."""

from datetime import timedelta
from pathlib import Path

from streams.adapters.drop_directory import DropDirectory
from streams.collecting.decoding import Context
from streams.collecting.quarantine import HeldState
from tests.feeds.collecting_builders import NOW, Reversing, collector, file, received, sent
from vigie.upkeep import EVERY, Upkeep

KEPT = timedelta(days=30)


def test_files_and_locked_bytes_go_once_they_were_kept_long_enough(tmp_path: Path) -> None:
    drop, collecting = DropDirectory(tmp_path), collector(vault=Reversing())
    collecting.collect(sent(file("!nommé")), received())
    (tmp_path / "rpu.txt").write_text("nommé")
    drop.accept(tmp_path / "rpu.txt", NOW)

    upkeep = Upkeep(KEPT, lambda now: collecting.purge(Context("52", now)), drop)
    (held,) = collecting.destination.aside.all()
    upkeep.turn(NOW + timedelta(days=29))
    assert collecting.destination.aside.find(held.id) == held
    assert len(list(drop.received.iterdir())) == 1

    upkeep.turn(NOW + timedelta(days=30, seconds=1))
    (erased,) = collecting.destination.aside.all()
    assert (erased.state, erased.quarantined.record) == (HeldState.PURGED, b"")
    assert list(drop.received.iterdir()) == []


def test_it_looks_once_an_hour_only(tmp_path: Path) -> None:
    drop = DropDirectory(tmp_path)
    upkeep = Upkeep(timedelta(), lambda _: None, drop)
    upkeep.turn(NOW)
    (drop.received / "20200101T000000000000Z-vieux.xml").touch()
    upkeep.turn(NOW + EVERY - timedelta(seconds=1))
    assert len(list(drop.received.iterdir())) == 1
    upkeep.turn(NOW + EVERY)
    assert list(drop.received.iterdir()) == []


def test_a_file_that_cannot_be_deleted_stops_nothing(tmp_path: Path) -> None:
    drop = DropDirectory(tmp_path)
    (drop.rejected / "20200101T000000000000Z-vieux.xml").mkdir()
    Upkeep(timedelta(), lambda _: None, drop).turn(NOW)
    assert len(list(drop.rejected.iterdir())) == 1
