"""Plays a scenario: a timeline in French that a physician can read, run in virtual time by the embedded monitor.

Each step says, at a local time, what is received (``reçoit``), who answers (``acquitte``), which messages a service
took or lost (``remet``, ``échoue``: contacts), which roster is put in force (``tableau``), what people saw since the
step before (``attend``) and which messages were recalled before a service reported them (``annulés``). Between two
steps the monitor is advanced deadline by deadline.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from alerts.adapters.roster_files import load_roster
from alerts.answers import AnswerDecision
from alerts.effects import (
    AlertChanged,
    AlertRaised,
    Effect,
    Notify,
    NotSent,
    PostureChanged,
    Recalled,
    RecallReason,
    ReleveTaken,
    VoletProposed,
)
from orsan_plans.adapters.located_yaml import load_document, validate
from orsan_plans.adapters.plan_files import load_catalogue, shipped_catalogue
from orsan_plans.geography import REGIONS
from orsan_plans.posture import Posture
from streams import messages
from streams.entry import Draft, Status
from streams.messages import Message
from streams.messages.capacity import BedCapacity
from streams.messages.decisions import Acknowledge, DecideVolet, ReleveAcknowledged
from streams.messages.deliveries import DeliveryReport, LinkRefused
from streams.messages.exercises import ExerciseClosed, ExerciseOpened
from streams.messages.feeds import DailyFigures
from streams.messages.quiet import MaintenancePlanned, SilenceLifted, SilenceSet
from streams.messages.reference import (
    Etablissement,
    EtablissementList,
    PlanCatalogue,
    PlanDocument,
    ReferenceBeds,
    RosterVersion,
)
from streams.messages.signals import SignalSanitaire
from streams.messages.visits import PassageRPU
from streams.monitor import Monitor
from streams.region.state import World
from streams.testing import MemoryJournal

PARIS: Final = ZoneInfo("Europe/Paris")
_STATUS: Final = {"réel": Status.ACTUAL, "exercice": Status.EXERCISE, "essai": Status.TEST}
_CHANGE: Final = {
    "answered": "une réponse",
    "acknowledged": "acquittée",
    "handed_on": "transmise",
    "acted": "suivie d'un acte",
    "withdrawn": "réponse retirée",
    "subsumed": "recouverte",
    "released": "rendue",
}
_PURPOSE: Final = {
    "call": "appel",
    "inform": "information",
    "end": "fin",
    "reminder": "rappel",
    "digest": "résumé",
}


_RECALL: Final = {
    RecallReason.ANSWERED: "répondu",
    RecallReason.HANDED_ON: "transmis",
    RecallReason.RESOLVED: "terminé",
    RecallReason.SUBSUMED: "recouvert",
    RecallReason.SILENCED: "silence",
    RecallReason.WORSENED: "aggravé",
    RecallReason.EASED: "allégé",
}


class Step(BaseModel):
    """``à`` is ``08:35`` on the first day, ``J+1 06:00`` later; one of the other keys says what."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    at: str = Field(alias="à", pattern=r"^(J\+\d+ )?\d{2}:\d{2}$")
    receives: list[dict[str, Any]] = Field(default=[], alias="reçoit")
    status: Literal["réel", "exercice", "essai"] = Field("réel", alias="statut")
    acknowledges: dict[str, str] | None = Field(None, alias="acquitte")
    delivers: list[str] = Field([], alias="remet")
    loses: list[str] = Field([], alias="échoue")
    roster: str | None = Field(None, alias="tableau")
    repeats: int = Field(1, alias="fois", ge=1)
    counts: dict[str, int] | None = Field(None, alias="compte")
    expects: list[str] | None = Field(None, alias="attend")
    recalls: list[str] | None = Field(None, alias="annulés")
    postures: dict[str, str] = {}
    unknown: dict[str, str] = Field({}, alias="inconnus")


class Scenario(BaseModel):
    """``attend`` lists everything people saw since the step before, in order: nothing more, nothing less."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    title: str = Field(alias="scénario")
    why: str = Field(alias="pourquoi")
    day: str = Field(alias="jour")
    region: str = Field(alias="région")
    plans: str = "livrés"
    roster: str = Field(alias="astreinte")
    sites: dict[str, str] = Field({}, alias="établissements")
    invented: int = Field(0, alias="établissements_inventés", ge=0, le=999)
    steps: list[Step] = Field(alias="déroulé")


@dataclass
class Player:
    """One scenario being played."""

    path: Path
    scenario: Scenario
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    monitor: Monitor = field(init=False)
    now: datetime | None = None
    seen: list[Effect] = field(default_factory=list)
    everything: list[Effect] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.monitor = Monitor(self.journal)

    @classmethod
    def read(cls, path: Path) -> "Player":
        return cls(path, validate(load_document(path), Scenario))

    def play(self) -> list[str]:
        """Play every step; return what was not as expected, one line each."""
        faults: list[str] = []
        self._open()
        for step in self.scenario.steps:
            at = self._instant(step.at)
            self._pass_time(at)
            faults += [f"à {step.at} : {fault}" for fault in self._do(step, at)]
        return faults

    def _open(self) -> None:
        self.now = self._instant(self.scenario.steps[0].at) - timedelta(minutes=30)
        folder = self.path.parent
        plans = shipped_catalogue() if self.scenario.plans == "livrés" else load_catalogue(folder / self.scenario.plans)
        documents = tuple(PlanDocument(name, content) for name, content in plans.documents)
        names = [*self.scenario.sites.items(), *((code, f"Site {code}") for code in self._invented())]
        sites = tuple(Etablissement(finess, name, finess[:2]) for finess, name in names)
        opening: list[Message] = [PlanCatalogue(plans.sha256, documents), self._roster(self.scenario.roster)]
        self._record(opening + ([EtablissementList(sites)] if sites else []), Status.ACTUAL)
        self.seen.clear()

    def _do(self, step: Step, at: datetime) -> list[str]:
        if step.receives:
            received = [self._filled_in(each, number) for number in range(step.repeats) for each in step.receives]
            self._record([_received(each, at) for each in received], _STATUS[step.status])
        if step.acknowledges is not None:
            self._record([self._answer(step.acknowledges)], _STATUS[step.status])
        for contacts, outcome in _outcomes(step):
            if contacts:
                self._record([self._report(each, outcome) for each in contacts], _STATUS[step.status])
        if step.roster is not None:
            self._record([self._roster(step.roster)], Status.ACTUAL)
        faults = self._not_recalled(step.recalls) if step.recalls is not None else []
        faults += self._miscounted(step.counts) if step.counts is not None else []
        faults += self._unexpected(step.expects) if step.expects is not None else []
        return faults + self._wrong_postures(step) + self._wrong_readings(step)

    def _invented(self) -> list[str]:
        """Return the FINESS numbers of establishments spread over the région's départements."""
        codes = REGIONS[self.scenario.region].departements
        return [f"{codes[number % len(codes)]}0000{number:03d}" for number in range(self.scenario.invented)]

    def _filled_in(self, words: dict[str, Any], number: int) -> dict[str, Any]:
        """Return a message with ``{n}`` and ``{inventé}`` (the ``n``-th invented establishment) written out."""
        invented = self._invented()
        texts = {"{n}": str(number), "{inventé}": f"ETAB-{invented[number]}" if invented else ""}

        def filled(value: object) -> object:
            if isinstance(value, dict):
                return {name: filled(each) for name, each in value.items()}
            return texts.get(value, value) if isinstance(value, str) else value

        return {kind: filled(body) for kind, body in words.items()}

    def _miscounted(self, expected: dict[str, int]) -> list[str]:
        """Hold the number of lines that begin with each text, without their hour; ``attend`` then sees none of them."""
        lines = [line.partition(" ")[2] for effect in self.seen if (line := _line(effect))]
        self.seen.clear()
        found = {start: sum(line.startswith(start) for line in lines) for start in expected}
        others = [line for line in lines if not line.startswith(tuple(expected))]
        return [f"compté {found} et {others}, attendu {expected}"] if found != expected or others else []

    def _unexpected(self, expected: list[str]) -> list[str]:
        lines = [line for effect in self.seen if (line := _line(effect))]
        self.seen.clear()
        return [] if lines == expected else [f"attendu {expected}, vu {lines}"]

    def _not_recalled(self, expected: list[str]) -> list[str]:
        """Hold the contacts and the reason of what was recalled, and that the outbox sends none of it any more."""
        recalled = [effect for effect in self.seen if isinstance(effect, Recalled)]
        items = [self.journal.outbox.find(self.scenario.region, each.notification) for each in recalled]
        lines = [f"{each.at.astimezone(PARIS):%H:%M} {each.contact} {_RECALL[each.reason]}" for each in recalled]
        waiting = [item.notification.contact for item in items if item is not None and item.ready_at is not None]
        found = [] if lines == expected else [f"annulés {lines}, attendu {expected}"]
        return found + [f"{each} attend encore son envoi" for each in waiting]

    def _wrong_postures(self, step: Step) -> list[str]:
        postures = self._world(step.status).postures
        found = {key: str(postures[key].posture) if key in postures else "absente" for key in step.postures}
        return [f"{key} est {found[key]}, attendu {want}" for key, want in step.postures.items() if found[key] != want]

    def _wrong_readings(self, step: Step) -> list[str]:
        readings = self._world(step.status).readings
        found = {key: _unknown(readings, key) for key in step.unknown}
        return [f"{key} : {found[key]}, attendu {want}" for key, want in step.unknown.items() if found[key] != want]

    def _world(self, status: str) -> World:
        return self.monitor.fold(self.scenario.region).state.worlds[_STATUS[status]]

    def _answer(self, words: dict[str, str]) -> Acknowledge:
        raised = [e.brief for e in self.everything if isinstance(e, AlertRaised)]
        rule, _, territory = words["alerte"].partition(" ")
        alert = next(each for each in reversed(raised) if (each.rule, each.territory) == (rule, territory))
        decision = AnswerDecision(words.get("décision", "prendre"))
        return Acknowledge(alert.alert_id, words["par"], "essai", decision, words.get("motif", ""))

    def _roster(self, name: str) -> RosterVersion:
        roster = load_roster(self.path.parent / name, {}).roster
        return RosterVersion(roster.sha256, roster.content)

    def _report(self, contact: str, outcome: Literal["sent", "failed"]) -> DeliveryReport:
        calls = [each for each in self.everything if isinstance(each, Notify) and each.contact == contact]
        return DeliveryReport(calls[-1].id, outcome, 1)

    def _record(self, received: list[Message], status: Status) -> None:
        assert self.now is not None
        drafts = [Draft(self.now, status, self.scenario.region, *messages.encode(message)) for message in received]
        self._keep(self.monitor.append(drafts, self.now))

    def _pass_time(self, to: datetime) -> None:
        while (due := self.monitor.next_deadline()) is not None and due <= to:
            self._keep(self.monitor.advance(due))
        self._keep(self.monitor.advance(to))
        self.now = to

    def _keep(self, effects: list[Effect]) -> None:
        self.seen += effects
        self.everything += effects

    def _instant(self, words: str) -> datetime:
        found = re.fullmatch(r"(?:J\+(\d+) )?(\d{2}:\d{2})", words)
        assert found is not None
        day = date.fromisoformat(self.scenario.day) + timedelta(days=int(found[1] or 0))
        return datetime.combine(day, time.fromisoformat(found[2]), PARIS).astimezone(UTC)


def _outcomes(step: Step) -> tuple[tuple[list[str], Literal["sent", "failed"]], ...]:
    return (step.delivers, "sent"), (step.loses, "failed")


def _line(effect: Effect) -> str:  # noqa: PLR0911 - one per kind of effect
    local = f"{effect.at.astimezone(PARIS):%H:%M}"
    match effect:
        case PostureChanged() if effect.after.rank or effect.before.rank or Posture.INCONNU is effect.after:
            return f"{local} posture {effect.rule} {effect.territory} {effect.before} → {effect.after}"
        case Notify():
            exercise = "" if effect.status == Status.ACTUAL else f" ({effect.status})"
            return f"{local} {_PURPOSE[effect.purpose]} {effect.contact} {_about(effect)}{exercise}"
        case NotSent():
            return f"{local} non-envoi {effect.reason} {effect.role} {effect.person or effect.territory}".rstrip()
        case AlertChanged() if effect.change in _CHANGE:
            return f"{local} alerte {effect.territory} {_CHANGE[effect.change]}"
        case VoletProposed():
            return f"{local} volet {effect.volet} proposé {effect.territory} par {effect.author}"
        case ReleveTaken():
            return f"{local} relève de {effect.role} par {effect.by}"
    return ""


def _about(notify: Notify) -> str:
    if notify.digest is not None:
        counted = [f"{line.posture} {line.territory} {line.alerts}" for line in notify.digest.lines]
        return ", ".join([*counted, *([f"terminées {notify.digest.ended}"] if notify.digest.ended else [])])
    return f"{notify.place} ({1 + len(notify.grouped)} alertes)" if notify.grouped else notify.brief.territory


def _unknown(readings: dict[str, Any], key: str) -> str:
    if key not in readings:
        return "aucune lecture"
    return str(readings[key].unknown or f"connu ({readings[key].value:.1f})")


def _received(words: dict[str, Any], at: datetime) -> Message:
    kind, body = next(iter(words.items()))
    about_volume = ("silence", "silence_levé", "maintenance")
    return _about_volume(kind, body, at) if kind in about_volume else _message(kind, body, at)


def _message(kind: str, body: dict[str, Any], at: datetime) -> Message:
    """Read ``{signal: …}``, ``{lits: …}``, ``{passage: …}``, ``{chiffres: …}`` or ``{décision: …}``."""
    match kind:
        case "signal":
            return SignalSanitaire(
                signal_id=body["id"],
                nature=body["nature"],
                territory=body["territoire"],
                title=body.get("titre", body["nature"]),
                source="SAMU",
                criteria=body.get("critères", {}),
                is_open=body.get("ouvert", True),
            )
        case "lits":
            finess, occupied, installed = body["finess"], body["occupés"], body["installés"]
            return BedCapacity(finess, finess[:2], "rea", at, beds_installed=installed, beds_occupied=occupied)
        case "passage":
            return PassageRPU(f"essai-{at.isoformat()}", body["finess"], body["finess"][:2], at)
        case "chiffres":
            figures = {name: body[name] for name in body if name not in ("source", "territoire", "jour")}
            return DailyFigures(body["source"], body["territoire"], date.fromisoformat(body["jour"]), figures)
        case "lits_de_référence":
            return ReferenceBeds(body["territoire"], "SAE", {"rea": body["rea"]})
    return _said(kind, body, at)


def _said(kind: str, body: Any, at: datetime) -> Message:  # noqa: ANN401 - what YAML holds
    match kind:
        case "exercice_ouvert":
            until = at + timedelta(minutes=body["minutes"])
            who = tuple(body["participants"])
            return ExerciseOpened(body["numéro"], body["titre"], body["plan"], who, at, until, body["par"])
        case "exercice_clos":
            return ExerciseClosed(body["numéro"], body["par"])
        case "décision":
            return DecideVolet(body["volet"], body["territoire"], body["décision"], body["par"], body["motif"])
        case "relève":
            return ReleveAcknowledged(body["rôle"], body["par"], via="page")
        case "lien_refusé":
            return LinkRefused(body)
    raise ValueError(f"a scenario receives no {kind!r}")


def _about_volume(kind: str, body: dict[str, Any], at: datetime) -> Message:
    """Read ``{silence: …}``, ``{silence_levé: …}`` or ``{maintenance: …}``; both last ``heures`` from now."""
    author, reason = body["par"], body["motif"]
    if kind == "silence_levé":
        return SilenceLifted(body["id"], author, reason)
    until = at + timedelta(hours=body["heures"])
    if kind == "maintenance":
        return MaintenancePlanned(body["id"], body["flux"], body["territoire"], at, until, author, reason)
    scope = (body.get("volet"), body.get("règle"), body.get("territoire"))
    return SilenceSet(body["id"], until, author, reason, *scope, body.get("y_compris_alerte", False))
