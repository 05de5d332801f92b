"""Synthetic traffic: the winter evening of the demonstration, and steady visits for benchmarks.

Nobody in these records exists. Randomness is allowed here because it is not: a `Random` of the given seed draws
the same records on every machine. Only ``random()`` and ``getrandbits()`` are called, the first being the one method
whose sequence Python promises to keep from version to version.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from math import log1p
from random import Random
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from orsan_plans.geography import REGIONS
from streams.entry import Status
from streams.messages import Message, PassageRPU
from streams.synthetic.profiles import CASUALTIES, LATENESS, ORDINARY, PASSAGES_PER_DAY, RHYTHM, Profile
from streams.synthetic.script import (
    BACK_AT,
    FIRST_CASUALTY_AT,
    LASTS,
    LE_MANS,
    REGION,
    SARTHE_2,
    SILENT,
    SILENT_AT,
    SITES,
    Site,
    Timed,
    instant,
    narrative,
    opening,
    scripted,
    timed,
)

__all__ = ["Timed", "narrative", "steady_passages", "winter_evening"]

T = TypeVar("T")

STEADY_START: Final = datetime(2026, 1, 12, tzinfo=UTC)


def winter_evening(seed: int, start: datetime, status: Status = Status.ACTUAL) -> list[Timed]:
    """Return the synthetic evening of ``start``'s local day in Pays de la Loire, in order of ``at``.

    It lasts from 14:00 to 02:00 local time, until the last record on its way has arrived. ValueError when ``start``
    has no time zone.
    """
    random = Random(seed)  # noqa: S311 (a scenario one can play again, not a secret)
    opens_at = opening(start)
    arriving = [*scripted(opens_at), *_casualties(random, opens_at)]
    for site in SITES:
        arriving += _ordinary_visits(random, site, opens_at)
    arriving.sort(key=lambda each: each[0])
    return [timed(at, message, REGION, status) for at, message in arriving]


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
        entered_at += _gap(random, mean_gap)
        while on_their_way and on_their_way[0][0] <= entered_at:
            yield heappop(on_their_way)[-1]
        site = places[int(random.random() * sites)]
        visit = timed(*_visit(random, site, entered_at, ORDINARY), region, Status.ACTUAL)
        heappush(on_their_way, (visit.at, number, visit))
    while on_their_way:
        yield heappop(on_their_way)[-1]


def _ordinary_visits(random: Random, site: Site, opens_at: datetime) -> Iterator[tuple[datetime, Message]]:
    silent_at, back_at = instant(opens_at, SILENT_AT), instant(opens_at, BACK_AT)
    for entered_at in _arrivals(random, site.visits_per_day, opens_at):
        at, visit = _visit(random, site, entered_at, ORDINARY)
        if site is SILENT and silent_at <= at < back_at:
            at = back_at + timedelta(seconds=int(random.random() * 300))
        yield at, visit


def _arrivals(random: Random, per_day: int, opens_at: datetime) -> Iterator[datetime]:
    """Yield a Poisson process that follows the daily rhythm, by thinning one at the rate of the busiest hour."""
    busiest = max(RHYTHM)
    mean_gap = timedelta(days=1) / (per_day * busiest)
    zone = ZoneInfo(REGIONS[REGION].time_zone)
    at = opens_at
    while (at := at + _gap(random, mean_gap)) < opens_at + LASTS:
        if random.random() * busiest < RHYTHM[at.astimezone(zone).hour]:
            yield at


def _casualties(random: Random, opens_at: datetime) -> Iterator[tuple[datetime, Message]]:
    first = instant(opens_at, FIRST_CASUALTY_AT)
    for profile in CASUALTIES:
        site = LE_MANS if random.random() < 2 / 3 else SARTHE_2
        # The square brings most of them in the first hour and the last ones within two and a half.
        entered_at = first + timedelta(hours=2.5) * random.random() ** 2
        yield _visit(random, site, entered_at, profile)


def _visit(random: Random, site: Site, entered_at: datetime, profile: Profile) -> tuple[datetime, PassageRPU]:
    """Draw a visit; return when its record arrives, and the visit."""
    reported_at = (entered_at + LATENESS * random.random()).replace(microsecond=0)
    entered_at = entered_at.replace(second=0, microsecond=0)  # RPU carry minutes
    visit = PassageRPU(
        key=f"{random.getrandbits(128):032x}",
        finess=site.finess,
        departement=site.departement,
        entered_at=entered_at,
        age_class=_drawn(random, profile.ages),
        ccmu=_drawn(random, profile.ccmu),
        transport=_drawn(random, profile.transport),
        mode_sortie=_drawn(random, profile.mode_sortie),
    )
    return reported_at, visit


def _gap(random: Random, mean: timedelta) -> timedelta:
    return mean * -log1p(-random.random())


def _drawn(random: Random, weights: dict[T, float]) -> T:
    left = random.random() * sum(weights.values())
    for value, weight in weights.items():
        left -= weight
        if left < 0:
            return value
    return next(iter(weights))  # only by a rounding error


def _invented_sites(region: str, number: int) -> list[Site]:
    departements = REGIONS[region].departements
    codes = [departements[place % len(departements)] for place in range(number)]
    return [
        Site(f"{code}{place:0{9 - len(code)}d}", f"Site {place} (démo)", code, 0) for place, code in enumerate(codes)
    ]
