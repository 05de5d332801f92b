"""The sender: claims, hands over, retries, gives up; a channel that raises or never answers stops nobody."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import replace
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar

import pytest

from alerts.adapters.sender import IN_FLIGHT, LEASE, Report, Sender
from alerts.astreinte import Canal, Contact, EscalationPolicy, Person, Role, Roster
from alerts.channel import SENT, Outcome, failed
from alerts.effects import NonSend, Notify, NotSent
from alerts.outbox import DEFAULT_POLICY, Finished, OutboxState, RetryPolicy, finish, queue, recall
from alerts.testing import RecordingChannel
from alerts.wording import Message, render
from orsan_plans.adapters.plan_files import shipped_catalogue
from streams import engine, messages
from streams.entry import Entry, Status
from streams.messages.deliveries import DeliveryReport
from streams.messages.reference import RosterVersion
from streams.messages.signals import SignalSanitaire
from streams.testing import EPOCH, MemoryOutbox, sample_notification
from vigie.past import catalogue_message

P = ParamSpec("P")
T = TypeVar("T")
LINK = "https://vigie.example.org"
CLOSED = failed("closed")


class Inline(Executor):
    """Does the work in the caller's thread."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - as a real executor does
            future.set_exception(error)
        return future


class Never(Executor):
    """Takes the work and does nothing: a channel that does not answer."""

    def __init__(self) -> None:
        self.futures: list[Future[Any]] = []

    def submit(self, _fn: Callable[P, T], /, *_args: P.args, **_kwargs: P.kwargs) -> "Future[T]":
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        self.futures.append(future)
        return future


class Raising:
    """A channel with a defect."""

    def send(self, contact: str, message: Message) -> Outcome:
        raise ZeroDivisionError(f"{contact} {message.title}")


def outbox_of(*calls: Notify) -> MemoryOutbox:
    outbox = MemoryOutbox()
    outbox.items = {("52", call.id): queue("52", call) for call in calls}
    return outbox


def sender_of(outbox: MemoryOutbox, channel: Any, executor: Executor | None = None) -> Sender:  # noqa: ANN401 - any double
    return Sender(outbox, channel, executor or Inline(), LINK, "test")


def state(outbox: MemoryOutbox, call: Notify) -> OutboxState:
    return outbox.items["52", call.id].state


def close(outbox: MemoryOutbox, report: Report) -> None:
    """Do what the journal's transaction does with a report."""
    key = (report.delivery.region, report.delivery.notification_id)
    outbox.items[key] = finish(outbox.items[key], report.finished)


def test_what_is_due_is_sent_and_reported_with_its_text() -> None:
    call, channel = sample_notification("a"), RecordingChannel()
    outbox = outbox_of(call)
    sender = sender_of(outbox, channel)
    assert sender.dispatch(EPOCH - timedelta(microseconds=1)) == 0
    assert sender.dispatch(EPOCH) == 1
    (report,) = sender.collect(EPOCH)
    message = render(call, LINK, EPOCH)
    assert report.finished == Finished(call.id, True, EPOCH, "", message.sms)
    assert [(attempt.contact, attempt.message) for attempt in channel.attempts] == [(call.contact, message)]
    assert sender.collect(EPOCH) == []
    close(outbox, report)
    assert sender.dispatch(EPOCH + LEASE) == 0
    assert len(channel.attempts) == 1


@pytest.mark.parametrize("outcome", [SENT, CLOSED])
def test_an_answer_during_the_send_lets_the_attempt_end_and_is_the_last(outcome: Outcome) -> None:
    call, later, executor = sample_notification("a"), sample_notification("b"), Never()
    outbox = outbox_of(call)
    sender = sender_of(outbox, RecordingChannel(), executor)
    assert sender.dispatch(EPOCH) == 1
    outbox.items["52", later.id] = queue("52", later)
    for each in (call, later):
        recalled = recall(outbox.items["52", each.id])
        assert recalled is not None
        outbox.items["52", each.id] = recalled
    executor.futures[0].set_result(outcome)
    reports = sender.collect(EPOCH + timedelta(seconds=1))
    assert [report.finished.is_sent for report in reports] == ([True] if outcome.is_sent else [])
    for report in reports:
        close(outbox, report)
    assert state(outbox, call) is (OutboxState.DONE if outcome.is_sent else OutboxState.RECALLED)
    assert sender.dispatch(EPOCH + timedelta(days=1)) == 0


def test_failures_are_tried_again_ever_later_then_given_up() -> None:
    call, channel = sample_notification("a"), RecordingChannel([CLOSED] * 10)
    outbox, now, waits = outbox_of(call), EPOCH, []
    sender = sender_of(outbox, channel)
    for attempt in range(1, DEFAULT_POLICY.max_attempts):
        assert sender.dispatch(now) == 1
        assert sender.collect(now) == []
        due = outbox.next_ready_at()
        assert due is not None
        assert sender.dispatch(due - timedelta(microseconds=1)) == 0
        assert outbox.items["52", call.id].attempts == attempt
        waits.append((due - now).total_seconds())
        now = due
    assert waits == [5, 10, 20]
    sender.dispatch(now)
    (report,) = sender.collect(now)
    assert not report.finished.is_sent
    assert (report.finished.error, report.delivery.attempts) == ("closed", DEFAULT_POLICY.max_attempts)
    assert len(channel.attempts) == DEFAULT_POLICY.max_attempts


def test_a_failure_that_mends_is_sent_once() -> None:
    call, channel = sample_notification("a"), RecordingChannel([CLOSED, CLOSED, SENT])
    outbox, now = outbox_of(call), EPOCH
    sender = sender_of(outbox, channel)
    reports: list[Report] = []
    while not reports:
        sender.dispatch(now)
        reports = sender.collect(now)
        now = outbox.next_ready_at() or now
    assert reports[0].finished.is_sent
    assert reports[0].delivery.attempts == 3
    assert len(channel.sent) == 1


def test_a_channel_that_raises_has_failed_and_says_nothing_of_the_message() -> None:
    call = sample_notification("a")
    outbox = outbox_of(call)
    sender = sender_of(outbox, Raising())
    sender.dispatch(EPOCH)
    assert sender.collect(EPOCH) == []
    assert outbox.items["52", call.id].error == "the channel raised ZeroDivisionError"
    assert state(outbox, call) is OutboxState.PENDING


def test_a_channel_that_never_answers_gives_its_place_back_when_the_lease_ends() -> None:
    calls = [sample_notification(number) for number in range(IN_FLIGHT + 3)]
    outbox = outbox_of(*calls)
    sender = sender_of(outbox, RecordingChannel(), Never())
    assert sender.dispatch(EPOCH) == IN_FLIGHT
    assert sender.dispatch(EPOCH) == 0
    assert sender.collect(EPOCH + LEASE - timedelta(seconds=1)) == []
    assert sender.dispatch(EPOCH + LEASE - timedelta(seconds=1)) == 0
    assert sender.collect(EPOCH + LEASE) == []
    assert sender.futures == []
    assert {item.error for item in outbox.items.values()} == {"the channel did not answer", ""}
    assert sender.dispatch(EPOCH + LEASE) == 3


def test_a_channel_that_never_answers_is_reported_in_the_end() -> None:
    call = sample_notification("a")
    outbox, now = outbox_of(call), EPOCH
    sender = sender_of(outbox, RecordingChannel(), Never())
    reports: list[Report] = []
    for _ in range(DEFAULT_POLICY.max_attempts):
        assert reports == []
        sender.dispatch(now)
        now += LEASE
        reports = sender.collect(now)
        now = outbox.next_ready_at() or now
    assert reports[0].finished.error == "the channel did not answer"


def test_an_answer_after_the_lease_does_not_disturb_the_next_attempt() -> None:
    call = sample_notification("a")
    outbox, executor = outbox_of(call), Never()
    sender = sender_of(outbox, RecordingChannel(), executor)
    sender.dispatch(EPOCH)
    sender.collect(EPOCH + LEASE)
    executor.futures[0].set_result(SENT)
    later = outbox.next_ready_at()
    assert later is not None
    assert sender.dispatch(later) == 1
    assert sender.collect(later) == []


def test_another_process_sends_again_what_a_dead_one_had_claimed() -> None:
    call, channel = sample_notification("a"), RecordingChannel()
    outbox = outbox_of(call)
    sender_of(outbox, channel, Never()).dispatch(EPOCH)
    other = Sender(outbox, channel, Inline(), LINK, "other")
    assert other.recover(EPOCH) == 0
    assert other.dispatch(EPOCH + LEASE - timedelta(seconds=1)) == 0
    assert other.dispatch(EPOCH + LEASE) == 1
    assert [report.finished.is_sent for report in other.collect(EPOCH + LEASE)] == [True]


def test_the_same_worker_takes_back_its_claims_at_once_when_it_starts_again() -> None:
    calls = [sample_notification(number) for number in range(3)]
    outbox, channel = outbox_of(*calls), RecordingChannel()
    done = calls[2].id
    outbox.items["52", done] = finish(outbox.items["52", done], Finished(done, True, EPOCH))
    sender_of(outbox, channel, Never()).dispatch(EPOCH)
    again = sender_of(outbox, channel)
    assert again.recover(EPOCH) == 2
    assert again.dispatch(EPOCH) == 2
    assert {report.finished.is_sent for report in again.collect(EPOCH)} == {True}
    assert {item.attempts for item in outbox.items.values()} == {2, 0}


def test_a_send_that_was_cancelled_is_tried_again() -> None:
    call, executor = sample_notification("a"), Never()
    outbox = outbox_of(call)
    sender = sender_of(outbox, RecordingChannel(), executor)
    sender.dispatch(EPOCH)
    cancelled: Future[Any] = Future()
    cancelled.cancel()
    sender._sending = [replace(sending, future=cancelled) for sending in sender._sending]
    assert sender.collect(EPOCH) == []
    assert state(outbox, call) is OutboxState.PENDING


@pytest.mark.parametrize("attempts", [1, 3])
def test_the_policy_decides_how_often(attempts: int) -> None:
    call, channel = sample_notification("a"), RecordingChannel([CLOSED] * 10)
    outbox, now = outbox_of(call), EPOCH
    policy = RetryPolicy(max_attempts=attempts)
    sender = Sender(outbox, channel, Inline(), LINK, "test", policy)
    reports: list[Report] = []
    while not reports:
        sender.dispatch(now)
        reports = sender.collect(now)
        now = outbox.next_ready_at() or now
    assert len(channel.attempts) == attempts


# --- with the fold: what follows from a report


def person(id_: str, *canals: Canal) -> Person:
    return Person(id_, id_.title(), tuple(Contact(f"{id_}/{canal}", canal) for canal in canals))


ROSTER = Roster(
    title="Essai",
    region="52",
    people=(person("claire", Canal.SMS, Canal.COURRIEL), person("anne", Canal.SMS)),
    roles=(
        Role("cadre", "Cadre", ("claire",)),
        Role("medecin", "Médecin", ("anne",)),
        Role("directeur", "D", ("anne",)),
    ),
    escalation=EscalationPolicy(timedelta(minutes=10), timedelta(minutes=15), "directeur"),
)


def test_given_up_the_fold_calls_the_next_contact_then_the_next_person() -> None:
    fold = engine.start("52")
    signal = SignalSanitaire("s", "panne_majeure_du_systeme_d_information", "DEP-44", "Panne", "SAMU")
    told: list[Any] = []
    for message in (catalogue_message(shipped_catalogue()), RosterVersion(ROSTER.sha256, ROSTER.content), signal):
        told += engine.step(fold, entry(fold.state.seq + 1, message))
    contacts: list[str] = []
    while len(contacts) < 3:
        call = next(effect for effect in told if isinstance(effect, Notify))
        contacts.append(call.contact)
        report = _given_up(call)
        given_up = DeliveryReport(call.id, "failed", report.delivery.attempts, report.finished.error)
        told = engine.step(fold, entry(fold.state.seq + 1, given_up))
        if contacts[-1] == "claire/courriel":
            assert [effect.reason for effect in told if isinstance(effect, NotSent)] == [NonSend.NOBODY_ON_CALL]
    assert contacts == ["claire/sms", "claire/courriel", "anne/sms"]


def _given_up(call: Notify) -> Report:
    sender = Sender(outbox_of(call), RecordingChannel([CLOSED]), Inline(), LINK, "test", RetryPolicy(max_attempts=1))
    sender.dispatch(EPOCH)
    (report,) = sender.collect(EPOCH)
    return report


def entry(seq: int, message: messages.Message) -> Entry:
    kind, payload = messages.encode(message)
    return Entry(seq, EPOCH, EPOCH, Status.ACTUAL, "52", kind, payload)
