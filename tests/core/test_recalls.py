"""What may not have left when nobody is to be called any more is recalled, once, and nothing else is."""

from typing import Final

from hypothesis import given

from alerts.answers import AnswerDecision
from alerts.effects import AlertChange, AlertChanged, Effect, Notify, Purpose, Recalled, RecallReason
from alerts.recalls import MOST_WAITING
from streams import engine, messages
from streams.entry import Entry, Status
from streams.messages.decisions import Acknowledge
from streams.messages.deliveries import DeliveryReport
from tests.core.answering_play import PAIR, POLICY, Says, on_call
from tests.core.answering_play import play as answering
from tests.core.builders import MINUTE, REGION, T0, Run
from tests.core.generated import FEWER
from tests.core.test_volume_properties import played, stormy
from tests.core.volume_play import answered, meteo, panne, play, reported, silence

TAKEN: Final = Says("denis")


def recalls(of: Run) -> list[tuple[float, str, RecallReason]]:
    return [((e.at - T0) / MINUTE, e.contact, e.reason) for e in of.of("recalled")]


def test_an_answer_recalls_every_call_that_nobody_reported() -> None:
    everything = answering(on_call(POLICY), (21, TAKEN), until=60)
    contacts = ["cecile/sms", "marc/sms", "vera/courriel", "eva/sms", "denis/sms"]
    assert recalls(everything) == [(21, each, RecallReason.ANSWERED) for each in contacts]
    told = {e.id: e.contact for e in everything.of("notify")}
    assert [told[e.notification] for e in everything.of("recalled")] == contacts


def test_what_was_reported_is_not_recalled() -> None:
    assert recalls(play((0, meteo(1)), (1, reported(0, "sent")), (2, answered(0)))) == []
    failed = play((0, meteo(1)), (1, reported(0, "failed")), (2, answered(0)))
    assert recalls(failed) == [(2, "denis/sms", RecallReason.ANSWERED)]


def test_one_of_several_answers_and_passing_on_recall_that_person_s_calls_alone() -> None:
    one = answering(on_call(PAIR), (3, Says("cecile")), (4, Says("marc", AnswerDecision.HAND_ON)), until=5)
    assert recalls(one) == [(3, "cecile/sms", RecallReason.ANSWERED), (4, "marc/sms", RecallReason.HANDED_ON)]


def test_the_end_is_told_and_what_called_before_is_recalled() -> None:
    over = play((0, meteo(1)), (2, meteo(1, is_open=False)))
    assert recalls(over) == [(2, "marc/sms", RecallReason.RESOLVED)]
    (end,) = [e for e in over.of("notify") if e.purpose is Purpose.END]
    assert end.id not in {e.notification for e in over.of("recalled")}


def test_a_worse_posture_replaces_what_was_not_sent_yet() -> None:
    worse = play((0, meteo(1)), (2, meteo(1, "rouge")), (3, meteo(1, "orange")))
    assert [(at, why) for at, _, why in recalls(worse)] == [(2, RecallReason.WORSENED), (3, RecallReason.EASED)]


def test_a_wider_alert_recalls_what_it_covers() -> None:
    covered = play((0, meteo(1)), (2, meteo(None)))
    assert [(at, why) for at, _, why in recalls(covered)] == [(2, RecallReason.SUBSUMED)]


def test_a_silence_recalls_when_it_holds_the_next_call() -> None:
    held = play((0, meteo(1)), (2, silence(volet="REB")), until=30)
    assert recalls(held) == [(10, "marc/sms", RecallReason.SILENCED)]


def test_a_grouped_message_is_recalled_with_the_last_of_its_alerts() -> None:
    first = ((0.0, panne(1)), (2.0, panne(2)), (6.0, answered(0)))
    assert recalls(play(*first, until=8)) == []
    both = play(*first, (7, answered(1)))
    assert recalls(both) == [(7, "marc/sms", RecallReason.ANSWERED)]
    assert both.of("recalled")[0].alert_id == both.of("alert_raised")[1].brief.alert_id


def test_a_digest_is_recalled_with_the_last_alert_it_counts_unless_it_tells_of_ends() -> None:
    kept = tuple((0.0, meteo(n)) for n in range(4))
    some = play(*kept, (2, answered(2)), until=3)
    assert recalls(some) == []
    every = play(*kept, (2, answered(2)), (3, answered(3)))
    (digest,) = [e for e in every.of("notify") if e.purpose is Purpose.DIGEST]
    assert [e.notification for e in every.of("recalled")] == [digest.id]
    ends = play(
        *kept,
        (0.2, reported(0, "sent")),
        (0.5, meteo(0, is_open=False)),
        (2, answered(1)),
        (2, answered(2)),
        (2, answered(3)),
    )
    (told,) = [e for e in ends.of("notify") if e.purpose is Purpose.DIGEST]
    assert told.digest.ended
    assert told.id not in {e.notification for e in ends.of("recalled")}


def test_what_was_kept_back_never_left_and_is_not_recalled() -> None:
    before = play(*((0.0, meteo(n)) for n in range(4)), (0.5, answered(3)))
    assert recalls(before) == []


def test_who_was_recalled_is_called_first_when_the_answer_is_passed_on() -> None:
    passed_on = answering(on_call(POLICY), (12, TAKEN), (20, Says("denis", AnswerDecision.HAND_ON)), until=21)
    assert [contact for at, _, contact in passed_on.calls if at == T0 + 20 * MINUTE] == ["cecile/sms"]


def test_a_report_that_comes_after_a_recall_changes_nothing() -> None:
    late = play((0, meteo(1)), (2, answered(0)), (3, reported(0, "failed")), until=60)
    assert [e.kind for e in late.effects if e.at > T0 + 2 * MINUTE] == []


def test_a_message_that_was_recalled_does_not_count_against_its_person() -> None:
    timed = ((0.0, meteo(1)), (0.5, meteo(2)), (1.0, answered(0)), (2.0, meteo(3)))
    assert [e.purpose for e in play(*timed, until=4).of("notify")] == [Purpose.CALL] * 3


def test_only_the_latest_calls_wait_to_be_recalled() -> None:
    """A night of calls that no service reports: what is kept of them is bounded."""
    night = answering(on_call(POLICY), (20 * (MOST_WAITING + 10), TAKEN))
    assert len(night.of("notify")) > MOST_WAITING + 5
    assert MOST_WAITING < len(night.of("recalled")) <= MOST_WAITING + 2
    assert night.of("recalled")[-1].notification == night.of("notify")[-1].id


@FEWER
@given(entries=stormy())
def test_only_what_calls_and_was_not_reported_is_recalled_and_once(entries: list[Entry]) -> None:
    fold, ordered, gone = engine.start(REGION), dict[str, Notify](), set[str]()
    reported_: set[str] = set()
    for each in entries:
        effects = engine.step(fold, each)
        for effect in effects:
            if isinstance(effect, Notify):
                ordered[effect.id] = effect
            elif isinstance(effect, Recalled):
                call = ordered[effect.notification]
                assert call.purpose in {Purpose.CALL, Purpose.DIGEST}
                assert call.contact == effect.contact
                assert effect.notification not in reported_ | gone
                gone.add(effect.notification)
        message = messages.decode(each.kind, each.payload)
        if isinstance(message, DeliveryReport):
            reported_.add(message.notification_id)


@FEWER
@given(entries=stormy())
def test_an_alert_that_calls_nobody_has_nothing_left_to_recall(entries: list[Entry]) -> None:
    fold = played(entries).fold
    for status in Status:
        for alert in fold.state.worlds[status].book.alerts.values():
            waiting = [each for each in alert.messages.values() if each.is_call]
            assert alert.escalation.is_running or not waiting


@FEWER
@given(entries=stormy())
def test_an_acknowledged_alert_leaves_no_call_of_its_own_to_be_sent(entries: list[Entry]) -> None:
    fold, mine = engine.start(REGION), dict[str, set[str]]()
    for each in entries:
        for effect in engine.step(fold, each):
            _follow(mine, effect)
        message = messages.decode(each.kind, each.payload)
        if isinstance(message, DeliveryReport):
            for calls in mine.values():
                calls.discard(message.notification_id)
        if isinstance(message, Acknowledge):
            alert = fold.state.worlds[each.status].book.alerts.get(message.alert_id)
            if alert is not None and not alert.escalation.is_running:
                assert len(mine.get(message.alert_id, set())) == 0


def _follow(mine: dict[str, set[str]], effect: Effect) -> None:
    match effect:
        case Notify() if effect.purpose is Purpose.CALL and len(effect.alert_ids) == 1:
            mine.setdefault(effect.brief.alert_id, set()).add(effect.id)
        case Recalled():
            for calls in mine.values():
                calls.discard(effect.notification)
        case AlertChanged() if effect.change is AlertChange.CLOSED:
            mine.pop(effect.alert_id, None)
        case _:
            pass
