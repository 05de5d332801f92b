"""The page of a message about several alerts: all of them, the gravest first, each with the way to its answer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from alerts.effects import Notify
from alerts.french import instant_text
from dashboards.astreinte_page import OpenAlert, open_alert
from dashboards.board import Board
from dashboards.labels import banner_of
from dashboards.lateness import warning
from dashboards.naming import name_of, role_title

MOST_LISTED: Final = 100
"""Alerts on one page of the list: an old phone shows no more at once. Vigie's own choice."""


@dataclass(frozen=True, slots=True)
class MessagePage:
    """The texts of one page of the list, in French; ``number`` of ``pages`` counts from 1."""

    title: str
    banner: str
    told_at: str
    name: str
    role: str
    alerts: tuple[OpenAlert, ...]
    waiting: str
    forgotten: int
    number: int
    pages: int
    late: str
    read_at: str


def message_page(
    board: Board, region: str, notify: Notify, now: datetime, number: int, path_of: Callable[[str], str]
) -> MessagePage:
    """Return page ``number`` (the nearest there is) of the alerts of a message as of ``now`` (aware).

    ``path_of`` leads from an alert to its answer.
    """
    zone = notify.brief.time_zone
    known = [alert for id_ in notify.alert_ids if (alert := board.alert(id_)) is not None]
    pages = max(1, -(-len(known) // MOST_LISTED))
    number = min(max(number, 1), pages)
    shown = known[(number - 1) * MOST_LISTED : number * MOST_LISTED]
    return MessagePage(
        title=_title(notify),
        banner=banner_of(notify.status, notify.brief.exercise),
        told_at=instant_text(notify.at, zone),
        name=name_of(board, region, notify.person),
        role=role_title(board, region, notify.role),
        alerts=tuple(
            open_alert(board, each, now, path_of(each.brief.alert_id) if each.is_open else "") for each in shown
        ),
        waiting=_waiting(waiting_of(board, notify)),
        forgotten=len(notify.alert_ids) - len(known),
        number=number,
        pages=pages,
        late=warning(board.following, region, board.regions.get(region), now, zone),
        read_at=instant_text(now, zone),
    )


def waiting_of(board: Board, notify: Notify) -> int:
    """Return how many alerts of a message still wait for an answer."""
    known = (board.alert(id_) for id_ in notify.alert_ids)
    return sum(1 for alert in known if alert is not None and alert.is_waiting)


def _title(notify: Notify) -> str:
    count = len(notify.alert_ids)
    words = f"{count} alerte{'s' if count > 1 else ''}" if count else "aucune alerte en cours"
    return f"Résumé : {words}" if notify.digest is not None else words


def _waiting(count: int) -> str:
    if not count:
        return "Plus aucune n'attend de réponse."
    return f"{count} alerte{'s' if count > 1 else ''} attend{'ent' if count > 1 else ''} encore une réponse."
