"""When what is shown is late, say so first."""

from datetime import datetime, timedelta
from typing import Final

from alerts.french import duration_text, instant_text

LATE_AFTER: Final = timedelta(minutes=10)
"""Vigie's own choice: the monitor advances its regions every few seconds."""


def late_text(advanced_to: datetime | None, now: datetime, time_zone: str) -> str:
    """Return the warning to show when a region has not advanced for `LATE_AFTER`, else an empty string."""
    if advanced_to is None:
        return "La surveillance n'a encore rien reçu : rien de ce qui suit n'est à jour."
    late_by = now - advanced_to
    if late_by <= LATE_AFTER:
        return ""
    since = instant_text(advanced_to, time_zone)
    return f"Surveillance en retard de {duration_text(late_by)} : cette page montre la situation du {since}."
