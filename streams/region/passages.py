"""Emergency-department visits in sliding windows: counts only, never a record.

A visit adds one to the lanes it matches, in its establishment, its département and its région. Windows hold whole
steps of time: the 24-hour window is the current quarter of an hour and the 95 before it, the one-hour window the
current five minutes and the 11 before them. They close on recorded time; a visit is placed by its entry time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from operator import sub
from typing import Final

from streams.messages.visits import PassageRPU
from streams.region.syndromes import GROUPS, is_coded

ALL, AGED_75, UNDER_1, SEVERE, HOSPITALISED, WITH_EXIT, WITH_CCMU, BY_SMUR, PRESENT, CODED = range(10)
GROUP_LANES: Final = {group.id: CODED + 1 + number for number, group in enumerate(GROUPS)}
IN_HOUR: Final = CODED + 1 + len(GROUPS)
LANES: Final = IN_HOUR + 1
"""What is counted of a visit: CCMU 4-5 is severe; an exit by mutation (6) or transfert (7) is a hospitalisation; one
without exit time is present; coded has a diagnosis, and may belong to several syndromic groups.

The last lane counts every visit of the one-hour window, the others those of the 24-hour window.
"""

DAY_STEP: Final = 900
DAY_STEPS: Final = 96
HOUR_STEP: Final = 300
HOUR_STEPS: Final = 12
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PassageIndicator:
    """Lane counted, and lane it is divided by (None for a plain count): one that counts every visit of the first."""

    lane: int
    over: int | None = None


PASSAGE_INDICATORS: Final[dict[str, PassageIndicator]] = {
    "rpu.passages_1h": PassageIndicator(IN_HOUR),
    "rpu.passages_24h": PassageIndicator(ALL),
    "rpu.passages_75_ans_24h": PassageIndicator(AGED_75),
    "rpu.passages_moins_1_an_24h": PassageIndicator(UNDER_1),
    "rpu.passages_ccmu_4_5_24h": PassageIndicator(SEVERE),
    "rpu.hospitalisations_24h": PassageIndicator(HOSPITALISED),
    "rpu.arrivees_smur_24h": PassageIndicator(BY_SMUR),
    # Denominator: RPU whose MODE_SORTIE is filled (Alsace AHET4, jcrb/HET).
    "rpu.taux_hospitalisation_24h": PassageIndicator(HOSPITALISED, WITH_EXIT),
    "rpu.part_75_ans_24h": PassageIndicator(AGED_75, ALL),
    "rpu.part_ccmu_4_5_24h": PassageIndicator(SEVERE, WITH_CCMU),
    # Entered in the last 24 hours, not known to have left: as good as the exits are prompt.
    "rpu.presents": PassageIndicator(PRESENT),
    # Per coded visits, as Santé publique France does (odisse).
    **{f"rpu.part_{group}_24h": PassageIndicator(lane, CODED) for group, lane in GROUP_LANES.items()},
}


@dataclass(slots=True)
class Window:
    """The counts of one territory, by lane: per step (keyed by step number since 1970) and over the whole window."""

    totals: list[int] = field(default_factory=lambda: [0] * LANES)
    day_steps: dict[int, list[int]] = field(default_factory=dict)
    hour_steps: dict[int, int] = field(default_factory=dict)

    def add(self, day_step: int, hour_step: int | None, lanes: tuple[int, ...]) -> None:
        """Count a visit; ``hour_step`` is None when it is too old for the one-hour window."""
        step = self.day_steps.get(day_step)
        if step is None:
            step = self.day_steps[day_step] = [0] * LANES
        totals = self.totals
        for lane in lanes:
            step[lane] += 1
            totals[lane] += 1
        if hour_step is not None:
            totals[IN_HOUR] += 1
            self.hour_steps[hour_step] = self.hour_steps.get(hour_step, 0) + 1

    def take_back(self, day_step: int, hour_step: int | None, lanes: tuple[int, ...]) -> None:
        """Count a visit no longer: its record was corrected or removed."""
        step = self.day_steps.get(day_step)
        if step is None:
            return
        for lane in lanes:
            step[lane] -= 1
            self.totals[lane] -= 1
        if hour_step is not None and self.hour_steps.get(hour_step):
            self.totals[IN_HOUR] -= 1
            self.hour_steps[hour_step] -= 1

    def slide(self, day_steps: range, hour_steps: range) -> Sequence[int]:
        """Forget the given steps; return the lanes whose count may have changed."""
        moved: Sequence[int] = ()
        for step in hour_steps:
            count = self.hour_steps.pop(step, None)
            if count is not None:
                self.totals[IN_HOUR] -= count
                moved = (IN_HOUR,)
        for step in day_steps:
            counts = self.day_steps.pop(step, None)
            if counts is not None:
                self.totals = list(map(sub, self.totals, counts))
                moved = range(LANES)
        return moved

    def counts(self, indicator: PassageIndicator) -> tuple[int, int | None]:
        """Return numerator and denominator (None for a plain count) of an indicator."""
        return self.totals[indicator.lane], None if indicator.over is None else self.totals[indicator.over]


@dataclass(slots=True)
class PassageBook:
    """The windows of every territory that received visits.

    ``first_day_step`` and ``first_hour_step`` are the oldest steps still inside the windows.
    """

    windows: dict[str, Window] = field(default_factory=dict)
    first_day_step: int = 0
    first_hour_step: int = 0
    is_sliding: bool = False

    def expired(self, now: datetime) -> tuple[range, range]:
        """Move the windows to ``now``; return the day and hour steps that have just left them."""
        current = int(now.timestamp())
        first_day = current // DAY_STEP - DAY_STEPS + 1
        first_hour = current // HOUR_STEP - HOUR_STEPS + 1
        # A longer pause than the window needs no more steps than the window holds.
        days = range(max(self.first_day_step, first_day - DAY_STEPS), first_day)
        hours = range(max(self.first_hour_step, first_hour - HOUR_STEPS), first_hour)
        self.first_day_step, self.first_hour_step = first_day, first_hour
        return days, hours


def lanes_of(passage: PassageRPU) -> tuple[int, ...]:
    """Return the lanes of the 24-hour window a visit is counted in."""
    lanes = _lanes(passage.age_class, passage.ccmu, passage.mode_sortie, passage.transport)
    if passage.exited_at is None:
        lanes = (*lanes, PRESENT)
    if is_coded(passage):
        groups = (GROUP_LANES[group.id] for group in GROUPS if group.holds(passage))
        lanes = (*lanes, CODED, *groups)
    return lanes


@cache  # a few hundred combinations of closed lists
def _lanes(age_class: str, ccmu: str | None, mode_sortie: str | None, transport: str | None) -> tuple[int, ...]:
    lanes = [ALL]
    if age_class == "75_ans_et_plus":
        lanes.append(AGED_75)
    elif age_class == "moins_1_an":
        lanes.append(UNDER_1)
    if ccmu is not None:
        lanes.append(WITH_CCMU)
        if ccmu in ("4", "5"):
            lanes.append(SEVERE)
    if mode_sortie is not None:
        lanes.append(WITH_EXIT)
        if mode_sortie in ("6", "7"):
            lanes.append(HOSPITALISED)
    if transport in ("SMUR", "HELI"):
        lanes.append(BY_SMUR)
    return tuple(lanes)


def steps_of(entered_at: datetime, now: datetime) -> tuple[int, int | None] | None:
    """Return the day step and hour step a visit falls in at ``now``; None when it is older than 24 hours.

    A visit dated after ``now`` (within the tolerance) counts in the current step.
    """
    current = _seconds(now)
    entered = min(_seconds(entered_at), current)
    day_step = entered // DAY_STEP
    if day_step <= current // DAY_STEP - DAY_STEPS:
        return None
    hour_step = entered // HOUR_STEP
    return day_step, hour_step if hour_step > current // HOUR_STEP - HOUR_STEPS else None


def _seconds(instant: datetime) -> int:
    since = instant - _EPOCH  # a third of the time of `timestamp`, at every visit
    return since.days * 86400 + since.seconds


def next_slide(now: datetime) -> datetime:
    """Return the next boundary between two steps after ``now``."""
    return datetime.fromtimestamp((int(now.timestamp()) // HOUR_STEP + 1) * HOUR_STEP, UTC)
