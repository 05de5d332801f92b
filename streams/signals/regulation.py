"""Activity of a SAMU or a SAS: calls and cases over a period, as JSON or CSV. Counts only, nobody in them.

A field left out or empty was not counted: it is unknown, never 0. The form is Vigie's own choice: no national format of
these counts was found. A period sent again replaces its counts.
"""

import re
from datetime import timedelta
from typing import Annotated, BinaryIO, Final

from pydantic import BeforeValidator, Field, model_validator

from streams.collecting.decoding import Accepted, Context, Decoding, Manifest
from streams.messages.capacity import RegulationActivity
from streams.signals.fields import Form, FormInstant, FormTerritory, SourceName, future_flags, key_of
from streams.signals.rows import FormFile, accept_rows, as_it_came

FEED: Final = "regulation"
LONGEST: Final = timedelta(days=31)
"""The longest period a count may cover: beyond, it is a report, not a feed. Vigie's own choice."""


def _digits(written: object) -> object:
    return int(written) if isinstance(written, str) and re.fullmatch(r"[0-9]{1,9}", written) else written


FormCount = Annotated[int, BeforeValidator(_digits), Field(ge=0, le=999_999_999, strict=True)]


class RegulationForm(Form):
    """Counts of one territory over one period."""

    territoire: FormTerritory
    debut: FormInstant
    fin: FormInstant
    source: SourceName
    appels: FormCount | None = None
    dossiers: FormCount | None = None
    appels_sas: FormCount | None = None
    departs_smur: FormCount | None = None

    @model_validator(mode="after")
    def _counts_a_period(self) -> "RegulationForm":
        if not timedelta() < self.fin - self.debut <= LONGEST:
            raise ValueError(f"debut and fin: expected a period of at most {LONGEST.days} days")
        if (self.appels, self.dossiers, self.appels_sas, self.departs_smur) == (None, None, None, None):
            raise ValueError("no count is given: expected appels, dossiers, appels_sas or departs_smur")
        return self


def decode(stream: BinaryIO, source_name: str, context: Context) -> Decoding:
    """Read counts; UnreadableFeed when the file is neither the JSON nor the CSV of the form."""
    file = FormFile(stream, source_name, RegulationForm.model_fields)
    items = accept_rows(file.rows(), context, RegulationForm, _accepted, kept=as_it_came)
    return Decoding(Manifest(FEED, file.source, context.received_at), items)


def _accepted(form: RegulationForm, context: Context) -> Accepted:
    activity = RegulationActivity(
        territory=form.territoire,
        starts_at=form.debut,
        ends_at=form.fin,
        source=form.source,
        calls=form.appels,
        dossiers=form.dossiers,
        sas_calls=form.appels_sas,
        smur_departures=form.departs_smur,
    )
    key = key_of(f"{form.territoire}/{form.debut.isoformat()}/{form.fin.isoformat()}", form.status)
    is_odd = form.appels is not None and form.dossiers is not None and form.dossiers > form.appels
    flags = (("dossiers_superieurs_aux_appels",) if is_odd else ()) + future_flags(form.fin, context)
    return Accepted(activity, form.fin, key, form.debut.astimezone(context.zone).date(), form.status, flags)
