"""The conditions of a plan file: what a planner writes under ``condition:``.

A condition takes one of six forms, recognised by its keys: ``indicateur``, ``evenement``, ``flux_muet``,
``toutes``, ``une_parmi``, ``au_moins``. The last three hold conditions in turn.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Final, Literal

from pydantic import BaseModel, Discriminator, Field, StrictInt, Tag, ValidationInfo, field_validator

from orsan_plans.fields import Duration, FileModel, Number, Slug, Text
from orsan_plans.indicator import INDICATORS
from orsan_plans.plan import (
    CombinedCondition,
    Condition,
    EventCondition,
    IndicatorCondition,
    SilenceCondition,
    Source,
)
from orsan_plans.posture import Posture
from orsan_plans.problem import KeyPath, suggestion
from orsan_plans.threshold_schema import ThresholdsForm

RaisedWord = Literal["vigilance", "alerte"]
Citation = tuple[KeyPath, str]
"""Where a source is named, and its identifier."""


def posture_of(word: str) -> Posture:
    """Return the posture that a plan file writes in lower case."""
    return Posture(word.upper())


class IndicatorForm(FileModel):
    """Thresholds on an indicator."""

    indicateur: str
    seuils: ThresholdsForm
    marge: Number = 0.0
    effectif_minimal: Annotated[StrictInt, Field(ge=0)] = 0
    completude_minimale: Annotated[StrictInt, Field(ge=0, le=100)] = 100

    @field_validator("indicateur")
    @classmethod
    def _is_known(cls, indicator: str) -> str:
        if indicator not in INDICATORS:
            known = sorted(INDICATORS)
            raise ValueError(
                f"unknown indicator {indicator!r}" + (suggestion(indicator, known) or f"; known: {', '.join(known)}")
            )
        return indicator

    @field_validator("effectif_minimal")
    @classmethod
    def _only_for_cases(cls, minimum: int, info: ValidationInfo) -> int:
        indicator = INDICATORS.get(info.data.get("indicateur", ""))
        if minimum and indicator and not indicator.has_cases:
            raise ValueError(
                f"only a percentage or a duration needs a minimum count; {indicator.id} counts {indicator.unit}"
            )
        return minimum

    def to_condition(self, sources: Mapping[str, Source]) -> Condition:
        """Return the condition; KeyError when a source is not declared."""
        return IndicatorCondition(
            indicator=self.indicateur,
            thresholds=tuple(form.to_threshold(posture, sources) for posture, form in self.seuils.by_posture()),
            margin=self.marge,
            minimum_count=self.effectif_minimal,
            minimum_completeness=self.completude_minimale,
        )

    def citations(self) -> Iterator[Citation]:
        """Yield every source named, and where."""
        for posture, form in self.seuils.by_posture():
            yield ("seuils", posture.lower(), "source"), form.source

    def postures(self) -> frozenset[Posture]:
        """Return the postures that can be asked for."""
        return frozenset(posture for posture, _ in self.seuils.by_posture())


class _EventBody(FileModel):
    natures: Annotated[tuple[Text, ...], Field(min_length=1)]
    criteres: dict[Text, Annotated[tuple[Text, ...], Field(min_length=1)]] = Field(default_factory=dict)
    posture: RaisedWord
    source: Slug


class EventForm(FileModel):
    """Signals of some natures ask for a posture, without any number."""

    evenement: _EventBody

    def to_condition(self, sources: Mapping[str, Source]) -> Condition:
        """Return the condition; KeyError when the source is not declared."""
        body = self.evenement
        criteria = tuple(sorted(body.criteres.items()))
        return EventCondition(body.natures, posture_of(body.posture), sources[body.source], criteria)

    def citations(self) -> Iterator[Citation]:
        """Yield the source named, and where."""
        yield ("evenement", "source"), self.evenement.source

    def postures(self) -> frozenset[Posture]:
        """Return the posture that can be asked for."""
        return frozenset({posture_of(self.evenement.posture)})


class _SilenceBody(FileModel):
    flux: Text
    apres: Duration
    posture: RaisedWord
    source: Slug

    @field_validator("apres")
    @classmethod
    def _lasts(cls, after: timedelta) -> timedelta:
        if not after:
            raise ValueError("a silence lasts longer than 0 min")
        return after


class SilenceForm(FileModel):
    """A feed that falls silent asks for a posture."""

    flux_muet: _SilenceBody

    def to_condition(self, sources: Mapping[str, Source]) -> Condition:
        """Return the condition; KeyError when the source is not declared."""
        body = self.flux_muet
        return SilenceCondition(body.flux, body.apres, posture_of(body.posture), sources[body.source])

    def citations(self) -> Iterator[Citation]:
        """Yield the source named, and where."""
        yield ("flux_muet", "source"), self.flux_muet.source

    def postures(self) -> frozenset[Posture]:
        """Return the posture that can be asked for."""
        return frozenset({posture_of(self.flux_muet.posture)})


class _Combination(FileModel):
    """Conditions taken together; the key that holds them and how many are needed depend on the form."""

    def parts(self) -> tuple[str, int, "tuple[ConditionForm, ...]"]:
        """Return the key, how many conditions are needed, and the conditions."""
        raise NotImplementedError

    def to_condition(self, sources: Mapping[str, Source]) -> Condition:
        """Return the condition; KeyError when a source is not declared."""
        _, needed, forms = self.parts()
        return CombinedCondition(needed, tuple(form.to_condition(sources) for form in forms))

    def citations(self) -> Iterator[Citation]:
        """Yield every source named, and where."""
        key, _, forms = self.parts()
        for position, form in enumerate(forms):
            for path, source in form.citations():
                yield (key, position, *path), source

    def postures(self) -> frozenset[Posture]:
        """Return the postures that can be asked for."""
        return frozenset(posture for form in self.parts()[2] for posture in form.postures())


class AllForm(_Combination):
    """Every condition is needed."""

    toutes: "Annotated[tuple[ConditionForm, ...], Field(min_length=2)]"

    def parts(self) -> "tuple[str, int, tuple[ConditionForm, ...]]":
        """Return the key, how many conditions are needed, and the conditions."""
        return "toutes", len(self.toutes), self.toutes


class AnyForm(_Combination):
    """One condition is enough."""

    une_parmi: "Annotated[tuple[ConditionForm, ...], Field(min_length=2)]"

    def parts(self) -> "tuple[str, int, tuple[ConditionForm, ...]]":
        """Return the key, how many conditions are needed, and the conditions."""
        return "une_parmi", 1, self.une_parmi


class AtLeastForm(_Combination):
    """Some number of the conditions are needed."""

    parmi: "Annotated[tuple[ConditionForm, ...], Field(min_length=2)]"
    au_moins: Annotated[StrictInt, Field(ge=1)]

    @field_validator("au_moins")
    @classmethod
    def _can_be_reached(cls, needed: int, info: ValidationInfo) -> int:
        forms = info.data.get("parmi")
        if forms is not None and needed > len(forms):
            raise ValueError(f"{needed} conditions are needed but parmi holds only {len(forms)}")
        return needed

    def parts(self) -> "tuple[str, int, tuple[ConditionForm, ...]]":
        """Return the key, how many conditions are needed, and the conditions."""
        return "parmi", self.au_moins, self.parmi


_FORM_OF_KEY: Final[dict[str, str]] = {
    "indicateur": "indicator form",
    "seuils": "indicator form",
    "evenement": "event form",
    "flux_muet": "silence form",
    "toutes": "all form",
    "une_parmi": "any form",
    "au_moins": "at least form",
    "parmi": "at least form",
}


def _form(value: object) -> str | None:
    keys = type(value).model_fields if isinstance(value, BaseModel) else value
    if not isinstance(keys, Mapping):
        return None
    return next((form for key, form in _FORM_OF_KEY.items() if key in keys), None)


ConditionForm = Annotated[
    Annotated[IndicatorForm, Tag("indicator form")]
    | Annotated[EventForm, Tag("event form")]
    | Annotated[SilenceForm, Tag("silence form")]
    | Annotated[AllForm, Tag("all form")]
    | Annotated[AnyForm, Tag("any form")]
    | Annotated[AtLeastForm, Tag("at least form")],
    Discriminator(
        _form,
        custom_error_type="condition_form",
        custom_error_message=(
            "a condition is written with one of indicateur, evenement, flux_muet, toutes, une_parmi, "
            "or au_moins and parmi"
        ),
    ),
]

for _model in (AllForm, AnyForm, AtLeastForm):
    _model.model_rebuild()
