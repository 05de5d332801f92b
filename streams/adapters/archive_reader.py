"""Reading a journal archive: each entry is verified before it is given; damage is named by its first entry."""

import hashlib
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, NoReturn

import msgspec

from streams.adapters import archive_format
from streams.adapters.archive_format import GZIP_HEADER, SEAL_SIZE, TRAILER_START
from streams.entry import GENESIS, Entry, Head, canonical, chain

_READ: Final = 1 << 16


class ArchiveError(Exception):
    """The archive is damaged, truncated or not one; the message names the first entry not to be trusted."""


class ArchiveReader:
    """One pass over an archive. ``count`` and ``heads`` are complete once `entries` is exhausted."""

    def __init__(self, path: Path, source: BinaryIO) -> None:
        self.count = 0
        self.heads: tuple[Head, ...] = ()
        self._path = path
        self._source = source
        self._tips: dict[str, tuple[int, bytes]] = {}
        self._places: Iterator[tuple[str, int]] = iter(())
        self._where = "the header"

    def entries(self) -> Iterator[Entry]:
        """Give the entries, région by région; ArchiveError at the first that is not what was written."""
        lines = self._lines()
        self._read_header(next(lines, b""))
        for place in self._places:
            region, seq = place
            self._where = f"entry {seq} of région {region}"
            entry = self._read_entry(next(lines, b""))
            if (entry.region, entry.seq) != place:
                self._refuse(f"missing: entry {entry.seq} of région {entry.region} is in its place")
            self.count += 1
            yield entry
        self._where = "the trailer"
        self._read_trailer(next(lines, b""))
        if next(lines, None) is not None:
            self._refuse("lines follow it")

    def _refuse(self, fault: str) -> NoReturn:
        raise ArchiveError(f"{self._path}: {self._where}: {fault}")

    def _read_header(self, line: bytes) -> None:
        try:
            header = archive_format.decode_header(line)
        except msgspec.DecodeError:
            self._refuse("not a Vigie journal archive, or its first line is damaged")
        if (header.format, header.version) != (archive_format.FORMAT, archive_format.VERSION):
            self._refuse(f"{header.format} version {header.version}: this Vigie cannot read it")
        self._tips = dict.fromkeys(header.regions, (0, GENESIS))
        self._places = ((region, seq) for region, count in header.regions.items() for seq in range(1, count + 1))

    def _read_entry(self, line: bytes) -> Entry:
        if line.startswith(TRAILER_START):
            self._refuse("missing: the archive ends before it")
        try:
            record = archive_format.decode_line(line)
            fields = archive_format.decode_fields(record.entry)
        except msgspec.DecodeError as error:
            self._refuse(f"cannot be read ({error})")
        entry = Entry(
            seq=fields.seq,
            recorded_at=fields.recorded_at,
            occurred_at=fields.occurred_at,
            status=fields.status,
            region=fields.region,
            kind=fields.kind,
            payload=bytes(fields.payload),
        )
        self._follow(entry, bytes(record.entry), record.digest)
        return entry

    def _follow(self, entry: Entry, text: bytes, stated: str) -> None:
        _, previous = self._tips.get(entry.region, (0, GENESIS))
        digest = chain(previous, text)
        if digest.hex() != stated or canonical(entry) != text:
            self._refuse("its content does not match its digest")
        self._tips[entry.region] = (entry.seq, digest)

    def _read_trailer(self, line: bytes) -> None:
        try:
            trailer = archive_format.decode_trailer(line)
            self.heads = tuple(map(archive_format.to_head, trailer.heads))
        except (msgspec.DecodeError, ValueError) as error:
            self._refuse(f"cannot be read ({error})")
        stated = {head.region: (head.seq, head.entries_digest) for head in self.heads}
        if stated != self._tips or trailer.entries != self.count:
            self._refuse(f"it does not describe the {self.count} entries read")

    def _lines(self) -> Iterator[bytes]:
        data_size, seal = self._layout()
        inflate, digest, pending = zlib.decompressobj(zlib.MAX_WBITS | 16), hashlib.sha256(), b""
        while data_size:
            block = self._source.read(min(_READ, data_size))
            data_size -= len(block)
            digest.update(block)
            for text in self._inflated(inflate, block):
                *lines, pending = (pending + text).split(b"\n")
                yield from lines
        if not inflate.eof or pending:
            self._refuse("the archive was cut here")
        if inflate.unused_data or seal != archive_format.seal(digest.digest()):
            self._refuse("the archive's bytes were altered: they do not match its seal")

    def _layout(self) -> tuple[int, bytes]:
        size = self._source.seek(0, os.SEEK_END)
        data_size = max(size - SEAL_SIZE, 0)
        self._source.seek(data_size)
        seal = self._source.read()
        self._source.seek(0)
        # Without its seal at the end, an archive was cut: all of it is data, up to the cut.
        return (data_size, seal) if seal.startswith(GZIP_HEADER) else (size, b"")

    def _inflated(self, inflate: "zlib._Decompress", block: bytes) -> Iterator[bytes]:
        before = inflate.copy()
        try:
            yield inflate.decompress(block)
        except zlib.error:
            yield from self._salvaged(before, block)

    def _salvaged(self, inflate: "zlib._Decompress", block: bytes) -> Iterator[bytes]:
        """Give every byte that precedes the damage, so that the entry named is the first bad one."""
        for byte in block:
            try:
                yield inflate.decompress(bytes((byte,)))
            except zlib.error as error:
                self._refuse(f"the compressed data is damaged ({error})")
