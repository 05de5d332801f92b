"""The status page of the person on call: their alerts first, then all open ones, who answers what, what comes next."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from alerts.french import duration_text, instant_text
from dashboards.alert_page import standing
from dashboards.alert_view import AlertView, What
from dashboards.answering import next_step
from dashboards.board import Board
from dashboards.labels import BADGES, Badge, tag_of
from dashboards.lateness import warning
from dashboards.naming import name_of, role_title
from orsan_plans.geography import REGIONS

MOST_SHOWN: Final = 200
"""Alerts on one page: a phone shows no more, and the rest is counted. Vigie's own choice."""
_REACHED: Final = frozenset({What.QUEUED, What.SENT})
_TOLD: Final = _REACHED | {What.FAILED, What.RECALLED}


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """One alert; ``path`` leads to its answer for this reader, empty when they cannot; ``lasting`` empty when over."""

    alert_id: str
    path: str
    tag: str
    badge: Badge
    volet: str
    territory: str
    title: str
    standing: str
    is_waiting: bool
    lasting: str
    calls: str
    next_step: str


@dataclass(frozen=True, slots=True)
class AstreintePage:
    """The texts of the status page of one person, in French."""

    name: str
    roles: tuple[str, ...]
    mine: tuple[OpenAlert, ...]
    others: tuple[OpenAlert, ...]
    hidden: int
    quiet: tuple[str, ...]
    late: str
    read_at: str


def astreinte_page(
    board: Board, region: str, person: str, now: datetime, paths: Mapping[str, str] | None = None
) -> AstreintePage:
    """Return the status page of a person of a région as of ``now``; ``paths`` lead to their answers, by alert id."""
    kept = sorted(
        (each for each in board.alerts if each.region == region and each.is_open), key=partial(urgency, board)
    )
    mine = [each for each in kept if was_told(each, person)]
    others = [each for each in kept if not was_told(each, person)]
    room, paths = max(0, MOST_SHOWN - len(mine)), paths or {}
    zone = zone_of(region)
    return AstreintePage(
        name=name_of(board, region, person),
        roles=tuple(roles_now(board, region, person, now)),
        mine=tuple(open_alert(board, each, now, paths.get(each.brief.alert_id, "")) for each in mine[:MOST_SHOWN]),
        others=tuple(open_alert(board, each, now, "") for each in others[:room]),
        hidden=max(0, len(mine) - MOST_SHOWN) + max(0, len(others) - room),
        quiet=board.quiet(region, now, zone),
        late=warning(board.following, region, board.regions.get(region), now, zone),
        read_at=instant_text(now, zone),
    )


def was_told(alert: AlertView, person: str) -> bool:
    """Tell whether a message about an alert was meant for a person."""
    return any(event.person == person and event.what in _TOLD for event in alert.history)


def told_ids(alert: AlertView, person: str) -> Iterator[str]:
    """Yield the ids of a person's messages about an alert, the latest first."""
    for event in reversed(alert.history):
        if event.person == person and event.what in _TOLD and event.notification_id:
            yield event.notification_id


def roles_now(board: Board, region: str, person: str, now: datetime) -> Iterator[str]:
    """Yield the titles of the roles a person holds at ``now``."""
    roster = board.roster(region)
    for role in roster.roles if roster else ():
        if roster and any(each.id == person for each in roster.on_call(role.id, now)):
            yield role_title(board, region, role.id)


def zone_of(region: str) -> str:
    """Return the time zone of a région, that of Paris when it is not known."""
    return REGIONS[region].time_zone if region in REGIONS else "Europe/Paris"


def urgency(board: Board, alert: AlertView) -> tuple[bool, bool, int, datetime]:
    """Return a key that sorts alerts: real ones, those nobody answered, the gravest, the oldest first."""
    rank = board.current_posture(alert).rank
    return (alert.status != "actual", not alert.is_waiting, -rank, alert.brief.since)


def open_alert(board: Board, alert: AlertView, now: datetime, path: str) -> OpenAlert:
    """Return an alert as a list shows it."""
    brief = alert.brief
    return OpenAlert(
        alert_id=brief.alert_id,
        path=path,
        tag=tag_of(alert.status, brief.exercise),
        badge=BADGES[board.current_posture(alert)],
        volet=brief.volet,
        territory=brief.territory_name,
        title=brief.title,
        standing=standing(board, alert),
        is_waiting=alert.is_waiting,
        lasting=duration_text(max(now - brief.since, timedelta(0))) if alert.is_open else "",
        calls=_calls(board, alert),
        next_step=next_step(board, alert),
    )


def _calls(board: Board, alert: AlertView) -> str:
    """Return who was told and with what result, in one line."""
    told = [event for event in alert.history if event.what in _TOLD and event.at >= alert.brief.raised_at]
    if not told:
        return "Personne n'a encore été prévenu."
    failed = sorted({event.person for event in told if event.what is What.FAILED})
    reached = sorted({event.person for event in told if event.what in _REACHED})
    recalled = sorted({event.person for event in told if event.what is What.RECALLED} - {*reached, *failed})
    parts = []
    if reached:
        parts.append("Prévenus : " + ", ".join(name_of(board, alert.region, each) for each in reached))
    if failed:
        parts.append("échec de l'envoi : " + ", ".join(name_of(board, alert.region, each) for each in failed))
    if recalled:
        parts.append("appel annulé : " + ", ".join(name_of(board, alert.region, each) for each in recalled))
    return " ; ".join(parts) + "."
