"""Writing a file so that it appears whole or not at all, whatever stops the process."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """Give a binary file that takes ``path``'s place when the block ends; OSError when it cannot be written.

    A pipe or a device is written to: replacing it by a file would be a surprise.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as special:
            yield special
        return
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with unfinished.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    _settle(path.parent)


def _settle(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)  # the new name itself must survive a power cut
    finally:
        os.close(handle)
