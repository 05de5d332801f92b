"""Small journals for the tests of the core: a catalogue with one rule of each kind, rosters, and entries in order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from alerts.astreinte import Canal, Contact, EscalationPolicy, Person, Role, Roster
from alerts.effect_codec import encode
from alerts.effects import AlertBrief, Effect, EntryRejected
from orsan_plans.assess import Evidence
from orsan_plans.catalogue import Catalogue
from orsan_plans.posture import Posture
from streams import engine, messages
from streams.entry import Entry, Status
from streams.messages import Message
from streams.messages.capacity import BedCapacity
from streams.messages.feeds import DailyFigures
from streams.messages.reference import Etablissement, EtablissementList, PlanCatalogue, PlanDocument, RosterVersion
from streams.messages.signals import SignalSanitaire
from streams.messages.visits import PassageRPU
from streams.region.fold import Fold

REGION: Final = "52"
T0: Final = datetime(2026, 1, 14, 7, 0, tzinfo=UTC)
"""Wednesday 08:00 in Nantes."""
MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
NANTES, NAZAIRE, ANGERS = "440000271", "440000396", "490000049"

BRIEF: Final = AlertBrief(
    alert_id="a",
    volet="REB",
    plan="essai",
    rule="part",
    title="Part",
    territory="DEP-44",
    territory_name="Loire-Atlantique (44)",
    posture=Posture.ALERTE,
    since=T0,
    raised_at=T0,
    evidence=Evidence(date(2026, 1, 14)),
    reflex_actions=(),
    time_zone="Europe/Paris",
)

_CALLED: Final = {"roles": ["cadre", "medecin"]}
_TOLD: Final = {"roles": ["veille"], "accuse_de_reception": "non_requis", "regroupement": "1 min"}


def threshold(value: float, key: str = "au_dessus_de") -> dict[str, Any]:
    return {key: value, "source": "essai"}


def rule(name: str, levels: Sequence[str], condition: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - a rule's keys hold any plain value
    return {
        "regle": name,
        "titre": f"Règle {name}",
        "territoires": list(levels),
        "condition": condition,
        "actions_reflexes": ["Appeler"],
        "prevenir": {"alerte": _CALLED},
        **more,
    }


def event(*kinds: str, posture: str = "alerte", **criteria: str) -> dict[str, Any]:
    body: dict[str, Any] = {"natures": list(kinds), "posture": posture, "source": "essai"}
    return {"evenement": {**body, "criteres": {name: [value] for name, value in criteria.items()}}}


def indicator(name: str, vigilance: float, alerte: float | None = None, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - as `rule`
    seuils = {"vigilance": threshold(vigilance)} | ({"alerte": threshold(alerte)} if alerte is not None else {})
    return {"indicateur": name, "seuils": seuils, **more}


def silence(feed: str, after: str, posture: str = "vigilance") -> dict[str, Any]:
    return {"flux_muet": {"flux": feed, "apres": after, "posture": posture, "source": "essai"}}


def document(*rules: dict[str, Any], plan: str = "essai") -> tuple[str, dict[str, Any]]:
    source = {"reference": "Essai", "auteur": "Vigie", "valide_du": "2020-01-01", "valide_au": "sans limite"}
    content = {
        "plan": plan,
        "volet": "REB",
        "titre": "Plan d'essai",
        "regions": "toutes",
        "valide_du": "2020-01-01",
        "sources": {"essai": source},
        "regles": list(rules),
    }
    return f"{plan}.yaml", content


BOTH: Final = {"vigilance": _TOLD, "alerte": _CALLED}
EVERY_KIND: Final = (
    rule(
        "part",
        ["departement", "region"],
        indicator("rpu.part_suspicion_covid_7j", 6, 10, marge=1, effectif_minimal=20, completude_minimale=50),
        retour="1 j",
        propose_le_volet=True,
        prevenir=BOTH,
    ),
    rule(
        "lits",
        ["etablissement", "departement", "region"],
        indicator("lits.taux_occupation_rea", 80, 90, marge=5, effectif_minimal=5),
        maintien="20 min",
        retour="30 min",
        prevenir=BOTH,
    ),
    rule(
        "afflux",
        ["etablissement", "departement", "region"],
        indicator("rpu.passages_1h", 1, 3),
        maintien="10 min",
        retour="10 min",
        prevenir=BOTH,
    ),
    rule(
        "graves",
        ["departement"],
        indicator("rpu.part_ccmu_4_5_24h", 30, effectif_minimal=2),
        si_inconnu="vigilance",
        prevenir={"vigilance": _TOLD},
    ),
    rule("accident", ["departement", "region"], event("accident"), propose_le_volet=True),
    rule(
        "couleur",
        ["etablissement", "departement"],
        {"une_parmi": [event("meteo", posture="vigilance", couleur="orange"), event("meteo", couleur="rouge")]},
        prevenir={"vigilance": {"roles": ["veille"]}, "alerte": {"roles": ["cadre"], "regroupement": "5 min"}},
    ),
    rule(
        "muet",
        ["etablissement"],
        {"une_parmi": [silence("rpu", "2 h"), silence("rpu", "6 h", "alerte")]},
        prevenir=BOTH,
    ),
    rule("lits-muets", ["etablissement"], silence("lits", "3 h"), prevenir={"vigilance": _TOLD}),
    rule(
        "ensemble",
        ["etablissement", "departement"],
        {
            "au_moins": 2,
            "parmi": [indicator("rpu.passages_24h", 2, 4), event("accident"), silence("rpu", "2 h")],
        },
        prevenir=BOTH,
    ),
    rule(
        "sejours",
        ["etablissement", "departement", "region"],
        {
            "au_moins": 1,
            "parmi": [
                indicator("rpu.duree_p90_hospitalises_veille", 60, 240, effectif_minimal=2, completude_minimale=50),
                indicator("rpu.presents_15h_veille", 1, 2),
            ],
        },
        prevenir=BOTH,
    ),
    rule("smur", ["departement", "region"], indicator("smur.interventions_24h", 1, 3), retour="20 min", prevenir=BOTH),
    rule("appels", ["departement"], indicator("samu.appels_24h", 5, 20), prevenir=BOTH),
)


def catalogue(*rules: dict[str, Any]) -> PlanCatalogue:
    read = Catalogue.from_documents([document(*rules)] if rules else [])
    return PlanCatalogue(read.sha256, tuple(PlanDocument(name, content) for name, content in read.documents))


def person(name: str, *canaux: Canal) -> Person:
    return Person(name, name.title(), tuple(Contact(f"{name}/{canal}", canal) for canal in canaux or (Canal.SMS,)))


def roster(participants: Sequence[str] = ("eva",), fallback: str = "directeur") -> Roster:
    """Cécile is called first (SMS, then e-mail), then Marc; Denis is the fallback; Vera is the day watch."""
    return Roster(
        title="Astreinte d'essai",
        region=REGION,
        people=(
            person("cecile", Canal.SMS, Canal.COURRIEL),
            person("marc"),
            person("denis"),
            person("vera", Canal.COURRIEL),
            person("eva"),
        ),
        roles=(
            Role("cadre", "Cadre", ("cecile", "eva") if "eva" in participants else ("cecile",)),
            Role("medecin", "Médecin", ("marc",)),
            Role("directeur", "Directeur", ("denis",)),
            Role("veille", "Veille", ("vera",)),
        ),
        escalation=EscalationPolicy(10 * MINUTE, 30 * MINUTE, fallback),
        exercise_participants=tuple(participants),
    )


def roster_version(which: Roster) -> RosterVersion:
    return RosterVersion(which.sha256, which.content)


SITES: Final = EtablissementList(
    (Etablissement(NANTES, "Nantes", "44"), Etablissement(ANGERS, "Angers", "49")),
)


def passage(finess: str, entered_at: datetime, departement: str = "44", **more: Any) -> PassageRPU:  # noqa: ANN401 - any field of the record
    return PassageRPU("clef", finess, departement, entered_at, **more)


def beds(finess: str, at: datetime, occupied: int | None, installed: int | None = 10) -> BedCapacity:
    departement = finess[:2]
    return BedCapacity(finess, departement, "rea", at, beds_installed=installed, beds_occupied=occupied)


def visits(day: date, suspected: int | None, total: int | None = 100, territory: str = "DEP-44") -> DailyFigures:
    return DailyFigures("sursaud", territory, day, {"passages": total, "suspicion_covid": suspected})


def signal(id_: str = "s1", nature: str = "accident", territory: str = "DEP-44", **more: Any) -> SignalSanitaire:  # noqa: ANN401 - any field of the record
    return SignalSanitaire(id_, nature, territory, f"Signal {id_}", "SAMU", **more)


Timed = tuple[datetime, Status, Message]


def entry(seq: int, at: datetime, message: Message, status: Status = Status.ACTUAL) -> Entry:
    kind, payload = messages.encode(message)
    return Entry(seq, at, at, status, REGION, kind, payload)


def journal(*timed: tuple[datetime, Message] | Timed) -> list[Entry]:
    """Number messages in the order given; without a status they are actual."""
    return [
        entry(n, each[0], each[-1], each[1] if len(each) == 3 else Status.ACTUAL) for n, each in enumerate(timed, 1)
    ]


def setting(*rules: dict[str, Any], at: datetime = T0) -> list[tuple[datetime, Message]]:
    """Return what every journal begins with: plans, roster, establishments."""
    return [(at, catalogue(*rules)), (at, roster_version(roster())), (at, SITES)]


@dataclass(slots=True)
class Run:
    """A fold and all it returned."""

    fold: Fold
    effects: list[Effect]

    def of(self, *kinds: str) -> list[Any]:
        return [effect for effect in self.effects if effect.kind in kinds]

    @property
    def moves(self) -> list[tuple[datetime, str, str, Posture, Posture]]:
        return [(e.at, e.rule, e.territory, e.before, e.after) for e in self.of("posture_changed")]

    @property
    def calls(self) -> list[tuple[datetime, str, str]]:
        return [(e.at, e.purpose, e.contact) for e in self.of("notify")]


def run(entries: Iterable[Entry], until: datetime | None = None) -> Run:
    fold = engine.start(REGION)
    effects = [effect for each in entries for effect in engine.step(fold, each)]
    if until is not None:
        effects += engine.advance(fold, until)
    return Run(fold, effects)


def texts(effects: Iterable[Effect]) -> list[bytes]:
    return [encode(effect) for effect in effects]


def decided(effects: Iterable[Effect], status: Status = Status.ACTUAL) -> list[bytes]:
    """Return the effects of one world as bytes, without the entries that changed nothing."""
    return texts(e for e in effects if e.status == status and not isinstance(e, EntryRejected))
