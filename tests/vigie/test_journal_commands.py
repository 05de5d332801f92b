"""`vigie journal`: what goes in comes out, and what cannot go in changes nothing."""

import re
import sqlite3
from itertools import permutations
from pathlib import Path

import pytest

from streams.adapters.sqlite_journal import SqliteJournal
from streams.journal import JournalPurpose
from tests.vigie.monitored import last_line, vigie
from tests.vigie.open_data import BEDS, STOCKS, VISITS, write_files


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    (tmp_path / "donnees").mkdir()
    return write_files(tmp_path / "donnees")


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "J.db"


def heads(path: Path) -> list[object]:
    with SqliteJournal.open(path, read_only=True) as opened:
        return list(opened.heads())


def test_an_import_accounts_for_every_row(files: list[str], journal: Path) -> None:
    done = vigie("journal", "import", *files, "--into", journal)
    assert done.exit_code == 0, done.output
    assert f"{journal}: received=34 quarantined=1 journaled=35 effects=" in done.stdout
    assert re.fullmatch(r"set aside: \S+sivic-stocks\.csv:5: column department_code is empty.*\n", done.stderr)
    verified = vigie("journal", "verify", journal)
    digest = last_line(done.stdout)[1]
    assert re.fullmatch(r"[0-9a-f]{64}", digest)
    assert re.fullmatch(rf"sound: digest {digest} entries 35 effects \d+\n", verified.stdout)
    with SqliteJournal.open(journal) as opened:
        assert opened.purpose is JournalPurpose.RETEX
        assert opened.regions() == ["52", "76"]
        (aside,) = opened.quarantined()
        assert (aside.line, aside.record) == (5, b"2020-03-20,,1,1,1,1\n")
        assert opened.outbox.next_ready_at() is None


def test_one_region_alone_keeps_its_own_chain(files: list[str], journal: Path, tmp_path: Path) -> None:
    done = vigie("journal", "import", *files, "--into", journal, "--region", "52")
    assert "received=34 quarantined=1 elsewhere=15 journaled=19" in done.stdout
    assert vigie("journal", "import", *files, "--into", tmp_path / "all.db").exit_code == 0
    assert heads(journal) == heads(tmp_path / "all.db")[:1]


def test_the_order_of_the_files_changes_nothing(files: list[str], tmp_path: Path) -> None:
    digests = {
        last_line(vigie("journal", "import", *order, "--into", tmp_path / f"{number}.db").stdout)[1]
        for number, order in enumerate(permutations(files))
    }
    assert len(digests) == 1


REFUSED = {
    "a count that is none": (f"{STOCKS}2020-03-19,44,1,x,0,0\n", ":2: column n_icu_patients: not a count"),
    "a cut row": (f"{STOCKS}2020-03-19,44,1,1,0,0\n2020-03-20,44,1\n", ":3: 3 cells, expected 6"),
    "another header": ("date;dep\n", ":1: header not recognised"),
    "an empty file": ("", ":1: the file is empty"),
    "a header alone": (STOCKS, ":1: the file holds no row"),
    "Latin-1": (f"{STOCKS}\xe9", ":2: not UTF-8"),
    "twice the same": (
        f"{STOCKS}2020-03-19,44,1,1,0,0\n2020-03-19,44,1,1,0,0\n",
        ":3: DEP-44 2020-03-19 is given twice",
    ),
    "another format's": (VISITS, ":1: header not recognised"),
}


@pytest.mark.parametrize(("text", "words"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("exists", [False, True], ids=["new journal", "existing journal"])
def test_a_bad_file_is_named_with_its_line_and_changes_nothing(
    files: list[str], journal: Path, tmp_path: Path, text: str, words: str, exists: bool
) -> None:
    if exists:
        assert vigie("journal", "import", files[2], "--into", journal).exit_code == 0
    before = heads(journal) if exists else None
    bad = tmp_path / "mauvais.csv"
    bad.write_text(text, encoding="latin-1")
    done = vigie("journal", "import", files[0], f"sivic-stocks={bad}", "--into", journal)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(f"vigie: {bad}{words}")
    assert done.stderr.count("\n") == 1
    assert journal.exists() is exists
    if exists:
        assert heads(journal) == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("J.db-")] == []


def test_what_has_nothing_of_the_region_makes_no_journal(files: list[str], journal: Path) -> None:
    done = vigie("journal", "import", *files, "--into", journal, "--region", "11")
    assert done.exit_code == 1
    assert "hold nothing of this région" in done.stderr
    assert not journal.exists()


def test_a_bad_plan_or_a_missing_file_makes_no_journal(files: list[str], journal: Path, tmp_path: Path) -> None:
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "a.yaml").write_text("plan: a\nvolet: 3\n")
    done = vigie("journal", "import", *files, "--into", journal, "--plans", tmp_path / "plans")
    assert done.exit_code == 1
    assert "a.yaml:2: volet" in done.stderr
    missing = vigie("journal", "import", f"lits-sae={tmp_path / 'absent.csv'}", "--into", journal)
    assert missing.exit_code == 1
    assert "absent.csv:1: cannot be read: No such file" in missing.stderr
    nowhere = vigie("journal", "import", *files, "--into", tmp_path / "absent" / "J.db")
    assert nowhere.exit_code == 1
    assert "cannot be opened or written" in nowhere.stderr
    assert not journal.exists()


def test_time_does_not_go_back(files: list[str], journal: Path) -> None:
    vigie("journal", "import", files[1], "--into", journal)
    before = heads(journal)
    done = vigie("journal", "import", files[0], "--into", journal)
    assert done.exit_code == 1
    assert (
        "région 52: this import starts at 2020-02-25 03:00 UTC but the journal is already at 2020-03-22" in done.stderr
    )
    assert heads(journal) == before
    again = vigie("journal", "import", files[1], "--into", journal)
    assert again.exit_code == 1
    assert heads(journal) == before


def test_a_live_journal_takes_no_past(files: list[str], journal: Path) -> None:
    SqliteJournal.create(journal, JournalPurpose.LIVE).close()
    done = vigie("journal", "import", *files, "--into", journal)
    assert done.exit_code == 1
    assert "this journal is live and sends notifications" in done.stderr
    assert heads(journal) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["lits-sae"],
        ["lits-sae="],
        ["=x.csv"],
        ["rpu=x.csv"],
        ["archive=a", "archive=b"],
        ["archive=a", "lits-sae=b"],
        ["archive=a", "--region", "52"],
        ["lits-sae=x.csv", "--region", "99"],
        [],
    ],
)
def test_wrong_usage_is_2(journal: Path, arguments: list[str]) -> None:
    done = vigie("journal", "import", *arguments, "--into", journal)
    assert done.exit_code == 2
    assert "Usage:" in done.stderr
    assert not journal.exists()


def test_an_archive_gives_the_same_journal(files: list[str], journal: Path, tmp_path: Path) -> None:
    vigie("journal", "import", *files, "--into", journal)
    archive, other = tmp_path / "a.jsonl.gz", tmp_path / "K.db"
    exported = vigie("journal", "export", journal, archive)
    assert exported.stdout == f"{archive}: 35 entries of 2 régions\n"
    assert vigie("journal", "import", f"archive={archive}", "--into", other).exit_code == 0
    assert heads(other) == heads(journal)
    replays = []
    for path in (journal, other):
        effects = tmp_path / f"{path.stem}.jsonl"
        replays.append((vigie("retex", "replay", path, "--effects", effects).stdout, effects.read_bytes()))
    assert replays[0] == replays[1]
    again = vigie("journal", "import", f"archive={archive}", "--into", other)
    assert again.exit_code == 1
    assert "région 52 is already in this journal" in again.stderr
    one = vigie("journal", "export", journal, archive, "--region", "76")
    assert "of 1 régions" in one.stdout
    absent = vigie("journal", "export", journal, archive, "--region", "11")
    assert absent.exit_code == 1
    assert "holds nothing of région 11" in absent.stderr


@pytest.mark.parametrize("where", [0, 300, -200, -1])
def test_a_damaged_archive_is_refused_whole(files: list[str], journal: Path, tmp_path: Path, where: int) -> None:
    vigie("journal", "import", *files, "--into", journal)
    archive, other = tmp_path / "a.jsonl.gz", tmp_path / "K.db"
    vigie("journal", "export", journal, archive)
    data = bytearray(archive.read_bytes())
    data[where] ^= 1
    archive.write_bytes(data)
    for damaged in (bytes(data), bytes(data)[: len(data) // 2], b"", b"not an archive"):
        archive.write_bytes(damaged)
        done = vigie("journal", "import", f"archive={archive}", "--into", other)
        assert done.exit_code == 1
        assert done.stderr.startswith(f"vigie: {archive}: ")
        assert not other.exists()


def test_verify_names_the_first_bad_entry(files: list[str], journal: Path) -> None:
    vigie("journal", "import", *files, "--into", journal)
    data = journal.read_bytes()
    places = [found.start() for found in re.finditer(rb'"passages":100', data)]
    assert places
    for place in (places[0], places[-1]):
        flipped = bytearray(data)
        flipped[place + 12] ^= 1
        journal.write_bytes(flipped)
        done = vigie("journal", "verify", journal)
        assert (done.exit_code, done.stdout) == (1, "")
        assert re.search(r"J\.db: région \d\d, entry \d+", done.stderr), done.stderr
        assert "Traceback" not in done.stderr


def test_verify_names_the_entry_that_was_changed(files: list[str], journal: Path) -> None:
    vigie("journal", "import", *files, "--into", journal)
    with sqlite3.connect(journal) as connection:
        connection.execute(
            "UPDATE entries SET payload = replace(payload, '100', '900') WHERE region = '76' AND seq = 7"
        )
    connection.close()
    done = vigie("journal", "verify", journal)
    assert done.exit_code == 1
    assert "région 76, entry 7" in done.stderr
    assert done.stderr.count("\n") == 1
    replayed = vigie("retex", "replay", journal)
    assert "identical" not in replayed.stdout
    assert "journal verify" in replayed.stderr


def test_an_empty_file_such_as_mktemp_makes_becomes_a_journal(files: list[str], journal: Path) -> None:
    journal.touch()
    assert vigie("journal", "verify", journal).exit_code == 1
    assert journal.stat().st_size == 0
    assert vigie("journal", "import", *files, "--into", journal).exit_code == 0
    assert vigie("journal", "verify", journal).exit_code == 0


@pytest.mark.parametrize("content", [b"not a database", b"SQLite format 3\x00" + bytes(200)])
def test_what_is_no_journal_is_refused_by_every_command(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "J.db"
    path.write_bytes(content)
    beds = tmp_path / "lits.csv"
    beds.write_text(BEDS)
    commands = (
        ("journal", "verify", path),
        ("journal", "export", path, tmp_path / "a.gz"),
        ("journal", "import", f"lits-sae={beds}", "--into", path),
        ("retex", "replay", path),
    )
    for command in commands:
        done = vigie(*command)
        assert done.exit_code == 1
        assert str(path) in done.stderr
        assert path.read_bytes() == content
    assert {each.name for each in tmp_path.iterdir()} == {"J.db", "lits.csv"}
    for command in (("journal", "verify", tmp_path / "absent"), ("retex", "replay", tmp_path / "absent")):
        done = vigie(*command)
        assert done.exit_code == 1
        assert "there is no such journal" in done.stderr
