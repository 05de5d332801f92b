"""Notifiable diseases (maladies à déclaration obligatoire, MDO): the list, and a form that holds no patient data.

The form says which disease, where, when and who tells it; the investigation stays in the tools made for it. A record
with any other field is refused, and what those fields held is not kept. Each notification is a signal of nature
``mdo.<slug>`` that stays open until it is closed by the form or put aside by the veille team.
"""

import re
import unicodedata
from datetime import UTC, date, datetime, time
from typing import Annotated, BinaryIO, Final, Literal

from pydantic import BeforeValidator, Field, StringConstraints, ValidationInfo, field_validator

from orsan_plans.geography import DEPARTEMENTS
from orsan_plans.territory import name_of
from streams.collecting import feed_json
from streams.collecting.decoding import Accepted, Context, Decoding, Manifest
from streams.collecting.feed_json import Json
from streams.messages.signals import SignalSanitaire
from streams.signals.fields import Form, OnDay, SourceName, future_flags, is_in_region, key_of
from streams.signals.mdo_list import MDO
from streams.signals.rows import FormFile, FormRow, accept_rows

FEED: Final = "mdo"
NOT_KEPT: Final = "champs_retires"
"""Beside what is kept of a refused record, how many of its fields were taken out; this refuses it again if re-read."""

_MOST_SUGGESTIONS: Final = 3
_STEM: Final = 4


def slug_of(text: str) -> str:
    """Return a text in lower case, without accents, its words joined by ``_``: ``Choléra`` gives ``cholera``."""
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return "_".join(re.findall(r"[a-z0-9]+", plain))


def _stems(slug: str) -> frozenset[str]:
    return frozenset(word[:_STEM] for word in slug.split("_") if len(word) >= _STEM)


_SLUGS: Final = {slug_of(name): slug for slug, name in MDO.items()} | {slug: slug for slug in MDO}
_WORDS: Final = {slug: _stems(slug) for slug in MDO}


def disease_of(written: str) -> str:
    """Return the slug of a disease given by its name or slug; ValueError suggests names of the list, nothing else."""
    slug = slug_of(written)
    if slug in _SLUGS:
        return _SLUGS[slug]
    close = _alike(slug)
    hint = f": did you mean {' or '.join(MDO[each] for each in close)}?" if close else ""
    raise ValueError(f"not one of the {len(MDO)} notifiable diseases{hint}")


def _alike(slug: str) -> list[str]:
    """Return the diseases that share the most words, a word being its first letters.

    Edit distances would do better, and would let a file of unknown names take minutes.
    """
    words = _stems(slug)
    shared = {each: len(words & known) for each, known in _WORDS.items()}
    most = max(shared.values())
    return [each for each in MDO if shared[each] == most][:_MOST_SUGGESTIONS] if most else []


def _number(written: object) -> object:
    return int(written) if isinstance(written, str) and re.fullmatch(r"[0-9]{1,4}", written) else written


class MdoForm(Form):
    """One notification: no name, no age, no sex, no commune."""

    maladie: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    departement: str
    date: Annotated[date, OnDay]
    source: SourceName
    numero: Annotated[int, BeforeValidator(_number), Field(ge=1, le=9999)] = 1
    ouvert: Literal["oui", "non"] = "oui"

    @field_validator("maladie")
    @classmethod
    def _is_listed(cls, written: str) -> str:
        return disease_of(written)

    @field_validator("departement")
    @classmethod
    def _is_of_the_region(cls, code: str, info: ValidationInfo) -> str:
        if code not in DEPARTEMENTS:
            raise ValueError("expected the INSEE code of a département, such as 44")
        if info.context and not is_in_region(f"DEP-{code}", info.context["context"].region):
            raise ValueError(f"not in région {info.context['context'].region}")
        return code


def decode(stream: BinaryIO, source_name: str, context: Context) -> Decoding:
    """Read notifications, JSON or CSV; UnreadableFeed when the file is neither or its header names another column."""
    file = FormFile(stream, source_name, MdoForm.model_fields)
    items = accept_rows(file.rows(), context, MdoForm, _accepted, kept=_kept)
    return Decoding(Manifest(FEED, file.source, context.received_at), items)


def _kept(row: FormRow) -> bytes:
    return b"" if row.reason else feed_json.raw_bytes(_announced(row.value))


def _announced(value: Json) -> Json:
    """Return what may be kept of a refused record: the fields of the form, and how many others there were."""
    if not isinstance(value, dict):
        return {NOT_KEPT: 1}
    kept = {name: value[name] for name in MdoForm.model_fields if isinstance(value.get(name), str | int)}
    return kept if len(kept) == len(value) else {**kept, NOT_KEPT: len(value) - len(kept)}


def _accepted(form: MdoForm, context: Context) -> Accepted:
    territory = f"DEP-{form.departement}"
    at = datetime.combine(form.date, time(), context.zone).astimezone(UTC)
    signal = SignalSanitaire(
        signal_id=f"mdo/{form.maladie}/{territory}/{form.date.isoformat()}/{form.source}/{form.numero}",
        nature=f"mdo.{form.maladie}",
        territory=territory,
        title=f"{MDO[form.maladie]}, {name_of(territory)}, signalement du {form.date:%d/%m/%Y}",
        source=form.source,
        criteria={"maladie": form.maladie},
        is_open=form.ouvert == "oui",
    )
    key = key_of(f"{signal.signal_id}@{form.ouvert}", form.status)
    return Accepted(signal, at, key, form.date, form.status, future_flags(at, context))
