"""A région's feeds over days, as files in the official formats: what a seed gives is the same on every machine.

Establishments send their RPU every night for the day before and the five before it (arrêté of 24 July 2013: D-1, and
again D-2 to D-6), and several times a day in a crisis. Files come late, twice, damaged (the sound file follows), or
not at all. How often is told by `Circumstances`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Final

from streams.synthetic.chance import one_of, whole
from streams.synthetic.damage import Damage, damaged
from streams.synthetic.oscour_files import Extraction, TimedFile, file_name, oscour_file
from streams.synthetic.other_days import other_files
from streams.synthetic.rhythm import Epidemic, MassCasualty, casualties, ordinary_visits
from streams.synthetic.sites import SITES, Site
from streams.synthetic.visits import ZONE, Visit

NIGHTLY: Final = time(3)
"""Local time of the nightly extraction: the files are due before 04:00 (arrêté of 24 July 2013)."""
DAYS_HELD: Final = 6
"""A nightly file holds D-1 to D-6."""
RESENT_AFTER: Final = timedelta(minutes=45)
"""How long after a damaged file the sound one comes. Vigie's own choice, like the next one."""
REPEATED_AFTER: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Silence:
    """A site from which nothing is sent between two instants."""

    site: Site
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Crisis:
    """The ARS asks these sites for files every so often between two instants; each holds D-1 and D."""

    since: datetime
    until: datetime
    every: timedelta
    sites: tuple[Site, ...] = SITES


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What goes wrong, and what happens. Shares are of the files, from 0 to 1; ``late_by`` is the longest delay.

    ``cancelled_share`` is of the visits: entered by mistake, they are taken out within three hours.
    """

    late_share: float = 0.0
    late_by: timedelta = timedelta(hours=9)
    duplicated_share: float = 0.0
    damaged_share: float = 0.0
    damages: tuple[Damage, ...] = (Damage.TRUNCATED, Damage.WRONG_ENCODING, Damage.IMPOSSIBLE_DAY)
    cancelled_share: float = 0.0
    silences: tuple[Silence, ...] = ()
    crises: tuple[Crisis, ...] = ()
    epidemic: Epidemic | None = None
    accidents: tuple[MassCasualty, ...] = ()


CALM: Final = Circumstances()
USUAL: Final = Circumstances(late_share=0.05, duplicated_share=0.03, damaged_share=0.02, cancelled_share=0.003)
"""Ordinary trouble. Vigie's own choice: no published rates were found."""


@dataclass(frozen=True, slots=True)
class Feeds:
    """What happened, and the files that tell it, in the order they are dropped."""

    visits: tuple[Visit, ...]
    files: tuple[TimedFile, ...]


def region_feeds(
    seed: int, first_day: date, days: int, circumstances: Circumstances = CALM, sites: Sequence[Site] = SITES
) -> Feeds:
    """Return the feeds of ``days`` local days, until the night file that ends the last one."""
    random = Random(seed)  # noqa: S311 (feeds one can play again, not a secret)
    begins, ends = _midnight(first_day), _midnight(first_day + timedelta(days=days))
    visits = region_visits(random, sites, begins, ends, circumstances)
    files = [
        file
        for site in sites
        for extraction in _timetable(site, first_day, days, circumstances.crises)
        for file in _sent(random, site, extraction, visits[site], circumstances)
    ]
    files += other_files(random, first_day, days, sites)
    everyone = tuple(visit for site in sites for visit in visits[site])
    return Feeds(everyone, tuple(sorted(files, key=lambda file: file.at)))


def region_visits(
    random: Random, sites: Sequence[Site], begins: datetime, ends: datetime, circumstances: Circumstances = CALM
) -> dict[Site, list[Visit]]:
    """Draw the visits of each site, in order of entry."""
    found = {site: list(ordinary_visits(random, site, begins, ends, circumstances.epidemic)) for site in sites}
    injured = [visit for accident in circumstances.accidents for visit in casualties(random, accident)]
    for site in sites:
        own = found[site] + [visit for visit in injured if visit.finess == site.finess]
        kept = [_perhaps_cancelled(random, visit, circumstances.cancelled_share) for visit in own]
        found[site] = sorted(kept, key=lambda visit: visit.entered_at)
    return found


def deliveries(
    random: Random, site: Site, extraction: Extraction, content: bytes, circumstances: Circumstances
) -> Iterator[TimedFile]:
    """Yield a file as it is dropped: perhaps late, perhaps damaged and sent again, perhaps twice."""
    name = file_name(site, extraction)
    at = extraction.at + timedelta(seconds=whole(random, 20, 80))
    if random.random() < circumstances.late_share:
        at += circumstances.late_by * random.random()
    if random.random() < circumstances.damaged_share:
        yield TimedFile(at, name, damaged(content, one_of(random, circumstances.damages)))
        at += RESENT_AFTER
    yield TimedFile(at, name, content)
    if random.random() < circumstances.duplicated_share:
        yield TimedFile(at + REPEATED_AFTER, name, content)


def _sent(
    random: Random, site: Site, extraction: Extraction, visits: list[Visit], circumstances: Circumstances
) -> Iterator[TimedFile]:
    if any(each.site == site and each.since <= extraction.at < each.until for each in circumstances.silences):
        return
    yield from deliveries(random, site, extraction, oscour_file(site, extraction, visits), circumstances)


def _timetable(site: Site, first_day: date, days: int, crises: Sequence[Crisis]) -> Iterator[Extraction]:
    for number in range(1, days + 1):
        day = first_day + timedelta(days=number)
        at = datetime.combine(day, NIGHTLY, ZONE).astimezone(UTC)
        yield Extraction(at, max(first_day, day - timedelta(days=DAYS_HELD)), day - timedelta(days=1))
    for crisis in crises:
        if site in crisis.sites:
            yield from crisis_extractions(crisis, first_day)


def crisis_extractions(crisis: Crisis, first_day: date, offset: timedelta = timedelta()) -> Iterator[Extraction]:
    """Yield the extractions a crisis asks for; they hold no day before ``first_day``."""
    at = crisis.since + offset
    while at < crisis.until:
        day = at.astimezone(ZONE).date()
        yield Extraction(at, max(first_day, day - timedelta(days=1)), day)
        at += crisis.every


def _perhaps_cancelled(random: Random, visit: Visit, share: float) -> Visit:
    if random.random() >= share:
        return visit
    return replace(visit, cancelled_at=visit.recorded_at + timedelta(hours=3) * random.random())


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), ZONE).astimezone(UTC)
