"""Plays a scenario: a timeline in French that a physician can read, run in virtual time by the embedded monitor.

Each step says, at a local time, what is received (``reçoit``), who answers (``acquitte``) and what people saw since the
step before (``attend``). Between two steps the monitor is advanced deadline by deadline.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from alerts.adapters.roster_files import load_roster
from alerts.effects import AlertChanged, AlertRaised, Effect, Notify, NotSent, PostureChanged, ReleveTaken
from orsan_plans.adapters.located_yaml import load_document, validate
from orsan_plans.adapters.plan_files import load_catalogue, shipped_catalogue
from orsan_plans.posture import Posture
from streams import messages
from streams.entry import Draft, Status
from streams.messages import (
    Acknowledge,
    BedCapacity,
    DailyFigures,
    DecideVolet,
    Etablissement,
    EtablissementList,
    LinkRefused,
    Message,
    PassageRPU,
    PlanCatalogue,
    PlanDocument,
    ReferenceBeds,
    ReleveAcknowledged,
    RosterVersion,
    SignalSanitaire,
)
from streams.monitor import Monitor
from streams.region.state import World
from streams.testing import MemoryJournal

PARIS: Final = ZoneInfo("Europe/Paris")
_STATUS: Final = {"réel": Status.ACTUAL, "exercice": Status.EXERCISE, "essai": Status.TEST}
_CHANGE: Final = {"acknowledged": "acquittée", "subsumed": "recouverte", "released": "rendue"}
_PURPOSE: Final = {"call": "appel", "inform": "information", "end": "fin"}


class Step(BaseModel):
    """``à`` is ``08:35`` on the first day, ``J+1 06:00`` later; one of the other keys says what."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    at: str = Field(alias="à", pattern=r"^(J\+\d+ )?\d{2}:\d{2}$")
    receives: list[dict[str, Any]] = Field(default=[], alias="reçoit")
    status: Literal["réel", "exercice", "essai"] = Field("réel", alias="statut")
    acknowledges: dict[str, str] | None = Field(None, alias="acquitte")
    expects: list[str] | None = Field(None, alias="attend")
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
    steps: list[Step] = Field(alias="déroulé")


@dataclass
class Player:
    """One scenario being played."""

    path: Path
    scenario: Scenario
    monitor: Monitor = field(default_factory=lambda: Monitor(MemoryJournal()))
    now: datetime | None = None
    seen: list[Effect] = field(default_factory=list)
    everything: list[Effect] = field(default_factory=list)

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
        roster = load_roster(folder / self.scenario.roster, {}).roster
        names = self.scenario.sites.items()
        sites = tuple(Etablissement(finess, name, finess[:2]) for finess, name in names)
        opening: list[Message] = [PlanCatalogue(plans.sha256, documents), RosterVersion(roster.sha256, roster.content)]
        self._record(opening + ([EtablissementList(sites)] if sites else []), Status.ACTUAL)
        self.seen.clear()

    def _do(self, step: Step, at: datetime) -> list[str]:
        if step.receives:
            self._record([_message(each, at) for each in step.receives], _STATUS[step.status])
        if step.acknowledges is not None:
            self._record([self._answer(step.acknowledges)], _STATUS[step.status])
        faults = self._unexpected(step.expects) if step.expects is not None else []
        return faults + self._wrong_postures(step) + self._wrong_readings(step)

    def _unexpected(self, expected: list[str]) -> list[str]:
        lines = [line for effect in self.seen if (line := _line(effect))]
        self.seen.clear()
        return [] if lines == expected else [f"attendu {expected}, vu {lines}"]

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
        return Acknowledge(alert.alert_id, words["par"], "essai")

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


def _line(effect: Effect) -> str:
    local = f"{effect.at.astimezone(PARIS):%H:%M}"
    match effect:
        case PostureChanged() if effect.after.rank or effect.before.rank or Posture.INCONNU is effect.after:
            return f"{local} posture {effect.rule} {effect.territory} {effect.before} → {effect.after}"
        case Notify():
            exercise = "" if effect.status == Status.ACTUAL else f" ({effect.status})"
            return f"{local} {_PURPOSE[effect.purpose]} {effect.contact} {effect.brief.territory}{exercise}"
        case NotSent():
            return f"{local} non-envoi {effect.reason} {effect.role} {effect.person or effect.territory}".rstrip()
        case AlertChanged() if effect.change in _CHANGE:
            return f"{local} alerte {effect.territory} {_CHANGE[effect.change]}"
        case ReleveTaken():
            return f"{local} relève de {effect.role} par {effect.by}"
    return ""


def _unknown(readings: dict[str, Any], key: str) -> str:
    if key not in readings:
        return "aucune lecture"
    return str(readings[key].unknown or f"connu ({readings[key].value:.1f})")


def _message(words: dict[str, Any], at: datetime) -> Message:
    """Read ``{signal: …}``, ``{lits: …}``, ``{passage: …}``, ``{chiffres: …}``, ``{décision: …}``, ``{relève: …}``…"""
    kind, body = next(iter(words.items()))
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
    return _said(kind, body)


def _said(kind: str, body: Any) -> Message:  # noqa: ANN401 - what YAML holds
    match kind:
        case "décision":
            return DecideVolet(body["volet"], body["territoire"], body["décision"], body["par"], body["motif"])
        case "relève":
            return ReleveAcknowledged(body["rôle"], body["par"], via="page")
        case "lien_refusé":
            return LinkRefused(body)
    raise ValueError(f"a scenario receives no {kind!r}")
