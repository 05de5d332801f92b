"""Steady synthetic visits for benchmarks, already messages: no file is written or read.

Nobody in these records exists. Randomness is allowed here because it is not: a `Random` of the given seed draws
the same records on every machine. Only ``random()`` and ``getrandbits()`` are called, the first being the one method
whose sequence Python promises to keep from version to version.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from random import Random
from typing import Final

from orsan_plans.geography import REGIONS
from streams.entry import Draft, Status
from streams.messages import encode
from streams.messages.visits import PassageRPU
from streams.synthetic.chance import drawn, gap
from streams.synthetic.profiles import LATENESS, ORDINARY, PASSAGES_PER_DAY
from streams.synthetic.sites import Site

STEADY_START: Final = datetime(2026, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Timed:
    """A draft and the instant (UTC) its record reaches Vigie."""

    at: datetime
    draft: Draft


def steady_passages(region: str, n: int, seed: int, sites: int = 30, start: datetime = STEADY_START) -> Iterator[Timed]:
    """Yield ``n`` visits to ``sites`` emergency departments of a région, 5,100 a day, in order of ``at``.

    The establishments are invented: a FINESS is the département and a running number. KeyError for an unknown
    région.
    """
    random = Random(seed)  # noqa: S311 (traffic one can play again, not a secret)
    places = _invented_sites(region, sites)
    mean_gap = timedelta(days=1) / PASSAGES_PER_DAY
    on_their_way: list[tuple[datetime, int, Timed]] = []
    entered_at = start
    for number in range(n):
        entered_at += gap(random, mean_gap)
        while on_their_way and on_their_way[0][0] <= entered_at:
            yield heappop(on_their_way)[-1]
        site = places[int(random.random() * sites)]
        reported_at, visit = _visit(random, site, entered_at)
        kind, payload = encode(visit)
        timed = Timed(reported_at, Draft(visit.entered_at, Status.ACTUAL, region, kind, payload))
        heappush(on_their_way, (reported_at, number, timed))
    while on_their_way:
        yield heappop(on_their_way)[-1]


def _visit(random: Random, site: Site, entered_at: datetime) -> tuple[datetime, PassageRPU]:
    """Draw a visit; return when its record arrives, and the visit."""
    reported_at = (entered_at + LATENESS * random.random()).replace(microsecond=0)
    entered_at = entered_at.replace(second=0, microsecond=0)  # RPU carry minutes
    visit = PassageRPU(
        key=f"{random.getrandbits(128):032x}",
        finess=site.finess,
        departement=site.departement,
        entered_at=entered_at,
        age_class=drawn(random, ORDINARY.ages),
        ccmu=drawn(random, ORDINARY.ccmu),
        transport=drawn(random, ORDINARY.transport),
        mode_sortie=drawn(random, ORDINARY.mode_sortie),
    )
    return reported_at, visit


def _invented_sites(region: str, number: int) -> list[Site]:
    departements = REGIONS[region].departements
    codes = [departements[place % len(departements)] for place in range(number)]
    return [
        Site(f"{code}{place:0{9 - len(code)}d}", f"Site {place} (démo)", code, 0) for place, code in enumerate(codes)
    ]
