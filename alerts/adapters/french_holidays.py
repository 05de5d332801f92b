"""The public holidays of a département, from the `holidays` library: the only place that imports it.

They are looked up when a roster file is read and journaled with the tableau: another version of the library cannot
change what a replay decides. As the library has them, the départements of Alsace and Moselle have two more than the
others, and those overseas have their own.
"""

from datetime import date
from functools import lru_cache
from typing import Final

from holidays import country_holidays

FIRST_YEAR: Final = 2020
LAST_YEAR: Final = 2040
"""The years that are looked up: Vigie's own choice, wide enough for a tableau in use."""

_ALSACE: Final = "6AE"
_SUBDIVISIONS: Final = {"57": "57", "67": _ALSACE, "68": _ALSACE} | {
    code: code for code in ("971", "972", "973", "974", "976")
}


@lru_cache(maxsize=32)  # a région has one or two lists, read each time a roster file is
def public_holidays(departement: str) -> dict[date, str]:
    """Return the public holidays of a département (INSEE code) by local date, with their French names."""
    found = country_holidays(
        "FR", subdiv=_SUBDIVISIONS.get(departement), years=range(FIRST_YEAR, LAST_YEAR + 1), language="fr"
    )
    return dict(sorted(found.items()))
