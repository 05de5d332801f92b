"""The région's directory for the bed feeds, read from its file."""

from pathlib import Path
from typing import Final

from streams.capacity.declaration import Directory
from streams.capacity.directory_file import DirectoryError, read_directory

LARGEST: Final = 16 * 1024 * 1024
"""Bytes, Vigie's own choice: far more than a région has units."""


def load_directory(path: Path) -> Directory:
    """Read the file; DirectoryError names its bad line, OSError when it cannot be read."""
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise DirectoryError(f"{path}: larger than {LARGEST} bytes: not a directory of places")
    try:
        return read_directory(data.decode("utf-8"), str(path))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DirectoryError(f"{path}:{line}: not UTF-8: save the file again in that encoding") from None
