"""Numbered exercises: who is told, which entries count, what is left afterwards, and what never moves."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.effect_codec import decode, encode
from alerts.effects import Notify
from alerts.sms import SMS_SEPTETS, septets
from alerts.sms_wording import MAX_LINK_BASE
from alerts.wording import render
from streams import engine
from streams.entry import Entry, Status
from streams.messages import Message
from streams.messages.decisions import DecideVolet
from streams.messages.deliveries import DeliveryReport
from streams.messages.exercises import ExerciseClosed, ExerciseOpened
from streams.region.exercises import counted_by_year
from tests.core.builders import (
    EVERY_KIND,
    HOUR,
    MINUTE,
    REGION,
    T0,
    Run,
    Timed,
    decided,
    entry,
    journal,
    roster,
    roster_version,
    run,
    setting,
    signal,
)
from tests.core.generated import AFTERWARDS, FEWER, GAPS, MEASURES, OTHERS, STATUSES, Script, entries_of, exercises

ACCIDENT = [each for each in EVERY_KIND if each["regle"] == "accident"]
OPENED = ExerciseOpened(
    "2026-03", "Accident de car", "Plan AMAVI", ("cecile", "eva"), T0, T0 + 4 * HOUR, "Cheffe", ("REB",)
)
CLOSED = ExerciseClosed("2026-03", "Cheffe", "Objectifs atteints")


def played(*steps: tuple[float, Message], until: float | None = None) -> Run:
    """Play messages of an exercise, each at its minute."""
    timed: list[Timed] = [(T0 + minute * MINUTE, Status.EXERCISE, message) for minute, message in steps]
    opening = [(at, Status.ACTUAL, message) for at, message in setting(*ACCIDENT)]
    return run(journal(*opening, *timed), None if until is None else T0 + until * MINUTE)


def refusals(which: Run) -> list[str]:
    return [each.reason for each in which.of("entry_rejected")]


def test_only_the_participants_of_the_exercise_are_told() -> None:
    assert [call[2] for call in played((0, signal()), until=9).calls] == ["eva/sms"]
    numbered = played((0, OPENED), (0, signal()), until=9)
    assert [call[2] for call in numbered.calls] == ["cecile/sms", "eva/sms"]
    assert {effect.brief.exercise for effect in numbered.of("notify", "alert_raised")} == {"2026-03"}


def test_a_participant_who_left_the_roster_is_not_told() -> None:
    who = roster()
    people = tuple(each for each in who.people if each.id != "eva")
    roles = tuple(replace(each, people=tuple(one for one in each.people if one != "eva")) for each in who.roles)
    without = roster_version(replace(who, people=people, roles=roles, exercise_participants=()))
    timed: list[Timed] = [(T0, Status.ACTUAL, message) for _, message in setting(*ACCIDENT)]
    timed += [(T0, Status.EXERCISE, OPENED), (T0, Status.ACTUAL, without), (T0, Status.EXERCISE, signal())]
    assert [call[2] for call in run(journal(*timed)).calls] == ["cecile/sms"]


@pytest.mark.parametrize("steps", [((0, OPENED), (5, CLOSED)), ((0, replace(OPENED, ends_at=T0 + 5 * MINUTE)),)])
def test_once_exercises_have_numbers_nothing_counts_outside_of_them(steps: tuple[tuple[float, Message], ...]) -> None:
    after = played(*steps, (10, signal()), until=60)
    assert refusals(after) == ["no exercise is running: open one, with its number and participants"]
    assert [each.kind for each in after.effects if each.at > T0] == ["entry_rejected"]


def test_an_exercise_that_has_not_started_plays_nothing() -> None:
    later = replace(OPENED, starts_at=T0 + HOUR)
    assert len(refusals(played((0, later), (30, signal())))) == 1
    assert played((0, later), (60, signal())).calls != []


@pytest.mark.parametrize("how", ["closed", "over"])
def test_when_it_ends_it_is_said_and_nothing_of_it_calls_anybody_later(how: str) -> None:
    opened = OPENED if how == "closed" else replace(OPENED, ends_at=T0 + 30 * MINUTE)
    activate = DecideVolet("REB", "DEP-44", "activer", "Directrice", "Joué")
    steps: list[tuple[float, Message]] = [(0, opened), (0, signal()), (1, activate)]
    ended = played(*steps, *([(30, CLOSED)] if how == "closed" else []), until=3000)
    end = T0 + 30 * MINUTE
    assert [call for call in ended.calls if call[0] >= end] == [(end, "end", "cecile/sms"), (end, "end", "eva/sms")]
    assert max(effect.at for effect in ended.effects) == end
    assert {effect.change.value for effect in ended.of("alert_changed")} == {"resolved", "closed"}
    assert [(each.is_active, each.author) for each in ended.of("volet_decided")] == [
        (True, "Directrice"),
        (False, "Vigie"),
    ]
    world = ended.fold.state.worlds[Status.EXERCISE]
    assert (world.signals, world.book.alerts, world.activated) == ({}, {}, {})
    assert {each.posture.rank for each in world.postures.values()} == {0}
    assert {each[2] for each in ended.fold.state.deadlines} <= {Status.ACTUAL}
    assert ended.fold.state.exercises["2026-03"].summary == ("Objectifs atteints" if how == "closed" else "")


def test_what_became_of_a_message_is_noted_after_the_end_too() -> None:
    ended = played((0, OPENED), (0, signal()), (5, CLOSED))
    [last] = [each for each in ended.of("notify") if each.contact == "eva/sms" and each.purpose == "end"]
    report = DeliveryReport(last.id, "sent", 1)
    reported = played((0, OPENED), (0, signal()), (5, CLOSED), (6, report))
    assert refusals(reported) == []


BAD: list[tuple[ExerciseOpened, str]] = [
    (replace(OPENED, participants=("cecile", "inconnu")), "inconnu"),
    (replace(OPENED, ends_at=T0), "over already"),
    (replace(OPENED, starts_at=T0 + 5 * HOUR), "ends before it starts"),
]


@pytest.mark.parametrize(("message", "why"), BAD)
def test_an_exercise_that_cannot_be_is_refused(message: ExerciseOpened, why: str) -> None:
    refused = played((0, message))
    assert why in refusals(refused)[0]
    assert refused.fold.state.exercises == {}


def test_a_number_is_used_once_and_exercises_do_not_overlap() -> None:
    other = replace(OPENED, number="2026-04")
    assert "close it first" in refusals(played((0, OPENED), (1, other)))[0]
    assert "used once" in refusals(played((0, OPENED), (1, CLOSED), (2, OPENED)))[0]
    assert refusals(played((0, OPENED), (1, CLOSED), (2, other), (3, signal()))) == []
    assert "over already" in refusals(played((0, OPENED), (1, CLOSED), (2, CLOSED)))[0]
    assert "no exercise" in refusals(played((0, CLOSED)))[0]


@pytest.mark.parametrize("status", [Status.ACTUAL, Status.TEST])
def test_real_entries_open_and_close_no_exercise(status: Status) -> None:
    timed: list[Timed] = [(at, Status.ACTUAL, message) for at, message in setting(*ACCIDENT)]
    refused = run(journal(*timed, (T0, status, OPENED), (T0, status, CLOSED)))
    assert len(refusals(refused)) == 2
    assert refused.fold.state.exercises == {}


def test_without_a_roster_no_exercise_opens() -> None:
    assert "no roster" in refusals(run(journal((T0, Status.EXERCISE, OPENED))))[0]


def test_an_exercise_that_activated_a_volet_counts_for_the_local_year_of_its_start() -> None:
    activate = DecideVolet("REB", "DEP-44", "activer", "Directrice", "Joué")
    lift = replace(activate, decision="lever")
    new_year = replace(OPENED, number="n", starts_at=datetime.fromisoformat("2025-12-31T23:30:00+00:00"))
    assert counted_by_year(played((0, OPENED), (1, signal())).fold) == {2026: 0}
    again = played((0, OPENED), (1, activate), (2, lift), (3, activate), (9, CLOSED))
    assert counted_by_year(again.fold) == {2026: 1}
    assert counted_by_year(played((0, new_year), (1, activate)).fold) == {2026: 1}


def test_an_alert_of_the_next_exercise_is_another_alert() -> None:
    steps = ((0, OPENED), (0, signal()), (0, CLOSED), (0, replace(OPENED, number="2026-04")), (0, signal()))
    raised = played(*steps).of("alert_raised")
    assert len(raised) == len({each.brief.alert_id for each in raised}) == 2
    assert [each.brief.exercise for each in raised] == ["2026-03", "2026-04"]


def test_every_message_is_marked_at_both_ends_and_says_the_number() -> None:
    [call, *_] = played((0, replace(OPENED, number="ARS-2026/0003-xy")), (0, signal())).of("notify")
    message = render(call, "https://" + "a" * (MAX_LINK_BASE - 8), T0)
    mark = "EXERCICE EXERCICE EXERCICE · n° ARS-2026/0003-xy"
    assert message.title.startswith(mark)
    assert message.body.startswith(mark)
    assert message.body.endswith(mark)
    assert message.sms.startswith("EXERCICE EXERCICE EXERCICE\n")
    assert message.sms.endswith("\nEXERCICE ARS-2026/0003-xy")
    assert call.brief.alert_id in message.sms
    assert septets(message.sms) <= SMS_SEPTETS


def test_decisions_outside_a_numbered_exercise_keep_their_bytes() -> None:
    [real] = run(journal(*setting(*ACCIDENT), (T0, signal())), T0).of("alert_raised")
    [numbered] = played((0, OPENED), (0, signal())).of("alert_raised")
    assert b"exercise" not in encode(real)
    assert b'"exercise":"2026-03"' in encode(numbered)
    assert [decode(encode(each)) for each in (real, numbered)] == [real, numbered]


PLAYED: st.SearchStrategy[Script] = st.lists(
    st.one_of(
        st.tuples(GAPS, STATUSES, st.one_of(MEASURES, MEASURES, OTHERS)),
        st.tuples(GAPS, st.just(Status.EXERCISE), st.one_of(exercises(), MEASURES)),
    ),
    min_size=2,
    max_size=20,
)
"""Real life, tests and exercises, in any order."""


def renumbered(entries: Iterable[Entry]) -> list[Entry]:
    return [replace(each, seq=number) for number, each in enumerate(entries, 1)]


@FEWER
@given(entries=PLAYED.map(entries_of))
def test_exercises_never_change_what_is_decided_in_real_life(entries: list[Entry]) -> None:
    end = entries[-1].recorded_at + AFTERWARDS
    real = renumbered(each for each in entries if each.status is not Status.EXERCISE)
    for status in (Status.ACTUAL, Status.TEST):
        assert decided(run(entries, end).effects, status) == decided(run(real, end).effects, status)


@FEWER
@given(entries=PLAYED.map(entries_of))
def test_an_exercise_tells_its_participants_and_nobody_else_while_it_runs(entries: list[Entry]) -> None:
    whole = run(entries, entries[-1].recorded_at + AFTERWARDS)
    known = whole.fold.state.exercises
    began = min((each.opened_at for each in known.values()), default=None)
    for call in whole.of("notify"):
        if call.status != Status.EXERCISE:
            assert call.brief.exercise == ""
        elif call.brief.exercise:
            exercise = known[call.brief.exercise]
            assert call.person in exercise.opened.participants
            assert exercise.opened.starts_at <= call.at <= (exercise.ended_at or call.at)
        else:
            assert began is None or call.at <= began


@FEWER
@given(entries=PLAYED.map(entries_of))
def test_no_posture_of_an_ended_exercise_is_left_raised(entries: list[Entry]) -> None:
    end = entries[-1].recorded_at + timedelta(days=4)
    whole = run(entries, end)
    left: dict[tuple[str, str, str], int] = {}
    for move in whole.of("posture_changed"):
        if move.status == Status.EXERCISE:
            left[move.plan, move.rule, f"{move.volet}@{move.territory}"] = move.after.rank
    if whole.fold.state.exercises and whole.fold.state.unfinished_exercise is None:
        assert {each for each in left.values() if each > 0} == set()


def test_a_restart_in_the_middle_of_an_exercise_changes_nothing() -> None:
    opening = [(at, Status.ACTUAL, message) for at, message in setting(*ACCIDENT)]
    entries = journal(*opening, (T0, Status.EXERCISE, OPENED), (T0, Status.EXERCISE, signal()))
    fold = run(entries).fold
    again = engine.restore(engine.snapshot(fold))
    close = entry(len(entries) + 1, T0 + MINUTE, CLOSED, Status.EXERCISE)
    assert fold.state.region == REGION
    assert engine.step(again, close) == engine.step(fold, close)
    assert [isinstance(each, Notify) for each in run([*entries, close]).of("notify")] != []
