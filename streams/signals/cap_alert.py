"""What a CAP 1.2 alert says, from its elements: who, for real or not, what it replaces, where and how bad.

Enumerations restated from CAP 1.2 (OASIS standard, 1 July 2010), 3.2.1 <alert> and 3.2.2 <info>.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from orsan_plans.geography import DEPARTEMENTS
from streams.entry import Status
from streams.signals.cap_xml import Element
from streams.signals.fields import read_instant

GEOCODE: Final = "INSEE_DEP"
STATUSES: Final = {
    "Actual": Status.ACTUAL,
    "Exercise": Status.EXERCISE,
    "System": Status.TEST,
    "Test": Status.TEST,
}
"""``Draft`` is not listed: it is not meant to be acted upon."""

SEVERITIES: Final = ("Extreme", "Severe", "Moderate", "Minor", "Unknown")
"""Worst first."""

CODES: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "category": (
        "categorie",
        (
            "Geo",
            "Met",
            "Safety",
            "Security",
            "Rescue",
            "Fire",
            "Health",
            "Env",
            "Transport",
            "Infra",
            "CBRNE",
            "Other",
        ),
    ),
    "urgency": ("urgence", ("Immediate", "Expected", "Future", "Past", "Unknown")),
    "severity": ("severite", SEVERITIES),
    "certainty": ("certitude", ("Observed", "Likely", "Possible", "Unlikely", "Unknown")),
}
"""By element: the criterion it becomes and the values the standard lists."""

_LONGEST_REFERENCE: Final = 170
_MOST_REFERENCES: Final = 100
_PARTS_OF_A_REFERENCE: Final = 3


class Reference(NamedTuple):
    """What identifies a CAP message for ever."""

    sender: str
    identifier: str

    @property
    def text(self) -> str:
        """One text for both; its digest when it is too long for a signal's identity."""
        text = f"{self.sender},{self.identifier}"
        return text if len(text) <= _LONGEST_REFERENCE else hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Heading:
    """What identifies a CAP message, and what it asks for; ``replaces`` are the references it updates or cancels."""

    reference: Reference
    sent_at: datetime
    status: Status
    kind: str
    replaces: tuple[Reference, ...] = ()
    flags: tuple[str, ...] = ()


def heading(alert: Element) -> Heading:
    """Read what identifies an alert; ValueError says what is missing or not collected."""
    sender, identifier, kind = alert.first("sender"), alert.first("identifier"), alert.first("msgType")
    if not sender or not identifier:
        raise ValueError("sender and identifier: an alert needs both")
    status = STATUSES.get(alert.first("status"))
    if status is None:
        raise ValueError("status: expected Actual, Exercise, System or Test (a Draft is not collected)")
    if kind not in {"Alert", "Update", "Cancel"}:
        raise ValueError("msgType: expected Alert, Update or Cancel (Ack and Error are not collected)")
    try:
        sent_at = read_instant(alert.first("sent"))
    except ValueError as error:
        raise ValueError(f"sent: {error}") from None
    replaces, flags = ((), ()) if kind == "Alert" else _replaced(alert, kind)
    return Heading(Reference(sender, identifier), sent_at, status, kind, replaces, flags)


def _replaced(alert: Element, kind: str) -> tuple[tuple[Reference, ...], tuple[str, ...]]:
    """Return the references of an Update or a Cancel, and the flag of those that cannot be read."""
    written = [each.split(",") for each in alert.first("references").split()[:_MOST_REFERENCES]]
    read = [Reference(each[0], each[1]) for each in written if len(each) == _PARTS_OF_A_REFERENCE]
    if kind == "Cancel" and not read:
        raise ValueError("references: a Cancel names the messages it ends, as sender,identifier,sent")
    is_whole = read and len(read) == len(written)
    return tuple(dict.fromkeys(read)), () if is_whole else ("reference_illisible",)


def infos(alert: Element) -> list[Element]:
    """Return the <info> blocks of one language: French when there is one, else the first. Others repeat them."""
    blocks = alert.all("info")
    languages = [(block.first("language") or "en-US").lower() for block in blocks]
    kept = next((each for each in languages if each.startswith("fr")), languages[0] if languages else "")
    return [block for block, language in zip(blocks, languages, strict=True) if language == kept]


def departements(area: Element) -> list[str]:
    """Return the INSEE codes of an area's départements; empty when its place is not understood."""
    geocodes = [each for each in area.all("geocode") if each.first("valueName") == GEOCODE]
    return [code for each in geocodes if (code := each.first("value")) in DEPARTEMENTS]


def criteria(info: Element) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the criteria of an <info>, and a flag for each value the standard does not list, which is left out."""
    found = {"evenement": info.first("event")[:100]} if info.first("event") else {}
    flags = []
    for element, (name, values) in CODES.items():
        written = info.first(element)
        if written in values:
            found[name] = written
        else:
            flags.append(f"valeur_inconnue:{element}")
    return found, tuple(flags)


def severity_rank(info: Element) -> int:
    """Return how bad an <info> is, 0 being the worst."""
    written = info.first("severity")
    return SEVERITIES.index(written) if written in SEVERITIES else len(SEVERITIES)


def is_all_clear(info: Element) -> bool:
    """Tell whether an <info> says that the event is over."""
    return "AllClear" in info.texts("responseType")
