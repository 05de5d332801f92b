"""The French words of the pages: what codes of the journal are called in front of a reader."""

from dataclasses import dataclass
from typing import Final

from alerts.answers import AnswerDecision
from alerts.effects import NonSend, Purpose, RecallReason
from dashboards.alert_view import What
from orsan_plans.indicator import INDICATORS
from orsan_plans.posture import Posture
from orsan_plans.reading import Unknown


@dataclass(frozen=True, slots=True)
class Badge:
    """A posture as it is shown: a word and a mark, then a style, so that colour alone says nothing."""

    text: str
    mark: str
    style: str


BADGES: Final[dict[Posture, Badge]] = {
    Posture.INCONNU: Badge("INCONNU", "?", "inconnu"),
    Posture.VEILLE: Badge("VEILLE", "·", "veille"),
    Posture.VIGILANCE: Badge("VIGILANCE", "!", "vigilance"),
    Posture.ALERTE: Badge("ALERTE", "!!", "alerte"),
    Posture.ACTIVATION: Badge("ACTIVATION", "■", "activation"),
}

BANNER_OF_STATUS: Final = {"actual": "", "exercise": "EXERCICE EXERCICE EXERCICE", "test": "TEST TEST TEST"}
"""Written first and last on every page about something that is not real life."""

TAG_OF_STATUS: Final = {"actual": "", "exercise": "EXERCICE", "test": "TEST"}


def banner_of(status: str, exercise: str) -> str:
    """Return the banner of a page, with the number of the exercise when it has one."""
    return f"{BANNER_OF_STATUS[status]} · n° {exercise}" if exercise else BANNER_OF_STATUS[status]


def tag_of(status: str, exercise: str) -> str:
    """Return what marks a line that is not about real life, with the number of the exercise when it has one."""
    return f"{TAG_OF_STATUS[status]} {exercise}" if exercise else TAG_OF_STATUS[status]


REASON_UNKNOWN: Final[dict[Unknown, str]] = {
    Unknown.ABSENT: "donnée absente",
    Unknown.STALE: "donnée périmée",
    Unknown.TOO_FEW: "effectif insuffisant",
    Unknown.CONTRADICTORY: "données contradictoires",
}

REASON_NOT_SENT: Final[dict[str, str]] = {
    NonSend.DEDUPLICATED: "déjà prévenu de la même chose",
    NonSend.GROUPED: "regroupé dans un autre message",
    NonSend.INHIBITED: "une alerte plus large couvre celle-ci",
    NonSend.SILENCED: "silence demandé",
    NonSend.EXERCISE: "exercice, personne hors exercice n'est prévenu",
    NonSend.NOBODY_ON_CALL: "aucune personne d'astreinte pour ce rôle",
    NonSend.STORM: "trop d'alertes à la fois",
}

REASON_RECALLED: Final[dict[str, str]] = {
    RecallReason.ANSWERED: "quelqu'un a répondu",
    RecallReason.HANDED_ON: "la personne transmet",
    RecallReason.RESOLVED: "l'alerte est terminée",
    RecallReason.SUBSUMED: "une alerte plus large couvre celle-ci",
    RecallReason.SILENCED: "silence demandé",
    RecallReason.WORSENED: "une posture plus grave est annoncée",
    RecallReason.EASED: "une posture moins grave est annoncée",
}

PURPOSES: Final[dict[str, str]] = {
    Purpose.CALL: "appel",
    Purpose.INFORM: "information",
    Purpose.END: "annonce de la fin",
    Purpose.REMINDER: "rappel de sa réponse",
    Purpose.DIGEST: "résumé",
}

CHANGES: Final[dict[What, str]] = {
    What.RAISED: "Alerte ouverte",
    What.PROPOSED: "Activation du volet proposée à l'autorité",
    What.VOLET_PROPOSED: "Activation du volet proposée",
    What.VOLET_ACTIVATED: "Volet activé par l'autorité",
    What.VOLET_LIFTED: "Volet levé par l'autorité",
    What.ATTACHED: "Signal rattaché",
    What.EASED: "La situation s'améliore",
    What.ANSWERED: "Une réponse",
    What.ACKNOWLEDGED: "Quelqu'un a répondu",
    What.HANDED_ON: "Transmise à la personne suivante",
    What.ACTED: "L'acte attendu est noté",
    What.WITHDRAWN: "La réponse ne tient plus, les appels reprennent",
    What.SUBSUMED: "Incluse dans une alerte plus large",
    What.RELEASED: "N'est plus incluse dans une autre alerte",
    What.RESOLVED: "Situation revenue sous les seuils",
    What.CLOSED: "Alerte close",
}


DECISIONS: Final = {
    AnswerDecision.TAKE.value: "« je prends »",
    AnswerDecision.HAND_ON.value: "« je transmets »",
    AnswerDecision.FALSE_ALARM.value: "« fausse alerte »",
    AnswerDecision.WATCH.value: "« à surveiller »",
    "activer": "volet activé",
    "lever": "volet levé",
    "proposer": "volet proposé",
}
"""What a person decides of an alert, or of its volet."""


def channel_label(channel: str) -> str:
    """Return the name of a channel of the roster: ``sms`` reads ``SMS``, ``sms-2`` reads ``SMS 2``."""
    canal, _, word = channel.partition("-")
    return " ".join(filter(None, ("SMS" if canal == "sms" else plain(canal), word)))


def plain(code: str) -> str:
    """Return a code of the roster as words: ``cadre_astreinte`` reads ``cadre astreinte``."""
    return code.replace("_", " ")


def indicator_label(indicator: str) -> str:
    """Return the French label of an indicator, or its id when it is not in the vocabulary."""
    known = INDICATORS.get(indicator)
    return known.label if known else indicator
