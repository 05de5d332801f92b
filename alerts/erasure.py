"""Erasing the texts of messages sent long ago, so that what remains still proves what they were.

A text is replaced by its digest. The decision to send it, whom it was for and what became of it are in the journal's
chains and stay (ADR "Texts are erased, names are not").
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from alerts.outbox import Item

LEFT_START: Final = "[texte effacé, sha256 "
"""How what is left in place of a text begins."""
_LEFT: Final = re.compile(rf"{re.escape(LEFT_START)}([0-9a-f]{{64}})\]")


@dataclass(frozen=True, slots=True)
class Erasure:
    """What would be erased: items by notification, and the digest of what would be left in their place (hex)."""

    items: tuple[Item, ...]
    sha256: str


def text_digest(title: str, body: str) -> str:
    """Return the hexadecimal SHA-256 of a message: its title, a line feed, its body."""
    return hashlib.sha256(f"{title}\n{body}".encode()).hexdigest()


def erased_digest(item: Item) -> str | None:
    """Return the digest left in place of a text, None for one that was not erased."""
    found = _LEFT.fullmatch(item.body)
    return found[1] if found and not item.title else None


def is_erasable(item: Item, before: datetime) -> bool:
    """Tell whether a text may be erased: it went out, or was given up, before an instant, and is still there."""
    has_text = bool(item.title or item.body) and erased_digest(item) is None
    return has_text and item.finished_at is not None and item.finished_at < before


def erased(item: Item) -> Item:
    """Return the item with the digest of its text in its place; what a channel answered goes too."""
    return replace(item, title="", body=f"{LEFT_START}{text_digest(item.title, item.body)}]", error="")


def erasure(items: Iterable[Item], before: datetime) -> Erasure:
    """Return what erasing before an instant would do."""
    found = sorted((item for item in items if is_erasable(item, before)), key=lambda item: item.notification.id)
    left = "\n".join(f"{item.notification.id} {text_digest(item.title, item.body)}" for item in found)
    return Erasure(tuple(found), hashlib.sha256(left.encode()).hexdigest())
