"""What each person was told lately, and what waits for their next digest."""

import zlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alerts.effects import Notify, Purpose
from alerts.volume.limits import GATHERING, TURNS, Limits
from orsan_plans.posture import Posture


@dataclass(frozen=True, slots=True)
class Passed:
    """A message that left, by its id, and the rank of the gravest posture it told of (0 for the end of an alert)."""

    at: datetime
    rank: int
    message: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A message about an alert that was kept back: its id, the role it was for, and whether it told of an end."""

    message: str
    role: str
    is_end: bool


@dataclass(slots=True)
class Waiting:
    """What a contact's next digest is to count, by alert; ``told`` digests were sent to it, the last at ``told_at``."""

    kept: dict[str, Kept] = field(default_factory=dict)
    due_at: datetime | None = None
    told_at: datetime | None = None
    told: int = 0


@dataclass(slots=True)
class Traffic:
    """The messages of each person within the window, and what waits, by contact."""

    passed: dict[str, list[Passed]] = field(default_factory=dict)
    waiting: dict[str, Waiting] = field(default_factory=dict)


def passes(traffic: Traffic, notify: Notify, limits: Limits, now: datetime) -> bool:
    """Tell whether a message leaves by itself, and count it when it does.

    An ACTIVATION always does, and so does the first message of an alert graver than what the person was told of within
    the window.
    """
    lately = _lately(traffic, notify.person, limits, now)
    rank = 0 if notify.purpose is Purpose.END else notify.brief.posture.rank
    is_first = notify.purpose is not Purpose.END and notify.call <= 1
    is_graver = is_first and rank > max((each.rank for each in lately), default=0)
    if len(lately) < limits.messages or is_graver or notify.brief.posture is Posture.ACTIVATION:
        lately.append(Passed(now, rank, notify.id))
        return True
    return False


def count(traffic: Traffic, notify: Notify, limits: Limits, now: datetime) -> None:
    """Count a digest, which leaves whatever was sent before; one of ends only tells of no posture."""
    is_told = notify.digest is not None and notify.digest.lines
    rank = notify.brief.posture.rank if is_told else 0
    _lately(traffic, notify.person, limits, now).append(Passed(now, rank, notify.id))


def recalled(traffic: Traffic, person: str, message: str) -> None:
    """Count a message no more: it was recalled, its person may have been told nothing."""
    passed = traffic.passed.get(person, [])
    traffic.passed[person] = [each for each in passed if each.message != message]


def lost(traffic: Traffic, message: str) -> None:
    """Count a message no more: its delivery failed, its person was told nothing."""
    for person, passed in traffic.passed.items():
        traffic.passed[person] = [each for each in passed if each.message != message]


def keep(traffic: Traffic, notify: Notify, limits: Limits, now: datetime) -> datetime | None:
    """Keep a message for the contact's next digest; return when that is due if it was not yet known."""
    waiting = traffic.waiting.setdefault(notify.contact, Waiting())
    is_end = notify.purpose is Purpose.END
    for alert_id in notify.alert_ids:
        waiting.kept[alert_id] = Kept(notify.id, notify.role, is_end)
    if waiting.due_at is not None:
        return None
    again_at = now if waiting.told_at is None else waiting.told_at + limits.digest_every
    waiting.due_at = max(now + GATHERING + turn_of(notify.contact), again_at)
    return waiting.due_at


def turn_of(contact: str) -> timedelta:
    """Return how long after the others of a storm a contact's first digest waits, always the same for a contact."""
    return timedelta(seconds=zlib.crc32(contact.encode()) % TURNS)


def next_digest_at(traffic: Traffic, contact: str) -> datetime | None:
    """Return when a contact's next digest is due."""
    waiting = traffic.waiting.get(contact)
    return waiting.due_at if waiting else None


def _lately(traffic: Traffic, person: str, limits: Limits, now: datetime) -> list[Passed]:
    first = now - limits.window
    lately = [each for each in traffic.passed.get(person, ()) if each.at > first]
    traffic.passed[person] = lately
    return lately
