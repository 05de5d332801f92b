"""Health-watch signals in Vigie's own JSON: kind, place, time, criteria, source. A new kind of risk needs no code.

One object or a list. Each statement about a signal bears its own instant (`date`): a later one with the same source and
id updates or ends the signal, and sending an earlier one again changes nothing.
"""

from typing import Annotated, BinaryIO, Final

from pydantic import Field, StringConstraints, field_validator

from streams.collecting import feed_json
from streams.collecting.decoding import Accepted, Context, Decoding, Manifest
from streams.messages.signals import SignalSanitaire
from streams.signals.fields import Form, FormInstant, FormTerritory, SourceName, future_flags, key_of
from streams.signals.rows import accept_rows, as_it_came, json_rows, source_of

FEED: Final = "signaux"

ABOUT_A_PERSON: Final = frozenset(
    {
        "adresse",
        "age",
        "code_postal",
        "commune",
        "courriel",
        "date_de_naissance",
        "date_naissance",
        "ins",
        "ipp",
        "naissance",
        "nir",
        "nom",
        "patient",
        "prenom",
        "sexe",
        "telephone",
    }
)
"""Criteria that are refused because they would describe a person. Vigie's own list."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$", max_length=100)]
CriterionName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,49}$")]
CriterionValue = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class SignalForm(Form):
    """A statement about a signal, as sent."""

    id: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=90)]
    nature: Slug
    territoire: FormTerritory
    titre: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    date: FormInstant
    source: SourceName
    criteres: Annotated[dict[CriterionName, CriterionValue], Field(default_factory=dict, max_length=30)]
    ouvert: bool = True
    fin: FormInstant | None = None

    @field_validator("criteres")
    @classmethod
    def _describes_no_one(cls, criteria: dict[str, str]) -> dict[str, str]:
        if not ABOUT_A_PERSON.isdisjoint(criteria):
            raise ValueError("a signal describes no person")
        return criteria


def decode(stream: BinaryIO, source_name: str, context: Context) -> Decoding:
    """Read signals; UnreadableFeed when the file is not JSON. A record of a wrong shape is refused alone."""
    value = feed_json.read_json(stream, source_name)
    source = source_of(row.value for row in json_rows(value))
    items = accept_rows(json_rows(value), context, SignalForm, _accepted, kept=as_it_came)
    return Decoding(Manifest(FEED, source, context.received_at), items)


def _accepted(form: SignalForm, context: Context) -> Accepted:
    signal = SignalSanitaire(
        signal_id=f"{form.source}:{form.id}",
        nature=form.nature,
        territory=form.territoire,
        title=form.titre,
        source=form.source,
        criteria=form.criteres,
        is_open=form.ouvert,
        ends_at=form.fin,
    )
    key = key_of(f"{signal.signal_id}@{form.date.isoformat()}", form.status)
    day = form.date.astimezone(context.zone).date()
    return Accepted(signal, form.date, key, day, form.status, future_flags(form.date, context))
