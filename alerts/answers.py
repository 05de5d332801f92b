"""What somebody says of an alert that called them."""

from dataclasses import dataclass
from enum import StrEnum


class AnswerDecision(StrEnum):
    """What the person who answers an alert decides; the values are what people choose from, in French."""

    TAKE = "prendre"
    HAND_ON = "transmettre"
    FALSE_ALARM = "fausse_alerte"
    WATCH = "surveiller"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it was journaled: ``by`` is who answers, ``person`` their id in the roster, empty when unknown."""

    alert_id: str
    by: str
    person: str = ""
    decision: AnswerDecision = AnswerDecision.TAKE
    reason: str = ""
