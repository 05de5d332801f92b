"""What happened to an alert, line by line: who was told or not, and how it moved."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from alerts.french import day_text, hour_text
from dashboards.alert_view import AlertView, Event, What
from dashboards.labels import CHANGES, PURPOSES, REASON_NOT_SENT, channel_label, plain

_OF_PEOPLE: Final = {What.ANSWERED, What.ACKNOWLEDGED, What.HANDED_ON, What.ACTED, What.WITHDRAWN}
_OUTCOMES: Final = {
    What.QUEUED: "envoi en cours",
    What.SENT: "envoyé",
    What.DELIVERED: "remis",
    What.READ: "lu",
    What.REPLIED: "répondu, après un envoi",
    What.FAILED: "ÉCHEC de l'envoi",
    What.RECALLED: "annulé s'il n'était pas parti",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line; ``is_bad`` marks what went wrong or was not done."""

    day: str
    hour: str
    text: str
    detail: str
    is_bad: bool = False


def told(alert: AlertView) -> Iterator[Line]:
    """Yield who was told and who was not, in order."""
    for event in alert.history:
        if event.what in _OUTCOMES:
            by = f" par {channel_label(event.channel)}" if event.channel else ""
            detail = f"{PURPOSES[event.detail]} : {_OUTCOMES[event.what]}{by}"
            yield _line(alert, event, _who(event), detail, is_bad=event.what is What.FAILED)
        elif event.what is What.NOT_SENT:
            detail = f"non prévenu : {REASON_NOT_SENT[event.detail]}"
            yield _line(alert, event, _who(event), detail, is_bad=True)


def moves(alert: AlertView) -> Iterator[Line]:
    """Yield how the alert moved, in order."""
    for event in alert.history:
        if event.what in CHANGES:
            by = plain(event.person) if event.what in _OF_PEOPLE else ""
            yield _line(alert, event, CHANGES[event.what], " · ".join(filter(None, (by, event.detail))))


def _who(event: Event) -> str:
    role = f" ({plain(event.role)})" if event.role else ""
    return f"{plain(event.person)}{role}" if event.person else plain(event.role)


def _line(alert: AlertView, event: Event, text: str, detail: str, *, is_bad: bool = False) -> Line:
    zone = alert.brief.time_zone
    day = day_text(event.at.astimezone(ZoneInfo(zone)).date())
    return Line(day, hour_text(event.at, zone), text, detail, is_bad)
