"""Messages about several alerts of the made-up evening: a group, a digest, and the door that opens their links."""

from dataclasses import replace
from typing import Any

from alerts.effects import AlertBrief, Digest, DigestLine, Notify, Purpose, effect_id
from dashboards.testing import BRIEF, EXERCISE, REGION, raised
from orsan_plans.posture import Posture
from tests.dashboards.answer_door import AnswerDoor, answer_path, called

OTHER = replace(
    BRIEF,
    alert_id="1b8e3c1e-5d1c-5a5a-9f3b-2f6f0e5d7c12",
    posture=Posture.VIGILANCE,
    title="Réanimation tendue",
    territory="ETAB-440000271",
    territory_name="CHU de Nantes (44)",
)
GROUP = replace(called(), id=effect_id("group"), grouped=(OTHER,), place="DEP-44")
DIGEST = replace(
    called(),
    id=effect_id("digest"),
    purpose=Purpose.DIGEST,
    call=0,
    digest=Digest((DigestLine(Posture.ALERTE, "DEP-44", 2),), (BRIEF.alert_id, OTHER.alert_id), ended=1),
)
FIRST = replace(EXERCISE, exercise="2026-03")
SECOND = replace(FIRST, alert_id="2c8e3c1e-5d1c-5a5a-9f3b-2f6f0e5d7c13")
PLAYED = replace(called(FIRST, 1, "exercise"), id=effect_id("played"), grouped=(SECOND,))


def several_door(*more: Notify, **door_fields: Any) -> AnswerDoor:  # noqa: ANN401 - fields of Door
    """Return the door of the evening, with the messages above and others."""
    door = AnswerDoor(**door_fields)
    door.board.effect(REGION, raised(OTHER))
    for played in (FIRST, SECOND):
        door.board.effect(REGION, raised(played, "exercise"))
    for each in (GROUP, DIGEST, PLAYED, *more):
        door.outbox[each.id] = each
        door.board.effect(REGION, each)
    return door


def one_path(notify: Notify, brief: AlertBrief) -> str:
    return f"{answer_path(notify)}/{brief.alert_id}"
