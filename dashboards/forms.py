"""The hidden field of a form: shows that Vigie wrote it, for this link, not long ago; one form is one answer.

``<minutes since 1970>.<nonce>.<version>.<seal>``: ``nonce`` tells a second tap from a second answer, ``version`` what
the reader was looking at, so that an answer given to a milder alert is not taken for one to a worse.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from alerts.links import LinkKeys, LinkRefusal, Refusal

FORM_LIFETIME: Final = timedelta(hours=2)
"""How long a page may stay open before its form is shown again. Vigie's own choice."""
_FIELD: Final = re.compile(r"([0-9]{1,10})\.([0-9a-f]{16})\.([0-9]{1,6})\.([0-9a-f]{32})", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE: Final = timedelta(minutes=1)


class StaleForm(Exception):
    """The form was shown too long ago: it is to be read and sent again."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form that Vigie showed."""

    nonce: str
    version: int


def form_field(keys: LinkKeys, token: str, now: datetime, nonce: str, version: int) -> str:
    """Return the field of a form shown at ``now`` under a link; ``nonce`` is 16 random hexadecimal digits."""
    minutes = (now - _EPOCH) // _MINUTE
    return f"{minutes}.{nonce}.{version}.{keys.seal(token, str(minutes), nonce, str(version))}"


def read_form(keys: LinkKeys, token: str, field: str, now: datetime) -> Form:
    """Read the field sent with a link's token; LinkRefusal when Vigie did not write it for this link, StaleForm."""
    match = _FIELD.fullmatch(field)
    if match is None or not keys.is_sealed(match[4], token, *match.group(1, 2, 3)):
        raise LinkRefusal(Refusal.FOREIGN)
    # Sealed by Vigie: the number is that of a date.
    if now - (_EPOCH + timedelta(minutes=int(match[1]))) > FORM_LIFETIME:
        raise StaleForm
    return Form(match[2], int(match[3]))
