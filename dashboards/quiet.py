"""What nobody is called for, and until when: the silences and the maintenance windows of a région, in French."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from alerts.french import instant_text
from alerts.volume.silences import Silence
from dashboards.labels import TAG_OF_STATUS
from orsan_plans.territory import name_of
from streams.messages.quiet import MaintenancePlanned


@dataclass(frozen=True, slots=True)
class Quiet:
    """The silences and the maintenance windows of a région, each with the status of the world it is of."""

    silences: tuple[tuple[str, Silence], ...] = ()
    windows: tuple[tuple[str, MaintenancePlanned], ...] = ()

    def lines(self, now: datetime, zone: str, names: dict[str, str] | None = None) -> Iterator[str]:
        """Yield what holds at ``now`` (aware) and what is planned, the first to end first.

        ``names``: what establishments are called.
        """
        for status, silence in sorted(self.silences, key=lambda each: (each[1].until, each[1].id)):
            if silence.until > now:
                yield _tag(status) + _silence(silence, zone, names)
        for status, window in sorted(self.windows, key=lambda each: (each[1].ends_at, each[1].id)):
            if window.ends_at > now:
                yield _tag(status) + _window(window, now, zone, names)


def _tag(status: str) -> str:
    return f"{TAG_OF_STATUS[status]} · " if TAG_OF_STATUS[status] else ""


def _silence(silence: Silence, zone: str, names: dict[str, str] | None) -> str:
    what = (
        f"volet {silence.volet}" if silence.volet else "",
        f"règle {silence.rule}" if silence.rule else "",
        name_of(silence.territory, names) if silence.territory else "",
    )
    highest = "ALERTE comprise" if silence.includes_alerte else "VIGILANCE seulement"
    until = instant_text(silence.until, zone)
    about = ", ".join(filter(None, what))
    return f"Silence, {about} ({highest}), jusqu'au {until}, par {silence.author} : {silence.reason}"


def _window(window: MaintenancePlanned, now: datetime, zone: str, names: dict[str, str] | None) -> str:
    until = instant_text(window.ends_at, zone)
    runs = window.starts_at <= now
    when = f"jusqu'au {until}" if runs else f"prévue du {instant_text(window.starts_at, zone)} au {until}"
    place = name_of(window.territory, names)
    return f"Maintenance du flux {window.feed}, {place}, {when}, par {window.author} : {window.reason}"
