"""What an audit must be able to say of every message: decided, sent or given up, reported, answered, without a hole."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from alerts.effect_codec import encode
from alerts.effects import AlertRaised, Effect, EntryRejected, Notify, Recalled
from alerts.outbox import Item, OutboxState
from streams.entry import Entry
from streams.integrity import Problem
from streams.messages import KIND_OF_TYPE, decode
from streams.messages.decisions import Acknowledge
from streams.messages.deliveries import DeliveryReport

_ANSWER: Final = KIND_OF_TYPE[Acknowledge]
_REPORT: Final = KIND_OF_TYPE[DeliveryReport]
_WAITING: Final = frozenset({OutboxState.PENDING, OutboxState.CLAIMED})


@dataclass(slots=True)
class _Known:
    """What the effects decided: notifications by id, those recalled, alerts that exist, entries that were refused."""

    notifications: dict[str, Notify] = field(default_factory=dict)
    alerts: set[str] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)
    recalled: set[str] = field(default_factory=set)


def faults(
    region: str, entries: Iterable[Entry], effects: Iterable[Effect], items: Iterable[Item], *, is_alone: bool
) -> Iterator[Problem]:
    """Yield what does not hold together, the earliest entry first, then notifications in the order of decision.

    ``is_alone``: one process journals a report and finishes its message in one transaction. The live processes do one
    after the other: a report may be there a moment before.
    """
    known = _known(effects)
    reported: set[str] = set()
    for entry in entries:
        if entry.kind in {_ANSWER, _REPORT}:
            yield from _entry_faults(region, entry, known, reported)
    kept = {item.notification.id: item for item in items}
    for number, notify in enumerate(known.notifications.values(), 1):
        item = kept.get(notify.id)
        fault = _fault(notify, item, notify.id in reported, is_alone=is_alone)
        fault = fault or _recall_fault(item, notify.id in known.recalled, is_alone=is_alone)
        if fault:
            yield Problem("notification", f"{notify.id} to {notify.contact}: {fault}", region, number)
    for each in kept.keys() - known.notifications.keys():
        yield Problem("outbox", f"notification {each} was never decided", region)


def _known(effects: Iterable[Effect]) -> _Known:
    known = _Known()
    for effect in effects:
        match effect:
            case Notify():
                known.notifications[effect.id] = effect
            case Recalled():
                known.recalled.add(effect.notification)
            case AlertRaised():
                known.alerts.add(effect.brief.alert_id)
            case EntryRejected():
                known.refused.add(effect.seq)
            case _:
                pass
    return known


def _entry_faults(region: str, entry: Entry, known: _Known, reported: set[str]) -> Iterator[Problem]:
    message = decode(entry.kind, entry.payload)
    if isinstance(message, DeliveryReport):
        reported.add(message.notification_id)
        if message.notification_id not in known.notifications:
            detail = f"reports notification {message.notification_id}, which was never decided"
            yield Problem("entry", detail, region, entry.seq)
    elif isinstance(message, Acknowledge) and message.alert_id not in known.alerts and entry.seq not in known.refused:
        yield Problem("entry", f"answers alert {message.alert_id}, which was never raised", region, entry.seq)


def _fault(notify: Notify, item: Item | None, is_reported: bool, *, is_alone: bool) -> str:
    if item is None:
        return "" if is_reported else "it was never queued nor reported"
    if encode(item.notification) != encode(notify):
        return "the outbox holds another notification under its id"
    if item.state is OutboxState.RECALLED:
        return ""
    if item.state in _WAITING:
        return "reported, but the outbox would still send it" if is_reported and is_alone else ""
    return "" if is_reported else f"the outbox says {item.state}, but nothing in the journal reports it"


def _recall_fault(item: Item | None, is_recalled: bool, *, is_alone: bool) -> str:
    if item is None:
        return ""
    if item.state is OutboxState.RECALLED:
        return "" if is_recalled else "the outbox does not send it any more, but nothing recalled it"
    return "recalled, but the outbox would still send it" if is_recalled and item.state in _WAITING and is_alone else ""
