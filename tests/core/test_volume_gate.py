"""What leaves of what escalations ask: silences, groups, storms. The gravest is never kept back."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.effects import AlertRaised, Effect, NonSend, Notify, NotSent, Purpose, decode, encode
from alerts.volume.limits import GATHERING, Limits
from orsan_plans.posture import Posture
from streams import engine
from streams.entry import Entry, Status
from streams.messages import (
    Acknowledge,
    DeliveryReport,
    Etablissement,
    EtablissementList,
    MaintenancePlanned,
    Message,
    SilenceLifted,
    SilenceSet,
)
from streams.region.fold import Fold
from tests.core.builders import (
    HOUR,
    MINUTE,
    NANTES,
    REGION,
    T0,
    Run,
    catalogue,
    entry,
    event,
    journal,
    roster,
    roster_version,
    rule,
    run,
    setting,
    signal,
    texts,
)
from tests.core.generated import (
    AFTERWARDS,
    ANSWERS,
    FEWER,
    MEASURES,
    REPORTS,
    Making,
    Script,
    entries_of,
    scripts,
)
from tests.core.test_engine_determinism import TICKS, ticking

LIMITS: Final = Limits(messages=2, window=20 * MINUTE, digest_every=5 * MINUTE)
LIMITED: Final = roster_version(replace(roster(), limits=LIMITS))
GRADED: Final = rule(
    "couleur",
    ["etablissement", "departement"],
    {"une_parmi": [event("meteo", posture="vigilance", couleur="orange"), event("meteo", couleur="rouge")]},
    prevenir={"vigilance": {"roles": ["medecin"]}, "alerte": {"roles": ["medecin"]}},
)
GATHERED: Final = rule(
    "ensemble",
    ["etablissement", "departement"],
    event("panne"),
    prevenir={"alerte": {"roles": ["medecin"], "regroupement": "5 min"}},
)
MANY: Final = EtablissementList(tuple(Etablissement(f"44000{n:04d}", f"Site {n}", "44") for n in range(30)))


def silence(id_: str = "s1", hours: float = 2, at: datetime = T0, **scope: Any) -> SilenceSet:  # noqa: ANN401 - a scope
    return SilenceSet(id_, at + hours * HOUR, "Cécile", "Essai", **scope)


def meteo(number: int | None, colour: str = "orange", **more: Any) -> Message:  # noqa: ANN401 - any field of a signal
    place = "DEP-44" if number is None else f"ETAB-44000{number:04d}"
    return signal(f"m-{place}", "meteo", place, criteria={"couleur": colour}, **more)


def panne(number: int, **more: Any) -> Message:  # noqa: ANN401 - any field of a signal
    return signal(f"p-{number}", "panne", f"ETAB-44000{number:04d}", **more)


def play(*timed: tuple[float, Message | Callable[[Run], Message]], until: float = 0, who: Message = LIMITED) -> Run:
    """Fold messages given at minutes after the setting; one that is a function is made from what was decided so far."""
    entries = journal((T0, catalogue(GRADED, GATHERED)), (T0, who), (T0, MANY))
    for minute, what in timed:
        at = T0 + minute * MINUTE
        message = what(run(entries, at)) if callable(what) else what
        entries.append(entry(len(entries) + 1, at, message))
    return run(entries, T0 + until * MINUTE if until else None)


def told(played: Run) -> list[tuple[float, str, int]]:
    return [((e.at - T0) / MINUTE, e.purpose.value, len(e.alert_ids)) for e in played.of("notify")]


def reasons(played: Run) -> list[tuple[float, NonSend]]:
    return [((e.at - T0) / MINUTE, e.reason) for e in played.of("not_sent")]


def answered(which: int) -> Callable[[Run], Message]:
    return lambda so_far: Acknowledge(so_far.of("alert_raised")[which].brief.alert_id, "Marc")


def reported(which: int, outcome: Any) -> Callable[[Run], Message]:  # noqa: ANN401 - sent or failed
    return lambda so_far: DeliveryReport(so_far.of("notify")[which].id, outcome, 1)


# Silences.


def test_a_silenced_alert_calls_when_the_silence_ends() -> None:
    played = play((0, silence(volet="REB")), (1, meteo(1)), until=121)
    assert reasons(played) == [(1, NonSend.SILENCED)]
    assert told(played) == [(120, "call", 1)]
    assert played.of("not_sent")[0].detail == "silence s1"


def test_calls_under_way_stop_at_the_silence_and_begin_again_at_its_end() -> None:
    played = play((0, meteo(1)), (1, silence(territory="DEP-44", hours=1)), until=75)
    assert told(played) == [(0, "call", 1), (60, "call", 1), (70, "call", 1)]
    assert [(e.person, e.call) for e in played.of("notify")] == [("marc", 1), ("marc", 1), ("denis", 2)]


def test_the_next_contact_is_not_tried_during_a_silence() -> None:
    played = play((0, meteo(1)), (1, silence(rule="essai/couleur")), (2, reported(0, "failed")), until=60)
    assert told(played) == [(0, "call", 1)]
    assert reasons(played) == [(2, NonSend.SILENCED)]


@pytest.mark.parametrize(
    ("scope", "is_silenced"),
    [
        ({"volet": "REB"}, True),
        ({"volet": "AMAVI"}, False),
        ({"rule": "couleur"}, True),
        ({"rule": "essai/couleur"}, True),
        ({"rule": "autre/couleur"}, False),
        ({"territory": "ETAB-440000001"}, True),
        ({"territory": "DEP-44"}, True),
        ({"territory": "REG-52"}, True),
        ({"territory": "DEP-49"}, False),
        ({"volet": "REB", "territory": "DEP-49"}, False),
    ],
)
def test_a_silence_holds_what_it_names(scope: dict[str, Any], is_silenced: bool) -> None:
    assert told(play((0, silence(**scope)), (1, meteo(1)))) == ([] if is_silenced else [(1, "call", 1)])


@pytest.mark.parametrize(("includes", "calls"), [(False, [(1, "call", 1)]), (True, [])])
def test_an_alerte_is_silenced_only_when_the_silence_says_so(includes: bool, calls: list[Any]) -> None:
    assert told(play((0, silence(volet="REB", includes_alerte=includes)), (1, meteo(1, "rouge")))) == calls


def test_an_activation_is_never_silenced() -> None:
    raised = play((1, meteo(1, "rouge"))).of("alert_raised")[0].brief
    activation = replace(raised, posture=Posture.ACTIVATION)
    fold = play((0, silence(volet="REB", includes_alerte=True))).fold
    (held,) = fold.state.worlds[Status.ACTUAL].silences.values()
    assert held.matches(raised, fold.ancestors)
    assert not held.matches(activation, fold.ancestors)


def test_a_lifted_silence_calls_at_once_unless_another_holds() -> None:
    lifted = SilenceLifted("s1", "Cécile", "Fini")
    once = play((0, silence(volet="REB")), (1, meteo(1)), (5, lifted), until=6)
    assert told(once) == [(5, "call", 1)]
    twice = play((0, silence(volet="REB")), (0, silence("s0", hours=1, rule="couleur")), (1, meteo(1)), (5, lifted))
    assert told(twice) == []
    assert reasons(twice) == [(1, NonSend.SILENCED), (5, NonSend.SILENCED)]


def test_a_silence_set_again_ends_later_and_is_said_once() -> None:
    again = silence(volet="REB", at=T0 + HOUR)
    played = play((0, silence(volet="REB")), (1, meteo(1)), (60, again), until=181)
    assert reasons(played) == [(1, NonSend.SILENCED)]
    assert told(played) == [(180, "call", 1)]


def test_what_is_answered_or_over_during_a_silence_calls_nobody() -> None:
    assert told(play((0, silence(volet="REB")), (1, meteo(1)), (5, answered(0)), until=300)) == []
    over = play((0, silence(volet="REB")), (1, meteo(1)), (5, meteo(1, is_open=False)), until=300)
    assert told(over) == []
    assert reasons(over) == [(1, NonSend.SILENCED)]


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (silence(), "nothing silences everything"),
        (silence(volet="REB", hours=-1), "ends after it is set"),
        (silence(volet="REB", hours=24 * 7 + 1), "within 7 days"),
        (silence(territory="DEP-75"), "not in region"),
        (SilenceLifted("s9", "Cécile", "Fini"), "no silence s9"),
        (MaintenancePlanned("m", "rpu", "DEP-44", T0, T0, "DSI", "Bascule"), "ends after it starts"),
        (MaintenancePlanned("m", "rpu", "DEP-75", T0, T0 + HOUR, "DSI", "Bascule"), "not in region"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(message: Message, why: str) -> None:
    assert why in play((0, message)).of("entry_rejected")[0].reason


# Groups.


def test_alerts_of_a_volet_and_departement_that_wait_leave_together_with_the_first() -> None:
    played = play((0, panne(1)), (2, panne(2)), (4, panne(3)), until=6)
    assert told(played) == [(5, "call", 3)]
    assert reasons(played) == [(5, NonSend.GROUPED)] * 2
    message = played.of("notify")[0]
    assert (message.place, message.brief.territory) == ("DEP-44", "ETAB-440000001")


def test_each_alert_of_a_group_is_answered_by_itself() -> None:
    played = play((0, panne(1)), (2, panne(2)), (6, answered(0)), until=17)
    assert told(played) == [(5, "call", 2), (15, "call", 1)]


def test_the_report_of_a_group_counts_for_each_of_its_alerts() -> None:
    failed = play((0, panne(1)), (2, panne(2)), (6, reported(0, "failed")), until=8)
    assert reasons(failed) == [(5, NonSend.GROUPED), *[(6, NonSend.NOBODY_ON_CALL)] * 2, (6, NonSend.GROUPED)]
    assert told(failed)[1:] == [(6, "call", 2)]
    assert failed.of("notify")[1].person == "denis"


def test_a_message_names_twenty_alerts_at_most() -> None:
    played = play(*((0, panne(n)) for n in range(30)), until=6)
    assert told(played) == [(5, "call", 20), (5, "call", 10)]


def test_a_roster_without_limits_groups_nothing() -> None:
    assert told(play((0, panne(1)), (2, panne(2)), until=8, who=roster_version(roster()))) == [
        (5, "call", 1),
        (7, "call", 1),
    ]


# Storms.


def test_beyond_the_limit_a_person_gets_a_digest_and_calls_go_on() -> None:
    played = play(*((n / 60, meteo(n)) for n in range(10)), until=11)
    assert told(played)[:3] == [(0, "call", 1), (1 / 60, "call", 1), (2 / 60 + 1, "digest", 8)]
    assert [reason for _, reason in reasons(played)][:8] == [NonSend.STORM] * 8
    assert {e.person for e in played.of("notify") if e.at > T0 + 5 * MINUTE} == {"denis"}


def test_the_report_of_a_digest_counts_for_the_calls_it_stands_for() -> None:
    played = play(*((0, meteo(n)) for n in range(4)), (1.5, reported(2, "failed")), until=2)
    assert [e.purpose for e in played.of("notify")][2] is Purpose.DIGEST
    assert [(e.reason, e.person) for e in played.of("not_sent") if e.at == T0 + 1.5 * MINUTE] == [
        (NonSend.NOBODY_ON_CALL, "marc"),
        (NonSend.NOBODY_ON_CALL, "marc"),
        (NonSend.GROUPED, "denis"),
    ]
    assert [(e.person, len(e.alert_ids)) for e in played.of("notify")][3:] == [("denis", 2)]


def test_what_is_answered_before_the_digest_is_not_counted() -> None:
    calls = ((0, meteo(n)) for n in range(4))
    played = play(*calls, (0.5, answered(2)), until=2)
    assert told(played)[2] == (1, "digest", 1)
    nothing = play(*((0, meteo(n)) for n in range(3)), (0.5, answered(2)), until=9)
    assert told(nothing) == [(0, "call", 1)] * 2


def test_a_graver_alert_leaves_at_once_during_a_storm_and_comes_first_in_the_digest() -> None:
    played = play(*((0, meteo(n)) for n in range(6)), (0.5, meteo(9, "rouge")), (0.6, meteo(8, "rouge")), until=2)
    assert told(played)[2] == (0.5, "call", 1)
    digest = played.of("notify")[3].digest
    assert [(line.posture, line.alerts) for line in digest.lines] == [(Posture.ALERTE, 1), (Posture.VIGILANCE, 4)]


def test_digests_are_apart() -> None:
    played = play(*((n / 2, meteo(n)) for n in range(20)), until=30)
    instants = [at for at, purpose, _ in told(played) if purpose == "digest"]
    marc = [(e.at - T0) / MINUTE for e in played.of("notify") if e.person == "marc" and e.purpose is Purpose.DIGEST]
    assert len(instants) >= 2
    assert all(later - earlier >= 5 for earlier, later in pairwise(marc))


def test_ends_kept_back_are_counted() -> None:
    raised = ((0, panne(n)) for n in range(3))
    sent = (5.5, reported(0, "sent"))
    played = play(*raised, sent, (6, meteo(1)), *((6, panne(n, is_open=False)) for n in range(3)), until=8)
    digest = next(e for e in played.of("notify") if e.purpose is Purpose.DIGEST)
    assert (digest.digest.ended, digest.digest.lines) == (3, ())


def test_a_digest_of_ends_only_tells_of_no_posture() -> None:
    ends = ((6, panne(n, is_open=False)) for n in range(3))
    calls = ((0, panne(n)) for n in range(3))
    played = play(*calls, (6, meteo(1)), *ends, (26, meteo(2)), (26.5, meteo(3)), (26.8, meteo(4, "rouge")))
    told_of = [(e.purpose, e.brief.posture) for e in played.of("notify") if e.person == "marc"]
    assert (Purpose.DIGEST, Posture.ALERTE) in told_of
    assert told_of[-1] == (Purpose.CALL, Posture.ALERTE)


# Maintenance.


MUTE: Final = rule(
    "muet",
    ["etablissement"],
    {"flux_muet": {"flux": "rpu", "apres": "2 h", "posture": "alerte", "source": "essai"}},
)


def mute(*timed: tuple[float, Message], until: float) -> list[tuple[float, str]]:
    entries = journal(*setting(MUTE), *((T0 + hour * HOUR, what) for hour, what in timed))
    played = run(entries, T0 + until * HOUR)
    where = f"ETAB-{NANTES}"
    return [((at - T0) / HOUR, str(after)) for at, _, place, _, after in played.moves if place == where][1:]


def window(starts: float, ends: float, place: str = f"ETAB-{NANTES}", id_: str = "m") -> MaintenancePlanned:
    return MaintenancePlanned(id_, "rpu", place, T0 + starts * HOUR, T0 + ends * HOUR, "DSI", "Bascule")


@pytest.mark.parametrize("place", [f"ETAB-{NANTES}", "DEP-44", "REG-52"])
def test_a_planned_silence_raises_nothing_and_is_judged_when_it_ends(place: str) -> None:
    assert mute((0, window(1, 5, place)), until=8) == [(5, "ALERTE")]
    assert mute((0, window(1, 1.5, place)), until=8) == [(2, "ALERTE")]


def test_a_silence_older_than_the_maintenance_stays_an_alert() -> None:
    assert mute((2.5, window(2.5, 6)), until=8) == [(2, "ALERTE")]


def test_a_maintenance_said_late_takes_the_alert_back() -> None:
    assert mute((3, window(1, 6)), until=5) == [(2, "ALERTE"), (3, "VEILLE")]


def test_a_maintenance_called_off_is_judged_at_once() -> None:
    assert mute((0, window(1, 6)), (3, window(2.9, 3)), until=8) == [(3, "ALERTE")]


def test_the_maintenance_of_another_source_changes_nothing() -> None:
    assert mute((0, window(1, 6, "DEP-49")), until=8) == [(2, "ALERTE")]


# Whatever the journal.

ROSTERS: Final = st.sampled_from(
    [LIMITED, roster_version(replace(roster(), limits=Limits())), roster_version(roster())]
)


@st.composite
def quiets(draw: st.DrawFn) -> Making:
    scope: dict[str, Any] = draw(
        st.sampled_from(
            [{"volet": "REB"}, {"territory": "DEP-44"}, {"rule": "accident"}, {"territory": f"ETAB-{NANTES}"}]
        )
    )
    hours, includes = draw(st.sampled_from([1, 3, 30])), draw(st.booleans())
    what = draw(st.sampled_from(["set", "set", "lift", "maintenance"]))

    def make(_fold: Fold, _effects: list[Effect], at: Entry) -> Message:
        until = at.recorded_at + hours * HOUR
        if what == "maintenance":
            return MaintenancePlanned("m", "rpu", "DEP-44", at.recorded_at, until, "DSI", "Essai")
        if what == "lift":
            return SilenceLifted("s", "Cécile", "Essai")
        return SilenceSet("s", until, "Cécile", "Essai", **scope, includes_alerte=includes)

    return make


def _in_force(message: Message, _fold: Fold, _effects: list[Effect], _at: Entry) -> Message:
    return message


LIMITING: Final = ROSTERS.map(lambda message: partial(_in_force, message))
STORMY: Final = scripts(MEASURES, MEASURES, MEASURES, ANSWERS, REPORTS, quiets())


@st.composite
def stormy(draw: st.DrawFn) -> list[Entry]:
    first = (timedelta(0), Status.ACTUAL, draw(LIMITING))
    script: Script = [first, *draw(STORMY)]
    return entries_of(script)


def played(entries: list[Entry]) -> Run:
    return run(entries, entries[-1].recorded_at + AFTERWARDS)


@FEWER
@given(entries=stormy())
def test_volume_is_the_same_after_any_restart(entries: list[Entry]) -> None:
    fold, effects = engine.start(REGION), list[Effect]()
    for each in entries:
        effects += engine.step(fold, each)
        data = engine.snapshot(fold)
        fold = engine.restore(data)
        assert engine.snapshot(fold) == data
    effects += engine.advance(fold, entries[-1].recorded_at + AFTERWARDS)
    assert texts(effects) == texts(played(entries).effects)
    assert [decode(encode(effect)) for effect in effects] == effects


@FEWER
@given(entries=stormy(), ticks=TICKS)
def test_volume_does_not_depend_on_tick_cadence(entries: list[Entry], ticks: list[int]) -> None:
    assert texts(ticking(entries, ticks).effects) == texts(played(entries).effects)


@FEWER
@given(entries=stormy())
def test_a_storm_never_keeps_back_a_posture_graver_than_what_was_told(entries: list[Entry]) -> None:
    """For each first call kept back, the person was told of that posture within the window, and a digest follows."""
    effects = played(entries).effects
    raised = {e.brief.alert_id: e.brief for e in effects if isinstance(e, AlertRaised)}
    for kept in [e for e in effects if isinstance(e, NotSent) and e.reason is NonSend.STORM]:
        before = _told_to(kept, effects, kept.at - LIMITS.window, kept.at)
        assert before
        postures = [e.brief.posture.rank for e in before if e.purpose is not Purpose.END and _is_told(e)]
        first = raised[kept.alert_id]
        if first.raised_at == kept.at:
            assert max(postures, default=0) >= first.posture.rank


def _is_told(notify: Notify) -> bool:
    return notify.digest is None or bool(notify.digest.lines)


def _told_to(kept: NotSent, effects: Iterable[Effect], after: datetime, until: datetime) -> list[Notify]:
    notified = [e for e in effects if isinstance(e, Notify) and (e.person, e.status) == (kept.person, kept.status)]
    return [e for e in notified if after < e.at <= until]


@FEWER
@given(entries=stormy())
def test_what_a_storm_keeps_back_is_in_a_digest_soon_unless_it_is_settled(entries: list[Entry]) -> None:
    effects = played(entries).effects
    last = entries[-1].recorded_at + AFTERWARDS
    for kept in [e for e in effects if isinstance(e, NotSent) and e.reason is NonSend.STORM]:
        by = kept.at + max(GATHERING, LIMITS.digest_every)
        digests = [e for e in _told_to(kept, effects, kept.at, by) if e.purpose is Purpose.DIGEST]
        settled = [
            e for e in effects if e.kind in {"alert_changed", "not_sent"} and e is not kept and kept.at <= e.at <= by
        ]
        named = any(kept.alert_id in e.alert_ids or (e.digest and e.digest.ended) for e in digests)
        assert named or by > last or any(getattr(e, "alert_id", "") == kept.alert_id for e in settled)


@FEWER
@given(entries=stormy())
def test_every_message_kept_back_has_its_reason_and_none_leaves_twice(entries: list[Entry]) -> None:
    effects = played(entries).effects
    ids = Counter(effect.id for effect in effects)
    assert max(ids.values(), default=1) == 1
    grouped = Counter(f"in the message {e.id}" for e in effects if isinstance(e, Notify) for _ in e.grouped)
    assert grouped == Counter(
        e.detail for e in effects if isinstance(e, NotSent) and e.detail.startswith("in the message")
    )


@FEWER
@given(entries=stormy())
def test_every_alert_has_its_next_deadline_armed_and_the_indexes_hold(entries: list[Entry]) -> None:
    fold = played(entries).fold
    armed = {(at, key) for at, _, _, key in fold.state.deadlines}
    for status in Status:
        alerts = fold.state.worlds[status].book
        for id_, alert in alerts.alerts.items():
            due = min((d for d in (alert.escalation.due_at, alert.close_at) if d is not None), default=None)
            assert due is None or (due, id_) in armed
            assert all(id_ in alerts.messages.get(message, [id_]) for message in alert.escalation.pending)
        assert sorted(key for keys in alerts.by_rule.values() for key in keys) == sorted(alerts.current)
        assert {id_ for about in alerts.messages.values() for id_ in about} <= alerts.alerts.keys()
        world = fold.state.worlds[status]
        placed = [id_ for places in world.placed.values() for ids in places.values() for id_ in ids]
        assert sorted(placed) == sorted(world.signals)


@FEWER
@given(script=scripts())
def test_without_limits_or_silences_what_leaves_is_what_escalations_ask(script: Script) -> None:
    effects = played(entries_of(script)).effects
    assert not [e for e in effects if isinstance(e, Notify) and (e.grouped or e.digest)]
    assert not [e for e in effects if isinstance(e, NotSent) and e.reason in {NonSend.STORM, NonSend.SILENCED}]
    assert all(b'"grouped":' not in encode(e) for e in effects)
