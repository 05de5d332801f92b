"""What people on call and the authority say: answers, decisions on a volet, a hand-over that was read."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from alerts.answers import AnswerDecision
from orsan_plans.territory import TerritoryId


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Someone answers an alert: paging stops, or goes on with the next person when it is passed on.

    ``by`` is who answers, as they are called; ``person`` their id in the roster, empty when it is not known.
    """

    alert_id: str
    by: Annotated[str, Field(min_length=1, max_length=200)]
    via: str = ""
    decision: AnswerDecision = AnswerDecision.TAKE
    reason: Annotated[str, Field(max_length=2000)] = ""
    person: Annotated[str, Field(max_length=60)] = ""


@dataclass(frozen=True, slots=True)
class DecideVolet:
    """The authority activates or lifts an ORSAN volet, with its reason: the only way to ACTIVATION and back.

    ``proposer`` says that a person proposes the activation to the authority: no posture moves.
    """

    volet: str
    territory: TerritoryId
    decision: Literal["activer", "lever", "proposer"]
    author: Annotated[str, Field(min_length=1, max_length=200)]
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


@dataclass(frozen=True, slots=True)
class ReleveAcknowledged:
    """The person who comes on call has read the hand-over digest; ``shown`` is the SHA-256 (hex) of what was shown.

    ``by`` is who takes over, as they are called; ``person`` their id in the roster.
    """

    role: Annotated[str, Field(min_length=1, max_length=60)]
    by: Annotated[str, Field(min_length=1, max_length=200)]
    person: Annotated[str, Field(max_length=60)] = ""
    shown: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    via: Annotated[str, Field(max_length=60)] = ""
