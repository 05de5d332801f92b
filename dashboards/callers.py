"""Who is at the other end of a request: its address behind a known proxy, and whether another site sent it.

An address or an identity given by a header is believed from the proxies that were named, from nobody else.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from streams.collecting.rate_limit import TokenBucket

MOST_BUCKETS: Final = 10_000
"""Addresses or links followed at once; the one heard longest ago is forgotten first. Vigie's own choice."""
_HOME_PREFIX: Final = 64


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies whose headers are believed: addresses and networks, such as ``127.0.0.1`` or ``10.0.0.0/8``."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def of(cls, names: Iterable[str]) -> "Proxies":
        """Read addresses and networks; ValueError for anything else."""
        try:
            return cls(tuple(ip_network(name.strip(), strict=False) for name in names))
        except ValueError:
            # Not repeated: whatever was typed there by mistake stays out of logs.
            raise ValueError("not addresses or networks such as 10.0.0.5 or 192.168.0.0/24") from None

    def hold(self, address: str) -> bool:
        """Tell whether an address is that of a known proxy."""
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self.networks)


def caller(peer: str, forwarded: str, proxies: Proxies) -> str:
    """Return the address a request came from: the last one of ``X-Forwarded-For`` that no known proxy has."""
    if not proxies.hold(peer):
        return peer
    named = [each.strip() for each in forwarded.split(",") if each.strip()]
    return next((each for each in reversed(named) if not proxies.hold(each)), peer)


def household(address: str) -> str:
    """Return what a limit counts together: an IPv4 address, or the /64 network of an IPv6 one."""
    try:
        found = ip_address(address)
    except ValueError:
        return "?"
    return str(ip_network((found, _HOME_PREFIX), strict=False)) if isinstance(found, IPv6Address) else str(found)


def is_foreign(site: str | None, origin: str | None, hosts: Collection[str]) -> bool:
    """Tell whether another site sent a form: by ``Sec-Fetch-Site``, else by ``Origin`` against our own hosts.

    A browser that gives neither, or an Origin of ``null``, is an old one: the sealed field of the form remains.
    """
    if site is not None:
        return site not in {"same-origin", "none"}
    # An Origin is a scheme, a host and a port (RFC 6454), nothing else.
    return origin not in {None, "", "null"} and (origin or "").partition("://")[2].lower() not in hosts


class Rates:
    """One bucket per address or link, of a bounded number of them. One caller at a time."""

    def __init__(self, capacity: int, per_second: float, most: int = MOST_BUCKETS) -> None:
        self._capacity = capacity
        self._per_second = per_second
        self._most = most
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    def take(self, key: str, now: float) -> int:
        """Return 0 when a request may pass at ``now`` (monotonic seconds), else after how many seconds to ask again."""
        bucket = self._buckets.pop(key, None) or TokenBucket(self._capacity, self._per_second)
        self._buckets[key] = bucket
        while len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return bucket.take(now)


class RefusalBudget:
    """How many refused links are journaled: a few of each sender, a few in all; the rest is counted."""

    def __init__(self) -> None:
        self._each = Rates(5, 1 / 600)
        self._all = TokenBucket(30, 1 / 60)
        self._untold = 0

    def take(self, sender: str, now: float) -> int | None:
        """Return how many were not journaled since the last one that was, None when this one is not either."""
        if self._each.take(sender, now) or self._all.take(now):
            self._untold += 1
            return None
        untold, self._untold = self._untold, 0
        return untold
