"""Everything of ordinary days that is not RPU: beds twice a day, calls each morning, vigilance, a disease now and then.

Figures are Vigie's own choice, but the installed beds (SAE 2018).
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Final

from streams.synthetic.alert_files import vigilance_json
from streams.synthetic.bed_files import Beds, bed_form_csv, bed_form_json, ror_bundle
from streams.synthetic.chance import one_of, whole
from streams.synthetic.oscour_files import TimedFile
from streams.synthetic.rhythm import relative_rate
from streams.synthetic.signal_files import Calls, mdo_csv, regulation_csv
from streams.synthetic.sites import CRITICAL_CARE_SITES, NANTES_2, WITHOUT_ROR, Site
from streams.synthetic.visits import ZONE

CALLS_PER_VISIT: Final = 1.3
CASES_PER_CALL: Final = 0.6
_HOURS_OF_BEDS: Final = (time(7), time(17))
_HOURS_OF_VIGILANCE: Final = (time(6), time(16))
_DISEASES: Final = ("Légionellose", "Rougeole", "Infection invasive à méningocoque")
_YELLOW_SHARE: Final = 0.1
_DISEASE_SHARE: Final = 0.3
"""Notifications a day."""


def other_files(random: Random, first_day: date, days: int, sites: Sequence[Site]) -> Iterator[TimedFile]:
    """Yield the files of each day, in no particular order."""
    occupied = {site: round(0.7 * beds) for site, beds in CRITICAL_CARE_SITES.items() if site in sites}
    departements = sorted({site.departement for site in sites})
    for number in range(days):
        day = first_day + timedelta(days=number)
        for hour in _HOURS_OF_BEDS:
            occupied = {site: _walk(random, site, beds) for site, beds in occupied.items()}
            yield from bed_files(_at(day, hour), occupied)
        yield calls_file(random, _at(day, time(0)), _at(day + timedelta(days=1), time(0)), sites)
        for hour in _HOURS_OF_VIGILANCE:
            at = _at(day, hour)
            colours = {code: 2 if random.random() < _YELLOW_SHARE else 1 for code in departements}
            content = vigilance_json(at, "5", colours, timedelta(hours=24))
            yield TimedFile(at + timedelta(minutes=2), f"vigilance_{at:%Y%m%d%H%M}.json", content)
        if random.random() < _DISEASE_SHARE:
            content = mdo_csv(one_of(random, _DISEASES), one_of(random, tuple(departements)), day, "Laboratoire fictif")
            yield TimedFile(_at(day, time(11)), f"mdo_{day:%Y%m%d}.csv", content)


def bed_files(at: datetime, occupied: dict[Site, int]) -> Iterator[TimedFile]:
    """Yield the bundle of the ROR, and the form of each site without it, for beds true at ``at``."""
    declared = [Beds(site, CRITICAL_CARE_SITES[site], beds) for site, beds in occupied.items()]
    stamp = f"{at.astimezone(ZONE):%Y%m%d%H%M}"
    in_ror = [each for each in declared if each.site not in WITHOUT_ROR]
    if in_ror:
        yield TimedFile(at + timedelta(seconds=5), f"ror_{stamp}.json", ror_bundle(at, in_ror))
    for each in declared:
        if each.site in WITHOUT_ROR:
            is_csv = each.site is NANTES_2
            content = bed_form_csv(at, [each]) if is_csv else bed_form_json(at, [each])
            name = f"lits_{each.site.finess}_{stamp}.{'csv' if is_csv else 'json'}"
            yield TimedFile(at + timedelta(seconds=10), name, content)


def calls_file(random: Random, starts_at: datetime, ends_at: datetime, sites: Sequence[Site]) -> TimedFile:
    """Return what each SAMU counted over a period, by the visits its département usually gets then."""
    middle = starts_at + (ends_at - starts_at) / 2
    days = (ends_at - starts_at) / timedelta(days=1)
    rate = 1.0 if days >= 1 else relative_rate(middle)
    counted = []
    for code in sorted({site.departement for site in sites}):
        usual = sum(site.visits_per_day for site in sites if site.departement == code) * days * rate
        calls = int(usual * CALLS_PER_VISIT * (0.9 + 0.2 * random.random()))
        counted.append(Calls(code, starts_at, ends_at, calls, int(calls * CASES_PER_CALL), departures=_few(random)))
    name = f"regulation_{ends_at.astimezone(ZONE):%Y%m%d%H%M}.csv"
    return TimedFile(ends_at + timedelta(minutes=4), name, regulation_csv(counted))


def _few(random: Random) -> int:
    return whole(random, 0, 4)


def _walk(random: Random, site: Site, occupied: int) -> int:
    most = CRITICAL_CARE_SITES[site]
    return min(most, max(most // 2, occupied + whole(random, -1, 1)))


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, ZONE).astimezone(UTC)
