"""A damaged archive is always refused, by its first bad entry."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.adapters import archive_format
from streams.adapters.archive import ArchiveError, check_archive, read_archive, write_archive
from streams.entry import Entry
from streams.testing import MemoryJournal, sample_batch


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    journal = MemoryJournal()
    for region in ("52", "76"):
        journal.commit(sample_batch(journal.head(region), 100))
    path = tmp_path_factory.mktemp("archives") / "sound.gz"
    write_archive(journal, path)
    return path


def refusal(archive: Path, content: bytes) -> tuple[list[Entry], str]:
    """What could be read before the archive was refused, and why."""
    path = archive.with_name("damaged.gz")
    path.write_bytes(content)
    read: list[Entry] = []
    with pytest.raises(ArchiveError) as error:
        read.extend(iter_into(read, path))
    return read, str(error.value)


def iter_into(read: list[Entry], path: Path) -> list[Entry]:
    for entry in read_archive(path):
        read.append(entry)  # noqa: PERF402  what precedes the refusal must be kept
    return []


@given(data=st.data())
def test_any_flipped_byte_is_detected(archive: Path, data: st.DataObject) -> None:
    content = bytearray(archive.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1), label="byte")
    content[at] ^= data.draw(st.integers(1, 255), label="flip")
    read, reason = refusal(archive, bytes(content))
    assert read == list(read_archive(archive))[: len(read)]
    if named := re.search(r"entry (\d+) of région (\d\d)", reason):
        assert len(read) == (int(named[2]) == 76) * 100 + int(named[1]) - 1


def test_every_bit_that_gzip_leaves_unguarded_is_guarded(archive: Path) -> None:
    sound = archive.read_bytes()
    end_of_data = len(sound) - archive_format.SEAL_SIZE - 8
    for at in (*range(3, 10), end_of_data - 1, *range(len(sound) - archive_format.SEAL_SIZE, len(sound))):
        for bit in range(8):
            content = bytearray(sound)
            content[at] ^= 1 << bit
            refusal(archive, bytes(content))


@given(data=st.data())
def test_any_cut_is_detected(archive: Path, data: st.DataObject) -> None:
    content = archive.read_bytes()
    read, _ = refusal(archive, content[: data.draw(st.integers(0, len(content) - 1), label="length")])
    assert read == list(read_archive(archive))[: len(read)]


def test_a_cut_archive_gives_what_it_still_holds(archive: Path) -> None:
    content = archive.read_bytes()
    read, reason = refusal(archive, content[: len(content) // 2])
    assert len(read) > 50
    assert "the archive was cut here" in reason


@pytest.mark.parametrize("extra", [b"\x00", b"\n", gzip.compress(b"{}\n", mtime=0)])
def test_nothing_may_follow_the_seal(archive: Path, extra: bytes) -> None:
    refusal(archive, archive.read_bytes() + extra)


def lines_of(archive: Path) -> list[bytes]:
    return gzip.decompress(archive.read_bytes()).splitlines()[:-1]


def rewritten(lines: list[bytes]) -> bytes:
    """An archive whose compression and seal are right, whatever its lines say."""
    return b"".join(archive_format.compressed(iter(lines)))


def _altered_payload(lines: list[bytes]) -> None:
    lines[42] = lines[42].replace(b"440000271", b"440000289")


def _removed(lines: list[bytes]) -> None:
    del lines[42]


def _swapped(lines: list[bytes]) -> None:
    lines[42], lines[43] = lines[43], lines[42]


def _same_meaning(lines: list[bytes]) -> None:
    lines[42] = lines[42].replace(b'"entry":{', b'"entry":{ ')


def _not_json(lines: list[bytes]) -> None:
    lines[42] = lines[42][:-2]


def _unknown_status(lines: list[bytes]) -> None:
    lines[42] = lines[42].replace(b'"actual"', b'"real"')


@pytest.mark.parametrize("damage", [_altered_payload, _removed, _swapped, _same_meaning, _not_json, _unknown_status])
def test_the_first_bad_entry_is_named(archive: Path, damage: Callable[[list[bytes]], None]) -> None:
    lines = lines_of(archive)
    damage(lines)
    read, reason = refusal(archive, rewritten(lines))
    assert len(read) == 41
    assert "entry 42 of région 52" in reason


def test_the_first_entry_of_a_region_is_named_with_its_region(archive: Path) -> None:
    lines = lines_of(archive)
    lines[101] = b"{}"
    assert "entry 1 of région 76" in refusal(archive, rewritten(lines))[1]


def test_a_missing_trailer_is_noticed(archive: Path) -> None:
    assert "the trailer" in refusal(archive, rewritten(lines_of(archive)[:-1]))[1]


def test_missing_last_entries_are_noticed(archive: Path) -> None:
    lines = lines_of(archive)
    del lines[-11:-1]
    assert "entry 91 of région 76: missing" in refusal(archive, rewritten(lines))[1]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'"entries":200', b'"entries":201'),
        (b'"seq":100', b'"seq":99'),
        (b'"entries_digest":"', b'"entries_digest":"00'),
    ],
)
def test_a_trailer_that_tells_something_else_is_refused(archive: Path, before: bytes, after: bytes) -> None:
    lines = lines_of(archive)
    assert before in lines[-1]
    lines[-1] = lines[-1].replace(before, after, 1)
    assert "the trailer" in refusal(archive, rewritten(lines))[1]


def test_lines_after_the_trailer_are_refused(archive: Path) -> None:
    assert "lines follow it" in refusal(archive, rewritten([*lines_of(archive), b"{}"]))[1]


def test_a_newer_version_is_refused(archive: Path) -> None:
    lines = lines_of(archive)
    lines[0] = lines[0].replace(b'"version":1', b'"version":2')
    assert "version 2" in refusal(archive, rewritten(lines))[1]


@pytest.mark.parametrize("content", [b"", b"DATE;ENTREE\n" * 20, gzip.compress(b"DATE;ENTREE\n" * 20, mtime=0)])
def test_another_file_is_refused(archive: Path, content: bytes) -> None:
    assert "damaged.gz: the header" in refusal(archive, content)[1]


def test_a_missing_archive_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"absent\.gz.*No such file"):
        check_archive(tmp_path / "absent.gz")
