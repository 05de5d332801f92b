"""The posture of a rule: hold to rise, hysteresis and hold to fall, and what the unknown does."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.postures import PostureState, next_due, observe, settle
from orsan_plans.assess import Evidence, Judgement
from orsan_plans.plan import CombinedCondition, Rule, WhenUnknown
from orsan_plans.posture import Posture
from orsan_plans.territory import Level

T = datetime(2026, 1, 14, 7, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
INCONNU, VEILLE, VIGILANCE, ALERTE = Posture.INCONNU, Posture.VEILLE, Posture.VIGILANCE, Posture.ALERTE
EVIDENCE = Evidence(T.date())


def rule(hold: int = 0, fall: int = 0, when: WhenUnknown = WhenUnknown.KEEP) -> Rule:
    return Rule(
        id="r",
        title="Règle",
        levels=(Level.DEPARTEMENT,),
        condition=CombinedCondition(1, ()),
        hold=hold * MINUTE,
        fall_hold=fall * MINUTE,
        when_unknown=when,
        proposes_volet=False,
        reflex_actions=("Appeler",),
        audiences=(),
    )


def known(posture: Posture, kept: Posture | None = None) -> Judgement:
    return Judgement(posture, posture, kept or posture, EVIDENCE)


UNKNOWN = Judgement(VEILLE, ALERTE, ALERTE, EVIDENCE)


def play(which: Rule, *steps: tuple[int, Judgement | None]) -> list[Posture]:
    """Observe judgements (None: only time passes) at minutes; return the posture after each."""
    state, seen = PostureState(), []
    for minute, judgement in steps:
        if judgement is not None:
            observe(state, which, judgement, T + minute * MINUTE)
        seen.append(settle(state, which, T + minute * MINUTE))
    return seen


def test_unknown_until_first_judged() -> None:
    assert PostureState().posture is INCONNU
    assert play(rule(), (0, UNKNOWN), (1, known(VEILLE)), (2, UNKNOWN)) == [INCONNU, VEILLE, INCONNU]


def test_a_posture_is_taken_after_its_hold_without_a_break() -> None:
    steps = [(0, known(ALERTE)), (29, None), (30, None)]
    assert play(rule(hold=30), *steps) == [VEILLE, VEILLE, ALERTE]


def test_a_break_starts_the_hold_again() -> None:
    steps = [(0, known(ALERTE)), (20, known(VEILLE)), (25, known(ALERTE)), (54, None), (55, None)]
    assert play(rule(hold=30), *steps) == [VEILLE, VEILLE, VEILLE, VEILLE, ALERTE]


def test_an_unknown_breaks_the_hold_too() -> None:
    steps = [(0, known(ALERTE)), (20, UNKNOWN), (25, known(ALERTE)), (30, None), (55, None)]
    assert play(rule(hold=30), *steps) == [VEILLE, INCONNU, VEILLE, VEILLE, ALERTE]


def test_the_milder_posture_is_taken_while_the_graver_one_waits() -> None:
    steps = [(0, known(VIGILANCE)), (20, known(ALERTE)), (30, None), (49, None), (50, None)]
    assert play(rule(hold=30), *steps) == [VEILLE, VEILLE, VIGILANCE, VIGILANCE, ALERTE]


def test_a_posture_is_left_after_its_fall_hold_without_a_break() -> None:
    steps = [(0, known(ALERTE)), (1, known(VEILLE)), (10, known(ALERTE)), (11, known(VEILLE)), (70, None), (71, None)]
    assert play(rule(fall=60), *steps) == [ALERTE, ALERTE, ALERTE, ALERTE, ALERTE, VEILLE]


def test_a_value_within_the_margin_keeps_the_posture() -> None:
    steps = [(0, known(ALERTE)), (1, known(VIGILANCE, kept=ALERTE)), (500, None), (501, known(VIGILANCE)), (502, None)]
    assert play(rule(fall=1), *steps) == [ALERTE, ALERTE, ALERTE, ALERTE, VIGILANCE]


def test_a_posture_falls_to_the_highest_still_kept() -> None:
    steps = [(0, known(ALERTE)), (1, known(VEILLE, kept=VIGILANCE)), (2, known(VEILLE))]
    assert play(rule(), *steps) == [ALERTE, VIGILANCE, VEILLE]


def test_unknown_stops_the_fall() -> None:
    steps = [
        (0, known(ALERTE)),
        (1, known(VEILLE)),
        (30, UNKNOWN),
        (500, None),
        (501, known(VEILLE)),
        (560, None),
        (561, None),
    ]
    assert play(rule(fall=60), *steps) == [ALERTE] * 6 + [VEILLE]


def test_a_rule_may_ask_for_vigilance_when_unknown() -> None:
    cautious = rule(hold=10, when=WhenUnknown.VIGILANCE)
    assert play(cautious, (0, UNKNOWN), (9, None), (10, None), (11, known(VEILLE))) == [
        VEILLE,
        VEILLE,
        VIGILANCE,
        VEILLE,
    ]
    assert play(cautious, (0, known(ALERTE)), (10, None), (11, UNKNOWN), (99, None)) == [VEILLE, ALERTE, ALERTE, ALERTE]


JUDGEMENTS = st.sampled_from(
    [
        UNKNOWN,
        known(VEILLE),
        known(VEILLE, VIGILANCE),
        known(VEILLE, ALERTE),
        known(VIGILANCE),
        known(VIGILANCE, ALERTE),
        known(ALERTE),
        Judgement(VIGILANCE, ALERTE, ALERTE, EVIDENCE),
    ]
)
SCRIPTS = st.lists(st.tuples(st.integers(0, 40), JUDGEMENTS), min_size=1, max_size=12)
RULES = st.builds(
    rule, hold=st.sampled_from([0, 10, 45]), fall=st.sampled_from([0, 10, 45]), when=st.sampled_from(WhenUnknown)
)


@given(which=RULES, script=SCRIPTS)
def test_an_unknown_judgement_never_lowers(which: Rule, script: list[tuple[int, Judgement]]) -> None:
    state, minute = PostureState(), 0
    for gap, judgement in script:
        minute += gap
        settle(state, which, T + minute * MINUTE)
        before = state.posture
        observe(state, which, judgement, T + minute * MINUTE)
        after = settle(state, which, T + minute * MINUTE)
        if judgement.kept is ALERTE:
            assert after.rank >= before.rank


@given(which=RULES, script=SCRIPTS)
def test_looking_at_every_due_instant_or_every_minute_is_the_same(
    which: Rule, script: list[tuple[int, Judgement]]
) -> None:
    assert _moves(which, script, every_minute=True) == _moves(which, script, every_minute=False)


def _moves(which: Rule, script: list[tuple[int, Judgement]], *, every_minute: bool) -> list[tuple[datetime, Posture]]:
    state, now, moves = PostureState(), T, [(T, INCONNU)]

    def look(at: datetime) -> None:
        posture = settle(state, which, at)
        if posture is not moves[-1][1]:
            moves.append((at, posture))

    for gap, judgement in [*script, (200, None)]:
        then = now + gap * MINUTE
        while now < then:
            due = now + MINUTE if every_minute else next_due(state, which, now)
            if due is None or due > then:
                break
            now = due
            look(now)
        now = then
        if judgement is not None:
            observe(state, which, judgement, now)
            look(now)
    return moves


@pytest.mark.parametrize("posture", [INCONNU, VEILLE])
def test_inconnu_and_veille_weigh_the_same(posture: Posture) -> None:
    assert posture.rank == 0
