"""The file of the secrets of pseudonyms (`alerts.adapters.key_files`); the first day is that of entry.

Keep the older keys as long as files may bring visits of their days.
"""

from pathlib import Path
from typing import Final

from alerts.adapters.key_files import load_keys, make_if_missing
from streams.collecting.pseudonyms import SHORTEST_SECRET, KeyRing, SecretKey

_HEADER: Final = "# Secrets of Vigie's pseudonyms: keep this file aside from the journal, readable by nobody else.\n"


def load_ring(path: Path) -> KeyRing:
    """Read the keys; UnusableKeys, OSError."""
    return load_keys(path, SecretKey, KeyRing)


def load_or_make_ring(path: Path) -> KeyRing:
    """Read the keys; make the file with one new secret, readable by its owner only, when there is none."""
    make_if_missing(path, _HEADER, SHORTEST_SECRET)
    return load_ring(path)
