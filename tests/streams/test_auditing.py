"""What an outside look finds: a dead escalation, nobody to reach, a monitor that stands still."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.astreinte import Canal, Contact, EscalationPolicy, Person, Role, Roster
from alerts.effects import AlertRaised, Effect
from alerts.policies import EscalationStep, Policy
from orsan_plans.adapters.plan_files import shipped_catalogue
from streams import auditing, engine, messages
from streams.auditing import GRACE, REMIND_AFTER, Check, Finding, Level, find_problems, to_tell
from streams.entry import Entry, Status
from streams.messages import Message
from streams.messages.decisions import Acknowledge
from streams.messages.reference import RosterVersion
from streams.messages.signals import SignalSanitaire
from streams.region.fold import Fold
from streams.testing import EPOCH
from vigie.past import catalogue_message

MINUTE = timedelta(minutes=1)


def person(id_: str) -> Person:
    return Person(id_, id_.title(), (Contact(f"{id_}/sms", Canal.SMS),))


ROSTER = Roster(
    title="Essai",
    region="52",
    people=tuple(map(person, ("claire", "anne", "denis", "vera"))),
    roles=(
        Role("cadre", "Cadre", ("claire",)),
        Role("medecin", "Médecin", ("anne",)),
        Role("veille", "Veille", ("vera",)),
        Role("directeur", "Directeur", ("denis",)),
    ),
    escalation=EscalationPolicy(timedelta(minutes=10), timedelta(minutes=15), "directeur"),
)
ACCIDENT = SignalSanitaire("s", "panne_majeure_du_systeme_d_information", "DEP-44", "Panne", "SAMU")


def tell(fold: Fold, *said: Message) -> list[Effect]:
    effects: list[Effect] = []
    for message in said:
        at = max(fold.state.now, EPOCH)
        entry = Entry(fold.state.seq + 1, at, at, Status.ACTUAL, "52", *messages.encode(message))
        effects += engine.step(fold, entry)
    return effects


@pytest.fixture
def fold() -> Fold:
    made = engine.start("52")
    tell(made, catalogue_message(shipped_catalogue()), RosterVersion(ROSTER.sha256, ROSTER.content))
    return made


def problems(fold: Fold, *without: str) -> list[Finding]:
    return list(find_problems(fold, fold.state.now, lambda contact: contact not in without))


def keys(found: list[Finding]) -> list[str]:
    return [each.key for each in found]


def raise_alert(fold: Fold) -> str:
    (raised,) = [each for each in tell(fold, ACCIDENT) if isinstance(each, AlertRaised)]
    return raised.brief.alert_id


def test_a_monitor_that_does_its_work_is_left_in_peace(fold: Fold) -> None:
    raise_alert(fold)
    assert problems(fold) == []
    engine.advance(fold, EPOCH + timedelta(hours=3))
    assert problems(fold) == []
    assert auditing.waiting_alerts(fold) == 1


def test_a_deadline_that_nobody_fired_is_late_after_a_grace(fold: Fold) -> None:
    raise_alert(fold)
    due = engine.next_deadline(fold)
    assert due is not None
    assert keys(list(find_problems(fold, due + GRACE, lambda _: True))) == []
    late = find_problems(fold, due + GRACE + MINUTE, lambda _: True)
    assert Check.TIME in [each.check for each in late]


def test_an_alert_without_any_call_to_come_is_a_dead_escalation(fold: Fold) -> None:
    alert_id = raise_alert(fold)
    alert = fold.state.worlds[Status.ACTUAL].book.alerts[alert_id]
    alert.escalation.due_at = None
    assert keys(problems(fold)) == [f"dead {alert_id}"]
    alert.escalation.due_at, alert.escalation.is_running = EPOCH + MINUTE, False
    assert keys(problems(fold)) == [f"dead {alert_id}"]


def test_a_call_that_did_not_take_place_is_found_though_no_deadline_is_armed(fold: Fold) -> None:
    alert_id = raise_alert(fold)
    fold.state.deadlines.clear()
    now = EPOCH + timedelta(hours=1)
    assert keys(list(find_problems(fold, now, lambda _: True))) == [f"late {alert_id}"]


def test_an_answered_alert_needs_no_call(fold: Fold) -> None:
    alert_id = raise_alert(fold)
    tell(fold, Acknowledge(alert_id, "Claire"))
    fold.state.deadlines.clear()
    assert list(find_problems(fold, EPOCH + timedelta(days=1), lambda _: True)) == []


def test_a_last_resort_without_an_address_is_broken_and_another_role_is_to_be_seen(fold: Fold) -> None:
    found = problems(fold, "denis/sms", "vera/sms")
    assert [(each.key, each.level) for each in found] == [
        ("role veille", Level.WATCH),
        ("role directeur", Level.BROKEN),
    ]


def test_an_escalation_that_can_reach_nobody_is_found(fold: Fold) -> None:
    alert_id = raise_alert(fold)
    assert f"unreachable {alert_id}" not in keys(problems(fold, "claire/sms", "anne/sms"))
    everybody = [contact.name for each in ROSTER.people for contact in each.contacts]
    assert f"unreachable {alert_id}" in keys(problems(fold, *everybody))


def test_who_a_policy_calls_must_be_reachable_and_nobody_else() -> None:
    pace = ROSTER.escalation
    policy = Policy((), (), (EscalationStep(("veille",), pace.delay),), pace.repeat, "veille")
    roster, fold = replace(ROSTER, policies=(policy,)), engine.start("52")
    tell(fold, catalogue_message(shipped_catalogue()), RosterVersion(roster.sha256, roster.content))
    alert_id = raise_alert(fold)
    assert f"unreachable {alert_id}" in keys(problems(fold, "vera/sms"))
    assert f"unreachable {alert_id}" not in keys(problems(fold, "claire/sms", "anne/sms", "denis/sms"))


def test_without_a_roster_nobody_is_called() -> None:
    bare = engine.start("52")
    tell(bare, catalogue_message(shipped_catalogue()))
    assert keys(problems(bare)) == ["roster"]


def test_messages_and_a_journal_that_stand_still_are_found() -> None:
    assert list(auditing.late_messages(None, EPOCH, "Europe/Paris")) == []
    assert list(auditing.late_messages(EPOCH, EPOCH + GRACE, "Europe/Paris")) == []
    assert keys(list(auditing.late_messages(EPOCH, EPOCH + GRACE + MINUTE, "Europe/Paris"))) == ["outbox"]
    assert list(auditing.altered_messages(0)) == []
    assert keys(list(auditing.altered_messages(2))) == ["altered"]
    hour = timedelta(hours=1)
    assert list(auditing.silent_journal(EPOCH, hour, EPOCH + hour)) == []
    assert list(auditing.silent_journal(None, timedelta(), EPOCH)) == []
    assert keys(list(auditing.silent_journal(EPOCH, hour, EPOCH + hour + MINUTE))) == ["silence"]
    assert keys(list(auditing.silent_journal(None, hour, EPOCH))) == ["silence"]


# --- what is told of it


def broken(key: str) -> Finding:
    return Finding(Check.ALERTS, Level.BROKEN, key, key)


def test_a_problem_is_told_once_then_as_a_reminder_then_that_it_is_over() -> None:
    first = to_tell([broken("a")], {}, EPOCH)
    assert keys(list(first.problems)) == ["a"]
    again = to_tell([broken("a"), broken("b")], first.told, EPOCH + MINUTE)
    assert keys(list(again.problems)) == ["b"]
    reminder = to_tell([broken("a"), broken("b")], again.told, EPOCH + REMIND_AFTER)
    assert keys(list(reminder.problems)) == ["a"]
    over = to_tell([broken("b")], reminder.told, EPOCH + REMIND_AFTER)
    assert (over.problems, over.mended) == ((), ("a",))
    assert set(over.told) == {"b"}


def test_what_is_only_to_be_seen_wakes_nobody() -> None:
    seen = replace(broken("a"), level=Level.WATCH)
    assert to_tell([seen], {}, EPOCH).problems == ()


@given(st.lists(st.sets(st.sampled_from("abc")), max_size=30))
def test_no_problem_is_told_twice_within_the_reminder_and_none_is_forgotten(looks: list[set[str]]) -> None:
    told, last = dict[str, datetime](), dict[str, int]()
    for number, now_broken in enumerate(looks):
        telling = to_tell(map(broken, sorted(now_broken)), told, EPOCH + number * MINUTE)
        told = dict(telling.told)
        assert set(told) == now_broken
        new = {each.key for each in telling.problems}
        for key in now_broken:
            is_new = key not in last or number - last[key] >= REMIND_AFTER // MINUTE
            assert (key in new) is is_new
            last[key] = number if is_new else last[key]
        last = {key: at for key, at in last.items() if key in now_broken}
