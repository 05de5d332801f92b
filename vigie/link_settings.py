"""What the settings of signed links and of the proxy in front give: shared by `vigie run` and `vigie api`."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from alerts.adapters.link_keys import load_or_make_link_keys
from alerts.effects import Notify
from alerts.links import LinkKeys
from alerts.outbox import Outbox
from dashboards.adapters.gate import FindNotification
from dashboards.adapters.identity import Identity
from dashboards.callers import Proxies

LINK_HOURS: Final = 24
LONGEST_LINK_HOURS: Final = 168
_HEADER: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,60}", re.ASCII)


def proxies_of(names: str | None) -> Proxies:
    """Return the proxies named, separated by commas; ValueError."""
    return Proxies.of(filter(None, map(str.strip, (names or "").split(","))))


def checked_header(header: str | None, proxies: str | None) -> str | None:
    """Return the name of a header to believe; ValueError when it is none, or when no proxy may give it."""
    if header is None:
        return None
    if not _HEADER.fullmatch(header):
        raise ValueError("not the name of an HTTP header, such as X-Remote-User")
    if not proxies:
        raise ValueError("VIGIE_PROXIES must name the proxies that give this header: anybody could write it")
    return header


def identity_of(header: str | None, proxies: str | None) -> Identity | None:
    """Return who says who reads, None when nobody does."""
    return None if header is None else Identity(header, proxies_of(proxies))


def hosts_of(link_base: str) -> frozenset[str]:
    """Return the public name of the pages, with its port when it has one."""
    return frozenset(filter(None, [urlsplit(link_base).netloc.lower()]))


def lifetime_of(hours: int) -> timedelta:
    """Return how long a link lives."""
    return timedelta(hours=hours)


def keys_beside(journal: Path, named: Path | None) -> LinkKeys:
    """Return the keys of the file named, or of one beside the journal; made when it is missing."""
    return load_or_make_link_keys(journal.with_name(f"{journal.name}.liens") if named is None else named)


def finding(outbox: Outbox) -> FindNotification:
    """Return what finds a notification by its id in an outbox."""

    def find(region: str, notification_id: str) -> Notify | None:
        item = outbox.find(region, notification_id)
        return None if item is None else item.notification

    return find
