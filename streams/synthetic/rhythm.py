"""When synthetic visits happen: daily and weekly rhythm, epidemics on top, crowds after an accident."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from streams.synthetic.chance import drawn, gap
from streams.synthetic.profiles import CASUALTIES, ORDINARY, RHYTHM, WEEK, Profile
from streams.synthetic.sites import Site
from streams.synthetic.visits import ZONE, Visit, invented

_BUSIEST: Final = max(RHYTHM) * max(WEEK)
CASUALTIES_LAST: Final = timedelta(hours=2.5)
"""From the first injured person to the last."""


@dataclass(frozen=True, slots=True)
class Epidemic:
    """Visits of one profile on top of the ordinary ones; their share rises to ``peak_share`` of all, then falls."""

    profile: Profile
    begins: datetime
    peak: datetime
    ends: datetime
    peak_share: float

    def share(self, at: datetime) -> float:
        """Return its share of all the visits of an instant."""
        if not self.begins < at < self.ends:
            return 0.0
        whole = self.peak - self.begins if at <= self.peak else self.ends - self.peak
        part = at - self.begins if at <= self.peak else self.ends - at
        return self.peak_share * (part / whole)


@dataclass(frozen=True, slots=True)
class MassCasualty:
    """An accident whose injured (70, of whom 20 children) reach these emergency departments from an instant on."""

    first_at: datetime
    sites: tuple[tuple[Site, float], ...]


def ordinary_visits(
    random: Random, site: Site, begins: datetime, ends: datetime, epidemic: Epidemic | None = None
) -> Iterator[Visit]:
    """Yield the visits of a site between two instants, in order of entry: a Poisson process, by thinning."""
    most = _BUSIEST / (1 - (epidemic.peak_share if epidemic else 0.0))
    mean = timedelta(days=1) / (site.visits_per_day * most)
    at = begins
    while (at := at + gap(random, mean)) < ends:
        share = epidemic.share(at) if epidemic else 0.0
        if random.random() * most < relative_rate(at) / (1 - share):
            is_epidemic = epidemic is not None and random.random() < share
            yield invented(random, site, at, epidemic.profile if epidemic and is_epidemic else ORDINARY)


def relative_rate(at: datetime) -> float:
    """Return the visits of an instant relative to the mean of the week."""
    local = at.astimezone(ZONE)
    return RHYTHM[local.hour] * WEEK[local.weekday()]


def casualties(random: Random, accident: MassCasualty) -> Iterator[Visit]:
    """Yield the injured, wherever they are taken: most in the first hour, the last within two and a half."""
    sites = dict(accident.sites)
    for profile in CASUALTIES:
        entered_at = accident.first_at + CASUALTIES_LAST * random.random() ** 2
        yield invented(random, drawn(random, sites), entered_at, profile)
