"""Secrets in a file of their own: one key a line, ``<id> <first day> <secret in base64>``.

A line that starts with ``#`` is a comment. To rotate, add a line with a day to come; each kind of key says when the
older ones may be taken out.
"""

import base64
import binascii
import os
import secrets
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final, TypeVar

_FIRST_DAY: Final = date(2000, 1, 1)
_FIELDS: Final = 3

Key = TypeVar("Key")
Keys = TypeVar("Keys")


class UnusableKeys(ValueError):
    """The file cannot be used; the message names the line and never shows a secret."""


def load_keys(path: Path, key: Callable[[str, bytes, date], Key], keys: Callable[..., Keys]) -> Keys:
    """Read a file: ``key`` makes one of its id, secret and first day, ``keys`` all of them. UnusableKeys, OSError."""
    found = []
    for number, line in enumerate(path.read_text(encoding="ascii", errors="replace").splitlines(), start=1):
        if line.strip() and not line.startswith("#"):
            found.append(_read(f"{path}:{number}", line.split(), key))
    try:
        return keys(*found)
    except ValueError as error:
        raise UnusableKeys(f"{path}: {error}") from None


def make_if_missing(path: Path, header: str, length: int) -> None:
    """Make the file with one new secret of ``length`` bytes, readable by its owner only, when there is none."""
    if path.exists():
        return
    secret = base64.b64encode(secrets.token_bytes(length)).decode()
    unfinished = path.with_name(f".{path.name}.part")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{header}k1 {_FIRST_DAY} {secret}\n")
    unfinished.replace(path)


def _read(where: str, fields: list[str], key: Callable[[str, bytes, date], Key]) -> Key:
    expected = f"{where}: expected <id> <first day, as 2026-01-01> <secret in base64>"
    if len(fields) != _FIELDS:
        raise UnusableKeys(expected)
    try:
        day, secret = date.fromisoformat(fields[1]), base64.b64decode(fields[2], validate=True)
    except (ValueError, binascii.Error):
        raise UnusableKeys(expected) from None
    try:
        return key(fields[0], secret, day)
    except ValueError as error:
        raise UnusableKeys(f"{where}: {error}") from None
