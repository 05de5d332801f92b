"""Invented visits: nobody in them exists.

Each says when it becomes known to the establishment's software, piece by piece, so that a file can hold what was known
when it was extracted.

Birth dates, postal codes and communes are drawn at random: they are there for the collector to keep none of them.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from orsan_plans.geography import REGIONS
from streams.messages.visits import AgeClass
from streams.synthetic.chance import drawn, gap, one_of, whole
from streams.synthetic.profiles import Profile
from streams.synthetic.sites import REGION, Site

ZONE: Final = ZoneInfo(REGIONS[REGION].time_zone)

_YEARS: Final[dict[AgeClass, tuple[int, int]]] = {
    "moins_1_an": (0, 1),
    "1_14_ans": (1, 15),
    "15_44_ans": (15, 45),
    "45_64_ans": (45, 65),
    "65_74_ans": (65, 75),
    "75_ans_et_plus": (75, 101),
}
_DAYS_A_YEAR: Final = 365.2425
_MARGIN_DAYS: Final = 3
_REASONS: Final = ("DOULEUR", "FIÈVRE", "CHUTE", "GÊNE RESPIRATOIRE", "MALAISE", "PLAIE")
_PROVENANCES: Final = {"8": {"5": 92, "8": 5, "7": 3}, "7": {"1": 80, "4": 20}, "6": {"1": 95, "2": 5}}
_CARE: Final = {
    "SMUR": {"MED": 1},
    "HELI": {"MED": 1},
    "VSAB": {"PARAMED": 30, "AUCUN": 70},
    "AMBU": {"PARAMED": 40, "AUCUN": 60},
    "PERSO": {"AUCUN": 1},
    "FO": {"AUCUN": 1},
}
_ASSOCIATED_SHARE: Final = 0.1
_QUICK_SHARE: Final = 0.75
_QUICK_CODING: Final = timedelta(hours=3)
_SLOW_CODING: Final = timedelta(days=4)
"""Within the six days after which the medical part is late (jcrb/RPU_2013, commentaires.md)."""
_WARDS: Final = {"MED": 45, "CHIR": 25, "UHCD": 20, "SC": 4, "SI": 3, "REA": 3}
_TRANSFER_WARDS: Final = {"MED": 50, "CHIR": 40, "SC": 10}


@dataclass(frozen=True, slots=True)
class Person:
    """Who came; nobody is."""

    birth: date
    sex: str
    postal_code: str
    commune: str


@dataclass(frozen=True, slots=True)
class Coming:
    """How they came, in the codes of the RPU."""

    mode_entree: str
    provenance: str
    transport: str
    transport_pec: str


@dataclass(frozen=True, slots=True)
class Leaving:
    """How they left, in the codes of the RPU."""

    at: datetime
    mode_sortie: str
    destination: str
    orient: str


@dataclass(frozen=True, slots=True)
class Visit:
    """An invented visit, instants in UTC.

    ``recorded_at``, ``triaged_at``, ``left_at`` and ``coded_at`` are when the software knows of the entry, the
    severity, the exit and the diagnosis; None: never. ``cancelled_at``: it was a mistake, and is taken out.
    """

    finess: str
    departement: str
    entered_at: datetime
    person: Person
    coming: Coming
    leaving: Leaving
    reason: str
    ccmu: str
    diagnosis: str
    associated: tuple[str, ...]
    recorded_at: datetime
    triaged_at: datetime
    left_at: datetime
    coded_at: datetime | None
    cancelled_at: datetime | None = None

    def is_known(self, at: datetime) -> bool:
        """Tell whether the software holds this visit at an instant."""
        return self.recorded_at <= at and (self.cancelled_at is None or at < self.cancelled_at)

    def is_coded(self, at: datetime) -> bool:
        """Tell whether its diagnosis is coded at an instant."""
        return self.coded_at is not None and self.coded_at <= at


def invented(random: Random, site: Site, entered_at: datetime, profile: Profile) -> Visit:
    """Draw a visit to a site; the entry is kept to the minute, as RPU do."""
    entered_at = entered_at.replace(second=0, microsecond=0)
    recorded_at = entered_at + timedelta(minutes=whole(random, 1, 10))
    leaving = _leaving(random, entered_at, profile)
    left_at = max(leaving.at, recorded_at) + timedelta(minutes=whole(random, 0, 15))
    return Visit(
        finess=site.finess,
        departement=site.departement,
        entered_at=entered_at,
        person=_person(random, site, drawn(random, profile.ages), entered_at),
        coming=_coming(random, profile),
        leaving=leaving,
        reason=one_of(random, _REASONS),
        ccmu=drawn(random, profile.ccmu) or "",
        diagnosis=drawn(random, profile.diagnoses),
        associated=("I10",) if random.random() < _ASSOCIATED_SHARE else (),
        recorded_at=recorded_at,
        triaged_at=recorded_at + timedelta(minutes=whole(random, 2, 20)),
        left_at=left_at,
        coded_at=_coded_at(random, site, left_at),
    )


def _person(random: Random, site: Site, ages: AgeClass, entered_at: datetime) -> Person:
    number = whole(random, 0, 999)
    return Person(
        birth=_birth(random, ages, entered_at),
        sex=drawn(random, {"F": 50.0, "M": 49.5, "I": 0.5}),
        postal_code=f"{site.departement}{number:03d}",
        commune=f"BOURG-INVENTÉ-{number:03d}",
    )


def _coming(random: Random, profile: Profile) -> Coming:
    transport = drawn(random, profile.transport) or ""
    mode_entree = drawn(random, {"8": 95.0, "7": 3.5, "6": 1.5})
    return Coming(mode_entree, drawn(random, _PROVENANCES[mode_entree]), transport, drawn(random, _CARE[transport]))


def _leaving(random: Random, entered_at: datetime, profile: Profile) -> Leaving:
    mode_sortie = drawn(random, {mode: weight for mode, weight in profile.mode_sortie.items() if mode})
    at = entered_at + _stay(random, profile, mode_sortie)
    return Leaving(at, mode_sortie, *_whereto(random, mode_sortie))


def _stay(random: Random, profile: Profile, mode_sortie: str) -> timedelta:
    mean = profile.stay if mode_sortie == "8" else 2 * profile.stay
    stay = timedelta(minutes=20) + gap(random, mean - timedelta(minutes=20))
    return timedelta(minutes=int(min(stay, timedelta(days=3)).total_seconds() / 60))


def _birth(random: Random, ages: AgeClass, entered_at: datetime) -> date:
    first, last = (years * _DAYS_A_YEAR for years in _YEARS[ages])
    days = first + _MARGIN_DAYS + random.random() * (last - first - 2 * _MARGIN_DAYS)
    return entered_at.astimezone(ZONE).date() - timedelta(days=int(days))


def _whereto(random: Random, mode_sortie: str) -> tuple[str, str]:
    if mode_sortie == "6":
        return "1", drawn(random, _WARDS)
    if mode_sortie == "7":
        return "1", drawn(random, _TRANSFER_WARDS)
    return "", drawn(random, {"": 96.0, "PSA": 3.0, "SCAM": 0.7, "REO": 0.3}) if mode_sortie == "8" else ""


def _coded_at(random: Random, site: Site, left_at: datetime) -> datetime | None:
    """Return when the diagnosis is coded: within hours for most, within the days a file goes back to for the rest."""
    is_coded, is_quick = random.random() < site.coded_share, random.random() < _QUICK_SHARE
    delay = (_QUICK_CODING if is_quick else _SLOW_CODING) * random.random()
    return left_at + delay if is_coded else None
