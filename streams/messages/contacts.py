"""What is known of a contact, never its address: verified, tried."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field


@dataclass(frozen=True, slots=True)
class ContactVerified:
    """A code sent to a contact came back. ``digest`` is keyed: it tells one address from another, never which."""

    contact: Annotated[str, Field(min_length=3, max_length=200)]
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    how: Annotated[str, Field(min_length=1, max_length=200)]


@dataclass(frozen=True, slots=True)
class ContactTested:
    """A message was tried on a contact: handed over to its channel, or not and why; ``digest`` as when verified."""

    contact: Annotated[str, Field(min_length=3, max_length=200)]
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    outcome: Literal["sent", "failed"]
    detail: Annotated[str, Field(max_length=2000)] = ""
