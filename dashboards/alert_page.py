"""The page of an alert, for one person, at night, on a phone: facts in the order of the questions asked."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from alerts.french import duration_text, hour_text, instant_text
from dashboards.alert_view import AlertView
from dashboards.board import Board
from dashboards.chronicle import Line, moves, told
from dashboards.labels import BADGES, Badge, banner_of
from dashboards.lateness import warning
from dashboards.measure import Measure, measure
from dashboards.naming import names_of
from orsan_plans.assess import Evidence


@dataclass(frozen=True, slots=True)
class AlertPage:
    """All the texts of an alert's page, in French."""

    alert_id: str
    banner: str
    badge: Badge
    volet: str
    territory: str
    title: str
    standing: str
    is_waiting: bool
    is_open: bool
    since: str
    lasting: str
    measures: tuple[Measure, ...]
    events: tuple[str, ...]
    silence: str
    reference: str
    reflex_actions: tuple[str, ...]
    told: tuple[Line, ...]
    moves: tuple[Line, ...]
    late: str
    read_at: str


def alert_page(board: Board, alert: AlertView, now: datetime) -> AlertPage:
    """Return the page of an alert as of ``now`` (aware)."""
    brief, zone = alert.brief, alert.brief.time_zone
    end, named = alert.ended_at or now, partial(names_of, board, alert.region)
    return AlertPage(
        alert_id=brief.alert_id,
        banner=banner_of(alert.status, brief.exercise),
        badge=BADGES[board.current_posture(alert)],
        volet=brief.volet,
        territory=brief.territory_name,
        title=brief.title,
        standing=standing(board, alert),
        is_waiting=alert.is_waiting,
        is_open=alert.is_open,
        since=instant_text(brief.since, zone),
        lasting=duration_text(max(end - brief.since, timedelta(0))),
        measures=_measures(alert),
        events=brief.evidence.events,
        silence=_silence(brief.evidence, zone),
        reference=brief.evidence.reference,
        reflex_actions=brief.reflex_actions,
        told=tuple(told(alert, named)),
        moves=tuple(moves(alert, named)),
        late=warning(board.following, alert.region, board.regions.get(alert.region), now, zone),
        read_at=instant_text(now, zone),
    )


def standing(board: Board, alert: AlertView) -> str:
    """Return where the alert stands: waiting, answered by whom, covered by another one, or over."""
    zone = alert.brief.time_zone
    if alert.ended_at is not None:
        return f"Terminée depuis le {instant_text(alert.ended_at, zone)}"
    if alert.acknowledged_at is not None:
        names = names_of(board, alert.region, alert.acknowledged_by)
        return f"{names} a répondu à {hour_text(alert.acknowledged_at, zone)}"
    if alert.subsumed_by:
        return "Suivie dans une alerte plus large, qui couvre ce territoire"
    return "Personne n'a encore répondu" if alert.brief.needs_answer else "Pour information, aucune réponse attendue"


def _measures(alert: AlertView) -> tuple[Measure, ...]:
    evidence = alert.brief.evidence
    known_on = alert.brief.raised_at.astimezone(ZoneInfo(alert.brief.time_zone)).date()
    crossed = (*evidence.crossed, *(None for _ in evidence.readings[len(evidence.crossed) :]))
    pairs = zip(evidence.readings, crossed, strict=False)
    return tuple(measure(reading, threshold, known_on) for reading, threshold in pairs)


def _silence(evidence: Evidence, zone: str) -> str:
    if evidence.silent_since is None:
        return ""
    since = instant_text(evidence.silent_since, zone)
    return f"Flux muet : plus rien reçu depuis le {since}. La situation réelle y est inconnue."
