"""The answer page: what is known of an alert, for the person a link speaks for, and what they may decide."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from alerts.answers import AnswerDecision
from alerts.effects import Notify
from alerts.french import hour_text, instant_text
from dashboards.alert_page import AlertPage, alert_page
from dashboards.alert_view import AlertView
from dashboards.board import Board
from dashboards.naming import name_of, role_title
from dashboards.trend import trend


@dataclass(frozen=True, slots=True)
class Choice:
    """One decision people choose from."""

    value: str
    label: str
    meaning: str


CHOICES: Final = (
    Choice(AnswerDecision.TAKE, "Je prends", "Je m'en occupe."),
    Choice(AnswerDecision.HAND_ON, "Je transmets", "Je ne peux pas : la personne suivante doit être appelée."),
    Choice(AnswerDecision.FALSE_ALARM, "Fausse alerte", "Vérifié : rien de réel derrière le signal."),
    Choice(AnswerDecision.WATCH, "À surveiller", "Réel, mais rien à faire pour l'instant."),
)
LABELS: Final = {choice.value: choice.label for choice in CHOICES}
LONGEST_REASON: Final = 500
"""Characters of a reason typed on a phone; the journal takes more. Vigie's own choice."""


@dataclass(frozen=True, slots=True)
class AnswerPage:
    """An alert's page for one person; ``over`` says why there is nothing to answer, empty while there is."""

    page: AlertPage
    name: str
    role: str
    trend: tuple[str, ...]
    next_step: str
    over: str


def answer_page(board: Board, alert: AlertView, notify: Notify, now: datetime) -> AnswerPage:
    """Return the page of the person who was told by ``notify``, as of ``now`` (aware)."""
    return AnswerPage(
        page=alert_page(board, alert, now),
        name=name_of(board, alert.region, notify.person),
        role=role_title(board, alert.region, notify.role),
        trend=trend(board, alert),
        next_step=next_step(board, alert),
        over=_over(alert),
    )


def next_step(board: Board, alert: AlertView) -> str:
    """Return what happens next if nobody does anything, empty when nothing is due."""
    due = board.next_due(alert.brief.alert_id)
    if due is None or not alert.is_open:
        return ""
    at = hour_text(due, alert.brief.time_zone)
    return f"Sans réponse, prochain appel à {at}." if alert.is_waiting else f"Échéance de la réponse : {at}."


def _over(alert: AlertView) -> str:
    if alert.ended_at is None:
        return ""
    when = instant_text(alert.ended_at, alert.brief.time_zone)
    return f"Cette alerte est terminée depuis le {when} : il n'y a plus rien à répondre."
