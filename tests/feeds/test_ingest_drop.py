"""Official files in the drop directory of a real `vigie run`."""

from pathlib import Path

from streams.adapters.sqlite_journal import SqliteJournal
from tests.vigie.monitored import Place, eventually, phones_ringing


def test_a_running_monitor_collects_what_is_dropped(shared_data: Path, tmp_path: Path) -> None:
    sample = (shared_data / "rpu" / "sample_oscour_synthetique.xml").read_bytes()
    place = Place(tmp_path)
    with phones_ringing() as phones:
        place.people_at(phones.address)
        place.drop.mkdir()
        (place.drop / "a.xml").write_bytes(sample)
        (place.drop / "b.xml").write_bytes(sample)
        (place.drop / "c.xml").write_bytes(sample[:-40])
        with place.monitor() as monitor:
            eventually(lambda: place.dropped() == [], "every file taken")
            assert monitor.stop() == 0
    assert len(list((place.drop / "recus").iterdir())) == 2
    (reason,) = (place.drop / "rejetes").glob("*.raison.txt")
    assert "c.xml:" in reason.read_text()
    assert "Traceback" not in monitor.text
    assert "1941" not in monitor.text
    with SqliteJournal.open(place.journal, read_only=True) as journal:
        receipts = list(journal.receipts.all())
        assert [(each.name, each.accepted, each.duplicates) for each in receipts] == [
            ("a.xml", 2, 0),
            ("b.xml", 0, 2),
            ("c.xml", 0, 0),
        ]
        assert [entry.kind for entry in journal.entries("52")].count("rpu.passage") == 2
