"""A scene of a demonstration: files in the order they are dropped, and sentences in French that tell it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from streams.synthetic.oscour_files import TimedFile
from streams.synthetic.visits import ZONE

ENDS_AFTER = timedelta(minutes=30)
"""After the last file."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is played; ``told`` says what happens, not what Vigie makes of it."""

    title: str
    files: tuple[TimedFile, ...]
    told: tuple[tuple[datetime, str], ...]

    @property
    def ends_at(self) -> datetime:
        """When nothing more happens."""
        return self.files[-1].at + ENDS_AFTER


def instant(opens_at: datetime, clock: str) -> datetime:
    """Return the first instant (UTC) of a local time such as ``20:17`` from ``opens_at`` on."""
    local = opens_at.astimezone(ZONE)
    hour, minute = map(int, clock.split(":"))
    return opens_at + timedelta(hours=(hour - local.hour) % 24, minutes=minute - local.minute)
