"""The secrets of signed links, in a file of their own: one key a line, ``<id> <first day> <secret in base64>``.

A line that starts with ``#`` is a comment. To rotate, add a line with a day to come; take the older ones out once the
links they signed are too old. Taking a line out at once makes its links do nothing.
"""

import base64
import binascii
import os
import secrets
from datetime import date
from pathlib import Path
from typing import Final

from alerts.links import SHORTEST_SECRET, LinkKey, LinkKeys

_HEADER: Final = "# Secrets of the links that Vigie sends: whoever reads this file can answer for anybody.\n"
_FIRST_DAY: Final = date(2000, 1, 1)
_FIELDS: Final = 3


class UnusableLinkKeys(ValueError):
    """The file cannot be used; the message names the line and never shows a secret."""


def load_link_keys(path: Path) -> LinkKeys:
    """Read the keys; UnusableLinkKeys, OSError."""
    keys = []
    for number, line in enumerate(path.read_text(encoding="ascii", errors="replace").splitlines(), start=1):
        if line.strip() and not line.startswith("#"):
            keys.append(_key(f"{path}:{number}", line.split()))
    try:
        return LinkKeys(*keys)
    except ValueError as error:
        raise UnusableLinkKeys(f"{path}: {error}") from None


def load_or_make_link_keys(path: Path) -> LinkKeys:
    """Read the keys; make the file with one new secret, readable by its owner only, when there is none."""
    if not path.exists():
        secret = base64.b64encode(secrets.token_bytes(SHORTEST_SECRET)).decode()
        unfinished = path.with_name(f".{path.name}.part")
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{_HEADER}k1 {_FIRST_DAY} {secret}\n")
        unfinished.replace(path)
    return load_link_keys(path)


def _key(where: str, fields: list[str]) -> LinkKey:
    expected = f"{where}: expected <id> <first day, as 2026-01-01> <secret in base64>"
    if len(fields) != _FIELDS:
        raise UnusableLinkKeys(expected)
    try:
        day, secret = date.fromisoformat(fields[1]), base64.b64decode(fields[2], validate=True)
    except (ValueError, binascii.Error):
        raise UnusableLinkKeys(expected) from None
    try:
        return LinkKey(fields[0], secret, day)
    except ValueError as error:
        raise UnusableLinkKeys(f"{where}: {error}") from None
