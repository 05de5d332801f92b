"""The demo's stage: invented people on call who answer, or not, and a channel that reaches only them."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any, Final, ParamSpec, TypeVar

from alerts.astreinte import Canal, Contact, EscalationPolicy, HandOver, Person, Role, Roster
from alerts.channel import SENT, Outcome, failed
from alerts.effects import Notify, Purpose
from alerts.wording import Message
from orsan_plans.posture import Posture
from streams.entry import Status

P = ParamSpec("P")
T = TypeVar("T")

ANSWERS: Final = {"cadre": 0.55, "medecin": 0.85, "directeur": 1.0}
"""How likely each role is to answer a call, so that the demo shows escalations too."""
SMS_FAILS: Final = 0.08


def _person(id_: str, name: str, *canals: Canal) -> Person:
    return Person(id_, name, tuple(Contact(f"{id_}/{canal}", canal) for canal in canals))


def roster(region: str) -> Roster:
    """Return an invented tableau: the same people in every région."""
    both = (Canal.SMS, Canal.COURRIEL)
    mondays = HandOver(0, time(8, 30), date(2020, 1, 6))
    return Roster(
        title="Astreinte de démonstration (personnes fictives)",
        region=region,
        people=(
            _person("cellule.veille", "Cellule de veille", Canal.COURRIEL),
            _person("claire.martin", "Claire Martin", *both),
            _person("karim.benali", "Karim Benali", *both),
            _person("anne.le-goff", "Dr Anne Le Goff", *both),
            _person("lucie.moreau", "Lucie Moreau", *both),
        ),
        roles=(
            Role("veille", "Cellule de veille", ("cellule.veille",)),
            Role("cadre", "Cadre d'astreinte", ("claire.martin", "karim.benali"), mondays),
            Role("medecin", "Médecin d'astreinte", ("anne.le-goff",)),
            Role("directeur", "Directrice d'astreinte", ("lucie.moreau",)),
        ),
        escalation=EscalationPolicy(timedelta(minutes=10), timedelta(minutes=15), "directeur"),
        exercise_participants=("cellule.veille", "claire.martin", "anne.le-goff"),
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """Somebody will answer an alert at ``at``."""

    at: datetime
    region: str
    alert_id: str
    by: str
    status: Status = Status.ACTUAL


@dataclass(slots=True)
class Cast:
    """The invented people: told of every call, they decide whether and when to answer."""

    random: Random
    answers: list[Answer] = field(default_factory=list)

    def called(self, region: str, notify: Notify, at: datetime) -> None:
        """Let the person who was called answer after two to eight minutes, or not."""
        if notify.purpose is not Purpose.CALL or notify.brief.posture is not Posture.ALERTE:
            return
        if self.random.random() < ANSWERS.get(notify.role, 0.0):
            delay = timedelta(seconds=120 + int(self.random.random() * 360))
            self.answers.append(Answer(at + delay, region, notify.brief.alert_id, notify.person, Status(notify.status)))


class StageChannel:
    """A channel that hands messages to the stage; now and then an SMS is refused, and the outbox tries again."""

    def __init__(self, random: Random, seen: Callable[[str, Message, Outcome], None]) -> None:
        self._random = random
        self._seen = seen

    def send(self, contact: str, message: Message) -> Outcome:
        """Deliver, or refuse a few of the SMS."""
        is_refused = contact.endswith(f"/{Canal.SMS}") and self._random.random() < SMS_FAILS
        outcome = failed("the SMS service did not answer (demo)") if is_refused else SENT
        self._seen(contact, message, outcome)
        return outcome


class AtOnce(Executor):
    """An executor that does the work in the caller's thread: the demo's time is not the clock's."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """Call ``fn`` now and return its outcome as a finished future."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - it belongs to whoever asks the future
            future.set_exception(error)
        return future
