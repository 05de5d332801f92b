"""The written part of the synthetic winter evening: establishments, critical-care beds, signals, and their telling.

Nothing here happened. Daily visits per département are the means of 24 February to 8 March 2020 (SurSaUD open
data), critical-care beds are those of the SAE 2018 (DREES), the FINESS codes are emergency departments of
2014-2015; how they spread over sites, and every hour of the script, are Vigie's own choice.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from orsan_plans.geography import REGIONS
from streams.entry import Draft, Status
from streams.messages import (
    BedCapacity,
    Etablissement,
    EtablissementList,
    Message,
    PassageRPU,
    ReferenceBeds,
    SignalSanitaire,
    encode,
)

REGION: Final = "52"
OPENS: Final = time(14)
LASTS: Final = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Site:
    """A synthetic emergency department and how many visits it receives on an ordinary day."""

    finess: str
    name: str
    departement: str
    visits_per_day: int


@dataclass(frozen=True, slots=True)
class Timed:
    """A draft and the instant (UTC) its record reaches Vigie."""

    at: datetime
    draft: Draft


NANTES: Final = Site("440000271", "Nantes (démo)", "44", 250)
NANTES_2: Final = Site("440000396", "Loire-Atlantique, site 2 (démo)", "44", 150)
ANGERS: Final = Site("490000049", "Angers (démo)", "49", 200)
CYBER: Final = Site("490000635", "Maine-et-Loire, site 2 (démo)", "49", 119)
MAYENNE: Final = Site("530000017", "Mayenne, site 1 (démo)", "53", 72)
LE_MANS: Final = Site("720000033", "Le Mans (démo)", "72", 218)
SARTHE_2: Final = Site("720000520", "Sarthe, site 2 (démo)", "72", 120)
LA_ROCHE: Final = Site("850000142", "La Roche-sur-Yon (démo)", "85", 175)
SILENT: Final = Site("850000118", "Vendée, site 2 (démo)", "85", 110)

SITES: Final = (
    NANTES,
    NANTES_2,
    Site("440041580", "Loire-Atlantique, site 3 (démo)", "44", 128),
    ANGERS,
    CYBER,
    Site("490001765", "Maine-et-Loire, site 3 (démo)", "49", 70),
    MAYENNE,
    LE_MANS,
    SARTHE_2,
    LA_ROCHE,
    SILENT,
    Site("850000175", "Vendée, site 3 (démo)", "85", 80),
)

CRITICAL_CARE_BEDS: Final = {"44": 77, "49": 61, "53": 8, "72": 17, "85": 18}

_HALF_HOURS: Final = 25
# With the 18 of site 2, Loire-Atlantique passes 80 % of its 77 beds with 63 at 19:30 and 90 % with 70 at 21:00.
_NANTES_OCCUPIED: Final = (
    *(34, 35, 35, 36, 37, 38, 39, 40, 41, 42, 43),
    *(45, 47, 50, 52, 53, 53, 54, 54, 53, 52, 51, 49, 48, 47),
)
_CRITICAL_CARE: Final = (
    (NANTES, 55, _NANTES_OCCUPIED),
    (NANTES_2, 22, (18,) * _HALF_HOURS),
    (ANGERS, 61, (42,) * _HALF_HOURS),
    (MAYENNE, 8, (5,) * _HALF_HOURS),
    (LE_MANS, 17, (12,) * 16 + (13,) * 9),
    (LA_ROCHE, 18, (12,) * _HALF_HOURS),
)

CYBER_AT: Final = "17:10"
SILENT_AT: Final = "18:00"
CASUALTIES_AT: Final = "20:17"
FIRST_CASUALTY_AT: Final = "20:40"
BACK_AT: Final = "23:30"
ALL_CLEAR_AT: Final = "00:40"

_CYBER: Final = SignalSanitaire(
    signal_id="demo-cyber-1",
    nature="cyberattaque_etablissement",
    territory=f"ETAB-{CYBER.finess}",
    title="Cyberattaque : dossier patient des urgences inaccessible (scénario fictif)",
    source="Appel de l'établissement (fictif)",
    criteria={},
)
_CASUALTIES: Final = SignalSanitaire(
    signal_id="demo-afflux-1",
    nature="afflux_massif_de_victimes",
    territory="DEP-72",
    title="Collision de deux autocars près du Mans, 70 blessés annoncés (scénario fictif)",
    source="SAMU 72 (fictif)",
    criteria={"victimes": "70"},
)
_ALL_CLEAR: Final = replace(
    _CASUALTIES,
    title="Collision de deux autocars près du Mans : dernier blessé pris en charge (scénario fictif)",
    is_open=False,
)

_TOLD: Final = (
    ("14:00", "Douze services d'urgences et six réanimations des Pays de la Loire transmettent normalement."),
    (CYBER_AT, f"{CYBER.name} signale une cyberattaque : le dossier patient n'est plus accessible."),
    (SILENT_AT, f"{SILENT.name} ne transmet plus rien, sans prévenir."),
    ("19:30", "En Loire-Atlantique, la réanimation dépasse 80 % d'occupation."),
    (CASUALTIES_AT, "Collision de deux autocars près du Mans : le SAMU 72 annonce 70 blessés."),
    (FIRST_CASUALTY_AT, "Les premiers blessés arrivent aux urgences de la Sarthe."),
    ("21:00", "En Loire-Atlantique, la réanimation dépasse 90 % d'occupation."),
    (BACK_AT, f"{SILENT.name} transmet à nouveau et envoie son retard."),
    (ALL_CLEAR_AT, "Sarthe : le dernier blessé est pris en charge, le signal est clos."),
)


def opening(start: datetime) -> datetime:
    """Return the instant (UTC) the evening begins: 14:00 of ``start``'s local day; ValueError without a zone."""
    if start.tzinfo is None:
        raise ValueError("start needs its time zone, such as 2026-01-14T14:00:00+01:00")
    zone = ZoneInfo(REGIONS[REGION].time_zone)
    return datetime.combine(start.astimezone(zone), OPENS, zone).astimezone(UTC)


def instant(opens_at: datetime, clock: str) -> datetime:
    """Return the instant of a local time such as ``20:17`` during the evening that opens at ``opens_at``."""
    hour, minute = map(int, clock.split(":"))
    return opens_at + timedelta(hours=(hour - OPENS.hour) % 24, minutes=minute)


def timed(at: datetime, message: Message, region: str, status: Status) -> Timed:
    """Return a message as a draft that arrives at ``at``; a visit happened when it was entered, the rest then."""
    kind, payload = encode(message)
    occurred_at = message.entered_at if isinstance(message, PassageRPU) else at
    return Timed(at, Draft(occurred_at, status, region, kind, payload))


def narrative(start: datetime) -> list[tuple[datetime, str]]:
    """Tell the evening in French: what happens (not what Vigie makes of it), in order of instant (UTC)."""
    opens_at = opening(start)
    return [(instant(opens_at, clock), sentence) for clock, sentence in _TOLD]


def scripted(opens_at: datetime) -> Iterator[tuple[datetime, Message]]:
    """Yield everything of the evening that is not a visit, reference first, then beds, then signals."""
    yield opens_at, EtablissementList(tuple(Etablissement(s.finess, s.name, s.departement) for s in SITES))
    for departement, beds in CRITICAL_CARE_BEDS.items():
        yield opens_at, ReferenceBeds(f"DEP-{departement}", "SAE 2018 (DREES)", {"rea": beds})
    for number in range(_HALF_HOURS):
        for site, installed, occupied in _CRITICAL_CARE:
            at = opens_at + number * timedelta(minutes=30)
            yield at, _declaration(site, at, installed, occupied[number])
    for clock, signal in ((CYBER_AT, _CYBER), (CASUALTIES_AT, _CASUALTIES), (ALL_CLEAR_AT, _ALL_CLEAR)):
        yield instant(opens_at, clock), signal


def _declaration(site: Site, at: datetime, installed: int, occupied: int) -> BedCapacity:
    return BedCapacity(
        finess=site.finess,
        departement=site.departement,
        bed_kind="rea",
        updated_at=at,
        beds_installed=installed,
        beds_available=installed - occupied,
        beds_occupied=occupied,
        beds_closed=0,
    )
