"""The exercise of Pays de la Loire of 25 February 2016, played again, hour for hour, ten years later.

Known of it (ARS Pays de la Loire, rapport d'activité 2016, page 16): a shooting in Le Mans at 8:17, the SAMU 72 calls
the ARS at 8:31, 70 injured of whom 20 children, three hours to deliver the regional capacity report, six people in the
regional cell (CRAPS). Everything else is Vigie's own choice. It is played in 2026 because the shipped plans are valid
from 2024 on.

Real life goes on meanwhile: establishments send their ordinary RPU and beds. OSCOUR, the ROR and the vigilance cannot
say that a record is an exercise, so no played patient is ever in them: the exercise speaks through the signal form,
CAP, the bed form, the counts of the SAMU and the Hub Santé, which can.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Final

from streams.synthetic.alert_files import CapAlert, cap_xml, rpis_json
from streams.synthetic.bed_files import Beds, bed_form_csv
from streams.synthetic.chance import whole
from streams.synthetic.days import Circumstances, Crisis, crisis_extractions, region_visits
from streams.synthetic.evening import opening, reference_files
from streams.synthetic.oscour_files import TimedFile, file_name, oscour_file
from streams.synthetic.other_days import bed_files
from streams.synthetic.rhythm import MassCasualty, casualties
from streams.synthetic.scene import Scene, instant
from streams.synthetic.signal_files import Calls, Said, regulation_csv, signal_json
from streams.synthetic.sites import (
    ANGERS,
    CRITICAL_CARE_SITES,
    LA_ROCHE,
    LE_MANS,
    MAYENNE,
    NANTES,
    NANTES_2,
    SARTHE_2,
    SITES,
)
from streams.synthetic.visits import ZONE

TITLE: Final = "Exercice « fusillade au Mans » du 25/02/2016, rejoué un 25 février (aucun patient réel)"
OPENS: Final = time(7, 30)
LASTS: Final = timedelta(hours=5)
EVERY: Final = timedelta(minutes=30)
EXERCISE: Final = "exercice"

SHOOTING_AT: Final = "08:17"
CALL_AT: Final = "08:31"
CELL_AT: Final = "08:45"
REPORT_AT: Final = "11:31"
ENDS_AT: Final = "12:15"

_DECLARED: Final = (
    ("09:10", LE_MANS, 16),
    ("09:35", ANGERS, 44),
    ("10:05", NANTES, 36),
    ("10:40", LA_ROCHE, 13),
    ("11:05", NANTES_2, 15),
    (REPORT_AT, MAYENNE, 5),
)
"""When each site gives its played beds, and how many are occupied: the last one three hours after the call."""
_REAL_BEDS: Final = {NANTES: 36, NANTES_2: 15, ANGERS: 40, MAYENNE: 5, LE_MANS: 11, LA_ROCHE: 12}

_CALL: Final = Said(
    id="exercice-2016",
    nature="afflux_massif_de_victimes",
    territory="DEP-72",
    title="Fusillade au Mans, 70 blessés dont 20 enfants",
    source="SAMU 72 (exercice)",
    criteria={"victimes": "70", "enfants": "20"},
    statut=EXERCISE,
)

_TOLD: Final = (
    ("07:30", "Matinée ordinaire dans les Pays de la Loire : les établissements transmettent leurs passages et lits."),
    (SHOOTING_AT, "EXERCICE · Fusillade au Mans."),
    ("08:25", "EXERCICE · Une alerte CAP, au statut « Exercise », est diffusée pour la Sarthe."),
    (CALL_AT, "EXERCICE · Le SAMU 72 appelle l'ARS : 70 blessés, dont 20 enfants."),
    (CELL_AT, "EXERCICE · Six personnes arment la cellule régionale (CRAPS) et demandent le point des lits."),
    ("09:00", "Les blessés joués ne sont dans aucun RPU : ce format ne sait pas dire qu'un passage est un exercice."),
    ("09:10", f"EXERCICE · {LE_MANS.name} déclare un seul lit de réanimation libre, par le formulaire."),
    (REPORT_AT, "EXERCICE · Trois heures après l'appel, le point capacitaire régional est complet : six réanimations."),
    (ENDS_AT, "EXERCICE · Fin d'exercice : le signal est clos, l'alerte CAP est annulée."),
    ("12:20", "Rien de réel n'a changé : les postures réelles sont celles d'une matinée ordinaire."),
)


def exercise_2016(seed: int, start: datetime) -> Scene:
    """Return the exercise played on ``start``'s local day, in order; ValueError when ``start`` has no time zone."""
    random = Random(seed)  # noqa: S311 (a scenario one can play again, not a secret)
    opens_at = opening(start, OPENS)
    files = [*reference_files(opens_at), *_real_life(random, opens_at), *_played(random, opens_at)]
    told = tuple((instant(opens_at, clock), sentence) for clock, sentence in _TOLD)
    return Scene(TITLE, tuple(sorted(files, key=lambda file: file.at)), told)


def _real_life(random: Random, opens_at: datetime) -> Iterator[TimedFile]:
    day = opens_at.astimezone(ZONE).date()
    midnight = datetime.combine(day, time(0), ZONE).astimezone(UTC)
    visits = region_visits(random, SITES, midnight, opens_at + LASTS, Circumstances(cancelled_share=0.003))
    crisis = Crisis(opens_at, opens_at + LASTS, EVERY)
    for place, site in enumerate(SITES):
        for extraction in crisis_extractions(crisis, day, timedelta(minutes=2 * place)):
            at = extraction.at + timedelta(seconds=whole(random, 20, 50))
            yield TimedFile(at, file_name(site, extraction), oscour_file(site, extraction, visits[site]))
    for number in range(LASTS // timedelta(hours=1) + 1):
        yield from bed_files(opens_at + timedelta(hours=number), _REAL_BEDS)


def _played(random: Random, opens_at: datetime) -> Iterator[TimedFile]:
    alert = CapAlert("exercice-2016-1", instant(opens_at, "08:25"), "Alert", "Fusillade", "72", "Exercise")
    ended_at = instant(opens_at, ENDS_AT)
    cancel = CapAlert("exercice-2016-2", ended_at, "Cancel", "Fusillade", "72", "Exercise", replaces=alert)
    for each in (alert, cancel):
        yield TimedFile(each.sent_at, f"cap_{each.identifier}.xml", cap_xml(each))
    for at, said in ((instant(opens_at, CALL_AT), _CALL), (ended_at, replace(_CALL, is_open=False))):
        yield TimedFile(at, f"signal_{said.id}_{at:%H%M}.json", signal_json(at, said))
    for clock, site, occupied in _DECLARED:
        at = instant(opens_at, clock)
        content = bed_form_csv(at, [Beds(site, CRITICAL_CARE_SITES[site], occupied)], EXERCISE)
        yield TimedFile(at, f"lits_exercice_{site.finess}.csv", content)
    yield from _calls(opens_at)
    yield from _interventions(random, opens_at)


def _calls(opens_at: datetime) -> Iterator[TimedFile]:
    for number, calls in enumerate((190, 120, 80)):
        since = instant(opens_at, "08:30") + timedelta(hours=number)
        counted = Calls("72", since, since + timedelta(hours=1), calls, calls // 2, departures=6 - 2 * number)
        yield TimedFile(
            counted.ends_at + timedelta(minutes=3),
            f"regulation_exercice_{number}.csv",
            regulation_csv([counted], EXERCISE),
        )


def _interventions(random: Random, opens_at: datetime) -> Iterator[TimedFile]:
    accident = MassCasualty(instant(opens_at, CELL_AT), ((LE_MANS, 2 / 3), (SARTHE_2, 1 / 3)))
    brought = [visit for visit in casualties(random, accident) if visit.coming.transport == "SMUR"]
    for number, visit in enumerate(sorted(brought, key=lambda visit: visit.entered_at), start=1):
        content = rpis_json(visit, number, LE_MANS.finess, is_exercise=True)
        yield TimedFile(visit.entered_at + timedelta(minutes=30), f"rpis_exercice_{number:03d}.json", content)
