"""What members of messages are made of: instants, counts, and the codes of official nomenclatures."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, Field


def _to_utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant needs its time zone, such as 2026-01-14T08:12:00+01:00")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError("an instant needs a year from 1 to 9999 in UTC too") from None


Instant = Annotated[datetime, AfterValidator(_to_utc)]
Count = Annotated[int, Field(ge=0, le=999_999_999)]
Departement = Annotated[str, Field(pattern=r"^(\d{2}|2[AB]|97\d)$")]
"""An INSEE code of département, such as 44, 2A or 971."""
Finess = Annotated[str, Field(pattern=r"^[0-9AB]{9}$")]
