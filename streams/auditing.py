"""Is the monitor itself alive? What an outside look at a région's fold finds wrong.

The look has its own replay of the journal and its own clock: it trusts nothing that the monitor says of itself.
Texts are in French, for whoever is woken up.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from alerts.astreinte import Person, Roster
from alerts.french import duration_text, instant_text
from alerts.lifecycle import AlertState, Phase
from alerts.routes import people_of, route_of
from orsan_plans.posture import Posture
from streams import engine
from streams.entry import Status
from streams.region.fold import Fold

GRACE: Final = timedelta(minutes=3)
"""How late a deadline or a message may be: Vigie's own choice, far above a turn of the monitor's loop."""

HasAddress = Callable[[str], bool]
"""Tells whether a contact ``<person>/<canal>`` has an address in the roster file in use."""


class Level(StrEnum):
    """How bad it is; the values are what people read."""

    OK = "ok"
    WATCH = "à voir"
    BROKEN = "en panne"


class Check(StrEnum):
    """What is looked at, in the order in which it is told."""

    JOURNAL = "Journal"
    MONITOR = "Moniteur"
    TIME = "Échéances"
    ALERTS = "Alertes sans réponse"
    ROSTER = "Tableau d'astreinte"
    REACHABLE = "Personnes joignables"
    MESSAGES = "Messages"
    PROOF = "Preuve de vie"
    SOURCES = "Sources"
    DISK = "Disque"
    KAFKA = "Kafka"
    DATABASE = "Base de données"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something found; ``key`` is the same for the same problem, however often it is looked at."""

    check: Check
    level: Level
    text: str
    key: str = ""


def find_problems(fold: Fold, now: datetime, has_address: HasAddress) -> Iterator[Finding]:
    """Yield what is wrong with real life in a région at ``now`` (aware)."""
    yield from _late_deadlines(fold, now)
    if fold.roster is None:
        yield Finding(Check.ROSTER, Level.BROKEN, "aucun tableau en vigueur : personne ne sera appelé", "roster")
    else:
        yield from _unreachable_roles(fold.roster, now, has_address)
    for alert_id, alert in sorted(fold.state.worlds[Status.ACTUAL].book.alerts.items()):
        if _waits_for_an_answer(alert):
            yield from _dead_escalation(fold, alert_id, alert, now, has_address)


def waiting_alerts(fold: Fold) -> int:
    """Return how many alerts of real life wait for an answer."""
    return sum(map(_waits_for_an_answer, fold.state.worlds[Status.ACTUAL].book.alerts.values()))


def silent_feeds(fold: Fold) -> tuple[str, ...]:
    """Return the silent sources of real life, as ``<feed>@<territory>``."""
    return tuple(key for key, feed in sorted(fold.state.worlds[Status.ACTUAL].feeds.items()) if feed.is_silent)


def late_messages(ready_at: datetime | None, now: datetime, zone: str) -> Iterator[Finding]:
    """Yield that nobody sends what is due; ``ready_at`` is when the next message may go, None when none waits."""
    if ready_at is not None and now - ready_at > GRACE:
        text = f"un message attend depuis le {instant_text(ready_at, zone)} : rien n'est envoyé"
        yield Finding(Check.MESSAGES, Level.BROKEN, text, "outbox")


def altered_messages(count: int) -> Iterator[Finding]:
    """Yield that messages are not sent because their rows in the outbox are damaged."""
    if count:
        text = f"messages altérés, mis de côté sans être envoyés : {count} ; `vigie audit verify` les nomme"
        yield Finding(Check.MESSAGES, Level.BROKEN, text, "altered")


def silent_journal(last_entry_at: datetime | None, longest: timedelta, now: datetime) -> Iterator[Finding]:
    """Yield that nothing enters the journal any more; nothing when ``longest`` is zero."""
    if not longest or (last_entry_at is not None and now - last_entry_at <= longest):
        return
    since = "jamais rien reçu" if last_entry_at is None else f"rien reçu depuis {duration_text(now - last_entry_at)}"
    yield Finding(Check.PROOF, Level.BROKEN, f"{since}, pas même un enregistrement d'essai", "silence")


def _late_deadlines(fold: Fold, now: datetime) -> Iterator[Finding]:
    due = engine.next_deadline(fold)
    if due is not None and now - due > GRACE:
        text = f"ce qui était dû le {instant_text(due, fold.zone.key)} n'a pas été fait : Vigie n'avance plus"
        yield Finding(Check.TIME, Level.BROKEN, text, "late")


def _waits_for_an_answer(alert: AlertState) -> bool:
    needs_answer = alert.audience is not None and alert.audience.needs_acknowledgement
    return needs_answer and alert.phase is Phase.RAISED and alert.subsumed_by is None


def _dead_escalation(
    fold: Fold, alert_id: str, alert: AlertState, now: datetime, has_address: HasAddress
) -> Iterator[Finding]:
    what = f"{alert.brief.title}, {alert.brief.territory_name}"
    due = alert.escalation.due_at
    if not alert.escalation.is_running or due is None:
        text = f"{what} : personne n'a répondu et plus aucun appel n'est prévu"
        yield Finding(Check.ALERTS, Level.BROKEN, text, f"dead {alert_id}")
    elif now - due > GRACE:
        text = f"{what} : l'appel du {instant_text(due, fold.zone.key)} n'a pas eu lieu"
        yield Finding(Check.ALERTS, Level.BROKEN, text, f"late {alert_id}")
    if fold.roster is not None and alert.audience is not None:
        people = people_of(route_of(fold.roster, alert.brief, alert.audience), fold.roster, now)
        if not any(_may_be_reached(fold.roster, person, alert.brief.posture, has_address) for person in people):
            text = f"{what} : aucune des personnes à appeler n'est joignable"
            yield Finding(Check.ALERTS, Level.BROKEN, text, f"unreachable {alert_id}")


def _unreachable_roles(roster: Roster, now: datetime, has_address: HasAddress) -> Iterator[Finding]:
    fallback = roster.escalation.fallback
    for role in roster.roles:
        on_call = roster.on_call(role.id, now)
        if any(_may_be_reached(roster, person, Posture.ALERTE, has_address) for person in on_call):
            continue
        is_last = role.id == fallback
        words = "rôle de dernier recours, " if is_last else ""
        text = f"{role.title} ({words}maintenant) : personne de joignable en alerte"
        yield Finding(Check.REACHABLE, Level.BROKEN if is_last else Level.WATCH, text, f"role {role.id}")


def _may_be_reached(roster: Roster, person: Person, posture: Posture, has_address: HasAddress) -> bool:
    return any(has_address(contact.name) for contact in roster.contacts(person, posture))


REMIND_AFTER: Final = timedelta(hours=1)
"""How often a problem that lasts is told again: Vigie's own choice."""


@dataclass(frozen=True, slots=True)
class Telling:
    """What is to be told now, and what will then have been told: problem → instant."""

    problems: tuple[Finding, ...]
    mended: tuple[str, ...]
    told: Mapping[str, datetime]


def to_tell(
    findings: Iterable[Finding], told: Mapping[str, datetime], now: datetime, remind: timedelta = REMIND_AFTER
) -> Telling:
    """Return what to tell: each new problem once, then again every ``remind``; and that those of before are over."""
    broken = {each.key: each for each in findings if each.level is Level.BROKEN}
    new = {key: each for key, each in broken.items() if key not in told or now - told[key] >= remind}
    kept = {key: at for key, at in told.items() if key in broken}
    mended = tuple(key for key in told if key not in broken)
    return Telling(tuple(new.values()), mended, {**kept, **dict.fromkeys(new, now)})
