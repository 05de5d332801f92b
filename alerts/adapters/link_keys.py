"""The file of the secrets of signed links (`alerts.adapters.key_files`).

Take older keys out once the links they signed are too old. Taking one out at once makes its links do nothing.
"""

from pathlib import Path
from typing import Final

from alerts.adapters.key_files import load_keys, make_if_missing
from alerts.links import SHORTEST_SECRET, LinkKey, LinkKeys

_HEADER: Final = "# Secrets of the links that Vigie sends: whoever reads this file can answer for anybody.\n"


def load_link_keys(path: Path) -> LinkKeys:
    """Read the keys; UnusableKeys, OSError."""
    return load_keys(path, LinkKey, LinkKeys)


def load_or_make_link_keys(path: Path) -> LinkKeys:
    """Read the keys; make the file with one new secret, readable by its owner only, when there is none."""
    make_if_missing(path, _HEADER, SHORTEST_SECRET)
    return load_link_keys(path)
