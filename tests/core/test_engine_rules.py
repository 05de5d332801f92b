"""The rules of the core, over made-up journals: nobody is forgotten, the unknown lowers nothing, worlds never mix."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush

from hypothesis import given
from hypothesis import strategies as st

from alerts.effects import AlertRaised, Effect, Notify, NotSent, PostureChanged
from alerts.lifecycle import Phase
from streams import engine
from streams.entry import Entry, Status
from streams.messages.decisions import Acknowledge
from streams.messages.deliveries import DeliveryReport
from streams.region.fold import Fold
from streams.region.state import Due
from tests.core.builders import (
    EVERY_KIND,
    MINUTE,
    NANTES,
    REGION,
    T0,
    beds,
    catalogue,
    decided,
    entry,
    journal,
    roster,
    roster_version,
    run,
    setting,
    signal,
)
from tests.core.generated import AFTERWARDS, FEWER, JOURNALS, MEASURES, OTHERS, Script, entries_of, scripts

LONGEST_WAIT = 30 * MINUTE
"""The rosters repeat every 30 minutes and every other wait is shorter."""


def instants(fold: Fold, entries: list[Entry]) -> Iterator[list[Effect]]:
    """Fold a journal deadline by deadline and entry by entry, watched for long enough afterwards."""
    last = entries[-1].recorded_at + AFTERWARDS
    for each in [*entries, None]:
        until = each.recorded_at if each else last
        while (due := engine.next_deadline(fold)) is not None and due <= until:
            yield engine.advance(fold, due)
        if each is not None:
            yield engine.step(fold, each)


@FEWER
@given(entries=JOURNALS)
def test_an_unanswered_alert_is_never_silent(entries: list[Entry]) -> None:
    fold = engine.start(REGION)
    for _ in instants(fold, entries):
        armed = {key: at for at, due, status, key in sorted(fold.state.deadlines, reverse=True) if due == Due.ALERT}
        for id_, alert in fold.state.worlds[Status.ACTUAL].book.alerts.items():
            waits = alert.phase is Phase.RAISED and alert.subsumed_by is None and alert.audience
            if waits and waits.needs_acknowledgement and fold.roster is not None:
                assert alert.escalation.due_at is not None
                assert alert.escalation.due_at <= fold.state.now + LONGEST_WAIT
                assert armed[id_] <= alert.escalation.due_at


@FEWER
@given(entries=JOURNALS)
def test_every_raised_alert_is_told_or_its_silence_is_explained(entries: list[Entry]) -> None:
    effects = run(entries, entries[-1].recorded_at + AFTERWARDS).effects
    for position, raised in enumerate(effects):
        if isinstance(raised, AlertRaised) and _has_audience(raised):
            assert any(_is_about(other, raised.brief.alert_id) for other in effects[position:])


def _has_audience(raised: AlertRaised) -> bool:
    keys = {rule["regle"]: rule["prevenir"] for rule in EVERY_KIND}
    return raised.brief.posture.lower() in keys[raised.brief.rule]


def _is_about(effect: Effect, alert: str) -> bool:
    if isinstance(effect, Notify):
        return effect.brief.alert_id == alert
    return isinstance(effect, NotSent) and effect.alert_id == alert


@FEWER
@given(entries=JOURNALS)
def test_the_unknown_never_lowers_a_posture(entries: list[Entry]) -> None:
    single = {rule["regle"] for rule in EVERY_KIND if "indicateur" in rule["condition"]}
    for effect in run(entries, entries[-1].recorded_at + AFTERWARDS).effects:
        if isinstance(effect, PostureChanged) and effect.rule in single and effect.evidence is not None:
            is_fall = effect.after.rank < effect.before.rank
            readings = effect.evidence.readings
            assert not is_fall or all(each.is_known and not each.is_lower_bound for each in readings)


OCCUPIED = st.sampled_from([None, None, 2, 8, 9, 10])


@given(steps=st.lists(st.tuples(st.sampled_from([1, 11, 35, 200]), OCCUPIED), min_size=3, max_size=8))
def test_beds_nobody_counted_any_more_lower_nothing(steps: list[tuple[int, int | None]]) -> None:
    at, timed = T0, setting(*EVERY_KIND[1:2])
    for gap, occupied in steps:
        at += gap * MINUTE
        timed.append((at, beds(NANTES, at, occupied)))
    for effect in run(journal(*timed), at + AFTERWARDS).effects:
        if (
            isinstance(effect, PostureChanged)
            and effect.evidence is not None
            and effect.after.rank < effect.before.rank
        ):
            assert all(each.is_known for each in effect.evidence.readings)


@FEWER
@given(entries=JOURNALS)
def test_an_exercise_calls_nobody_but_its_participants(entries: list[Entry]) -> None:
    fold = engine.start(REGION)
    for effects in instants(fold, entries):
        for effect in effects:
            if isinstance(effect, Notify) and effect.status != Status.ACTUAL:
                assert fold.roster is not None
                assert effect.person in fold.roster.exercise_participants


@FEWER
@given(entries=JOURNALS)
def test_real_life_is_the_same_without_the_exercises(entries: list[Entry]) -> None:
    real = [each for each in entries if each.status is Status.ACTUAL]
    numbered = [_numbered(each, seq) for seq, each in enumerate(real, 1)]
    until = entries[-1].recorded_at + AFTERWARDS
    mixed, alone = run(entries, until), run(numbered, until)
    assert decided(mixed.effects) == decided(alone.effects)
    assert mixed.fold.state.worlds[Status.ACTUAL].readings == alone.fold.state.worlds[Status.ACTUAL].readings


def _numbered(each: Entry, seq: int) -> Entry:
    return Entry(seq, each.recorded_at, each.occurred_at, each.status, each.region, each.kind, each.payload)


@dataclass
class Drill:
    """A fold whose calls are reported back 20 seconds later: failed for ``broken`` contacts, else sent."""

    broken: frozenset[str]
    fold: Fold = field(default_factory=lambda: engine.start(REGION))
    effects: list[Effect] = field(default_factory=list)
    waiting: list[tuple[datetime, int, str, bool]] = field(default_factory=list)

    def keep(self, effects: list[Effect]) -> None:
        self.effects += effects
        for effect in effects:
            if isinstance(effect, Notify):
                report = (
                    effect.at + timedelta(seconds=20),
                    len(self.waiting),
                    effect.id,
                    effect.contact in self.broken,
                )
                heappush(self.waiting, report)

    def record(self, at: datetime, kind: Entry) -> None:
        self.pass_time(at)
        self.keep(engine.step(self.fold, _numbered(kind, self.fold.state.seq + 1)))

    def pass_time(self, to: datetime) -> None:
        while True:
            due = engine.next_deadline(self.fold)
            reported = self.waiting[0][0] if self.waiting else None
            first = min((each for each in (due, reported) if each is not None and each <= to), default=None)
            if first is None:
                self.keep(engine.advance(self.fold, to))
                return
            self.keep(engine.advance(self.fold, first))
            if reported == first:
                _, _, id_, is_broken = heappop(self.waiting)
                report = DeliveryReport(id_, "failed" if is_broken else "sent", 1)
                self.keep(engine.step(self.fold, entry(self.fold.state.seq + 1, first, report)))


def drill(entries: list[Entry], broken: frozenset[str], ack: tuple[datetime, str] | None = None) -> Counter[str]:
    """Return how many messages each alert caused, with or without an answer to one of them."""
    played, last = Drill(broken), entries[-1].recorded_at + timedelta(hours=8)
    timed = [(each.recorded_at, each) for each in entries]
    if ack is not None:
        timed.append((ack[0], entry(1, ack[0], Acknowledge(ack[1], "Cécile"))))
    for at, each in sorted(timed, key=lambda pair: pair[0]):
        played.record(at, each)
    played.pass_time(last)
    return Counter(effect.brief.alert_id for effect in played.effects if isinstance(effect, Notify))


@FEWER
@given(
    script=scripts(MEASURES, MEASURES, OTHERS, statuses=st.just(Status.ACTUAL)),
    broken=st.frozensets(st.sampled_from(["cecile/sms", "cecile/courriel", "marc/sms", "denis/sms"])),
    which=st.integers(0, 5),
    after=st.integers(0, 90),
)
def test_an_answer_never_adds_a_page(script: Script, broken: frozenset[str], which: int, after: int) -> None:
    entries = entries_of(script)
    raised = run(entries).of("alert_raised")
    if not raised:
        return
    answered = raised[which % len(raised)]
    ack = (min(answered.at + after * MINUTE, entries[-1].recorded_at + timedelta(hours=8)), answered.brief.alert_id)
    without, with_answer = drill(entries, broken), drill(entries, broken, ack)
    assert all(with_answer[alert] <= count for alert, count in without.items())
    assert with_answer.keys() <= without.keys()


def test_the_drill_reports_what_it_calls() -> None:
    """The property above would hold of a fold that calls nobody: this one calls, fails and goes on."""
    entries = journal((T0, catalogue(EVERY_KIND[4])), (T0, roster_version(roster())), (T0, signal(territory="REG-52")))
    played = Drill(frozenset({"cecile/sms"}))
    for each in entries:
        played.record(each.recorded_at, each)
    played.pass_time(T0 + 5 * MINUTE)
    assert [e.contact for e in played.effects if isinstance(e, Notify)] == ["cecile/sms", "eva/sms", "cecile/courriel"]
