"""Journals made up by hypothesis: every kind of entry, late, repeated, contradictory, in every status."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Final

from hypothesis import settings
from hypothesis import strategies as st

from alerts.answers import AnswerDecision
from alerts.effects import Effect, Notify
from alerts.policies import EscalationStep, Policy
from orsan_plans.posture import Posture
from streams import engine
from streams.entry import Entry, Status
from streams.messages import Message
from streams.messages.capacity import BedCapacity, RegulationActivity, SmurIntervention
from streams.messages.decisions import Acknowledge, DecideVolet
from streams.messages.deliveries import DeliveryReport
from streams.messages.exercises import ExerciseClosed, ExerciseOpened
from streams.messages.feeds import DailyFigures, FeedReceived
from streams.messages.reference import Etablissement, EtablissementList, ReferenceBeds
from streams.messages.signals import SignalSanitaire
from streams.messages.visits import PassageCorrected, PassageRemoved, PassageRPU
from streams.region.fold import Fold
from tests.core.builders import (
    ANGERS,
    EVERY_KIND,
    HOUR,
    MINUTE,
    NANTES,
    NAZAIRE,
    REGION,
    SITES,
    T0,
    catalogue,
    entry,
    roster,
    roster_version,
    setting,
)
from tests.core.builders import signal as accident

AFTERWARDS: Final = timedelta(hours=10)
"""How long a generated journal is watched after its last entry: past every hold and silence."""
FEWER: Final = settings(max_examples=max(10, settings().max_examples // 4))
"""A journal takes a tenth of a second: a quarter of the examples of the profile in use."""

Making = Callable[[Fold, list[Effect], "Entry"], Message | None]
"""Makes a message from what was decided so far; the entry given is only there for its instant."""

GAPS: Final = st.sampled_from([0, 0, 0, 1, 4, 11, 35, 130, 500, 1500]).map(lambda minutes: minutes * MINUTE)
STATUSES: Final = st.sampled_from([*[Status.ACTUAL] * 6, Status.EXERCISE, Status.EXERCISE, Status.TEST])
TERRITORIES: Final = ("DEP-44", "DEP-44", "DEP-49", "REG-52", "FR", f"ETAB-{NANTES}", "DEP-75")
FEW: Final = st.one_of(st.none(), st.integers(0, 12))
CATALOGUES: Final = tuple(catalogue(*rules) for rules in ((), EVERY_KIND[:3], EVERY_KIND[3:], EVERY_KIND))
PACED: Final = Policy(
    (),
    (Posture.ALERTE,),
    (EscalationStep(("cadre", "veille"), 7 * MINUTE), EscalationStep((), 5 * MINUTE, people=("marc", "cecile"))),
    20 * MINUTE,
    "directeur",
)
"""Called faster than the plan's audience; an answer has no deadline."""
DEMANDING: Final = replace(
    PACED,
    postures=(),
    steps=(EscalationStep(("cadre", "medecin"), 7 * MINUTE, answers=2), *PACED.steps[1:]),
    act_within=25 * MINUTE,
    withdraw_after=15 * MINUTE,
)
"""Two answers, then an act."""
ROSTERS: Final = (
    roster_version(roster()),
    roster_version(replace(roster(), policies=(PACED,))),
    roster_version(roster(participants=())),
    roster_version(roster(participants=("cecile", "denis"))),
    roster_version(roster(fallback="inconnu")),
)
POLICED: Final = tuple(
    roster_version(replace(roster(who, fallback), policies=(DEMANDING,)))
    for who, fallback in (((), "directeur"), (("eva",), "directeur"), (("cecile", "denis"), "cadre"))
)
MORE_SITES: Final = EtablissementList((*SITES.etablissements, Etablissement(NAZAIRE, "Saint-Nazaire", "44")))
MOVED: Final = EtablissementList((Etablissement(NANTES, "Nantes", "49"),))


@st.composite
def passages(draw: st.DrawFn) -> Making:
    finess = draw(st.sampled_from([NANTES, NANTES, NAZAIRE, ANGERS]))
    late = draw(st.sampled_from([0, 0, 3, 40, 60, 1430, 1600, -10, -60])) * MINUTE
    message = PassageRPU(
        "clef",
        finess,
        finess[:2],
        T0,
        draw(st.sampled_from(["inconnu", "75_ans_et_plus", "moins_1_an"])),
        draw(st.sampled_from([None, "2", "5", "5"])),
        draw(st.sampled_from([None, "SMUR"])),
        draw(st.sampled_from([None, "6", "8"])),
    )
    stay = draw(st.sampled_from([None, None, 0, 30, 300, 1500]))

    def make(_fold: Fold, _effects: list[Effect], at: Entry) -> Message:
        entered_at = at.recorded_at - late
        exited_at = None if stay is None else entered_at + stay * MINUTE
        return replace(message, entered_at=entered_at, exited_at=exited_at)

    return make


@st.composite
def calls(draw: st.DrawFn) -> Making:
    code = draw(st.sampled_from(["44", "44", "49", "75"]))
    late = draw(st.sampled_from([0, 0, 60, 1430, 1600, -60])) * MINUTE
    key, count = draw(st.sampled_from("abc")), draw(FEW)
    what = draw(st.sampled_from(["intervention", "activity", "file"]))

    def make(_fold: Fold, _effects: list[Effect], at: Entry) -> Message:
        then = at.recorded_at - late
        if what == "intervention":
            return SmurIntervention(key, code, then)
        if what == "file":
            return FeedReceived("rpu", f"ETAB-{NANTES}", then)
        return RegulationActivity(f"DEP-{code}", then - HOUR, then, "SAMU", calls=count, dossiers=3)

    return make


@st.composite
def moved_visits(draw: st.DrawFn) -> Making:
    """Correct or remove a visit: one that was received is not looked for, a wrong one must do no harm either."""
    making = draw(passages())
    is_removed = draw(st.booleans())

    def make(fold: Fold, effects: list[Effect], at: Entry) -> Message:
        before = making(fold, effects, at)
        assert isinstance(before, PassageRPU)
        after = replace(before, ccmu="4", mode_sortie="6", exited_at=before.entered_at + 2 * HOUR)
        return PassageRemoved(before) if is_removed else PassageCorrected(before, after)

    return make


@st.composite
def declared_beds(draw: st.DrawFn) -> Making:
    finess = draw(st.sampled_from([NANTES, NANTES, NAZAIRE, ANGERS]))
    occupied, installed = draw(FEW), draw(st.sampled_from([None, 0, 4, 10, 10, 10]))
    late = draw(st.sampled_from([0, 0, 0, 60, -60])) * MINUTE
    message = BedCapacity(finess, finess[:2], "rea", T0, beds_installed=installed, beds_occupied=occupied)
    return lambda _fold, _effects, at: replace(message, updated_at=at.recorded_at - late)


@st.composite
def daily_figures(draw: st.DrawFn) -> Making:
    territory = draw(st.sampled_from(["DEP-44", "DEP-44", "DEP-44", "DEP-49", "REG-52", "DEP-75"]))
    back = draw(st.sampled_from([0, 1, 1, 1, 2, 4, 80, -1, -5]))
    figures = draw(
        st.sampled_from([("sursaud", "passages", "suspicion_covid"), ("sivic.stocks", "hospitalises", "reanimation")])
    )
    counts = {figures[1]: draw(st.sampled_from([None, 0, 5, 100])), figures[2]: draw(FEW)}

    def make(_fold: Fold, _effects: list[Effect], at: Entry) -> Message:
        return DailyFigures(figures[0], territory, at.recorded_at.date() - timedelta(days=back), counts)

    return make


@st.composite
def signals(draw: st.DrawFn) -> Making:
    message = SignalSanitaire(
        draw(st.sampled_from(["s1", "s2", "s3"])),
        draw(st.sampled_from(["accident", "meteo", "inconnu"])),
        draw(st.sampled_from(TERRITORIES)),
        "Signal",
        "SAMU",
        {"couleur": draw(st.sampled_from(["orange", "rouge"]))},
        is_open=draw(st.sampled_from([True, True, False])),
    )
    lasts = draw(st.sampled_from([None, None, 30 * MINUTE, 5 * HOUR, -HOUR]))
    return lambda _fold, _effects, at: replace(message, ends_at=at.recorded_at + lasts if lasts else None)


def _answered(
    which: int, by: str, decision: AnswerDecision, _fold: Fold, effects: list[Effect], _at: Entry
) -> Message | None:
    raised = [effect for effect in effects if effect.kind == "alert_raised"]
    return Acknowledge(raised[-1 - which % len(raised)].brief.alert_id, by, decision=decision) if raised else None


def _reported(which: int, is_sent: bool, _fold: Fold, effects: list[Effect], _at: Entry) -> Message | None:
    calls = [effect for effect in effects if isinstance(effect, Notify)]
    return DeliveryReport(calls[-1 - which % len(calls)].id, "sent" if is_sent else "failed", 1) if calls else None


def _given(message: Message, _fold: Fold, _effects: list[Effect], _at: Entry) -> Message:
    return message


DECISIONS: Final = st.builds(
    DecideVolet,
    volet=st.just("REB"),
    territory=st.sampled_from(["DEP-44", "REG-52"]),
    decision=st.sampled_from(["activer", "lever", "proposer"]),
    author=st.just("Directeur"),
    reason=st.just("Essai"),
)
BEDS_OF_REFERENCE: Final = st.builds(
    ReferenceBeds, st.sampled_from(["DEP-44", "DEP-49"]), st.just("SAE"), st.sampled_from([{"rea": 9}, {"rea": None}])
)
SETTINGS: Final[st.SearchStrategy[Message]] = st.sampled_from([*CATALOGUES, *ROSTERS, SITES, MORE_SITES, MOVED])
MEASURES: Final = st.one_of(
    passages(), passages(), moved_visits(), declared_beds(), daily_figures(), signals(), signals(), calls()
)
ANSWERS: Final = st.builds(
    partial,
    st.just(_answered),
    st.integers(0, 3),
    st.sampled_from(["Cécile", "cecile", "marc", "Denis"]),
    st.sampled_from([AnswerDecision.TAKE, *AnswerDecision]),
)
REPORTS: Final = st.builds(partial, st.just(_reported), st.integers(0, 3), st.booleans())
CHANGES: Final[st.SearchStrategy[Message]] = st.one_of(SETTINGS, SETTINGS, DECISIONS, BEDS_OF_REFERENCE)
OTHERS: Final = CHANGES.map(lambda message: partial(_given, message))
POLICIES: Final = st.sampled_from(POLICED).map(lambda message: partial(_given, message))


@st.composite
def exercises(draw: st.DrawFn) -> Making:
    """Open or close one of three exercises: twice the same, for somebody unknown, over before it starts."""
    number = draw(st.sampled_from(["1", "2", "3"]))
    who = draw(st.sampled_from([("eva",), ("cecile", "denis"), ("cecile", "eva"), ("inconnu",)]))
    starts = draw(st.sampled_from([0, 0, -30, 40])) * MINUTE
    lasts = draw(st.sampled_from([30, 240, 240, 3000, -10])) * MINUTE
    is_opened = draw(st.sampled_from([True, True, False]))

    def make(_fold: Fold, _effects: list[Effect], at: Entry) -> Message:
        starts_at = at.recorded_at + starts
        if is_opened:
            return ExerciseOpened(number, "Essai", "Plan", who, starts_at, starts_at + lasts, "Cheffe")
        return ExerciseClosed(number, "Cheffe", "Fini")

    return make


Script = list[tuple[timedelta, Status, Making]]


def scripts(
    *kinds: st.SearchStrategy[Making], statuses: st.SearchStrategy[Status] = STATUSES
) -> st.SearchStrategy[Script]:
    chosen = kinds or (MEASURES, MEASURES, MEASURES, ANSWERS, REPORTS, OTHERS, POLICIES)
    steps = st.tuples(GAPS, statuses, st.one_of(*chosen))
    played = st.tuples(GAPS, st.just(Status.EXERCISE), exercises())
    some = steps if kinds else st.one_of(*[steps] * 9, played)
    return st.lists(some, min_size=1, max_size=20)


def entries_of(script: Script, *opening: Message) -> list[Entry]:
    """Play a script once, so that its answers and reports name what was really raised and sent."""
    fold, effects, entries = engine.start(REGION), list[Effect](), list[Entry]()
    for at, message in (*setting(*EVERY_KIND), *((T0, message) for message in opening)):
        entries.append(entry(len(entries) + 1, at, message))
        effects += engine.step(fold, entries[-1])
    at = T0
    for gap, status, make in script:
        at += gap
        effects += engine.advance(fold, at)
        blank = Entry(len(entries) + 1, at, at, status, REGION, "", b"")
        made = make(fold, effects, blank)
        if made is not None:
            entries.append(entry(blank.seq, at, made, status))
            effects += engine.step(fold, entries[-1])
    return entries


JOURNALS: Final = scripts().map(entries_of)
ESCALATIONS: Final = st.builds(
    lambda script, which: entries_of(script, POLICED[which], accident()),
    scripts(
        ANSWERS, ANSWERS, ANSWERS, REPORTS, signals(), st.one_of(OTHERS, POLICIES), statuses=st.just(Status.ACTUAL)
    ),
    st.integers(0, len(POLICED) - 1),
)
"""An alert that follows a policy of two answers and an act, and all that may be said of it."""
