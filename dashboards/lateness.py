"""When what is shown is late, say so first."""

from datetime import datetime, timedelta
from typing import Final

from alerts.french import duration_text, instant_text
from dashboards.following import Following
from streams.live.keeping import TICK_EVERY

LATE_AFTER: Final = timedelta(minutes=10)
"""Vigie's own choice: the monitor advances its regions every few seconds."""
SILENT_AFTER: Final = 2 * TICK_EVERY
"""A journal on Kafka that says nothing for this long has lost a tick at least: nobody lets its time pass."""


def late_text(advanced_to: datetime | None, now: datetime, time_zone: str) -> str:
    """Return the warning to show when a region has not advanced for `LATE_AFTER`, else an empty string."""
    if advanced_to is None:
        return "La surveillance n'a encore rien reçu : rien de ce qui suit n'est à jour."
    late_by = now - advanced_to
    if late_by <= LATE_AFTER:
        return ""
    since = instant_text(advanced_to, time_zone)
    return f"Surveillance en retard de {duration_text(late_by)} : cette page montre la situation du {since}."


def silent_text(advanced_to: datetime | None, heard_at: datetime | None, now: datetime, time_zone: str) -> str:
    """Return the warning to show when a journal that is followed has been silent for `SILENT_AFTER`, else nothing."""
    if advanced_to is None or heard_at is None or now - heard_at <= SILENT_AFTER:
        return ""
    since = instant_text(advanced_to, time_zone)
    return (
        f"Le journal se tait depuis {duration_text(now - heard_at)} : plus rien n'est jugé, ou rien n'arrive "
        f"jusqu'ici. Cette page montre la situation du {since}."
    )


def warning(following: Following, region: str, advanced_to: datetime | None, now: datetime, time_zone: str) -> str:
    """Return the one warning of a region, empty when what is shown is up to date."""
    silent = silent_text(advanced_to, following.heard_at(region), now, time_zone)
    return silent or late_text(advanced_to, now, time_zone)
