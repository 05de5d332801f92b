"""Judgements: intervals of postures, because a reading may be unknown."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orsan_plans.assess import Judgement, crosses, judge
from orsan_plans.plan import (
    CombinedCondition,
    Comparison,
    Condition,
    EventCondition,
    IndicatorCondition,
    SilenceCondition,
    Source,
    Threshold,
)
from orsan_plans.posture import Posture
from orsan_plans.reading import Reading, Unknown

NOW = datetime(2020, 4, 1, 12, tzinfo=UTC)
TODAY = NOW.date()
SOURCE = Source("s", "Journal officiel", "État", date(2020, 1, 1), date(2020, 12, 31))
OVER = Source("o", "Abrogé", "État", date(2019, 1, 1), date(2020, 3, 31))
VEILLE, VIGILANCE, ALERTE = Posture.VEILLE, Posture.VIGILANCE, Posture.ALERTE


@dataclass
class Known:
    """Facts given by hand (`orsan_plans.assess.Facts`)."""

    readings: dict[str, Reading] = field(default_factory=dict)
    titles: tuple[str, ...] = ()
    heard: datetime | None = None

    @property
    def now(self) -> datetime:
        return NOW

    @property
    def today(self) -> date:
        return TODAY

    def reading(self, indicator: str) -> Reading:
        return self.readings[indicator]

    def events(self, condition: EventCondition) -> tuple[str, ...]:
        return self.titles if "accident" in condition.kinds else ()

    def last_heard(self, feed: str) -> datetime | None:
        return self.heard if feed == "rpu" else None


def reading(value: float | None, *, is_lower_bound: bool = False, name: str = "i") -> Reading:
    reason = Unknown.TOO_FEW if value is None else None
    return Reading(name, "DEP-44", TODAY, "%", value, reason, is_lower_bound=is_lower_bound)


def thresholds(comparison: Comparison, mild: float, grave: float, source: Source = SOURCE) -> tuple[Threshold, ...]:
    return Threshold(VIGILANCE, comparison, mild, source), Threshold(ALERTE, comparison, grave, source)


def on(name: str = "i", margin: float = 0.0, comparison: Comparison = Comparison.ABOVE) -> IndicatorCondition:
    limits = (6.0, 10.0) if comparison.is_upward else (10.0, 6.0)
    return IndicatorCondition(name, thresholds(comparison, *limits), margin)


def interval(judgement: Judgement) -> tuple[Posture, Posture, Posture]:
    return judgement.floor, judgement.ceiling, judgement.kept


@pytest.mark.parametrize(
    ("value", "floor", "kept"),
    [
        (4.9, VEILLE, VEILLE),
        (5.0, VEILLE, VEILLE),
        (5.1, VEILLE, VIGILANCE),
        (6.0, VEILLE, VIGILANCE),
        (6.1, VIGILANCE, VIGILANCE),
        (9.1, VIGILANCE, ALERTE),
        (10.0, VIGILANCE, ALERTE),
        (10.1, ALERTE, ALERTE),
    ],
)
def test_a_known_reading_gives_one_level_kept_by_the_margin(value: float, floor: Posture, kept: Posture) -> None:
    assert interval(judge(on(margin=1.0), Known({"i": reading(value)}))) == (floor, floor, kept)


def test_an_unknown_reading_may_be_anything_and_lowers_nothing() -> None:
    judgement = judge(on(), Known({"i": reading(None)}))
    assert interval(judgement) == (VEILLE, ALERTE, ALERTE)
    assert judgement.is_unknown


def test_a_lower_bound_raises_and_never_lowers() -> None:
    low = judge(on(), Known({"i": reading(1.0, is_lower_bound=True)}))
    high = judge(on(), Known({"i": reading(7.0, is_lower_bound=True)}))
    assert interval(low) == (VEILLE, ALERTE, ALERTE)
    assert interval(high) == (VIGILANCE, ALERTE, ALERTE)
    assert low.is_unknown
    assert not high.is_unknown


def test_a_lower_bound_says_nothing_of_a_shortage() -> None:
    judgement = judge(on(comparison=Comparison.BELOW), Known({"i": reading(2.0, is_lower_bound=True)}))
    assert interval(judgement) == (VEILLE, ALERTE, ALERTE)


@pytest.mark.parametrize(
    ("comparison", "expected"),
    [
        (Comparison.ABOVE, (False, False, True)),
        (Comparison.AT_LEAST, (False, True, True)),
        (Comparison.BELOW, (True, False, False)),
        (Comparison.AT_MOST, (True, True, False)),
    ],
)
def test_each_comparison_at_its_own_value(comparison: Comparison, expected: tuple[bool, ...]) -> None:
    limit = Threshold(ALERTE, comparison, 5.0, SOURCE)
    assert tuple(crosses(value, limit) for value in (4.9, 5.0, 5.1)) == expected


@pytest.mark.parametrize(
    ("value", "floor", "kept"), [(10.5, VEILLE, VIGILANCE), (9.9, VIGILANCE, VIGILANCE), (6.5, VIGILANCE, ALERTE)]
)
def test_the_margin_of_a_shortage_is_above_its_threshold(value: float, floor: Posture, kept: Posture) -> None:
    judgement = judge(on(margin=1.0, comparison=Comparison.BELOW), Known({"i": reading(value)}))
    assert interval(judgement) == (floor, floor, kept)


def test_the_threshold_crossed_comes_with_its_reference() -> None:
    crossed = judge(on(), Known({"i": reading(7.0)})).evidence.crossed[0]
    assert crossed is not None
    assert (crossed.posture, crossed.value, crossed.reference, crossed.author) == (
        VIGILANCE,
        6.0,
        "Journal officiel",
        "État",
    )
    assert judge(on(), Known({"i": reading(1.0)})).evidence.crossed == (None,)


def test_a_number_out_of_its_dates_is_not_applied_and_the_rule_is_unknown() -> None:
    condition = IndicatorCondition("i", thresholds(Comparison.ABOVE, 6, 10, OVER))
    assert interval(judge(condition, Known({"i": reading(50.0)}))) == (VEILLE, ALERTE, ALERTE)


def test_only_the_thresholds_in_their_dates_are_applied() -> None:
    mild, _ = thresholds(Comparison.ABOVE, 6, 10)
    _, grave = thresholds(Comparison.ABOVE, 6, 10, OVER)
    condition = IndicatorCondition("i", (mild, grave))
    assert judge(condition, Known({"i": reading(50.0)})).floor is VIGILANCE


def test_a_source_is_valid_on_both_its_ends() -> None:
    days = [date(2019, 12, 31), date(2020, 1, 1), date(2020, 12, 31), date(2021, 1, 1)]
    assert [SOURCE.is_valid_on(day) for day in days] == [False, True, True, False]


def test_an_event_is_known_whether_it_happened_or_not() -> None:
    condition = EventCondition(("accident",), ALERTE, SOURCE)
    happened = judge(condition, Known(titles=("Collision",)))
    assert interval(happened) == (ALERTE, ALERTE, ALERTE)
    assert happened.evidence.events == ("Collision",)
    assert interval(judge(condition, Known())) == (VEILLE, VEILLE, VEILLE)
    outdated = EventCondition(("accident",), ALERTE, OVER)
    assert judge(outdated, Known(titles=("Collision",))).floor is VEILLE


@pytest.mark.parametrize(
    ("quiet", "posture"), [(timedelta(hours=2) - timedelta(seconds=1), VEILLE), (timedelta(hours=2), VIGILANCE)]
)
def test_a_feed_is_silent_from_the_very_instant(quiet: timedelta, posture: Posture) -> None:
    condition = SilenceCondition("rpu", timedelta(hours=2), VIGILANCE, SOURCE)
    judgement = judge(condition, Known(heard=NOW - quiet))
    assert interval(judgement) == (posture, posture, posture)
    assert judgement.evidence.silent_since == NOW - quiet


def test_a_feed_nobody_declared_is_unknown_not_silent() -> None:
    condition = SilenceCondition("lits", timedelta(hours=2), VIGILANCE, SOURCE)
    assert judge(condition, Known()).is_unknown


VALUES: dict[str, Reading] = {
    "veille": reading(1.0),
    "vigilance": reading(7.0),
    "alerte": reading(11.0),
    "inconnu": reading(None),
    "plancher": reading(7.0, is_lower_bound=True),
}


def possible(each: Reading) -> list[Posture]:
    """Return the levels a reading may really have: the definition the intervals must agree with."""
    if each.value is None:
        return [VEILLE, VIGILANCE, ALERTE]
    level = ALERTE if each.value > 10 else VIGILANCE if each.value > 6 else VEILLE
    return [p for p in (VEILLE, VIGILANCE, ALERTE) if p.rank >= level.rank] if each.is_lower_bound else [level]


@given(names=st.lists(st.sampled_from(sorted(VALUES)), min_size=2, max_size=4), data=st.data())
def test_k_of_n_is_exact_over_everything_the_unknown_may_be(names: list[str], data: st.DataObject) -> None:
    needed = data.draw(st.integers(1, len(names)))
    parts: tuple[Condition, ...] = tuple(on(f"i{n}") for n in range(len(names)))
    facts = Known({f"i{n}": VALUES[name] for n, name in enumerate(names)})
    judgement = judge(CombinedCondition(needed, parts), facts)
    truths = [
        sorted(world, key=lambda p: p.rank, reverse=True)[needed - 1]
        for world in product(*(possible(VALUES[name]) for name in names))
    ]
    assert judgement.floor is min(truths, key=lambda p: p.rank)
    assert judgement.ceiling is max(truths, key=lambda p: p.rank)
    assert judgement.kept.rank >= judgement.ceiling.rank


def test_a_combination_shows_the_evidence_of_all_its_parts() -> None:
    condition = CombinedCondition(
        1,
        (
            on(),
            EventCondition(("accident",), ALERTE, SOURCE),
            SilenceCondition("rpu", timedelta(hours=1), VIGILANCE, SOURCE),
        ),
    )
    evidence = judge(condition, Known({"i": reading(7.0)}, ("Collision",), NOW - timedelta(hours=3))).evidence
    assert [each.value for each in evidence.readings] == [7.0]
    assert evidence.events == ("Collision",)
    assert evidence.silent_since == NOW - timedelta(hours=3)
    assert evidence.reference == "Journal officiel"


def test_a_reading_is_a_value_or_a_reason() -> None:
    with pytest.raises(ValueError, match="a value or an unknown"):
        Reading("i", "DEP-44", TODAY, "%", None)
    with pytest.raises(ValueError, match="a value or an unknown"):
        Reading("i", "DEP-44", TODAY, "%", 1.0, Unknown.ABSENT)
