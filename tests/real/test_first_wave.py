"""The first COVID wave as it was published: the days on which the State's thresholds of 2020 were crossed.

Expected values are those of the open data themselves (SurSaUD daily visits, SI-VIC stocks, SAE beds of 2018).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from alerts.effects import PostureChanged
from orsan_plans.adapters.plan_files import shipped_catalogue
from orsan_plans.posture import Posture
from orsan_plans.reading import Reading, Unknown
from streams.adapters.open_data_files import read_files
from streams.entry import Draft, Status, combined_digest
from streams.journal import JournalPurpose
from streams.messages import encode
from streams.messages.reference import PlanCatalogue, PlanDocument
from streams.monitor import Dated, Monitor
from streams.replay import replay
from streams.testing import MemoryJournal

SHARE, OCCUPATION = "rpu.part_suspicion_covid_7j", "sivic.taux_occupation_rea"
NANTES, LOZERE = "DEP-44", "DEP-48"
GAP = date(2020, 3, 29)
VIGILANCE, ALERTE = Posture.VIGILANCE, Posture.ALERTE


@dataclass
class Wave:
    """The wave in the two régions, folded once: every reading published, in order, and every posture moved."""

    journal: MemoryJournal
    readings: list[tuple[datetime, Reading]] = field(default_factory=list)

    def of(self, indicator: str, territory: str) -> list[Reading]:
        return [r for _, r in self.readings if (r.indicator, r.territory) == (indicator, territory)]

    def first(self, indicator: str, territory: str, over: float, *, included: bool = False) -> date:
        values = [(r.occurred_on, r.value) for r in self.of(indicator, territory) if r.value is not None]
        return next(day for day, value in values if value > over or (included and value == over))

    def moves(self, rule: str, territory: str) -> list[tuple[date, Posture]]:
        region = "52" if territory == NANTES else "76"
        effects = [stored.effect for stored in self.journal.effects(region)]
        moved = [e for e in effects if isinstance(e, PostureChanged) and (e.rule, e.territory) == (rule, territory)]
        return [(e.occurred_on, e.after) for e in moved]


@pytest.fixture(scope="module")
def wave(shared_data: Path) -> Wave:
    files = [
        ("sursaud-quotidien", shared_data / "sursaud/sursaud-covid19-quotidien-2020-04-16-10h47-departement.csv"),
        ("sivic-stocks", shared_data / "covid/sivic_stocks_predicu_public_data.csv"),
        ("lits-sae", shared_data / "ref/lits-departements-france.csv"),
    ]
    records = [each for each in read_files(files).records if each.draft.region in ("52", "76")]
    first = records[0].recorded_at
    read = shipped_catalogue()
    plans = PlanCatalogue(read.sha256, tuple(PlanDocument(name, content) for name, content in read.documents))
    opening = [Dated(first, Draft(first, Status.ACTUAL, region, *encode(plans))) for region in ("52", "76")]
    played = Wave(MemoryJournal(JournalPurpose.RETEX))
    Monitor(played.journal).record([*opening, *(Dated(each.recorded_at, each.draft) for each in records)])
    for head in played.journal.heads():
        entries = played.journal.entries(head.region)
        done = replay(head.region, entries, head.advanced_to, observer=lambda at, _, r: played.readings.append((at, r)))
        assert done.head == head
    return played


def test_loire_atlantique_crosses_on_the_published_days(wave: Wave) -> None:
    assert wave.first(SHARE, NANTES, 6) == date(2020, 3, 23)
    assert wave.first(SHARE, NANTES, 10) == date(2020, 3, 25)
    assert wave.first(OCCUPATION, NANTES, 60, included=True) == date(2020, 3, 31)
    assert wave.first(OCCUPATION, NANTES, 80, included=True) == date(2020, 4, 4)
    assert max(r.value for r in wave.of(SHARE, NANTES) if r.value is not None) == pytest.approx(21.8, abs=0.05)


def test_its_postures_move_on_those_days(wave: Wave) -> None:
    share = [move for move in wave.moves("part-suspicion-covid", NANTES) if move[1].rank]
    beds = [move for move in wave.moves("occupation-reanimation", NANTES) if move[1].rank]
    assert share[:2] == [(date(2020, 3, 23), VIGILANCE), (date(2020, 3, 25), ALERTE)]
    assert beds[:2] == [(date(2020, 3, 31), VIGILANCE), (date(2020, 4, 4), ALERTE)]


def test_a_day_is_recorded_the_next_morning(wave: Wave) -> None:
    known = [(at, r.occurred_on) for at, r in wave.readings if r.territory == NANTES and r.is_known]
    assert all(at.date() == day + timedelta(days=1) for at, day in known)


def test_lozere_says_what_it_does_not_know(wave: Wave) -> None:
    windows = {GAP + timedelta(days=n) for n in range(7)}
    during = [r for r in wave.of(SHARE, LOZERE) if r.occurred_on in windows]
    assert {r.occurred_on for r in during} == windows
    assert all(r.value is None and r.unknown is Unknown.ABSENT and r.detail for r in during)
    assert wave.first(SHARE, LOZERE, 6) == date(2020, 3, 19)


def test_three_beds_are_too_few_to_say_a_percentage(wave: Wave) -> None:
    readings = wave.of(OCCUPATION, LOZERE)
    assert readings
    assert {r.unknown for r in readings} <= {Unknown.TOO_FEW, Unknown.ABSENT}
    assert {r.detail for r in readings if r.unknown is Unknown.TOO_FEW} == {"3 < 9"}
    assert not [move for move in wave.moves("occupation-reanimation", LOZERE) if move[1].rank]


def test_nothing_missing_is_zero(wave: Wave) -> None:
    zeros = [r for _, r in wave.readings if r.value == 0]
    assert zeros
    for reading in zeros:
        assert reading.reporting == reading.expected
        assert reading.numerator == 0


def _visits(path: Path) -> Iterator[tuple[str, str]]:
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        departement, day, *_ = line.replace('"', "").replace(";", ",").split(",")
        yield f"DEP-{departement}", day


def test_no_day_is_known_that_was_not_published(wave: Wave, shared_data: Path) -> None:
    file = shared_data / "sursaud/sursaud-covid19-quotidien-2020-04-16-10h47-departement.csv"
    published = set(_visits(file))
    for reading in (r for r in wave.of(SHARE, NANTES) + wave.of(SHARE, LOZERE) if r.is_known):
        days = [(reading.occurred_on - timedelta(days=n)).isoformat() for n in range(7)]
        assert all((reading.territory, day) in published for day in days)


def test_the_same_wave_gives_the_same_digest(wave: Wave) -> None:
    heads = wave.journal.heads()
    again = [replay(h.region, wave.journal.entries(h.region), h.advanced_to).head for h in heads]
    assert combined_digest(again) == combined_digest(heads)
