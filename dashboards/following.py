"""How far a process that only follows the journal is behind it. Empty where the monitor itself feeds the board."""

from collections.abc import Mapping
from datetime import datetime


class Following:
    """By région: when the journal was last heard, and how many of its records are not shown yet.

    One writer; readers copy. Instants are of the clock of whoever follows, not of the journal's: two machines whose
    clocks differ must not make a journal look silent, or alive.
    """

    def __init__(self) -> None:
        self._heard_at: dict[str, datetime] = {}
        self._lag: dict[str, int] = {}

    def heard(self, region: str, at: datetime) -> None:
        """Note that something of the journal came."""
        self._heard_at[region] = at

    def behind(self, records: Mapping[str, int]) -> None:
        """Note how many records of each région wait to be read."""
        self._lag = {**self._lag, **records}

    def heard_at(self, region: str) -> datetime | None:
        """Return when the journal of a région was last heard, None when nobody follows it."""
        return self._heard_at.get(region)

    @property
    def heard_by_region(self) -> dict[str, datetime]:
        """When each journal was last heard, ordered."""
        return dict(sorted(self._heard_at.copy().items()))

    @property
    def lag(self) -> dict[str, int]:
        """Records that wait, ordered by région."""
        return dict(sorted(self._lag.items()))
