"""Who was told what, when, how and with what result: the audit of a région, from its entries, effects and outbox.

One `Record` per fact that concerns people. Texts come from the outbox, where they may have been erased; everything else
comes from the journal and cannot be.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from alerts.effects import (
    ActivationProposed,
    AlertBrief,
    AlertChange,
    AlertChanged,
    AlertRaised,
    Effect,
    EntryRejected,
    Notify,
    NotSent,
    Recalled,
    VoletDecided,
    VoletProposed,
)
from alerts.outbox import Item, OutboxState
from streams.entry import Entry
from streams.messages import KIND_OF_TYPE, decode
from streams.messages.decisions import Acknowledge
from streams.messages.deliveries import DeliveryReport, TextsErased
from streams.messages.exercises import ExerciseClosed, ExerciseOpened
from streams.messages.reference import RosterVersion


class What(StrEnum):
    """What a record is about."""

    RAISED = "raised"
    TOLD = "told"
    NOT_SENT = "not_sent"
    RECALLED = "recalled"
    ANSWERED = "answered"
    CHANGED = "changed"
    DECIDED = "decided"
    EXERCISE = "exercise"
    ERASED = "erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One fact of the audit; ``alert_id`` is empty for what concerns no alert.

    A message about several alerts is a record of each, under the same ``message``.

    ``result`` is what became of a message (``sent``, ``failed``, a state of the outbox, ``recalled_sending`` when it
    was recalled while it was being sent, empty when nothing is known), why one was recalled, or why an answer changed
    nothing; ``detail`` what else is known, as the journal says it.
    """

    region: str
    at: datetime
    what: What
    status: str
    alert_id: str = ""
    exercise: str = ""
    person: str = ""
    role: str = ""
    channel: str = ""
    purpose: str = ""
    decision: str = ""
    result: str = ""
    result_at: datetime | None = None
    tries: int = 0
    detail: str = ""
    title: str = ""
    text: str = ""
    brief: AlertBrief | None = None
    message: str = ""


@dataclass(slots=True)
class Said:
    """What entries say that an audit needs; ``reports`` by notification, ``records`` by entry number."""

    reports: dict[str, tuple[datetime, DeliveryReport]] = field(default_factory=dict)
    records: dict[int, Record] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)


_KINDS = frozenset(
    KIND_OF_TYPE[each]
    for each in (Acknowledge, DeliveryReport, ExerciseOpened, ExerciseClosed, RosterVersion, TextsErased)
)


def said_by(entries: Iterable[Entry]) -> Said:
    """Read what entries say of people and messages; all others are passed over."""
    said = Said()
    for entry in entries:
        if entry.kind in _KINDS:
            _read(said, entry)
    return said


def _read(said: Said, entry: Entry) -> None:
    message = decode(entry.kind, entry.payload)
    if isinstance(message, DeliveryReport):
        said.reports[message.notification_id] = (entry.recorded_at, message)
    elif isinstance(message, RosterVersion):
        people = message.content.get("people", ())
        said.names |= {each["id"]: each["name"] for each in people if "id" in each and "name" in each}
    elif isinstance(message, Acknowledge):
        said.records[entry.seq] = _answered(entry, message)
    elif isinstance(message, ExerciseOpened | ExerciseClosed):
        said.records[entry.seq] = _exercised(entry, message)
    elif isinstance(message, TextsErased):
        said.records[entry.seq] = _record(
            entry, What.ERASED, person=message.by, detail=message.reason, tries=message.texts
        )


def _record(entry: Entry, what: What, **more: str | int) -> Record:
    base = Record(region=entry.region, at=entry.recorded_at, what=what, status=entry.status.value)
    return replace(base, **more)  # type: ignore[arg-type]  # each is given the type of its field


def _answered(entry: Entry, message: Acknowledge) -> Record:
    return _record(
        entry,
        What.ANSWERED,
        alert_id=message.alert_id,
        person=message.person or message.by,
        channel=message.via,
        decision=message.decision.value,
        detail=message.reason,
    )


def _exercised(entry: Entry, message: ExerciseOpened | ExerciseClosed) -> Record:
    if isinstance(message, ExerciseClosed):
        detail, decision = message.summary, "clos"
    else:
        detail, decision = f"{message.title} ({message.plan}) : {', '.join(message.participants)}", "ouvert"
    return _record(
        entry, What.EXERCISE, exercise=message.number, person=message.author, decision=decision, detail=detail
    )


def records(
    region: str, said: Said, effects: Iterable[Effect], item_of: Callable[[str], Item | None]
) -> Iterator[Record]:
    """Yield the audit of a région in order of time; ``item_of`` finds a notification in the outbox."""
    decided: list[Record] = []
    answers = dict(said.records)
    for effect in effects:
        if isinstance(effect, EntryRejected) and effect.seq in answers:
            answers[effect.seq] = replace(answers[effect.seq], result=effect.reason)
        if isinstance(effect, Notify):
            decided += _told(region, effect, said.reports.get(effect.id), item_of(effect.id))
        elif (record := _of_effect(region, effect)) is not None:
            decided.append(record)
    # What was said comes before what it caused.
    yield from sorted([*answers.values(), *decided], key=lambda record: record.at)


_SAID_BY_ENTRIES: Final = frozenset({AlertChange.ANSWERED, AlertChange.ACKNOWLEDGED, AlertChange.HANDED_ON})
"""What the answer itself says already, with its decision and reason."""


def _of_effect(region: str, effect: Effect) -> Record | None:  # noqa: PLR0911 - one return per kind of effect
    base = Record(region=region, at=effect.at, what=What.CHANGED, status=effect.status)
    match effect:
        case AlertRaised():
            return replace(_about(base, effect.brief), what=What.RAISED, detail=effect.brief.posture)
        case NotSent():
            told = replace(base, what=What.NOT_SENT, alert_id=effect.alert_id, person=effect.person, role=effect.role)
            return replace(told, result=effect.reason.value, detail=effect.detail)
        case Recalled():
            told = replace(base, what=What.RECALLED, alert_id=effect.alert_id, person=effect.person)
            channel = effect.contact.partition("/")[2]
            return replace(told, channel=channel, result=effect.reason.value)
        case AlertChanged() if effect.change not in _SAID_BY_ENTRIES:
            detail = " : ".join(filter(None, (effect.by, effect.reason)))
            return replace(base, alert_id=effect.alert_id, decision=effect.change.value, detail=detail)
        case ActivationProposed():
            return replace(base, alert_id=effect.alert_id, decision="proposed", detail=effect.volet)
        case VoletDecided():
            detail = f"{effect.volet} {effect.territory} : {effect.reason}"
            decision = "activer" if effect.is_active else "lever"
            return replace(base, what=What.DECIDED, person=effect.author, decision=decision, detail=detail)
        case VoletProposed():
            detail = f"{effect.volet} {effect.territory} : {effect.reason}"
            return replace(base, what=What.DECIDED, person=effect.author, decision="proposer", detail=detail)
    return None


def _about(base: Record, brief: AlertBrief) -> Record:
    return replace(base, alert_id=brief.alert_id, exercise=brief.exercise, brief=brief)


def _told(
    region: str, notify: Notify, report: tuple[datetime, DeliveryReport] | None, item: Item | None
) -> Iterator[Record]:
    """Yield a message under each of its alerts; one that counts ends alone, under the alert it was decided for."""
    told = Record(
        region=region,
        at=notify.at,
        what=What.TOLD,
        status=notify.status,
        exercise=notify.brief.exercise,
        person=notify.person,
        role=notify.role,
        channel=notify.contact.partition("/")[2],
        purpose=notify.purpose.value,
        message=notify.id,
    )
    if item is not None:
        result = "recalled_sending" if item.may_have_left else item.state.value
        told = replace(told, title=item.title, text=item.body, result=result, tries=item.attempts)
    if report is not None:
        at, said = report
        is_recalled = item is not None and item.state is OutboxState.RECALLED and said.outcome == "failed"
        result = OutboxState.RECALLED.value if is_recalled else said.outcome
        told = replace(told, result=result, result_at=at, tries=said.attempts, detail=said.detail)
    elif item is not None:
        told = replace(told, detail=item.error)
    briefs = {brief.alert_id: brief for brief in (notify.brief, *notify.grouped)}
    for alert_id in notify.alert_ids or (notify.brief.alert_id,):
        yield replace(told, alert_id=alert_id, brief=briefs.get(alert_id))
