"""Reading one declaration of beds: establishment, instant, counts, and the record they make.

What cannot be read raises `UnreadableRecord`, whose text is the reason to refuse the record and repeats none of it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from orsan_plans.geography import REGIONS
from streams.capacity.codes import BedField, contradictions
from streams.collecting.decoding import Accepted, Context
from streams.collecting.feed_json import Json
from streams.messages.capacity import BedCapacity

_FINESS: Final = re.compile(r"[0-9AB]{9}")
_INSTANT: Final = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})"
    r"(?:[T ](?P<time>\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(?P<zone>Z|[+-]\d{2}:\d{2})?)?",
    re.ASCII,
)
_DIGITS: Final = re.compile(r"[0-9]{1,9}")
_LARGEST_COUNT: Final = 999_999_999
_LONGEST_TEXT: Final = 64
_SHORT_FINESS: Final = 8
_OVERSEAS: Final = ("97", "98")


class UnreadableRecord(ValueError):
    """Why a record is refused, in words that repeat nothing of it."""


@dataclass(frozen=True, slots=True)
class Directory:
    """What a région knows and a feed may not say.

    ``finess`` gives the establishment of a reference of the ROR (``Organization/5958``, ``Location/5253``);
    ``departements`` the département of a FINESS; ``bed_kinds`` the kind of beds of a code (``R211-<activité
    opérationnelle>``, ``R213-<mode de prise en charge>``, ``R343-<fonction du lieu>``).
    """

    finess: Mapping[str, str] = field(default_factory=dict)
    departements: Mapping[str, str] = field(default_factory=dict)
    bed_kinds: Mapping[str, str] = field(default_factory=dict)


NO_DIRECTORY: Final = Directory()


def finess_of(value: Json) -> tuple[str, tuple[str, ...]]:
    """Return a FINESS of nine characters and its flags: one of eight lost its leading zero in a spreadsheet."""
    written = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(written, str) or len(written) > _LONGEST_TEXT:
        raise UnreadableRecord("FINESS missing or not a text: nine characters are expected")
    finess = written.strip().upper()
    is_short = len(finess) == _SHORT_FINESS
    finess = f"0{finess}" if is_short else finess
    if _FINESS.fullmatch(finess) is None:
        raise UnreadableRecord("not a FINESS: nine characters are expected, digits or 2A and 2B")
    return finess, ("finess_complete",) if is_short else ()


def departement_of(finess: str, context: Context, directory: Directory) -> str:
    """Return the département of a FINESS: the directory's, else the first two characters.

    Overseas they are shared, so the région's only département is taken; UnreadableRecord where it has several.
    """
    if known := directory.departements.get(finess):
        return known
    if not finess.startswith(_OVERSEAS):
        return finess[:2]
    own = REGIONS[context.region].departements
    if len(own) == 1:
        return own[0]
    raise UnreadableRecord("overseas FINESS whose département is not known: declare the establishment")


def instant_of(value: Json, zone: ZoneInfo) -> tuple[datetime, tuple[str, ...]]:
    """Return an ISO 8601 instant in UTC and its flags; without a zone it is local time, without a time midnight."""
    match = _INSTANT.fullmatch(value.strip()) if isinstance(value, str) and len(value) <= _LONGEST_TEXT else None
    if match is None:
        raise UnreadableRecord("date missing or not ISO 8601, such as 2026-01-14T08:12:00+01:00")
    day, time, offset = match["day"], match["time"] or "00:00", match["zone"] or ""
    try:
        read = datetime.fromisoformat(f"{day}T{time}{offset}")
        instant = (read if offset else read.replace(tzinfo=zone)).astimezone(UTC)
        flags = () if offset else _local_flags(read, zone)
    except (ValueError, OverflowError):
        raise UnreadableRecord("a date that is in no calendar") from None
    return instant, flags if match["time"] else (*flags, "heure_absente")


def count_of(value: Json, what: str) -> int | None:
    """Return a count of beds, None when empty or absent: unknown is not zero. ``what`` names it in the refusal."""
    value = value.strip() if isinstance(value, str) else value
    if value is None or value == "":
        return None
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST_COUNT:
        return value
    raise UnreadableRecord(f"{what}: not a whole number of beds, zero or more (leave it empty when unknown)")


@dataclass(frozen=True, slots=True)
class Declaration:
    """One declaration of beds before it is a message: the identity of its beds, when, and how many."""

    finess: str
    departement: str
    bed_kind: str
    updated_at: datetime
    counts: Mapping[BedField, int | None]
    unit: str | None = None
    gender: str | None = None
    crisis: str | None = None
    temporary: str | None = None
    flags: tuple[str, ...] = ()


def accepted(said: Declaration, context: Context) -> Accepted:
    """Return the record of a declaration, with every flag it deserves, once each, in a stable order.

    UnreadableRecord when its numbers add up beyond any count of beds.
    """
    if max((count or 0 for count in said.counts.values()), default=0) > _LARGEST_COUNT:
        raise UnreadableRecord("more beds than can be counted")
    beds = BedCapacity(
        finess=said.finess,
        departement=said.departement,
        bed_kind=said.bed_kind,
        updated_at=said.updated_at,
        is_crisis=said.crisis is not None,
        is_temporary=said.temporary is not None,
        gender=said.gender,  # type: ignore[arg-type]  # comes from the table GENDERS
        unit=said.unit,
        **said.counts,
    )
    found = (
        *said.flags,
        *(("date_future",) if said.updated_at > context.received_at else ()),
        *(() if any(count is not None for count in said.counts.values()) else ("aucun_nombre",)),
        *contradictions(beds),
    )
    return Accepted(beds, said.updated_at, _key(said), flags=tuple(dict.fromkeys(found)))


def _key(said: Declaration) -> str:
    parts = (said.finess, said.bed_kind, said.unit, said.gender, said.crisis, said.temporary)
    return "/".join("-" if each is None else each.replace("%", "%25").replace("/", "%2F") for each in parts)


def _local_flags(read: datetime, zone: ZoneInfo) -> tuple[str, ...]:
    first, second = (read.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    if first == second:
        return ()
    back = first is not None and second is not None and first > second
    return ("heure_ambigue",) if back else ("heure_inexistante",)
