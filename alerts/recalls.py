"""Calls that left the fold and may still wait to be sent: recalled as soon as nobody is to be called by them.

Only what asks to answer is recalled, and only once none of the alerts it is about wants it sent: not the end of an
alert, not a reminder, not a digest that also tells of ends or of what needs no answer.
"""

from collections.abc import Collection
from typing import Final

from alerts import escalation
from alerts.desk import Desk
from alerts.effects import Effect, Notify, Purpose, Recalled, RecallReason, effect_id
from alerts.followed import AlertBook
from alerts.lifecycle import AlertState, Ordered

MOST_WAITING: Final = 32
"""Calls of an alert that may be recalled, besides those whose report is awaited: the latest. Vigie's choice, a night
of half-hourly calls while nothing is reported."""


def left(book: AlertBook, message: Notify, alert_ids: Collection[str]) -> None:
    """Remember which alerts a message that leaves is about, until it is reported, recalled or too old."""
    about = [book.alerts[alert_id] for alert_id in alert_ids]
    is_call = _asks_to_answer(message, about)
    for alert in about:
        # A digest comes here for a hundred alerts at once.
        if alert.messages:
            forget(book, alert, _too_old(alert))
        number = 1 + max([each.number for each in alert.messages.values()], default=0)
        alert.messages[message.id] = Ordered(number, message.contact, alert.escalation.step, is_call)
    if alert_ids:
        book.messages.setdefault(message.id, []).extend(alert_ids)


def _too_old(alert: AlertState) -> list[str]:
    """Return the messages an alert waits for no more: what calls nobody, and the oldest calls if there are many."""
    pending = alert.escalation.pending
    unreported = [(id_, each.is_call) for id_, each in alert.messages.items() if id_ not in pending]
    others = [id_ for id_, is_call in unreported if not is_call]
    if len(unreported) - len(others) <= MOST_WAITING:
        return others
    return others + [id_ for id_, each in _in_order(alert) if each.is_call and id_ not in pending][:-MOST_WAITING]


def _in_order(alert: AlertState) -> list[tuple[str, Ordered]]:
    return sorted(alert.messages.items(), key=lambda message: message[1].number)


def _asks_to_answer(message: Notify, about: Collection[AlertState]) -> bool:
    if message.digest is not None:
        return not message.digest.ended and all(alert.brief.needs_answer for alert in about)
    return message.purpose is Purpose.CALL


def reported(book: AlertBook, message: str) -> list[AlertState]:
    """Return the alerts that a message was about, which wait for it no more."""
    about = [book.alerts[each] for each in book.messages.pop(message, ()) if each in book.alerts]
    for alert in about:
        alert.messages.pop(message, None)
    return about


def forget(book: AlertBook, alert: AlertState, messages: Collection[str]) -> None:
    """Let an alert wait for messages no more."""
    for message in messages:
        alert.messages.pop(message, None)
        about = book.messages.get(message, [])
        if alert.brief.alert_id in about:
            about.remove(alert.brief.alert_id)
        if not about:
            book.messages.pop(message, None)


def recall(book: AlertBook, desk: Desk, alert: AlertState, why: RecallReason, person: str = "") -> list[Effect]:
    """Let an alert want none of its calls sent any more, or those of one person; return what is recalled thereby."""
    calls = [(id_, each) for id_, each in _in_order(alert) if each.is_call and person in {"", each.person}]
    forget(book, alert, [message for message, _ in calls])
    if not alert.escalation.is_running:
        # Those who answered know.
        for call in (call for _, call in calls if call.person not in alert.answers):
            escalation.left_untold(alert.escalation, call.person, call.step)
    return [_recalled(desk, alert, message, call, why) for message, call in calls if message not in book.messages]


def _recalled(desk: Desk, alert: AlertState, message: str, call: Ordered, why: RecallReason) -> Recalled:
    return Recalled(
        id=effect_id("recalled", message),
        at=desk.now,
        status=desk.status,
        alert_id=alert.brief.alert_id,
        territory=alert.brief.territory,
        notification=message,
        reason=why,
        person=call.person,
        contact=call.contact,
    )
