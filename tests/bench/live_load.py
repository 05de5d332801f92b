"""What the live benchmark of latency sends: OSCOUR files of many sites, and signals that each open one alert.

Files of ten visits: at the national peak, 60,000 visits a day in an hour twice as busy as the mean, one every seven
seconds. A site that comes again sends its day again, ten visits longer, as hospitals do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

import msgspec

from alerts.adapters.roster_files import load_roster
from orsan_plans.adapters.plan_files import shipped_catalogue
from orsan_plans.catalogue import Catalogue
from orsan_plans.geography import REGIONS
from streams.adapters.raw_topics import RawFile
from streams.messages import Message
from streams.messages.reference import Etablissement, EtablissementList, RosterVersion
from streams.synthetic.oscour_files import Extraction, file_name, oscour_file
from streams.synthetic.profiles import ORDINARY
from streams.synthetic.sites import Site
from streams.synthetic.visits import ZONE, Visit, invented
from tests.core.builders import document, event, rule
from tests.vigie.monitored import Place
from vigie.past import catalogue_message

NATIONAL_PEAK: Final = 60_000 / 86_400 * 2
"""Visits per second."""
VISITS_A_FILE: Final = 10
SITES_OF_A_REGION: Final = 50
"""650 in all, about as many as there are emergency departments."""
REGION_CODES: Final = tuple(sorted(code for code, region in REGIONS.items() if region.time_zone == ZONE.key))
"""The thirteen whose local time is that of the synthetic visits."""

_ALL_CALLED: Final = "limites: {messages: 1000, duree: 10 min, resume: 5 min}\n"
"""Each signal calls the same person: beyond the usual limit digests would wait for their minute."""
_PROBE_RULE: Final = rule(
    "sonde",
    ["etablissement"],
    event("sonde"),
    prevenir={"alerte": {"roles": ["cadre"], "accuse_de_reception": "non_requis"}},
)


def site(region: str, number: int) -> Site:
    """Return an invented emergency department of a région."""
    departements = REGIONS[region].departements
    code = departements[number % len(departements)]
    return Site(f"{code}0{number:0{8 - len(code)}}", f"Site {number}", code, 0)


def probe_site(region: str, number: int) -> Site:
    """Return the invented establishment that a signal is about, and no other."""
    code = REGIONS[region].departements[0]
    return Site(f"{code}9{number:0{8 - len(code)}}", f"Sonde {number}", code, 0)


def opening(region: str, place: Place, probes: range) -> list[Message]:
    """Return what a région's journal starts with: plans, roster, and the establishments, those of signals included."""
    plans = Catalogue.from_documents([*shipped_catalogue().documents, document(_PROBE_RULE, plan="sonde")])
    text = place.roster.read_text(encoding="utf-8").replace('region: "52"', f'region: "{region}"')
    own = place.roster.with_name(f"astreinte-{region}.yaml")
    own.write_text(text + _ALL_CALLED, encoding="utf-8")
    roster = load_roster(own, {}).roster
    sites = [site(region, number) for number in range(SITES_OF_A_REGION)]
    sites += [probe_site(region, number) for number in probes if region_of_probe(number) == region]
    declared = tuple(Etablissement(each.finess, each.name, each.departement) for each in sites)
    return [catalogue_message(plans), RosterVersion(roster.sha256, roster.content), EtablissementList(declared)]


def region_of_probe(number: int) -> str:
    """Return the région of a signal: each in turn."""
    return REGION_CODES[number % len(REGION_CODES)]


def probe(number: int) -> RawFile:
    """Return the file of a signal, which opens the alert of its own establishment."""
    region = region_of_probe(number)
    said: dict[str, Any] = {
        "id": f"sonde-{number}",
        "nature": "sonde",
        "territoire": f"ETAB-{probe_site(region, number).finess}",
        "titre": f"Sonde {number}",
        "date": datetime.now(UTC).isoformat(),
        "source": "Banc",
    }
    return RawFile(f"sondes-{region}", f"sonde-{number}.json", region, "signal", msgspec.json.encode(said))


@dataclass(frozen=True, slots=True)
class Due:
    """A file and when it is to be sent, in seconds after the beginning."""

    after: float
    file: RawFile


class Hospitals:
    """Every site and the visits it has sent today."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._day: dict[str, list[Visit]] = {}
        self._turn = 0

    def files(self, visits_per_second: float, seconds: float) -> Iterator[Due]:
        """Yield files with exponential gaps, site by site in all régions."""
        after = 0.0
        while (after := after + self._random.expovariate(visits_per_second / VISITS_A_FILE)) < seconds:
            yield Due(after, self._next())

    def _next(self) -> RawFile:
        region = REGION_CODES[self._turn % len(REGION_CODES)]
        where = site(region, self._turn // len(REGION_CODES) % SITES_OF_A_REGION)
        self._turn += 1
        now = datetime.now(UTC) + timedelta(milliseconds=self._turn)
        day = self._day.setdefault(where.finess, [])
        for _ in range(VISITS_A_FILE):
            entered_at = now - timedelta(minutes=self._random.uniform(15, 70))
            day.append(invented(self._random, where, entered_at, ORDINARY))
        first = (now - timedelta(minutes=75)).astimezone(ZONE).date()
        extraction = Extraction(now, first, now.astimezone(ZONE).date())
        content = oscour_file(where, extraction, day)
        return RawFile(f"ETAB-{where.finess}", file_name(where, extraction), region, "oscour", content)
