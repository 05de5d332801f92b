"""Fields that the signal feeds share: who, where, when, for real or not, and why a record is refused.

The words of the forms are French and Vigie's own choice (see ``docs/flux-signaux.md``). A reason names a field of the
form, never what was written in it.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationError,
    ValidationInfo,
)

from orsan_plans.geography import REGIONS
from orsan_plans.territory import PATTERN, Level, code_of, level_of
from streams.collecting.decoding import Context
from streams.entry import FUTURE_TOLERANCE, Status

_INSTANT: Final = re.compile(
    r"(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?"
)
_DAY: Final = re.compile(r"(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}")
_STATUSES: Final = {"reel": Status.ACTUAL, "exercice": Status.EXERCISE, "test": Status.TEST}
_MOST_REASONS: Final = 5

Statut = Literal["reel", "exercice", "test"]


def read_instant(written: object, zone: ZoneInfo | None = None) -> datetime:
    """Return an instant in UTC; ValueError unless ISO 8601 from 1900 to 2199.

    Without an offset it is local to ``zone``, and refused when there is none. Of an hour that occurs twice the first is
    meant; an hour that the clocks skip is moved forward.
    """
    if not isinstance(written, str) or _INSTANT.fullmatch(written) is None:
        raise ValueError("expected an instant such as 2026-01-14T08:12:00+01:00")
    try:
        instant = datetime.fromisoformat(written)
    except ValueError:
        raise ValueError("expected an instant of the calendar") from None
    if instant.tzinfo is None and zone is None:
        raise ValueError("expected an instant with its time zone, such as 2026-01-14T08:12:00+01:00")
    return (instant if instant.tzinfo else instant.replace(tzinfo=zone)).astimezone(UTC)


def _context(info: ValidationInfo) -> Context | None:
    return info.context["context"] if info.context else None


def _instant(written: object, info: ValidationInfo) -> datetime:
    context = _context(info)
    return read_instant(written, context.zone if context else None)


def _day(written: object) -> object:
    if not isinstance(written, str) or _DAY.fullmatch(written) is None:
        raise ValueError("expected a day such as 2026-01-14")
    return written


def future_flags(instant: datetime, context: Context) -> tuple[str, ...]:
    """Return the flag of what is dated after it was received, clocks being allowed a quarter of an hour."""
    return ("date_future",) if instant - context.received_at > FUTURE_TOLERANCE else ()


def key_of(identity: str, status: Status) -> str:
    """Return a record's key: what was rehearsed in an exercise never passes for a duplicate of real life."""
    return identity if status is Status.ACTUAL else f"{identity}#{status}"


def is_in_region(territory: str, region: str) -> bool:
    """Tell whether a region may collect about a territory; of an establishment only the engine knows."""
    match level_of(territory):
        case Level.REGION:
            return code_of(territory) == region
        case Level.DEPARTEMENT:
            return code_of(territory) in REGIONS[region].departements
        case Level.FRANCE | Level.ETABLISSEMENT:
            return True


def _in_region(territory: str, info: ValidationInfo) -> str:
    context = _context(info)
    if context is not None and not is_in_region(territory, context.region):
        raise ValueError(f"not in région {context.region}")
    return territory


FormInstant = Annotated[datetime, BeforeValidator(_instant)]
"""ISO 8601; without an offset, local time of the région."""

OnDay = BeforeValidator(_day)
"""Only a written day such as 2026-01-14: no instant, no number."""

FormTerritory = Annotated[str, StringConstraints(pattern=PATTERN), AfterValidator(_in_region)]

SourceName = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^/:\x00-\x1f\x7f]+$")]
"""Who says so: a service, never a person. Without ``/`` nor ``:``, which separate the parts of a signal's identity."""


class Form(BaseModel):
    """A record of a form: a field it does not announce refuses it, so that nothing more than announced is kept."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, allow_inf_nan=False)

    statut: Statut = "reel"

    @property
    def status(self) -> Status:
        """What the record is about: real life, an exercise or a test."""
        return _STATUSES[self.statut]


def why(error: ValidationError, *models: type[BaseModel]) -> str:
    """Say what is wrong in a record: names of the models' fields and rules, nothing of the content."""
    names = {field.alias or name for model in models for name, field in model.model_fields.items()}
    errors = error.errors(include_url=False, include_input=False)
    found = (_why(each["loc"], each["type"], each["msg"], names) for each in errors)
    return "; ".join(list(dict.fromkeys(found))[:_MOST_REASONS])


def _why(loc: tuple[int | str, ...], kind: str, message: str, names: set[str]) -> str:
    if kind == "extra_forbidden":
        return "a field that this form does not have"
    # Only these two messages are ours; pydantic's own are fixed texts by kind, but may hold what was given.
    said = message.removeprefix("Value error, ") if kind in {"value_error", "literal_error"} else kind.replace("_", " ")
    place = ".".join(str(each) for each in loc if each in names)
    return f"{place or 'the record'}: {said}"
