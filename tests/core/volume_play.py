"""Alerts of one département played against silences, limits and delivery reports, minute by minute."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from alerts.effects import NonSend
from alerts.volume.limits import Limits
from streams.messages import Message
from streams.messages.decisions import Acknowledge
from streams.messages.deliveries import DeliveryReport
from streams.messages.quiet import SilenceSet
from streams.messages.reference import Etablissement, EtablissementList
from tests.core.builders import (
    HOUR,
    MINUTE,
    T0,
    Run,
    catalogue,
    entry,
    event,
    journal,
    roster,
    roster_version,
    rule,
    run,
    signal,
)

LIMITS: Final = Limits(messages=2, window=20 * MINUTE, digest_every=5 * MINUTE)
LIMITED: Final = roster_version(replace(roster(), limits=LIMITS))
GRADED: Final = rule(
    "couleur",
    ["etablissement", "departement"],
    {"une_parmi": [event("meteo", posture="vigilance", couleur="orange"), event("meteo", couleur="rouge")]},
    prevenir={"vigilance": {"roles": ["medecin"]}, "alerte": {"roles": ["medecin"]}},
)
GATHERED: Final = rule(
    "ensemble",
    ["etablissement", "departement"],
    event("panne"),
    prevenir={"alerte": {"roles": ["medecin"], "regroupement": "5 min"}},
)
MANY: Final = EtablissementList(tuple(Etablissement(f"44000{n:04d}", f"Site {n}", "44") for n in range(30)))


def silence(id_: str = "s1", hours: float = 2, at: datetime = T0, **scope: Any) -> SilenceSet:  # noqa: ANN401 - a scope
    return SilenceSet(id_, at + hours * HOUR, "Cécile", "Essai", **scope)


def meteo(number: int | None, colour: str = "orange", **more: Any) -> Message:  # noqa: ANN401 - any field of a signal
    place = "DEP-44" if number is None else f"ETAB-44000{number:04d}"
    return signal(f"m-{place}", "meteo", place, criteria={"couleur": colour}, **more)


def panne(number: int, **more: Any) -> Message:  # noqa: ANN401 - any field of a signal
    return signal(f"p-{number}", "panne", f"ETAB-44000{number:04d}", **more)


def play(*timed: tuple[float, Message | Callable[[Run], Message]], until: float = 0, who: Message = LIMITED) -> Run:
    """Fold messages given at minutes after the setting; one that is a function is made from what was decided so far."""
    entries = journal((T0, catalogue(GRADED, GATHERED)), (T0, who), (T0, MANY))
    for minute, what in timed:
        at = T0 + minute * MINUTE
        message = what(run(entries, at)) if callable(what) else what
        entries.append(entry(len(entries) + 1, at, message))
    return run(entries, T0 + until * MINUTE if until else None)


def told(played: Run) -> list[tuple[float, str, int]]:
    return [((e.at - T0) / MINUTE, e.purpose.value, len(e.alert_ids)) for e in played.of("notify")]


def reasons(played: Run) -> list[tuple[float, NonSend]]:
    return [((e.at - T0) / MINUTE, e.reason) for e in played.of("not_sent")]


def answered(which: int) -> Callable[[Run], Message]:
    return lambda so_far: Acknowledge(so_far.of("alert_raised")[which].brief.alert_id, "Marc")


def reported(which: int, outcome: Any) -> Callable[[Run], Message]:  # noqa: ANN401 - sent or failed
    return lambda so_far: DeliveryReport(so_far.of("notify")[which].id, outcome, 1)
