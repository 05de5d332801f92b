"""What happened to an alert, line by line: who was told or not, and how it moved."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from alerts.french import day_text, hour_text
from dashboards.alert_view import AlertView, Event, What
from dashboards.labels import CHANGES, DECISIONS, PURPOSES, REASON_NOT_SENT, channel_label, plain

_OF_PEOPLE: Final = {
    *(What.ANSWERED, What.ACKNOWLEDGED, What.HANDED_ON, What.ACTED, What.WITHDRAWN),
    *(What.VOLET_PROPOSED, What.VOLET_ACTIVATED, What.VOLET_LIFTED),
}
_OUTCOMES: Final = {
    What.QUEUED: "envoi en cours",
    What.SENT: "envoyé",
    What.DELIVERED: "remis",
    What.READ: "lu",
    What.REPLIED: "répondu, après un envoi",
    What.FAILED: "ÉCHEC de l'envoi",
    What.RECALLED: "annulé s'il n'était pas parti",
}


Named = Callable[[str], str]
"""Gives what the people of an event are called."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line; ``is_bad`` marks what went wrong or was not done."""

    day: str
    hour: str
    text: str
    detail: str
    is_bad: bool = False


def told(alert: AlertView, named: Named = plain) -> Iterator[Line]:
    """Yield who was told and who was not, in order; ``named`` gives what people are called."""
    for event in alert.history:
        if event.what in _OUTCOMES:
            by = f" par {channel_label(event.channel)}" if event.channel else ""
            detail = f"{PURPOSES[event.detail]} : {_OUTCOMES[event.what]}{by}"
            yield _line(alert, event, _who(event, named), detail, is_bad=event.what is What.FAILED)
        elif event.what is What.NOT_SENT:
            detail = f"non prévenu : {REASON_NOT_SENT[event.detail]}"
            yield _line(alert, event, _who(event, named), detail, is_bad=True)


def moves(alert: AlertView, named: Named = plain) -> Iterator[Line]:
    """Yield how the alert moved, in order."""
    for event in alert.history:
        if event.what in CHANGES:
            by = named(event.person) if event.what in _OF_PEOPLE else ""
            yield _line(alert, event, CHANGES[event.what], " · ".join(filter(None, (by, _said(event)))))


def _said(event: Event) -> str:
    return " : ".join(filter(None, (DECISIONS.get(event.decision, plain(event.decision)), event.detail)))


def _who(event: Event, named: Named) -> str:
    role = f" ({plain(event.role)})" if event.role else ""
    return f"{named(event.person)}{role}" if event.person else plain(event.role)


def _line(alert: AlertView, event: Event, text: str, detail: str, *, is_bad: bool = False) -> Line:
    zone = alert.brief.time_zone
    day = day_text(event.at.astimezone(ZoneInfo(zone)).date())
    return Line(day, hour_text(event.at, zone), text, detail, is_bad)
