"""The scenarios of the demo: two invented ones, as files, and the real first COVID wave, from open data."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.resources import as_file, files
from itertools import groupby
from pathlib import Path
from typing import Final

from orsan_plans.adapters.plan_files import load_catalogue, shipped_catalogue
from orsan_plans.catalogue import Catalogue
from streams.adapters.open_data_files import read_files
from streams.entry import Draft
from streams.synthetic.evening import winter_evening
from streams.synthetic.exercise import exercise_2016
from streams.synthetic.oscour_files import TimedFile
from streams.synthetic.scene import Scene
from streams.synthetic.sites import REGION

EVENING: Final = datetime(2026, 1, 14, 13, tzinfo=UTC)
EXERCISE: Final = datetime(2026, 2, 25, 7, tzinfo=UTC)
WAVE_FIRST_DAY: Final = date(2020, 2, 24)
WAVE_LAST_DAY: Final = date(2020, 4, 14)
WAVE_FILES: Final = (
    ("sursaud-quotidien", "sursaud/sursaud-covid19-quotidien-2020-04-16-10h47-departement.csv"),
    ("sivic-stocks", "covid/sivic_stocks_predicu_public_data.csv"),
    ("sivic-incidents", "covid/covid-hospit-incid-2023-03-31-18h01.csv"),
    ("lits-sae", "ref/lits-departements-france.csv"),
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Drafts of one région that reach Vigie together."""

    at: datetime
    drafts: tuple[Draft, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is played: what arrives, in order, the plans and régions, when it ends, and sentences that tell it.

    Files are dropped for the first région.
    """

    title: str
    arrivals: tuple[Arrival | TimedFile, ...]
    regions: tuple[str, ...]
    catalogue: Catalogue
    ends_at: datetime
    told: tuple[tuple[datetime, str], ...] = ()


def winter_scenario(seed: int, start: datetime = EVENING) -> Scenario:
    """Return a synthetic winter evening in Pays de la Loire, judged by the shipped plans and the demo's own.

    It is that of the local day of ``start``, from 14:00 on.
    """
    return _played(winter_evening(seed, start))


def exercise_scenario(seed: int) -> Scenario:
    """Return the exercise of 25 February 2016 in Pays de la Loire, judged by the same plans."""
    return _played(exercise_2016(seed, EXERCISE))


def _played(scene: Scene) -> Scenario:
    return Scenario(scene.title, scene.files, (REGION,), _demo_catalogue(), scene.ends_at, scene.told)


def wave_scenario(data: Path) -> Scenario:
    """Return the real first COVID wave, all départements; OpenDataError when a file cannot be read."""
    imported = read_files([(format_, data / name) for format_, name in WAVE_FILES])
    first = datetime.combine(WAVE_FIRST_DAY, datetime.min.time(), UTC)
    last = datetime.combine(WAVE_LAST_DAY + timedelta(days=1), datetime.min.time(), UTC) + timedelta(hours=12)
    kept = [record for record in imported.records if first <= record.recorded_at <= last]
    arrivals = [
        Arrival(at, tuple(record.draft for record in together))
        for (at, _), together in groupby(
            sorted(kept, key=lambda record: (record.recorded_at, record.draft.region)),
            key=lambda record: (record.recorded_at, record.draft.region),
        )
    ]
    regions = tuple(sorted({arrival.drafts[0].region for arrival in arrivals}))
    title = "Première vague de COVID-19, données réelles de Santé publique France, tous les départements"
    return Scenario(title, tuple(arrivals), regions, shipped_catalogue(), last)


def _demo_catalogue() -> Catalogue:
    with as_file(files("vigie") / "demo_plans") as directory:
        extra = load_catalogue(directory)
    return Catalogue.from_documents([*shipped_catalogue().documents, *extra.documents])
