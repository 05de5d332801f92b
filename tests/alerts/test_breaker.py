"""A provider that fails is left alone, tried again now and then, and never the reason why nobody is told."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.adapters.sender import Sender
from alerts.astreinte import Canal, Contact, EscalationPolicy, Person, Role, Roster
from alerts.breaker import CLOSED, Breaker, BreakerPolicy, Breakers, BreakerState, ask, failed
from alerts.channel import SENT, Outcome
from alerts.channel import failed as outcome_failed
from alerts.effects import Notify, Purpose
from alerts.outbox import DEFAULT_POLICY
from alerts.providers import Providers, provider_of
from alerts.testing import RecordingChannel
from orsan_plans.posture import Posture
from streams.testing import EPOCH, sample_notification
from tests.alerts.test_sender import LINK, Inline, Never, outbox_of

POLICY = BreakerPolicy()
DOWN = outcome_failed("the service did not answer in time")
SECOND = timedelta(seconds=1)


def open_since(now: datetime) -> Breaker:
    breaker = CLOSED
    for _ in range(POLICY.failures):
        breaker = failed(breaker, now, POLICY)
    return breaker


def test_it_opens_after_failures_in_a_row_and_not_before() -> None:
    breaker = CLOSED
    for _ in range(POLICY.failures - 1):
        breaker = failed(breaker, EPOCH, POLICY)
        assert breaker.state is BreakerState.CLOSED
    breaker = failed(breaker, EPOCH, POLICY)
    assert breaker.state is BreakerState.OPEN
    assert breaker.open_until == EPOCH + POLICY.first


def test_one_delivery_probes_it_once_its_time_is_over() -> None:
    breaker = open_since(EPOCH)
    assert ask(breaker, EPOCH + POLICY.first - SECOND) == (breaker, False)
    probing, may_go = ask(breaker, EPOCH + POLICY.first)
    assert (probing.state, may_go) == (BreakerState.HALF_OPEN, True)
    assert ask(probing, EPOCH + 10 * POLICY.first) == (probing, False)


def test_each_failed_probe_doubles_the_pause_up_to_the_ceiling() -> None:
    breaker, now, pauses = open_since(EPOCH), EPOCH, []
    for _ in range(7):
        assert breaker.open_until is not None
        pauses.append((breaker.open_until - now).total_seconds())
        now = breaker.open_until
        breaker = failed(ask(breaker, now)[0], now, POLICY)
    assert pauses == [30, 60, 120, 240, 480, 600, 600]


def test_what_was_tried_all_the_same_does_not_prolong_the_pause() -> None:
    breaker = open_since(EPOCH)
    again = failed(breaker, EPOCH + SECOND, POLICY)
    assert (again.state, again.open_until) == (BreakerState.OPEN, breaker.open_until)


# --- with a roster: what is withheld, and what never is


def person(id_: str, *canals: Canal) -> Person:
    return Person(id_, id_.title(), tuple(Contact(f"{id_}/{canal}", canal) for canal in canals))


ROSTER = Roster(
    title="Essai",
    region="52",
    people=(person("claire", Canal.SMS, Canal.MESSAGERIE, Canal.COURRIEL), person("anne", Canal.SMS)),
    roles=(Role("cadre", "Cadre", ("claire", "anne")),),
    escalation=EscalationPolicy(timedelta(minutes=10), timedelta(minutes=15), "cadre"),
)
BY_CONTACT = {"claire/sms": "sms-a", "claire/messagerie": "sms-a", "claire/courriel": "relais", "anne/sms": "sms-a"}
PROVIDERS = Providers(BY_CONTACT, ROSTER)


def call(contact: str, purpose: Purpose = Purpose.CALL, key: str = "a") -> Notify:
    made = sample_notification((contact, purpose, key))
    return replace(made, person=contact.partition("/")[0], contact=contact, purpose=purpose)


def breakers_down(*names: str) -> Breakers:
    breakers = Breakers(PROVIDERS)
    for name in names:
        contact = next(each for each, provider in BY_CONTACT.items() if provider == name)
        for _ in range(POLICY.failures):
            breakers.answered(contact, DOWN, EPOCH)
    return breakers


def test_a_message_for_a_provider_that_is_down_is_withheld_when_another_is_left() -> None:
    breakers = breakers_down("sms-a")
    assert breakers.withholds(call("claire/sms"), EPOCH) == "not tried: the provider sms-a failed 3 times in a row"
    assert breakers.withholds(call("claire/messagerie"), EPOCH)
    assert not breakers.withholds(call("claire/courriel"), EPOCH)


def test_the_last_way_to_reach_a_person_is_always_tried() -> None:
    assert not breakers_down("sms-a").withholds(call("anne/sms"), EPOCH)
    both = breakers_down("sms-a", "relais")
    assert not any(both.withholds(call(contact), EPOCH) for contact in BY_CONTACT)
    assert both.is_nothing_left
    assert not breakers_down("sms-a").is_nothing_left


def test_a_message_that_no_escalation_follows_up_is_always_tried() -> None:
    breakers = breakers_down("sms-a")
    assert not breakers.withholds(call("claire/sms", Purpose.END), EPOCH)
    assert breakers.withholds(call("claire/sms", Purpose.INFORM), EPOCH)


def test_a_contact_that_does_not_accept_the_posture_is_no_other_way() -> None:
    mild = Contact("claire/courriel", Canal.COURRIEL, (Posture.VIGILANCE,))
    people = (replace(ROSTER.people[0], contacts=(*ROSTER.people[0].contacts[:2], mild)), ROSTER.people[1])
    breakers = Breakers(Providers(BY_CONTACT, replace(ROSTER, people=people)))
    for _ in range(POLICY.failures):
        breakers.answered("anne/sms", DOWN, EPOCH)
    assert not breakers.withholds(call("claire/sms"), EPOCH)


def test_the_outside_heartbeat_says_nothing_of_the_ways_to_reach_people() -> None:
    breakers = breakers_down("sms-a", "relais")
    breakers.answered("vigie/preuve", SENT, EPOCH)
    assert breakers.is_nothing_left
    assert set(breakers.states) == {"sms-a", "relais"}
    assert not breakers.withholds(call("vigie/preuve"), EPOCH)


def test_a_contact_without_an_address_is_no_other_way() -> None:
    without = {contact: name for contact, name in BY_CONTACT.items() if contact != "claire/courriel"}
    breakers = Breakers(Providers(without, ROSTER))
    for _ in range(POLICY.failures):
        breakers.answered("anne/sms", DOWN, EPOCH)
    assert not breakers.withholds(call("claire/sms"), EPOCH)


def test_a_wrong_number_does_not_accuse_its_provider() -> None:
    breakers = Breakers(PROVIDERS)
    for _ in range(10):
        breakers.answered("anne/sms", outcome_failed("no such number", blames_provider=False), EPOCH)
    assert breakers.states == {"relais": BreakerState.CLOSED, "sms-a": BreakerState.CLOSED}
    breakers = breakers_down("sms-a")
    assert not breakers.withholds(call("claire/sms"), EPOCH + POLICY.first)
    breakers.answered("anne/sms", outcome_failed("no such number", blames_provider=False), EPOCH + POLICY.first)
    assert breakers.states["sms-a"] is BreakerState.CLOSED


EVENTS = st.tuples(
    st.sampled_from(sorted(BY_CONTACT)), st.sampled_from([SENT, DOWN]), st.timedeltas(timedelta(), timedelta(minutes=5))
)


@given(st.lists(EVENTS, max_size=40))
def test_whatever_happened_somebody_can_always_be_tried(events: list[tuple[str, Outcome, timedelta]]) -> None:
    breakers, now = Breakers(PROVIDERS), EPOCH
    for contact, outcome, passed in events:
        now += passed
        if not breakers.withholds(call(contact), now):
            breakers.answered(contact, outcome, now)
        for who in ROSTER.people:
            # In the order of the escalation: the first that is not withheld is tried.
            assert not all(_is_withheld(breakers, each.name, now) for each in who.contacts)


def _is_withheld(breakers: Breakers, contact: str, now: datetime) -> bool:
    # On a copy: asking may take the place of the probe.
    copy = Breakers(PROVIDERS)
    copy._breakers = dict(breakers._breakers)
    return bool(copy.withholds(call(contact), now))


@given(st.lists(EVENTS, max_size=40))
def test_a_success_closes_whatever_came_before(events: list[tuple[str, Outcome, timedelta]]) -> None:
    breakers, now = Breakers(PROVIDERS), EPOCH
    for contact, outcome, passed in events:
        now += passed
        breakers.answered(contact, outcome, now)
        if outcome.is_sent:
            assert breakers.states[BY_CONTACT[contact]] is BreakerState.CLOSED


# --- with the sender: off the engine's path, given up at once


def sender_over(channel: RecordingChannel, *calls: Notify) -> Sender:
    return Sender(outbox_of(*calls), channel, Inline(), LINK, "test", providers=PROVIDERS)


def open_the_breaker(sender: Sender) -> None:
    for _ in range(POLICY.failures):
        sender._breakers.answered("claire/sms", DOWN, EPOCH)


def test_an_open_breaker_gives_the_delivery_up_at_once_with_its_reason() -> None:
    channel = RecordingChannel()
    sender = sender_over(channel, call("claire/sms"))
    open_the_breaker(sender)
    sender.dispatch(EPOCH)
    (report,) = sender.collect(EPOCH)
    assert not report.finished.is_sent
    assert report.finished.error == "not tried: the provider sms-a failed 3 times in a row"
    assert channel.attempts == []


def test_an_open_breaker_still_lets_the_only_contact_through() -> None:
    channel = RecordingChannel()
    sender = sender_over(channel, call("anne/sms"))
    open_the_breaker(sender)
    sender.dispatch(EPOCH)
    (report,) = sender.collect(EPOCH)
    assert report.finished.is_sent
    assert sender.providers["sms-a"] is BreakerState.CLOSED


def test_what_was_withheld_says_nothing_of_the_provider() -> None:
    probe, late = call("anne/sms", key="probe"), call("claire/sms", key="late")
    sender = Sender(outbox_of(probe), RecordingChannel(), Never(), LINK, "test", providers=PROVIDERS)
    open_the_breaker(sender)
    sender.dispatch(EPOCH + POLICY.first)
    assert sender.providers["sms-a"] is BreakerState.HALF_OPEN
    sender._outbox = outbox_of(late)
    sender.dispatch(EPOCH + POLICY.first)
    assert [report.finished.is_sent for report in sender.collect(EPOCH + POLICY.first)] == [False]
    assert sender.providers["sms-a"] is BreakerState.HALF_OPEN


def test_a_message_being_retried_is_given_up_once_its_provider_is_known_to_be_down() -> None:
    channel = RecordingChannel([DOWN] * 10)
    sender = sender_over(channel, *(call("claire/sms", key=str(number)) for number in range(POLICY.failures)))
    sender.dispatch(EPOCH)
    assert sender.collect(EPOCH) == []
    sender.dispatch(EPOCH + DEFAULT_POLICY.first)
    reports = sender.collect(EPOCH + DEFAULT_POLICY.first)
    assert len(reports) == POLICY.failures
    assert len(channel.attempts) == POLICY.failures
    assert not sender.is_cut_off


def test_a_sender_whose_providers_are_all_down_says_so_until_one_answers() -> None:
    channel = RecordingChannel([DOWN] * POLICY.failures)
    sender = Sender(outbox_of(), channel, Inline(), LINK, "test", providers=Providers({"anne/sms": "sms-a"}, ROSTER))
    seen = [sender.is_cut_off]
    for outcome in (*[DOWN] * POLICY.failures, SENT):
        sender._breakers.answered("anne/sms", outcome, EPOCH)
        seen.append(sender.is_cut_off)
    assert seen == [False, False, False, True, False]


# --- names of providers


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("json://gateway.example.org/33600000001", "json://gateway.example.org:443/33600000002?x=1"),
        ("smseagle://token@box.example.org/33600000001", "smseagle://other@BOX.example.org/33600000002"),
        ("mailto://a:b@example.org/?smtp=relay.example.org", "mailto://example.com/?from=x&smtp=relay.example.org"),
    ],
)
def test_two_addresses_of_one_service_are_one_provider(one: str, other: str) -> None:
    assert provider_of(one) == provider_of(other)


@pytest.mark.parametrize(
    "other", ["json://other.example.org/x", "xml://gateway.example.org/x", "nothing", "mailto://gateway.example.org"]
)
def test_two_services_are_two_providers(other: str) -> None:
    assert provider_of("json://gateway.example.org/x") != provider_of(other)


@given(st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=8, max_size=40))
def test_the_name_of_a_provider_shows_no_host_and_no_token(secret: str) -> None:
    for address in (f"tgram://{secret}/1", f"json://u:{secret}@gateway.example.org/{secret}?k={secret}"):
        assert secret not in provider_of(address)


@given(st.text(max_size=60))
def test_any_address_has_a_provider(address: str) -> None:
    assert not set(provider_of(address)) & set("/@:? ")
