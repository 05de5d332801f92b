"""The proof that the monitor lives: a test record, and the one notification it causes.

It goes where every record goes (a file, the journal, the fold, the outbox, a channel) in the world of tests, which no
measure, posture or person of real life shares. Its only reader is the contact `PROBE_CONTACT`: an outside heartbeat
that complains when nothing comes.
"""

from datetime import datetime
from typing import Final

from alerts.effects import AlertBrief, Notify, Purpose, effect_id
from orsan_plans.assess import Evidence
from orsan_plans.posture import Posture
from streams.entry import Status
from streams.messages.feeds import MonitorProbe
from streams.region.fold import Turn

PROBE_CONTACT: Final = "vigie/preuve"
"""No person of a roster can have it: ``preuve`` is no canal."""
TITLE: Final = "Preuve de vie de Vigie"


def notification_id(region: str, probe_id: str) -> str:
    """Return the id of the notification that a probe causes."""
    return effect_id("probe", region, probe_id)


def probe(turn: Turn, message: MonitorProbe) -> str | None:
    """Have the outside heartbeat told; a probe of real life or of an exercise is refused."""
    if turn.status is not Status.TEST:
        return "a probe of the monitor is a test: give it the status test"
    region = turn.fold.state.region
    turn.effects.append(
        Notify(
            id=notification_id(region, message.probe_id),
            at=turn.now,
            status=turn.status,
            purpose=Purpose.INFORM,
            brief=_brief(turn, message.probe_id, turn.now),
            role="",
            person="vigie",
            contact=PROBE_CONTACT,
            call=0,
        )
    )
    return None


def _brief(turn: Turn, probe_id: str, now: datetime) -> AlertBrief:
    territory = turn.fold.territory
    return AlertBrief(
        alert_id=notification_id(turn.fold.state.region, probe_id),
        volet="",
        plan="",
        rule="",
        title=TITLE,
        territory=territory,
        territory_name=turn.fold.name(territory),
        posture=Posture.VEILLE,
        since=now,
        raised_at=now,
        evidence=Evidence(occurred_on=turn.fold.today(now)),
        reflex_actions=(),
        time_zone=turn.fold.zone.key,
        needs_answer=False,
    )
