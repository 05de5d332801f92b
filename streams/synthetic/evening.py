"""The synthetic winter evening of the demonstration: 14:00 to 02:00 in Pays de la Loire. Nothing here happened.

Every hour of it is Vigie's own choice. Establishments send their RPU every half-hour, as an ARS may ask under tension
(arrêté of 24 July 2013); the Sarthe every ten minutes after the accident.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Final

from streams.synthetic.alert_files import rpis_json, vigilance_json
from streams.synthetic.chance import whole
from streams.synthetic.damage import Damage, damaged
from streams.synthetic.days import Circumstances, Crisis, crisis_extractions, region_visits
from streams.synthetic.oscour_files import Extraction, TimedFile, file_name, oscour_file
from streams.synthetic.other_days import bed_files, calls_file
from streams.synthetic.rhythm import MassCasualty
from streams.synthetic.scene import Scene, instant
from streams.synthetic.signal_files import Said, etablissements_jsonl, mdo_csv, reference_beds_csv, signal_json
from streams.synthetic.sites import (
    ANGERS,
    CRITICAL_CARE_BEDS,
    CYBER,
    LA_ROCHE,
    LE_MANS,
    MAYENNE,
    NANTES,
    NANTES_2,
    SARTHE_2,
    SILENT,
    SITES,
    VENDEE_3,
    Site,
)
from streams.synthetic.visits import ZONE, Visit

TITLE: Final = "Soirée d'hiver synthétique en Pays de la Loire (aucun patient réel)"
OPENS: Final = time(14)
LASTS: Final = timedelta(hours=12)
EVERY: Final = timedelta(minutes=30)
EVERY_IN_SARTHE: Final = timedelta(minutes=10)

CYBER_AT: Final = "17:10"
SILENT_AT: Final = "18:00"
CASUALTIES_AT: Final = "20:17"
ASKED_AT: Final = "20:30"
FIRST_CASUALTY_AT: Final = "20:40"
BACK_AT: Final = "23:30"
ALL_CLEAR_AT: Final = "00:40"

# With the 18 of site 2, Loire-Atlantique passes 80 % of its 77 beds with 63 at 19:30 and 90 % with 70 at 21:00.
_NANTES_OCCUPIED: Final = (
    *(34, 35, 35, 36, 37, 38, 39, 40, 41, 42, 43),
    *(45, 47, 50, 52, 53, 53, 54, 54, 53, 52, 51, 49, 48, 47),
)
_STEADY_BEDS: Final = {NANTES_2: 18, ANGERS: 42, MAYENNE: 5, LA_ROCHE: 12}
_FULLER_AT: Final = 16
"""The half-hour, from 14:00 on, when a first injured person takes a bed in Le Mans: 22:00."""

_CYBER: Final = Said(
    id="demo-cyber-1",
    nature="cyberattaque_etablissement",
    territory=f"ETAB-{CYBER.finess}",
    title="Cyberattaque : dossier patient des urgences inaccessible (scénario fictif)",
    source="Appel de l'établissement (fictif)",
)
_CASUALTIES: Final = Said(
    id="demo-afflux-1",
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

TWICE_AT: Final = "15:22"
CUT_AT: Final = "16:03"
IMPOSSIBLE_AT: Final = "18:37"
OVERTAKEN_AT: Final = "19:40"

_TOLD: Final = (
    ("14:00", "Douze services d'urgences et six réanimations des Pays de la Loire transmettent normalement."),
    (TWICE_AT, f"{ANGERS.name} envoie deux fois le même fichier de passages."),
    (CUT_AT, f"{VENDEE_3.name} envoie un fichier coupé en route, puis l'envoie à nouveau, entier."),
    (CYBER_AT, f"{CYBER.name} signale une cyberattaque : le dossier patient n'est plus accessible."),
    (SILENT_AT, f"{SILENT.name} ne transmet plus rien, sans prévenir."),
    (IMPOSSIBLE_AT, f"{NANTES_2.name} date un passage du 30 février."),
    ("19:30", "En Loire-Atlantique, la réanimation dépasse 80 % d'occupation."),
    (OVERTAKEN_AT, f"{LA_ROCHE.name} : un fichier resté bloqué arrive après celui qui l'a suivi."),
    (CASUALTIES_AT, "Collision de deux autocars près du Mans : le SAMU 72 annonce 70 blessés."),
    (ASKED_AT, "L'ARS demande à la Sarthe un envoi toutes les dix minutes."),
    (FIRST_CASUALTY_AT, "Les premiers blessés arrivent aux urgences de la Sarthe."),
    ("21:00", "En Loire-Atlantique, la réanimation dépasse 90 % d'occupation."),
    (BACK_AT, f"{SILENT.name} transmet à nouveau et envoie son retard."),
    (ALL_CLEAR_AT, "Sarthe : le dernier blessé est pris en charge, le signal est clos."),
)


def winter_evening(seed: int, start: datetime) -> Scene:
    """Return the evening of ``start``'s local day, in order; ValueError when ``start`` has no time zone."""
    random = Random(seed)  # noqa: S311 (a scenario one can play again, not a secret)
    opens_at = opening(start)
    midnight = datetime.combine(opens_at.astimezone(ZONE).date(), time(0), ZONE).astimezone(UTC)
    accident = MassCasualty(instant(opens_at, FIRST_CASUALTY_AT), ((LE_MANS, 2 / 3), (SARTHE_2, 1 / 3)))
    happening = Circumstances(cancelled_share=0.003, accidents=(accident,))
    visits = region_visits(random, SITES, midnight, opens_at + LASTS, happening)
    visits[CYBER] = [_uncoded(visit, instant(opens_at, CYBER_AT)) for visit in visits[CYBER]]
    files = [*reference_files(opens_at), *_scripted(opens_at), *_counted(random, opens_at)]
    for place, site in enumerate(SITES):
        files += _passages(random, site, place, opens_at, visits[site])
    files += _interventions(opens_at, [visit for site in SITES for visit in visits[site]])
    told = tuple((instant(opens_at, clock), sentence) for clock, sentence in _TOLD)
    return Scene(TITLE, tuple(sorted(files, key=lambda file: file.at)), told)


def opening(start: datetime, opens: time = OPENS) -> datetime:
    """Return the instant (UTC) a scene begins: a local time of ``start``'s day; ValueError without a zone."""
    if start.tzinfo is None:
        raise ValueError("start needs its time zone, such as 2026-01-14T14:00:00+01:00")
    return datetime.combine(start.astimezone(ZONE), opens, ZONE).astimezone(UTC)


def reference_files(opens_at: datetime) -> Iterator[TimedFile]:
    """Yield what a scene opens with: the establishments, and their critical-care beds."""
    yield TimedFile(opens_at, "etablissements.jsonl", etablissements_jsonl(opens_at))
    yield TimedFile(opens_at, "lits_sae_2018.csv", reference_beds_csv())


def _scripted(opens_at: datetime) -> Iterator[TimedFile]:
    for number in range(LASTS // EVERY + 1):
        le_mans = 12 if number < _FULLER_AT else 13
        occupied = {NANTES: _NANTES_OCCUPIED[number], LE_MANS: le_mans} | _STEADY_BEDS
        yield from bed_files(opens_at + number * EVERY, occupied)
    for clock, signal in ((CYBER_AT, _CYBER), (CASUALTIES_AT, _CASUALTIES), (ALL_CLEAR_AT, _ALL_CLEAR)):
        at = instant(opens_at, clock)
        yield TimedFile(at, f"signal_{signal.id}_{at:%H%M}.json", signal_json(at, signal))


def _counted(random: Random, opens_at: datetime) -> Iterator[TimedFile]:
    for number in range(LASTS // timedelta(hours=1)):
        since = opens_at + timedelta(hours=number)
        yield calls_file(random, since, since + timedelta(hours=1), SITES)
    day = opens_at.astimezone(ZONE).date()
    yield TimedFile(instant(opens_at, "14:35"), "mdo.csv", mdo_csv("Légionellose", "53", day, "Laboratoire fictif"))
    at = instant(opens_at, "16:00")
    colours = dict.fromkeys(CRITICAL_CARE_BEDS, 1) | {"53": 2, "72": 2}
    yield TimedFile(at, "vigilance.json", vigilance_json(at, "5", colours, timedelta(hours=24)))


def _passages(random: Random, site: Site, place: int, opens_at: datetime, visits: list[Visit]) -> Iterator[TimedFile]:
    for extraction in _extractions(site, place, opens_at):
        at = extraction.at + timedelta(seconds=whole(random, 20, 50))
        file = TimedFile(at, file_name(site, extraction), oscour_file(site, extraction, visits))
        yield from _troubled(site, opens_at, file)


def _extractions(site: Site, place: int, opens_at: datetime) -> Iterator[Extraction]:
    # One after the other within the half-hour, the silent site first: it comes back on time.
    offset = timedelta(minutes=1 + 2 * ((place + 2) % len(SITES)))
    silent_at, back_at = instant(opens_at, SILENT_AT), instant(opens_at, BACK_AT)
    ends_at = opens_at + LASTS + EVERY
    asked_at = instant(opens_at, ASKED_AT) if site in (LE_MANS, SARTHE_2) else ends_at
    first_day = opens_at.astimezone(ZONE).date()
    usual = crisis_extractions(Crisis(opens_at, asked_at, EVERY), first_day, offset)
    often = crisis_extractions(Crisis(asked_at, ends_at, EVERY_IN_SARTHE), first_day, offset % EVERY_IN_SARTHE)
    for extraction in (*usual, *often):
        if site is not SILENT or not silent_at <= extraction.at < back_at:
            yield extraction


def _troubled(site: Site, opens_at: datetime, file: TimedFile) -> Iterator[TimedFile]:
    def is_of(first: str, last: str) -> bool:
        return instant(opens_at, first) <= file.at < instant(opens_at, last)

    if site is LA_ROCHE and is_of("18:45", "19:15"):
        yield replace(file, at=instant(opens_at, OVERTAKEN_AT))
    elif site is VENDEE_3 and is_of(CUT_AT, "16:05"):
        yield replace(file, content=damaged(file.content, Damage.TRUNCATED))
        yield replace(file, at=file.at + timedelta(minutes=20))
    elif site is NANTES_2 and is_of(IMPOSSIBLE_AT, "18:39"):
        yield replace(file, content=damaged(file.content, Damage.IMPOSSIBLE_DAY))
    else:
        yield file
        if site is ANGERS and is_of("15:00", TWICE_AT):
            yield replace(file, at=instant(opens_at, TWICE_AT))


def _interventions(opens_at: datetime, visits: list[Visit]) -> Iterator[TimedFile]:
    brought = [visit for visit in visits if visit.coming.transport == "SMUR" and visit.entered_at > opens_at]
    for number, visit in enumerate(brought, start=1):
        at = visit.entered_at + timedelta(minutes=30)
        yield TimedFile(at, f"rpis_{number:03d}.json", rpis_json(visit, number, visit.finess))


def _uncoded(visit: Visit, since: datetime) -> Visit:
    """Return a visit whose diagnosis cannot be coded any more from an instant on."""
    return visit if visit.coded_at is None or visit.coded_at < since else replace(visit, coded_at=None)
