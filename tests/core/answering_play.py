"""One alert and what people answer to it, minute by minute, through a whole fold."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from alerts.answers import AnswerDecision
from alerts.astreinte import Roster
from alerts.effects import AlertChanged, AlertRaised, Effect, Notify, NotSent, VoletProposed
from alerts.policies import EscalationStep, Policy
from streams.entry import Entry
from streams.messages import Message
from streams.messages.decisions import Acknowledge
from streams.messages.deliveries import DeliveryReport
from tests.core.builders import (
    MINUTE,
    SITES,
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

COLOURS: Final = rule(
    "accident",
    ["departement", "region"],
    {"une_parmi": [event("accident"), event("meteo", posture="vigilance"), event("pluie", posture="vigilance")]},
    prevenir={"vigilance": {"roles": ["medecin"]}, "alerte": {"roles": ["cadre", "medecin"]}},
)
PLAIN: Final = roster(participants=())
STEPS: Final = (
    EscalationStep(("cadre",), 10 * MINUTE),
    EscalationStep(("medecin",), 5 * MINUTE),
    EscalationStep((), 5 * MINUTE, people=("vera", "eva")),
)
POLICY: Final = Policy((), (), STEPS, 20 * MINUTE, "directeur")
AWAITED: Final = replace(POLICY, act_within=30 * MINUTE, withdraw_after=10 * MINUTE)
PAIR: Final = replace(POLICY, steps=(EscalationStep(("cadre", "medecin"), 10 * MINUTE, answers=2), *STEPS[2:]))


@dataclass(frozen=True)
class Says:
    """An answer to the alert raised last."""

    by: str
    decision: AnswerDecision = AnswerDecision.TAKE
    reason: str = ""


@dataclass(frozen=True)
class Fails:
    """The last call to a contact is given up."""

    contact: str


def on_call(*policies: Policy, who: Roster = PLAIN) -> Roster:
    return replace(who, policies=policies)


def play(who: Roster, *timed: tuple[float, Message | Says | Fails], until: float = 0, which: Any = COLOURS) -> Run:  # noqa: ANN401 - a rule's keys
    """Fold what happens at minutes after the setting: a signal is received at minute 0."""
    entries = journal((T0, catalogue(which)), (T0, roster_version(who)), (T0, SITES))
    for minute, what in ((0, signal()), *timed):
        at = T0 + minute * MINUTE
        entries.append(entry(len(entries) + 1, at, said(what, entries, at)))
    return run(entries, T0 + until * MINUTE if until else None)


def said(what: Message | Says | Fails, entries: list[Entry], at: datetime) -> Message:
    match what:
        case Says(by, decision, reason):
            raised = run(entries, at).of("alert_raised")[-1]
            return Acknowledge(raised.brief.alert_id, by, decision=decision, reason=reason)
        case Fails(contact):
            calls = [each.id for each in run(entries, at).of("notify") if each.contact == contact]
            return DeliveryReport(calls[-1], "failed", 4)
        case _:
            return what


def lines(played: Run) -> list[str]:
    """What people saw, each line with its minute."""
    return [f"{(effect.at - T0) // MINUTE} {line}" for effect in played.effects if (line := shown(effect))]


def shown(effect: Effect) -> str:
    match effect:
        case Notify():
            return f"{effect.purpose} {effect.contact}"
        case NotSent():
            return f"{effect.reason} {effect.role or effect.person}"
        case AlertChanged():
            return " ".join(filter(None, (effect.change, effect.by, effect.decision, effect.reason)))
        case VoletProposed():
            return f"proposed {effect.volet} {effect.territory} {effect.author}"
        case AlertRaised():
            return "raised"
        case _:
            return ""


def after(played: Run, minute: float) -> list[str]:
    return [line for line in lines(played) if int(line.split()[0]) >= minute]


def alert_of(played: Run, territory: str) -> str:
    raised = (effect for effect in played.effects if isinstance(effect, AlertRaised))
    return next(each.brief.alert_id for each in raised if each.brief.territory == territory)
