"""The région's directory for the bed feeds: read, refused with its line, and used by `vigie ingest`."""

import json
from pathlib import Path

import pytest

from streams import messages
from streams.adapters import directory_files
from streams.adapters.directory_files import load_directory
from streams.adapters.sqlite_journal import SqliteJournal
from streams.capacity.declaration import Directory
from streams.capacity.directory_file import DirectoryError, read_directory
from streams.messages.capacity import BedCapacity
from tests.feeds.capacity_examples import CAPACITY
from tests.vigie.monitored import vigie

HEADER = "sorte;code;valeur\n"
WHOLE = HEADER + "# lieux\nfiness;Organization/5958;440000271\n\ndepartement;970100178;971\nnature;R211-183;rea\n"


@pytest.mark.parametrize("text", [WHOLE, WHOLE.replace(";", " , "), "\ufeff" + WHOLE.replace("\n", "\r\n")])
def test_each_sort_is_read(text: str) -> None:
    assert read_directory(text, "r.csv") == Directory(
        {"Organization/5958": "440000271"}, {"970100178": "971"}, {"R211-183": "rea"}
    )


def test_the_guide_shows_a_directory_that_is_read(repository: Path) -> None:
    guide = (repository / "docs" / "flux-capacite.md").read_text(encoding="utf-8")
    (example,) = (block for block in guide.split("```csv\n") if block.startswith("sorte"))
    assert read_directory(example.partition("```")[0], "r.csv") == read_directory(WHOLE, "r.csv")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("code;valeur\n", "r.csv:1: expected the header sorte;code;valeur"),
        (f"\n{HEADER}lits;x;y\n", "r.csv:3: sorte: expected one of finess, departement, nature"),
        (f"{HEADER}finess;Organization/5958\n", "r.csv:2: 2 cells, expected 3: sorte;code;valeur"),
        (f"{HEADER}finess;5958;440000271\n", "r.csv:2: code: expected a reference such as Organization/5958"),
        (f"{HEADER}finess;Organization/1;44000271\n", "r.csv:2: valeur: expected a FINESS of nine characters"),
        (f"{HEADER}departement;440000271;444\n", "r.csv:2: valeur: expected the INSEE code of a département"),
        (f"{HEADER}nature;183;rea\n", "r.csv:2: code: expected a code such as R211-183, R213-13 or R343-01"),
        (f"{HEADER}nature;R211-1;Réa\n", "r.csv:2: valeur: expected a kind of beds such as rea"),
        (f"{WHOLE}nature;R211-183;usc\n", "r.csv:7: nature R211-183 is given twice"),
        (f'{HEADER}nature;"R211-183\n', "r.csv:2: not readable as CSV"),
        (f"{HEADER}{'x' * 200_000}\n", "r.csv:2: not readable as CSV"),
    ],
)
def test_a_wrong_line_is_named(text: str, expected: str) -> None:
    with pytest.raises(DirectoryError) as refused:
        read_directory(text, "r.csv")
    assert str(refused.value).startswith(expected)


def test_a_file_of_another_encoding_or_size_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "r.csv"
    path.write_bytes(f"{HEADER}#\n".encode() + b"# \xe9\n")
    with pytest.raises(DirectoryError, match=r"r\.csv:3: not UTF-8"):
        load_directory(path)
    monkeypatch.setattr(directory_files, "LARGEST", 3)
    with pytest.raises(DirectoryError, match="larger than 3 bytes"):
        load_directory(path)


def place(tmp_path: Path) -> Path:
    """Write a place of the ROR whose establishment and kind of beds only the région knows."""
    coded = (("capacityType", "01"), ("capacityStatus", "01"))
    said: list[dict[str, object]] = [
        {"url": name, "valueCodeableConcept": {"coding": [{"code": code}]}} for name, code in coded
    ]
    said += [{"url": "nbCapacity", "valueInteger": 12}, {"url": "capacityUpdateDate", "valueDateTime": "2026-01-14"}]
    location = {
        "resourceType": "Location", "id": "1", "extension": [{"url": CAPACITY, "extension": said}],
        "managingOrganization": {"reference": "Organization/5958"},
        "type": [{"coding": [{"system": "TRE_R343", "code": "10"}]}],
    }  # fmt: skip
    path = tmp_path / "ror.json"
    path.write_text(json.dumps(location))
    return path


def test_a_place_that_only_the_region_knows_is_read_with_its_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIGIE_QUARANTINE_KEY", vigie("quarantine", "key").stdout.strip())
    journal, own = tmp_path / "J.db", tmp_path / "r.csv"
    assert "quarantined=1" in vigie("ingest", place(tmp_path), "--into", journal).stdout
    own.write_text(f"{HEADER}finess;Organization/5958;440000271\nnature;R343-10;rea\n")
    requeued = vigie("quarantine", "requeue", "1", "--journal", journal, "--ror-directory", own)
    assert "accepted=1" in requeued.stdout, requeued.output
    again = vigie("ingest", place(tmp_path), "--into", journal, "--ror-directory", own)
    assert "duplicates=1" in again.stdout
    with SqliteJournal.open(journal, read_only=True) as opened:
        (beds,) = (messages.decode(each.kind, each.payload) for each in opened.entries("52") if "beds" in each.kind)
    assert isinstance(beds, BedCapacity)
    assert (beds.finess, beds.bed_kind, beds.beds_installed) == ("440000271", "rea", 12)


def test_a_wrong_directory_stops_the_command(tmp_path: Path) -> None:
    own = tmp_path / "r.csv"
    own.write_text(f"{HEADER}x;y;z\n")
    for given in (own, tmp_path / "absent.csv"):
        refused = vigie("ingest", place(tmp_path), "--into", tmp_path / "J.db", "--ror-directory", given)
        assert refused.exit_code == 1
        assert str(given) in refused.stderr
        assert "Traceback" not in refused.output
