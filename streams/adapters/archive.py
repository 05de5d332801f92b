"""The journal as a file to keep, send and import: compressed JSON lines, the same bytes for the same journal.

One header line, one line per entry with its chain digest (région by région, in order), one trailer with the
heads. Effects are recomputed by whoever imports the archive; the trailer's effects digest tells whether
they came out the same. The file is two gzip members, so ``zcat`` reads it: the lines, then a seal holding
the SHA-256 of the first member's compressed bytes, because gzip's own checks leave some bits of a file
unguarded. The compressed bytes are those of the zlib in use; the lines do not depend on it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from streams.adapters import archive_format
from streams.adapters.archive_reader import ArchiveError, ArchiveReader
from streams.adapters.whole_file import written_whole
from streams.entry import GENESIS, Entry, Head, canonical, chain
from streams.journal import Journal

__all__ = ["ArchiveError", "Contents", "check_archive", "read_archive", "write_archive"]


@dataclass(frozen=True, slots=True)
class Contents:
    """What a whole, verified archive holds: how many entries, and each région's head."""

    entries: int
    heads: tuple[Head, ...]


def write_archive(journal: Journal, path: Path, regions: Sequence[str] | None = None) -> Contents:
    """Export ``regions`` (all by default) as they stand now; the file appears whole or not at all.

    ArchiveError when it cannot be written or a région is unknown to the journal.
    """
    heads = {head.region: head for head in journal.heads()}
    chosen = sorted(set(heads if regions is None else regions))
    for region in chosen:
        if region not in heads:
            raise ArchiveError(f"the journal holds nothing of région {region}: it has {', '.join(heads) or 'none'}")
    contents = Contents(sum(heads[region].seq for region in chosen), tuple(heads[region] for region in chosen))
    try:
        with written_whole(path) as file:
            for block in archive_format.compressed(_text_lines(journal, contents)):
                file.write(block)
    except OSError as error:
        raise ArchiveError(f"{path}: cannot be written ({error.strerror or error})") from error
    return contents


def read_archive(path: Path) -> Iterator[Entry]:
    """Stream an archive's entries, verified one by one, région by région; ArchiveError at the first bad one.

    The end of the archive is only verified at the end: commit nothing for good before the iteration is over.
    """
    try:
        with path.open("rb") as source:
            yield from ArchiveReader(path, source).entries()
    except OSError as error:
        raise ArchiveError(f"{path}: cannot be read ({error.strerror or error})") from error


def check_archive(path: Path) -> Contents:
    """Verify a whole archive and return what it holds; ArchiveError."""
    try:
        with path.open("rb") as source:
            reader = ArchiveReader(path, source)
            for _ in reader.entries():
                pass
    except OSError as error:
        raise ArchiveError(f"{path}: cannot be read ({error.strerror or error})") from error
    return Contents(reader.count, reader.heads)


def _text_lines(journal: Journal, contents: Contents) -> Iterator[bytes]:
    regions = {head.region: head.seq for head in contents.heads}
    header = archive_format.HeaderLine(archive_format.FORMAT, regions, archive_format.VERSION)
    yield archive_format.encode(header)
    for head in contents.heads:
        digest = GENESIS
        for entry in journal.entries(head.region):
            if entry.seq > head.seq:
                break  # appended since the heads were read: not part of this archive
            text = canonical(entry)
            digest = chain(digest, text)
            yield archive_format.encode(archive_format.EntryLine(digest.hex(), msgspec.Raw(text)))
        if digest != head.entries_digest:
            raise ArchiveError(f"région {head.region}: the journal is damaged; run `vigie journal verify`")
    heads = tuple(map(archive_format.head_fields, contents.heads))
    yield archive_format.encode(archive_format.TrailerLine(contents.entries, heads))
